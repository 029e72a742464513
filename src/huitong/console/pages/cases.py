"""Cases: the list, and one of them."""

from dataclasses import replace

from huitong.console.mounting import File
from huitong.console.pages.alerts import titles_of
from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.case_list import case_list, cases_view
from huitong.console.work.cases import OneCase, case_view, one_case
from huitong.console.work.evidence import latest_of
from huitong.console.work.look import Look, look_of, look_of_record
from huitong.console.work.measures_about import measures_on
from huitong.console.work.showing import show, work_of
from huitong.identity import GRADE_PERSONAL
from huitong.operations.cases import CASE_FILED


def file(visit: Visit) -> File:
    """A file of a case, to be kept; never shown in the page's own place."""
    bank, case_id = work_of(visit), visit.parts["case"]
    look = look_of_record(visit, "case", case_id[:128])
    grade = max(look.grade(CASE_FILED, "name"), GRADE_PERSONAL)
    look.require(grade, "a file of a case", "案件附件")
    name, media_type, content = bank.case_file(case_id, visit.parts["entry"])
    look.seen.take(visit.parts["entry"], "file", grade)
    return File(name, media_type, content)


async def build(visit: Visit) -> None:
    """Builds the list."""
    bank, look = work_of(visit), look_of(visit, "case", "list")
    found = await visit.ask(bank.desk.ask, lambda desk: case_list(desk, bank.desk_settings, visit.query))
    await show(visit, lambda: cases_view(found, look))


async def build_one(visit: Visit) -> None:
    """Builds the page of one case."""
    bank, case_id = work_of(visit), visit.parts["case"]
    look = look_of_record(visit, "case", case_id[:128])
    known = await visit.ask(bank.desk.ask, lambda desk: one_case(desk, bank.desk_settings, case_id))
    titles = await visit.ask(titles_of, bank, [*known.alerts, *known.alike])
    known = replace(await visit.ask(_filled, bank, known, look), titles=titles)
    look.seen.take_all([one.event for one in known.found])
    if known.story is not None:
        look.seen.take_story(known.story, look.grade(known.story.event.kind, "amount"))
    await show(visit, lambda: case_view(known, look))


def _filled(bank: WorkPort, known: OneCase, look: Look) -> OneCase:
    """With the payments of its alerts, the evidence of the latest, and the measures on whom they name."""
    found = latest_of(known.alerts, bank.decided)
    story = bank.story(found[0][0].id, look.clearance) if found else None
    case, payments = known.case, [event for _, event in found]
    return replace(
        known,
        found=bank.shown(found, look.clearance),
        story=story,
        measures=measures_on(bank, case.role, case.subject, payments, known.since_us, look.now_us),
        policies=bank.policy_titles(),
        signers=bank.signers(),
    )
