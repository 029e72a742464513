"""Decisions: search, and one of them."""

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from huitong.console.ports import BankPort
from huitong.console.views.decisions import Asked, decisions_view
from huitong.console.views.looking import look_at
from huitong.console.visit import Visit
from huitong.console.work.showing import show
from huitong.kernel import InputError


async def build(visit: Visit) -> Response | None:
    """Builds the search."""
    bank, look, asked = visit.bank, look_at(visit), Asked.of(visit.query)
    if asked.subject and not (asked.outcome or asked.since or asked.until):
        record = await visit.ask(_record, bank, asked.subject)
        if record is not None:
            return RedirectResponse(f"/decisions/{quote(record, safe='')}", 303)
    page = await visit.ask(bank.search, asked.search(bank.zone), look.clearance)
    await visit.note_reading("/decisions", [one.event for one in page.found])
    outcomes, policies = await visit.ask(bank.outcomes), await visit.ask(bank.policy_titles)
    show(visit, decisions_view(asked, page, look, bank.contracts, outcomes, policies))
    return None


def _record(bank: BankPort, text: str) -> str | None:
    """The record of that id, where there is one."""
    try:
        return bank.record(text)
    except InputError:
        return None
