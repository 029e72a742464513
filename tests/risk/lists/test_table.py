"""Tables of entries: every row is taken or told, and what is written opens in a spreadsheet as what it is."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huitong.kernel import InputError
from huitong.risk import lists
from huitong.risk.lists import Entry, Wanted, read_table, write_table
from huitong.risk.lists.entry import Change
from tests.risk.lists.build import DAY, GROUNDS, LI, NOW, Office, command


def test_good_rows_are_read_and_each_bad_one_is_told_with_its_row() -> None:
    table = (
        "value,until,ground,reason\n"
        "K1,2026-12-01T00:00:00Z,stolen,at the counter\n"
        "K2,,,\n"
        ",2026-12-01T00:00:00Z,stolen,\n"
        "K3,yesterday,stolen,\n"
        "K4,2020-01-01T00:00:00Z,stolen,\n"
        "K5,2026-12-01T00:00:00Z,whim,\n"
        "K1,2026-12-01T00:00:00Z,stolen,again\n"
        "K6,2026-12-01T00:00:00Z,stolen,a,b\n"
    )
    read = read_table(table, NOW, GROUNDS)
    assert [(one.value, one.reason) for one in read.rows] == [("K1", "at the counter")]
    assert [(one.where, one.code) for one in read.findings] == [
        ("row 3", "list.import.blank"),
        ("row 4", "list.value"),
        ("row 5", "time.unreadable"),
        ("row 6", "list.until"),
        ("row 7", "list.ground"),
        ("row 8", "list.import.twice"),
        ("row 9", "list.import.cells"),
    ]
    assert all(one.text[language] and one.remedy[language] for one in read.findings for language in ("zh", "en"))


def test_what_a_row_leaves_out_is_named_for_all() -> None:
    read = read_table("\ufeffvalue\nK1\nK2\n", NOW, GROUNDS, until_us=NOW + DAY, ground="stolen")
    assert read.rows == (Wanted("K1", NOW + DAY, "stolen"), Wanted("K2", NOW + DAY, "stolen"))


@pytest.mark.parametrize(
    "table", ["", "name\nK1\n", "value,value\nK1,K1\n", "value,odd\nK1,1\n", 'value\n"K1\n', "value\n" + "K\n" * 10_001]
)
def test_what_is_no_table_of_entries_is_refused_whole(table: str) -> None:
    with pytest.raises(InputError) as error:
        read_table(table, NOW, GROUNDS, until_us=NOW + DAY, ground="stolen")
    assert error.value.code == "list.import.table"


texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20) | st.sampled_from(
    ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''", 'a"b', "a,b"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(texts, texts), unique_by=lambda one: one[0], max_size=8))
def test_what_is_written_is_read_again_and_no_cell_is_a_formula(pairs: list[tuple[str, str]]) -> None:
    stolen = GROUNDS["stolen"]
    changes = [
        Change(f"e{n}", NOW, "cards", "card", value, NOW + DAY, "stolen", stolen, "li.wei", "b", reason=reason)
        for n, (value, reason) in enumerate(pairs)
    ]
    entries = [Entry(change.value, [change], change.until_us) for change in changes]
    written = write_table(entries)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in csv.reader(io.StringIO(written)) for cell in row)
    read = read_table(written, NOW, GROUNDS)
    assert [(one.value, one.reason) for one in read.rows] == pairs
    assert not read.findings


def test_a_table_is_taken_in_at_once() -> None:
    office = Office()
    office.open()
    read = read_table("value\n" + "".join(f"K{n}\n" for n in range(1_000)), NOW, GROUNDS, until_us=NOW + DAY, ground="stolen")
    told, *added = office.do(lists.take_in(command("i1", LI), "cards", read.rows, 2, GROUNDS))
    assert (told.data["rows"], told.data["refused"], len(added)) == (1_000, 2, 1_000)
    assert len({event.id for event in added}) == 1_000
    assert lists.count_of(office.state.lists["cards"], NOW) == 1_000


@pytest.mark.parametrize(
    ("until_us", "ground", "en", "zh"),
    [
        (None, "stolen", "it lacks an end (until)", "缺少截止时间（until）"),
        (NOW + DAY, None, "it lacks a ground (ground)", "缺少依据（ground）"),
        (None, None, "it lacks an end (until) and a ground (ground)", "缺少截止时间（until）与依据（ground）"),
    ],
)
def test_a_row_that_lacks_something_says_what(until_us: int | None, ground: str | None, en: str, zh: str) -> None:
    (found,) = read_table("value\nK1\n", NOW, GROUNDS, until_us=until_us, ground=ground).findings
    assert (found.text, found.place("en"), found.place("zh")) == ({"en": en, "zh": zh}, "row 2", "第 2 行")
