"""Cases: the list, and one of them."""

from dataclasses import replace

from huitong.console.mounting import File
from huitong.console.pages.alerts import role_grades, titles_of
from huitong.console.ports_work import WorkPort
from huitong.console.visit import Visit
from huitong.console.work.cases import OneCase, case_list, case_view, cases_view, one_case
from huitong.console.work.evidence import latest_of
from huitong.console.work.look import Look, grade_of, look_of, note_names
from huitong.console.work.showing import show, work_of
from huitong.identity import Reading
from huitong.kernel import PolicyError
from huitong.operations.cases import CASE_FILED


def file(visit: Visit) -> File:
    """A file of a case, to be kept; never shown in the page's own place."""
    bank, case_id = work_of(visit), visit.parts["case"]
    look = look_of(visit, "case", case_id[:128])
    grade = grade_of(visit, CASE_FILED, "name")
    if grade > look.clearance.grade:
        raise PolicyError(
            "case.file.grade",
            {"en": "files of cases are above your grade", "zh": "案件附件高于您的可见分级"},
            {"en": "state a purpose, or ask for a role that may see them", "zh": "请先说明查看目的，或申请相应角色"},
        )
    name, media_type, content = bank.case_file(case_id, visit.parts["entry"])
    reading = Reading(visit.path, (visit.parts["entry"],), ("file",), max(grade, 3), 1)
    bank.access.note_reading(visit.signed, reading, look.clearance, look.now_us)
    return File(name, media_type, content)


async def build(visit: Visit) -> None:
    """Builds the list."""
    bank, look = work_of(visit), look_of(visit, "case", "list")
    found = await visit.ask(bank.desk.ask, lambda desk: case_list(desk, bank.desk_settings, visit.query))
    grades = role_grades(visit)
    named = [case for case, _ in found.rows if grades.get(case.role, 3) >= 3]
    await note_names(visit, look, [case.id for case in named], sorted({case.role for case in named}), 3)
    show(visit, cases_view(found, look, grades))


async def build_one(visit: Visit) -> None:
    """Builds the page of one case."""
    bank, case_id = work_of(visit), visit.parts["case"]
    look = look_of(visit, "case", case_id[:128])
    known = await visit.ask(bank.desk.ask, lambda desk: one_case(desk, bank.desk_settings, case_id))
    titles = await visit.ask(titles_of, bank, known.alerts)
    grades = {**role_grades(visit), "note": grade_of(visit, "case.noted", "note")}
    await note_names(visit, look, [case_id], [known.case.role, "note"], 3)
    known = replace(await visit.ask(_filled, bank, known, look), titles=titles, grades=grades)
    reading = Reading.of(visit.path, [one.event for one in known.found])
    if reading.personal:
        await visit.ask(bank.access.note_reading, visit.signed, reading, look.clearance, look.now_us)
    show(visit, case_view(known, look))


def _filled(bank: WorkPort, known: OneCase, look: Look) -> OneCase:
    """With the payments of its alerts and the evidence of the latest."""
    found = latest_of(known.alerts, bank.decided)
    story = bank.story(found[0][0].id, look.clearance) if found else None
    return replace(known, found=bank.shown(found, look.clearance), story=story)
