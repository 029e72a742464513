"""Which of the lists that people keep some policy of a bank reads: what stands on another one changes no decision."""

from collections.abc import Iterator
from contextlib import suppress

from huitong.app.bank import Bank
from huitong.app.lists import names_of
from huitong.contracts import LIST_ENTRY_CHANGED
from huitong.decisions.policy import Settings, content_of, toml_of
from huitong.kernel import PolicyError


def reads_list(bank: Bank, name: str, holds: str) -> bool:
    """Whether some policy reads a list, by ``[lists.NAME]`` without a file or by features of its own.

    Args:
        bank: The bank.
        name: The list's name.
        holds: What stands on it; a policy that asks it about other things never finds them there.
    """
    for policy, settings in bank.policies_say.by_policy().items():
        contract = bank.contracts.get(settings.decides)
        keys = {} if contract is None else names_of(contract)
        if any(one.name == name and one.file is None and holds in keys and keys[holds] == keys.get(one.of) for one in settings.lists):
            return True
        if name in _in_features(bank, policy, settings):
            return True
    return False


def _in_features(bank: Bank, policy: str, settings: Settings) -> Iterator[object]:
    """Lists whose entries are events of features that a policy declares itself."""
    with suppress(PolicyError):  # features that are wrong look at nothing
        declared = toml_of(content_of(bank.workspace.policy_folder(policy)), settings.features_file, policy).get("features", {})
        for feature in declared.values():
            if isinstance(feature, dict) and feature.get("events") == LIST_ENTRY_CHANGED and isinstance(feature.get("where"), dict):
                yield feature["where"].get("list")
