"""Columns and hit policies changed in a modeller's file: they read as wanted, and nothing else moves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.decisions.tables import HIT_POLICY_NAMES, DmnTable, read_dmn, with_column, with_hit_policy, with_label, without_column
from huitong.kernel import PolicyError
from tests.decisions.tables.test_writing import FILES, PREFIXED

TABLES = [(path.read_bytes(), table.name) for path in FILES for table in read_dmn(path.read_bytes(), path.name)] + [
    (PREFIXED, "limits"),
    (PREFIXED, "other"),
]
each_table = pytest.mark.parametrize(("content", "name"), TABLES, ids=[name for _, name in TABLES])


def read(content: bytes, name: str) -> DmnTable:
    return next(one for one in read_dmn(content, "t.dmn") if one.name == name)


def inputs(table: DmnTable) -> list[tuple[str, str]]:
    return [(one.label, one.expression) for one in table.inputs]


@each_table
def test_a_column_that_is_added_and_taken_out_again_leaves_the_file_as_it_was(content: bytes, name: str) -> None:
    before = read(content, name)
    added = with_column(content, "t.dmn", name, "amount > 5", 'more & "more" / 更多')
    after = read(added, name)
    assert inputs(after) == [*inputs(before), ('more & "more" / 更多', "amount > 5")]
    assert [rule.inputs for rule in after.rules] == [(*rule.inputs, "-") for rule in before.rules]
    assert [(rule.outputs, rule.annotations) for rule in after.rules] == [(rule.outputs, rule.annotations) for rule in before.rules]
    assert without_column(added, "t.dmn", name, len(before.inputs)) == content
    ids = [part.split(b'"')[0] for part in added.split(b' id="')[1:]]
    assert len(ids) == len(set(ids))


@each_table
def test_a_column_gets_another_name_and_its_own_back(content: bytes, name: str) -> None:
    before = read(content, name)
    named = with_label(content, "t.dmn", name, 0, "a > b")
    assert inputs(read(named, name)) == [("a > b", before.inputs[0].expression), *inputs(before)[1:]]
    again = read(with_label(named, "t.dmn", name, 0, before.inputs[0].label), name)
    assert (inputs(again), again.rules) == (inputs(before), before.rules)
    assert inputs(read(with_column(named, "t.dmn", name, "x"), name))[-1] == ("x", "x")


def test_what_ends_a_tag_may_stand_in_a_name() -> None:
    content = PREFIXED.replace(b'<dmn:input id="i">', b"<dmn:input id='i' label='a > \"b\"'>")
    assert inputs(read(with_label(content, "t.dmn", "limits", 0, "c"), "limits")) == [("c", "amount")]
    assert inputs(read(with_column(content, "t.dmn", "limits", "x"), "limits")) == [('a > "b"', "amount"), ("x", "x")]


@pytest.mark.parametrize("letter", list(HIT_POLICY_NAMES))
@each_table
def test_a_table_gets_any_hit_policy_and_its_own_back(content: bytes, name: str, letter: str) -> None:
    before = read(content, name)
    other = with_hit_policy(content, "t.dmn", name, letter)
    assert read(other, name).hit_policy == letter
    assert read(with_hit_policy(other, "t.dmn", name, before.hit_policy), name) == before


def test_a_middle_column_goes_with_its_cells() -> None:
    content = Path(FILES[0]).read_bytes()
    before = read_dmn(content, "t.dmn")[0]
    after = read(without_column(content, "t.dmn", before.name, 1), before.name)
    assert inputs(after) == [inputs(before)[0], *inputs(before)[2:]]
    assert [rule.inputs for rule in after.rules] == [(rule.inputs[0], *rule.inputs[2:]) for rule in before.rules]


def test_an_aggregation_goes_with_the_policy_that_has_one() -> None:
    summed = PREFIXED.replace(b'hitPolicy="FIRST"', b'hitPolicy="COLLECT" aggregation="SUM"')
    assert read(summed, "limits").aggregation == "+"
    after = read(with_hit_policy(summed, "t.dmn", "limits", "U"), "limits")
    assert (after.hit_policy, after.aggregation) == ("U", "")


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("table.column.last", lambda: without_column(PREFIXED, "t.dmn", "limits", 0)),
        ("table.column.unknown", lambda: without_column(PREFIXED, "t.dmn", "limits", 1)),
        ("table.column.unknown", lambda: with_label(PREFIXED, "t.dmn", "limits", -1, "x")),
        ("table.hit_policy", lambda: with_hit_policy(PREFIXED, "t.dmn", "limits", "Z")),
        ("table.unknown", lambda: with_column(PREFIXED, "t.dmn", "nowhere", "x")),
    ],
)
def test_what_cannot_be_is_refused(code: str, change: Callable[[], bytes]) -> None:
    with pytest.raises(PolicyError) as refused:
        change()
    assert refused.value.code == code
