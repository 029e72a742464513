"""An address beyond the last row, of what became fewer meanwhile, shows the last page and not that there is nothing."""

import pytest

from huitong.console.work.case_list import case_list
from huitong.console.work.lists import one_list
from huitong.console.work.look import within
from huitong.console.work.measures import measure_list
from huitong.operations import cases
from huitong.risk import disposition
from tests.risk.disposition import build as measures
from tests.risk.lists import build as lists

BEYOND = {"from": "50"}


@pytest.mark.parametrize(
    ("at", "total", "shown"), [(0, 0, 0), (50, 0, 0), (50, 50, 0), (49, 50, 49), (50, 51, 50), (100, 51, 50), (10, 10, 0), (900, 101, 100)]
)
def test_a_page_that_is_no_longer_there_is_the_last_one(at: int, total: int, shown: int) -> None:
    assert within(at, 50, total) == shown


def test_lists_measures_and_cases_show_their_last_page() -> None:
    office = lists.Office()
    office.open()
    office.add("a1")
    entries = one_list(office.state, "cards", BEYOND, lists.NOW)
    assert (entries.start, len(entries.rows), entries.total) == (0, 1, 1)
    watched = disposition.impose(measures.command("m1"), measures.wanted("watch"), measures.SETTINGS)(measures.folded())
    held = measure_list(measures.folded(*watched), BEYOND, measures.NOW + 1)
    assert (held.start, len(held.rows), held.total) == (0, 1, 1)
    desk = cases.Desk(cases={str(number): cases.Case(str(number), "a ring", "account", "A", number, "li") for number in range(51)})
    for start, shown in ((50, 1), (51, 1), (0, 50)):
        found = case_list(desk, cases.DeskSettings(), {"from": str(start)})
        assert (found.start, len(found.rows), found.total) == (0 if start == 0 else 50, shown, 51)
