"""Every hit policy of the standard, on tables of its chapter and of its conformance cases."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from huitong.decisions.feel import BOOLEAN, COUNT, DATE, MONEY, STRING, Scope, Value, Variable, encode
from huitong.decisions.tables import DecisionTable, TableResult, load_tables
from tests.decisions.tables.dmn_text import dmn_table

VARIABLES = (
    Variable("Age", COUNT),
    Variable("RiskCategory", STRING),
    Variable("isAffordable", BOOLEAN),
    Variable("amount", MONEY),
    Variable("since", DATE),
)
APPROVAL = ["Age", "RiskCategory", "isAffordable"]
# The table of the standard's conformance cases 0110 and 0118 (approval status).
APPROVAL_RULES = [
    [">=18", '"Medium","Low"', "true", '"Approved"', '"Basic"'],
    ["<18", "-", "-", '"Declined"', '"Standard"'],
    ["-", '"High"', "-", '"Declined"', '"Standard"'],
    ["-", "-", "false", '"Declined"', '"Standard"'],
]


def loaded(content: bytes, cache: Path) -> DecisionTable:
    tables = load_tables({"t.dmn": content}, Scope(VARIABLES), cache)
    tables.raise_errors()
    return next(iter(tables.tables.values()))


def decided(table: DecisionTable, **values: Value) -> TableResult:
    row = np.array([encode(values.get(variable.name), variable.type, table.symbols) for variable in VARIABLES])
    result = table.evaluate(row)
    assert table.batch(row.reshape(1, -1)).result(0) == result
    return result


def said(result: TableResult) -> list[list[Value]]:
    return [list(output.values()) for output in result.outputs]


def test_unique_gives_the_one_row_that_hits_and_its_evidence(tmp_path: Path) -> None:
    table = loaded(dmn_table(["amount"], ["level", "fee"], [["< 100", '"low"', "1"], [">= 100", '"high"', "2.50"]]), tmp_path)
    result = decided(table, amount=Decimal("99.99"))
    assert result == TableResult((0,), ({"level": "low", "fee": Decimal("1.0")},))
    assert decided(table, amount=100).outputs[0]["level"] == "high"
    row = table.rows[result.rules[0]]
    assert (row.number, row.id, row.inputs, row.annotations) == (1, "r1", ("< 100",), {"why": "row 1"})


def test_no_hit_gives_nothing_without_and_the_defaults_with_them(tmp_path: Path) -> None:
    rules = [["[1..2]", '"low"']]
    assert decided(loaded(dmn_table(["amount"], ["level"], rules), tmp_path), amount=5) == TableResult((), ())
    for hit_policy in ("UNIQUE", "FIRST", "RULE ORDER"):
        table = loaded(dmn_table(["amount"], ["level"], rules, hit_policy, defaults=['"other"']), tmp_path)
        assert decided(table, amount=5) == TableResult((), ({"level": "other"},))
        assert decided(table, amount=None) == TableResult((), ({"level": "other"},))


def test_first_gives_the_first_row_that_hits(tmp_path: Path) -> None:
    table = loaded(dmn_table(APPROVAL, ["status", "rate"], APPROVAL_RULES, "FIRST"), tmp_path)
    assert decided(table, Age=17, RiskCategory="High", isAffordable=False).rules == (1,)
    assert decided(table, Age=19, RiskCategory="High", isAffordable=False).rules == (2,)


def test_any_gives_rows_that_agree(tmp_path: Path) -> None:
    rules = [[*rule[:3], rule[3]] for rule in APPROVAL_RULES]
    table = loaded(dmn_table(APPROVAL, ["status"], [[rules[0][0], rules[0][1], "true", '"Approved"'], *rules[1:]], "ANY"), tmp_path)
    assert said(decided(table, Age=17, RiskCategory="High", isAffordable=False)) == [["Declined"]]
    assert said(decided(table, Age=18, RiskCategory="Low", isAffordable=True)) == [["Approved"]]


def test_priority_gives_the_output_that_is_listed_first(tmp_path: Path) -> None:
    content = dmn_table(
        APPROVAL, ["status", "rate"], APPROVAL_RULES, "PRIORITY", output_values=['"Approved","Declined"', '"Standard","Basic"']
    )
    table = loaded(content, tmp_path)
    assert said(decided(table, Age=19, RiskCategory="Low", isAffordable=True)) == [["Approved", "Basic"]]
    assert said(decided(table, Age=17, RiskCategory="High", isAffordable=True)) == [["Declined", "Standard"]]
    reverse = dmn_table(["amount"], ["p"], [["> 1", '"low"'], ["> 5", '"high"']], "PRIORITY", output_values=['"high","low"'])
    assert decided(loaded(reverse, tmp_path), amount=6).rules == (1,)


def test_output_order_gives_all_hits_by_priority_and_rule_order_as_written(tmp_path: Path) -> None:
    rules = [["> 1", '"low"'], ["> 5", '"high"'], ["> 3", '"middle"']]
    by_output = loaded(dmn_table(["amount"], ["p"], rules, "OUTPUT ORDER", output_values=['"high","middle","low"']), tmp_path)
    by_rule = loaded(dmn_table(["amount"], ["p"], rules, "RULE ORDER"), tmp_path)
    assert said(decided(by_output, amount=6)) == [["high"], ["middle"], ["low"]]
    assert said(decided(by_rule, amount=6)) == [["low"], ["high"], ["middle"]]
    assert decided(by_rule, amount=4).rules == (0, 2)


@pytest.mark.parametrize(
    ("aggregation", "all_hit", "none_hit"),
    [("SUM", Decimal("40.5"), None), ("MIN", Decimal("10.0"), None), ("MAX", Decimal("20.5"), None), ("COUNT", 3, 0)],
)
def test_collect_aggregates_what_hits(tmp_path: Path, aggregation: str, all_hit: Value, none_hit: Value) -> None:
    rules = [["> 1", "10"], ["> 5", "20.5"], ["> 3", "10"]]
    table = loaded(dmn_table(["amount"], ["points"], rules, "COLLECT", aggregation=aggregation), tmp_path)
    assert decided(table, amount=6).aggregate == all_hit
    assert decided(table, amount=6).rules == (0, 1, 2)
    assert decided(table, amount=0).aggregate == none_hit


def test_collect_without_aggregation_gives_every_hit(tmp_path: Path) -> None:
    table = loaded(dmn_table(["amount"], ["p"], [["> 1", '"a"'], ["-", '"b"'], ["> 9", '"c"']], "COLLECT"), tmp_path)
    assert said(decided(table, amount=6)) == [["a"], ["b"]]


def test_computed_cells_inputs_and_outputs_work_like_plain_ones(tmp_path: Path) -> None:
    rules = [["> Age * 10", '? != "High"', "amount * 0.1"], ["<= Age * 10", "-", "-1"]]
    table = loaded(dmn_table(["amount + 1", "RiskCategory"], ["fee"], rules, "UNIQUE"), tmp_path)
    assert decided(table, amount=400, Age=30, RiskCategory="Low").outputs == ({"fee": Decimal("40.000")},)
    assert decided(table, amount=400, Age=30, RiskCategory="High") == TableResult((), ())
    assert decided(table, amount=200, Age=30, RiskCategory="High").outputs == ({"fee": Decimal("-1.000")},)


def test_rows_whose_computed_cells_clash_give_no_output_and_say_so(tmp_path: Path) -> None:
    rules = [["> Age", '"a"'], ["> 100", '"b"']]
    for hit_policy in ("UNIQUE", "ANY"):
        table = loaded(dmn_table(["amount"], ["p"], rules, hit_policy, defaults=['"none"']), tmp_path)
        assert decided(table, amount=200, Age=30) == TableResult((), (), violated=True)
        assert said(decided(table, amount=200, Age=300)) == [["b"]]


def test_null_hits_only_cells_that_let_it_in(tmp_path: Path) -> None:
    rules = [["null", '"a"'], ["not(null, 5)", '"b"'], ["!= 5", '"c"'], ["not(< 5)", '"d"'], ["-", '"e"'], ["not(5)", '"f"']]
    table = loaded(dmn_table(["amount"], ["p"], rules, "RULE ORDER"), tmp_path)
    assert [output for (output,) in said(decided(table, amount=None))] == ["a", "c", "e", "f"]
    assert [output for (output,) in said(decided(table, amount=5))] == ["d", "e"]
    assert [output for (output,) in said(decided(table, amount=6))] == ["b", "c", "d", "e", "f"]


def test_what_is_neither_true_nor_false_is_not_made_true_by_not(tmp_path: Path) -> None:
    rules = [["not(< null)", '"a"'], ["not(5, [null..10])", '"b"'], ["not([[null..10], 50])", '"c"'], ["not(null)", '"d"']]
    table = loaded(dmn_table(["amount"], ["p"], rules, "RULE ORDER"), tmp_path)
    assert said(decided(table, amount=7)) == [["d"]]
    assert said(decided(table, amount=20)) == [["b"], ["c"], ["d"]], "beyond its known end the range is false, whatever the other is"
    assert said(decided(table, amount=None)) == []


def test_a_quotient_as_the_end_of_a_cell_stands_where_computing_it_puts_it(tmp_path: Path) -> None:
    rules = [["= 1 / 10", '"a"'], [">= 29 / 100", '"b"'], ["< 1 / 3", '"c"'], ["? = 1 / 10", '"d"']]
    table = loaded(dmn_table(["amount"], ["p"], rules, "RULE ORDER"), tmp_path)
    assert said(decided(table, amount=Decimal("0.10"))) == [["a"], ["c"], ["d"]]
    assert said(decided(table, amount=Decimal("0.29"))) == [["b"], ["c"]]
    assert said(decided(table, amount=Decimal("0.34"))) == [["b"]]


def test_a_string_that_no_row_names_hits_only_what_excludes_others(tmp_path: Path) -> None:
    table = loaded(dmn_table(["RiskCategory"], ["p"], [['"High","Low"', "1"], ['not("High","Low")', "2"]]), tmp_path)
    assert said(decided(table, RiskCategory="Unheard of")) == [[2]]
    assert said(decided(table, RiskCategory="Low")) == [[1]]


def test_dates_are_compared_as_dates(tmp_path: Path) -> None:
    rules = [['< @"2024-03-01"', "1"], ['[date("2024-03-01")..date(2024, 12, 31)]', "2"]]
    table = loaded(dmn_table([("since", "date")], ["p"], rules), tmp_path)
    from datetime import date  # noqa: PLC0415

    assert said(decided(table, since=date(2024, 2, 29))) == [[1]]
    assert said(decided(table, since=date(2024, 12, 31))) == [[2]]


def test_more_than_one_word_of_rows_is_looked_up_like_one(tmp_path: Path) -> None:
    rules: Sequence[Sequence[str]] = [[f"[{row}..{row + 1})", f"{row % 7}", f"{row}"] for row in range(1000)]
    table = loaded(dmn_table(["amount", "Age"], ["p"], rules), tmp_path)
    hits: list[Mapping[str, Value]] = [
        decided(table, amount=Decimal(row) + Decimal("0.99"), Age=row % 7).outputs[0] for row in (0, 63, 64, 500, 999)
    ]
    assert [hit["p"] for hit in hits] == [0, 63, 64, 500, 999]
    assert decided(table, amount=63, Age=5) == TableResult((), ())
