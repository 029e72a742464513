"""Whose measures the policies of a bank look at: what is imposed on anybody else stops no payment."""

from contextlib import suppress

from huitong.app.bank import Bank
from huitong.contracts import MEASURE_CHANGED
from huitong.decisions.policy import content_of, read_settings
from huitong.kernel import HuitongError, TomlError, read_toml


def measured_roles(bank: Bank) -> frozenset[str]:
    """Key roles of which some policy reads measures, by ``[in_force]`` or by features of its own; empty where none reads any."""
    found: set[str] = set()
    for name in bank.policies:
        folder = bank.workspace.policy_folder(name)
        with suppress(HuitongError, TomlError, UnicodeDecodeError):  # a policy that cannot be read looks at nothing
            content = content_of(folder)
            settings = read_settings(content, folder.name, trained=False)
            found |= set(() if settings.in_force is None else settings.in_force.roles)
            declared = read_toml(content.get(settings.features_file, b"").decode()).get("features", {})
            for feature in declared.values():
                if isinstance(feature, dict) and feature.get("events") == MEASURE_CHANGED:
                    by = feature.get("by", [])
                    found |= {by} if isinstance(by, str) else set(by)
    return frozenset(found)
