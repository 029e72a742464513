"""Decisions: search, and one of them."""

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from huitong.console.ports import BankPort, DecisionSearch, Found
from huitong.console.views.decisions import Asked, decisions_view
from huitong.console.views.looking import look_at, look_at_decision
from huitong.console.views.spoken import measures_that_spoke
from huitong.console.views.story import Told, story_view
from huitong.console.visit import Visit
from huitong.console.work.look import Look
from huitong.console.work.showing import show
from huitong.identity.grades import grade_of_key
from huitong.kernel import InputError

OTHERS_SHOWN = 10


async def build(visit: Visit) -> Response | None:
    """Builds the search."""
    bank, look, asked = visit.bank, look_at(visit), Asked.of(visit.query)
    if asked.subject and not (asked.outcome or asked.since or asked.until):
        record = await visit.ask(_record, bank, asked.subject)
        if record is not None:
            return RedirectResponse(f"/decisions/{quote(record, safe='')}", 303)
    outcomes, policies = await visit.ask(bank.outcomes), await visit.ask(bank.policy_titles)
    asked = asked.among(outcomes, policies)
    page = await visit.ask(bank.search, asked.search(bank.zone, await visit.ask(bank.stopping)), look.clearance)
    look.seen.take_all([one.event for one in page.found])
    grade = grade_of_key([bank.contracts[kind] for kind in bank.decided_kinds], "customer")
    if asked.subject and not page.found and grade <= look.clearance.grade:
        # That nothing is known of somebody says something too; of whatever kind the name is, it is written down as a person's.
        look.seen.asked("customer", asked.subject, grade)
    await show(visit, lambda: decisions_view(asked, page, look, bank.contracts, outcomes, policies))
    return None


async def build_one(visit: Visit) -> Response | None:
    """Builds the page of one decision; an event's id leads to its latest decision."""
    bank, asked = visit.bank, visit.parts["record"]
    record = await visit.ask(bank.record, asked)
    if record != asked:
        return RedirectResponse(f"/decisions/{quote(record, safe='')}", 303)
    look = await visit.ask(look_at_decision, visit, record)
    told = await visit.ask(_told, bank, record, look)
    look.seen.take_story(told.story, look.grade(told.story.event.kind, "amount"))
    look.seen.take_all([one.event for one in told.others])
    await show(visit, lambda: story_view(told, look, bank.contracts))
    return None


def _told(bank: BankPort, record: str, look: Look) -> Told:
    story = bank.story(record, look.clearance)
    customer = story.event.keys.get("customer")
    others: list[Found] = []
    if isinstance(customer, str):
        found = bank.search(DecisionSearch(subject=customer, limit=OTHERS_SHOWN + 1), look.clearance).found
        others = [one for one in found if one.decision.id != record][:OTHERS_SHOWN]
    alert = bank.desk.ask(lambda desk: desk.of_decision.get(record))
    measures = bank.ledger.ask(lambda ledger: measures_that_spoke(story.decision, story.event, ledger))
    return Told(story, others, bank.log_facts().size, customer if isinstance(customer, str) else None, alert, measures)


def _record(bank: BankPort, text: str) -> str | None:
    """The record of that id, where there is one."""
    try:
        return bank.record(text)
    except InputError:
        return None
