"""The column index against reading the table row by row."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huitong.decisions.feel import parse_unary_tests
from huitong.decisions.tables import load_tables
from tests.decisions.feel.reference import Result, cell
from tests.decisions.feel.world import VARIABLES, rows, scope, to_float
from tests.decisions.tables.dmn_text import dmn_table

Row = dict[str, Result]

_NUMBERS = st.sampled_from(["0", "1", "2.5", "-0.3", "3", "7.25"])
_NUMBER_TEST = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), _NUMBERS).map("".join),
    st.tuples(st.sampled_from("[("), _NUMBERS, st.just(".."), _NUMBERS.map(lambda text: f"({text}+2)"), st.sampled_from("])")).map("".join),
    _NUMBERS,
    st.just("null"),
)
_STRING_TEST = st.sampled_from(['"CN"', '"US"', '"elsewhere"', "null", '!= "CN"'])
_BOOLEAN_TEST = st.sampled_from(["true", "false", "null"])
_DATE_TEST = st.sampled_from(['@"2022-01-10"', '< @"2022-01-11"', '[@"2022-01-08"..@"2022-01-12")', "null"])


def cells(test: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(test, min_size=1, max_size=3).map(",".join)
    return st.just("-") | several | several.map(lambda tests: f"not({tests})")


_COLUMNS = {
    "amount": _NUMBER_TEST,
    "count 1h": _NUMBER_TEST,
    "z-score": _NUMBER_TEST,
    "country": _STRING_TEST,
    "known": _BOOLEAN_TEST,
    "opened": _DATE_TEST,
}
_RULES = st.lists(st.tuples(*(cells(test) for test in _COLUMNS.values())), min_size=1, max_size=80)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(rules=_RULES, data=st.lists(rows(), min_size=1, max_size=8), narrow=st.booleans())
def test_the_index_finds_the_rows_that_reading_cell_by_cell_finds(
    tmp_path: Path, rules: list[tuple[str, ...]], data: list[Row], narrow: bool
) -> None:
    known = scope()
    if narrow:
        rules = rules[:3]
    written = [[*rule, str(number)] for number, rule in enumerate(rules)]
    found = load_tables({"t.dmn": dmn_table(list(_COLUMNS), ["p"], written, "RULE ORDER")}, known, tmp_path)
    if not found.tables:
        assert {finding.code for finding in found.findings} == {"table.cell.empty"}
        return
    table = found.tables["limits"]
    matrix = np.array([[to_float(row[variable.name], variable.type, known.symbols) for variable in VARIABLES] for row in data])
    batch = table.batch(matrix)
    for number, row in enumerate(data):
        expected = tuple(
            place
            for place, rule in enumerate(rules)
            if all(
                cell(parse_unary_tests(text, known.known), row[name], row, boolean=name == "known")
                for name, text in zip(_COLUMNS, rule, strict=True)
            )
        )
        assert batch.result(number).rules == expected
        assert table.evaluate(matrix[number]) == batch.result(number)


@pytest.mark.parametrize("hit_policy", ["FIRST", "UNIQUE", "COLLECT"])
def test_one_row_and_a_batch_agree_on_every_hit_policy(tmp_path: Path, hit_policy: str) -> None:
    known = scope()
    rules = [[f"[{low / 10}..{low / 10 + 0.1})", '"CN"' if low % 2 else 'not("CN")', f"{low} / 3"] for low in range(-50, 50)]
    aggregation = "SUM" if hit_policy == "COLLECT" else ""
    content = dmn_table(["z-score", "country"], ["p"], rules, hit_policy, aggregation=aggregation, defaults=["-1"])
    table = load_tables({"t.dmn": content}, known, tmp_path).tables["limits"]
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(500, len(VARIABLES))) * 3
    matrix[:, 3] = rng.integers(-1, 3, 500)
    matrix[rng.random(matrix.shape) < 0.05] = np.nan
    batch = table.batch(matrix)
    results = [table.evaluate(row) for row in matrix]
    assert [batch.result(number) for number in range(len(matrix))] == results
    assert len({result.rules for result in results}) > 50
