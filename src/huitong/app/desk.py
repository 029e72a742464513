"""The desk of a bank: its settings, and who works its alerts."""

from collections.abc import Mapping
from pathlib import Path

from huitong.contracts import Actor, DataContract, Role, Signers
from huitong.identity import AccessDesk, Directory
from huitong.operations import cases
from huitong.operations.cases import DeskSettings, Investigator, Worker
from huitong.risk import disposition

_WORKING = frozenset[Role]({"investigator", "approver"})


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
        lambda state: sorted(one.id for one in state.users.values() if one.can_sign_in and "investigator" in one.roles),
    )
    return [settings.people.get(one, Investigator(one)) for one in ids]


def workers_of(access: AccessDesk) -> list[Worker]:
    """Who may be given alerts: users who can sign in and whose roles let them work one.

    Of whom an OpenID provider vouches for and who has not signed in yet nobody here knows what it gives them, so that they may be given
    any alert: what they may do with it is asked again when they do it.
    """

    def found(state: Directory) -> list[Worker]:
        able = [
            Worker(one.id, one.name, one.known_roles | (_WORKING if one.issuer and one.signed_in_us is None else frozenset[Role]()))
            for one in state.users.values()
            if one.can_sign_in
        ]
        return sorted((one for one in able if not one.roles.isdisjoint(_WORKING)), key=lambda one: one.id)

    return access.registry.ask(found)


def signers_of(access: AccessDesk) -> Signers:
    """Who can sign in, by id, with the roles that are known of them."""

    def found(state: Directory) -> list[Actor]:
        able = [one for one in state.users.values() if one.can_sign_in]
        return [Actor(one.id, one.known_roles, systems=state.systems_of(one.id)) for one in sorted(able, key=lambda one: one.id)]

    return Signers(access.registry.ask(found), access.registry.settings.openid is not None)
