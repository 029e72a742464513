"""Lists that people keep: all of them, one of them, and one as a table to keep."""

from dataclasses import replace

from huitong.console.mounting import File
from huitong.console.visit import Visit
from huitong.console.work.lists import all_lists, list_view, lists_view, one_list
from huitong.console.work.look import look_of
from huitong.console.work.showing import show, work_of
from huitong.risk.lists import ENTRY_CHANGED, KeptList, entries_of, list_of, write_table


async def build(visit: Visit) -> None:
    """Builds the page of all lists."""
    bank, look = work_of(visit), look_of(visit, "alert", "lists")
    found = await visit.ask(bank.lists.ask, lambda state: all_lists(state, look.now_us))
    unread = await visit.ask(lambda: [kept.name for kept, _ in found.lists if not bank.reads_list(kept.name, kept.holds)])
    found = replace(found, signers=await visit.ask(bank.signers), unread=unread)
    await show(visit, lambda: lists_view(found, look))


async def build_one(visit: Visit) -> None:
    """Builds the page of one list."""
    bank, name = work_of(visit), visit.parts["list"]
    look, query = look_of(visit, "alert", f"list:{name}"[:128]), visit.query
    found = await visit.ask(bank.lists.ask, lambda state: one_list(state, name, query, look.now_us))
    holds = found.kept.holds
    if found.value and look.sees(ENTRY_CHANGED, holds):
        look.seen.asked(holds, found.value, look.grade(ENTRY_CHANGED, holds))
    elif found.value:  # whether somebody stands there may not be found out by asking
        found = await visit.ask(bank.lists.ask, lambda state: one_list(state, name, {**query, "value": ""}, look.now_us))
    found = replace(found, signers=await visit.ask(bank.signers), read=await visit.ask(bank.reads_list, name, holds))
    await show(visit, lambda: list_view(found, look, bank.lists.grounds_for))


def kept_table(visit: Visit) -> File:
    """A list as a table to keep."""
    bank, name = work_of(visit), visit.parts["list"]
    look = look_of(visit, "alert", f"list:{name}"[:128])
    kept: KeptList = bank.lists.ask(lambda state: list_of(state, name))
    entries = bank.lists.ask(lambda state: list(entries_of(list_of(state, name), look.now_us)))
    reasons, customers = (one.last.reason for one in entries), (one.customer for one in entries)
    fields = [kept.holds, *(["reason"] if any(reasons) else []), *(["customer"] if any(customers) else [])]
    grade = max(look.grade(ENTRY_CHANGED, one) for one in fields)
    look.require(grade, "what stands on this list", "该名单内容")
    for one in entries:
        look.seen.take(one.id, kept.holds, grade)
    return File(f"{kept.name}.csv", "text/csv; charset=utf-8", write_table(entries).encode())
