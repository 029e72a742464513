"""Users and access."""

from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.look import Look, look_of
from huitong.console.work.showing import show, work_of
from huitong.console.work.users import READINGS_SHOWN, Access, users_view


async def build(visit: Visit) -> None:
    """Builds the page."""
    bank, look = work_of(visit), look_of(visit, "operation", "access")
    show(visit, users_view(await visit.ask(_known, bank, look), look))


def _known(bank: WorkPort, look: Look) -> Access:
    counts = bank.access.registry.counts(look.now_us)
    return Access(
        bank.office.listed(look.actor, look.now_us) if look.is_a("admin", "approver", "auditor") else None,
        bank.office.api_keys(look.actor) if look.is_a("admin", "auditor") else None,
        bank.readings(READINGS_SHOWN) if look.is_a("admin", "auditor") else None,
        counts["sessions"],
        not counts["users"],
    )
