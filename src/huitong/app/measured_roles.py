"""Whose measures the policies of a bank look at: what is imposed on anybody else stops no payment."""

from contextlib import suppress

from huitong.app.bank import Bank
from huitong.contracts import MEASURE_CHANGED
from huitong.decisions.policy import content_of, toml_of
from huitong.kernel import PolicyError


def measured_roles(bank: Bank) -> frozenset[str]:
    """Key roles of which some policy reads measures, by ``[in_force]`` or by features of its own; empty where none reads any."""
    found: set[str] = set()
    for name, settings in bank.policies_say.by_policy().items():
        found |= set(() if settings.in_force is None else settings.in_force.roles)
        with suppress(PolicyError):  # features that are wrong look at nothing
            declared = toml_of(content_of(bank.workspace.policy_folder(name)), settings.features_file, name).get("features", {})
            for feature in declared.values():
                if isinstance(feature, dict) and feature.get("events") == MEASURE_CHANGED:
                    by = feature.get("by", [])
                    found |= {by} if isinstance(by, str) else set(by)
    return frozenset(found)
