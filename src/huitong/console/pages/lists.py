"""Lists that people keep: all of them, one of them, and one as a table to keep."""

from collections.abc import Mapping

from huitong.console.mounting import File
from huitong.console.visit import Visit
from huitong.console.work.lists import all_lists, list_view, lists_view, one_list
from huitong.console.work.look import grade_of, look_of, note_names
from huitong.console.work.showing import show, work_of
from huitong.identity import Reading
from huitong.kernel import PolicyError
from huitong.risk.lists import ENTRY_CHANGED, HOLDS, KeptList, entries_of, list_of, write_table


def _grades(visit: Visit) -> Mapping[str, int]:
    return {holds: grade_of(visit, ENTRY_CHANGED, holds) for holds in HOLDS}


async def build(visit: Visit) -> None:
    """Builds the page of all lists."""
    bank, look, grades = work_of(visit), look_of(visit, "alert", "lists"), _grades(visit)
    found = await visit.ask(bank.lists.ask, lambda state: all_lists(state, look.now_us))
    named = [(kept.holds, one.id) for kept, one in found.waiting if grades[kept.holds] >= 3]
    await note_names(visit, look, [id_ for _, id_ in named], sorted({holds for holds, _ in named}), 3)
    show(visit, lists_view(found, look, grades))


async def build_one(visit: Visit) -> None:
    """Builds the page of one list."""
    bank, name = work_of(visit), visit.parts["list"]
    look, grades = look_of(visit, "alert", f"list:{name}"[:128]), _grades(visit)
    query = visit.query
    found = await visit.ask(bank.lists.ask, lambda state: one_list(state, name, query, look.now_us))
    grade = grades[found.kept.holds]
    if found.value and grade > look.clearance.grade:  # whether somebody stands there may not be found out by asking
        found = await visit.ask(bank.lists.ask, lambda state: one_list(state, name, {**query, "value": ""}, look.now_us))
    if grade >= 3:
        named = [*(one.id for one in found.rows), *(one.id for one in found.waiting)]
        await note_names(visit, look, named, [found.kept.holds], 3)
    show(visit, list_view(found, look, grade, bank.lists.grounds))


def kept_table(visit: Visit) -> File:
    """A list as a table to keep."""
    bank, name = work_of(visit), visit.parts["list"]
    look = look_of(visit, "alert", f"list:{name}"[:128])
    kept: KeptList = bank.lists.ask(lambda state: list_of(state, name))
    grade = _grades(visit)[kept.holds]
    if grade > look.clearance.grade:
        raise PolicyError(
            "list.grade",
            {"en": "what stands on this list is above your grade", "zh": "该名单内容高于您的可见分级"},
            {"en": "state a purpose, or ask for a role that may see it", "zh": "请先说明查看目的，或申请相应角色"},
        )
    entries = bank.lists.ask(lambda state: list(entries_of(list_of(state, name), look.now_us)))
    if grade >= 3 and entries:
        reading = Reading(visit.path, tuple(one.id for one in entries), (kept.holds,), grade, len(entries))
        bank.access.note_reading(visit.signed, reading, look.clearance, look.now_us)
    return File(f"{kept.name}.csv", "text/csv; charset=utf-8", write_table(entries).encode())
