"""The desk of a bank: its settings, and who works its alerts."""

from collections.abc import Mapping
from pathlib import Path

from huitong.contracts import DataContract
from huitong.identity import AccessDesk
from huitong.operations import cases
from huitong.operations.cases import DeskSettings, Investigator
from huitong.risk import disposition


def desk_settings_in(root: Path, contracts: Mapping[str, DataContract]) -> DeskSettings:
    """The settings of a bank's desk.

    Args:
        root: The bank's folder; its ``cases/`` holds them.
        contracts: Its data contracts, one of which says its currency.

    Raises:
        PolicyError: If the file cannot mean what it says.
    """
    return cases.read_settings(root / cases.SETTINGS_FOLDER / cases.SETTINGS_NAME, contracts[disposition.CHANGED].currency)


def investigators_of(access: AccessDesk, settings: DeskSettings) -> list[Investigator]:
    """Who works alerts: active users with the role, as the settings know them."""
    ids = access.registry.ask(
        lambda state: sorted(one.id for one in state.users.values() if one.active and "investigator" in one.roles),
    )
    return [settings.people.get(one, Investigator(one)) for one in ids]
