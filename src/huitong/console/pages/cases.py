"""Cases: the list, and one of them."""

from dataclasses import replace

from huitong.console.pages.alerts import role_grades, titles_of
from huitong.console.visit import Visit
from huitong.console.work.cases import case_list, case_view, cases_view, one_case
from huitong.console.work.look import grade_of, look_of, note_names
from huitong.console.work.showing import show, work_of


async def build(visit: Visit) -> None:
    """Builds the list."""
    bank, look = work_of(visit), look_of(visit, "case", "list")
    found = await visit.ask(bank.desk.ask, lambda desk: case_list(desk, visit.query))
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
    show(visit, case_view(replace(known, titles=titles, grades=grades), look))
