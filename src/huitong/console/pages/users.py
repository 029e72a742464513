"""Users and access."""

from collections.abc import Sequence

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import Look, look_of
from huitong.console.work.showing import show, work_of
from huitong.console.work.users import READINGS_SHOWN, Access, users_view
from huitong.contracts import Role

ROLES: Sequence[Role] = ("admin", "approver", "auditor")
"""Who sees users and access; for others it is no page of theirs."""


async def build(visit: Visit) -> None:
    """Builds the page."""
    bank, look = work_of(visit), look_of(visit, "operation", "access")
    known = await visit.ask(_known, bank, look)
    await show(visit, lambda: users_view(known, look))


def _known(bank: WorkPort, look: Look) -> Access:
    counts = bank.access.registry.counts(look.now_us)
    return Access(
        bank.office.listed(look.actor, look.now_us),
        bank.office.api_keys(look.actor) if look.is_a("admin", "auditor") else None,
        bank.readings(READINGS_SHOWN) if look.is_a("admin", "auditor") else None,
        counts["sessions"],
        not counts["users"],
    )
