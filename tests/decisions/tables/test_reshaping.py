"""Changes of a table's shape that are collected with what is typed into its cells: nothing typed is lost, and all is one version."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.decisions.tables import DmnTable, TableChange, WrittenRow, edited, read_dmn, reshaped, rows_after, rows_without_last
from huitong.kernel import PolicyError
from tests.decisions.tables.test_writing import FILES, rows_of

CONTENT, FILE = FILES[0].read_bytes(), "t.dmn"
TABLE = read_dmn(CONTENT, FILE)[0].name
PLACES = st.integers(0, 2)
CHANGES = st.one_of(
    st.builds(TableChange, st.just("add"), expression=st.sampled_from(["amount", "hour"]), label=st.sampled_from(["", "新列 / New"])),
    st.builds(TableChange, st.just("rename"), place=PLACES, label=st.sampled_from(["甲 / A", "乙 / B"])),
    st.builds(TableChange, st.just("remove"), place=PLACES),
    st.builds(TableChange, st.just("hit"), hit=st.sampled_from("FRC")),
)


def read(content: bytes) -> DmnTable:
    return read_dmn(content, FILE)[0]


def typed(rows: list[WrittenRow], row: int, place: int, cell: str) -> list[WrittenRow]:
    one = rows[row]
    return [*rows[:row], replace(one, inputs=(*one.inputs[:place], cell, *one.inputs[place + 1 :])), *rows[row + 1 :]]


@given(st.lists(CHANGES, max_size=5))
def test_what_is_typed_between_changes_stands_in_the_file_that_comes_of_all(asked: list[TableChange]) -> None:
    rows, changes = rows_of(read(CONTENT)), list[TableChange]()
    rows = [*rows, WrittenRow(None, ("-",) * len(rows[0].inputs), rows[0].outputs, rows[0].annotations)]
    for number, change in enumerate(asked):
        if change.how == "remove" and len(rows[0].inputs) <= 3:
            continue
        rows, changes = rows_after(rows, change), [*changes, change]
        rows = typed(rows, number % len(rows), 0, f"> {number}")
    table = read(edited(CONTENT, FILE, TABLE, changes, rows))
    assert [rule.inputs for rule in table.rules] == [row.inputs for row in rows]
    assert [one.expression for one in table.inputs] == [one.expression for one in read(reshaped(CONTENT, FILE, TABLE, changes)).inputs]


@given(CHANGES)
def test_a_change_taken_back_leaves_the_rows_as_they_were_typed(change: TableChange) -> None:
    rows = typed(rows_of(read(CONTENT)), 1, 3, "> 7")
    rows = [rows[1], rows[0], *rows[2:], WrittenRow(None, ("-",) * len(rows[0].inputs), rows[0].outputs, rows[0].annotations)]
    assert rows_without_last(CONTENT, FILE, TABLE, [change], rows_after(rows, change)) == rows


def test_a_column_that_is_not_there_is_not_taken_away() -> None:
    with pytest.raises(PolicyError):
        reshaped(CONTENT, FILE, TABLE, [TableChange("remove", place=99)])
