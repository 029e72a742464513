"""What a table is told at load, with its file, table, row and cell."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.decisions.feel import BOOLEAN, COUNT, DATE, FLOAT, MONEY, STRING, Place, Scope, Variable
from huitong.decisions.tables import LoadedTables, load_tables
from huitong.decisions.tables.cover import HoleSearch, OutOfStepsError
from huitong.kernel import PolicyError, Severity
from tests.decisions.tables.dmn_text import dmn_table

VARIABLES = (
    Variable("amount", MONEY),
    Variable("count 1h", COUNT),
    Variable("country", STRING),
    Variable("known", BOOLEAN),
    Variable("score", FLOAT),
)


def checked(content: bytes, cache: Path) -> LoadedTables:
    return load_tables({"limits.dmn": content}, Scope(VARIABLES), cache)


def codes(found: LoadedTables) -> list[str]:
    return [finding.code for finding in found.findings]


@pytest.mark.parametrize(
    ("cells", "code", "where", "words"),
    [
        (["< 10", "-", "amuont"], "feel.name.unknown", "row 2, cell 'p', line 1, column 1", "'amount'"),
        (['"x"', "-", "1"], "feel.type.mismatch", "row 2, cell 'amount', line 1, column 1", "string"),
        (["<", "-", "1"], "feel.syntax", "row 2, cell 'amount', line 1, column 2", "ends"),
        (["for x in y return x", "-", "1"], "feel.outside_subset", "row 2, cell 'amount', line 1, column 1", "for"),
        (["[5..1]", "-", "1"], "table.cell.empty", "row 2, cell 'amount'", "never hits"),
        (["(5..5]", "-", "1"], "table.cell.empty", "row 2, cell 'amount'", "never hits"),
        (["-", '< "a"', "1"], "feel.outside_subset", "row 2, cell 'country', line 1, column 1", "order"),
        (["> 10", "-", '"text"'], "table.output.mixed", "row 2, cell 'p'", "one type"),
        (["> 10", "-"], "table.row.cells", "row 2", "complete the row"),
    ],
)
def test_a_wrong_cell_is_named_by_file_table_row_and_cell(tmp_path: Path, cells: list[str], code: str, where: str, words: str) -> None:
    found = checked(dmn_table(["amount", "country"], ["p"], [["<= 10", "-", "1"], cells]), tmp_path)
    assert found.tables == {}
    assert codes(found) == [code]
    with pytest.raises(PolicyError) as caught:
        found.raise_errors()
    assert f"limits.dmn, table 'limits', {where}" in str(caught.value)
    assert words in str(caught.value)


def test_a_place_is_said_in_the_readers_language(tmp_path: Path) -> None:
    overlapping = checked(dmn_table(["amount"], ["p"], [["-", "1"], ["> 5", "2"]]), tmp_path)
    with pytest.raises(PolicyError) as caught:
        overlapping.raise_errors()
    assert caught.value.cause["zh"].startswith("limits.dmn 的表“limits”第 2 行：")
    assert "row" not in caught.value.cause["zh"]
    place = Place("limits.dmn", "limits", 2, "1 小时内笔数 / payments in 1 h").text()
    assert place == {
        "en": "limits.dmn, table 'limits', row 2, cell 'payments in 1 h'",
        "zh": "limits.dmn 的表“limits”第 2 行单元格“1 小时内笔数”",
    }


def test_all_wrong_cells_are_found_at_once(tmp_path: Path) -> None:
    found = checked(dmn_table(["amount"], ["p"], [["< x", "1"], ['"a"', "2"], ["> 1", "y"]]), tmp_path)
    assert len(found.findings) == 3
    with pytest.raises(PolicyError, match=r"row 1.*row 2.*row 3"):
        found.raise_errors()


def test_overlapping_rows_of_a_unique_table_are_errors(tmp_path: Path) -> None:
    rules = [["[1..5]", '"CN"', "1"], ["[5..9]", "-", "2"], ["(9..10]", "-", "3"], ["5", 'not("CN")', "4"]]
    found = checked(dmn_table(["amount", "country"], ["p"], rules), tmp_path)
    errors = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    assert [(finding.code, finding.where) for finding in errors] == [
        ("table.overlap", "limits.dmn, table 'limits', row 2"),
        ("table.overlap", "limits.dmn, table 'limits', row 4"),
    ]
    assert "row 1" in errors[0].text["en"]
    assert "第 1 行" in errors[0].text["zh"]


def test_a_range_without_whole_numbers_overlaps_nothing_in_a_column_of_counts(tmp_path: Path) -> None:
    rules = [["< 3", "1"], ["(2..4)", "2"], [">= 4", "3"]]
    assert checked(dmn_table(["count 1h"], ["p"], rules), tmp_path).findings == ()
    assert "table.overlap" in codes(checked(dmn_table(["amount"], ["p"], rules), tmp_path))


def test_rows_of_an_any_table_that_disagree_are_errors_and_agreeing_ones_are_not(tmp_path: Path) -> None:
    agreeing = [["> 1", "1"], ["> 5", "1"], ["<= 1", "2"]]
    assert codes(checked(dmn_table(["amount"], ["p"], agreeing, "ANY"), tmp_path)) == ["table.row.redundant"]
    assert codes(checked(dmn_table(["amount"], ["p"], [["> 1", "1"], ["< 5", "2"]], "ANY"), tmp_path)) == ["table.conflict"]


@pytest.mark.parametrize(
    ("rules", "unreachable"),
    [
        ([["-", "-", "1"], ["> 5", "-", "2"]], [2]),
        ([["< 5", "-", "1"], [">= 5", "-", "2"], ["null", "-", "3"], ["-", "true", "4"]], [4]),
        ([["< 5", "-", "1"], [">= 5", "-", "2"], ["-", "-", "4"]], []),
        ([["< 5", "true", "1"], ["< 5", "false", "2"], ["< 5", "null", "3"], ["[1..2]", "-", "4"], ["> 4", "-", "5"]], [4]),
        ([["< count 1h", "-", "1"], ["< count 1h", "-", "2"]], []),
        ([["-", "-", "1"], ["< count 1h", "-", "2"]], [2]),
    ],
)
def test_a_row_that_earlier_rows_cover_wholly_is_unreachable(tmp_path: Path, rules: list[list[str]], unreachable: list[int]) -> None:
    found = checked(dmn_table(["amount", "known"], ["p"], rules, "FIRST", defaults=["0"]), tmp_path)
    assert [finding.where for finding in found.findings] == [f"limits.dmn, table 'limits', row {row}" for row in unreachable]
    assert set(codes(found)) <= {"table.row.unreachable"}


def test_a_gap_is_a_warning_with_an_input_that_falls_into_it(tmp_path: Path) -> None:
    rules = [["< 10", '"CN"', "1"], [">= 10", "-", "2"], ["< 5", 'not("CN")', "3"]]
    found = checked(dmn_table(["amount", "country"], ["p"], rules), tmp_path)
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("table.gap", Severity.WARNING)
    assert "amount = 5" in finding.text["en"]
    assert "country = any other" in finding.text["en"]
    assert found.tables.keys() == {"limits"}


def test_a_gap_before_the_first_date_is_told_without_an_example(tmp_path: Path) -> None:
    content = dmn_table(["opened"], ["p"], [['>= @"0001-01-01"', "1"]])
    found = load_tables({"limits.dmn": content}, Scope((Variable("opened", DATE),)), tmp_path)
    assert codes(found) == ["table.gap"]
    assert found.tables.keys() == {"limits"}


def test_no_gap_is_reported_where_the_allowed_values_or_the_defaults_close_it(tmp_path: Path) -> None:
    rules = [["[0..10)", '"CN"', "1"], ["[10..99]", "-", "2"], ["[0..10)", '"US"', "3"]]
    columns = ["amount", "country"]
    assert codes(checked(dmn_table(columns, ["p"], rules), tmp_path)) == ["table.gap"]
    assert codes(checked(dmn_table(columns, ["p"], rules, input_values=["[0..99]", '"CN","US"']), tmp_path)) == []
    assert codes(checked(dmn_table(columns, ["p"], rules, defaults=["0"]), tmp_path)) == []


@settings(max_examples=60, deadline=None)
@given(
    rules=st.lists(
        st.tuples(st.tuples(st.integers(0, 6), st.integers(0, 3)), st.tuples(st.integers(0, 3), st.integers(0, 2))), min_size=1, max_size=5
    )
)
def test_overlap_gap_and_cover_agree_with_trying_every_point(
    tmp_path_factory: pytest.TempPathFactory, rules: list[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    boxes = [[range(low, low + size + 1) for low, size in rule] for rule in rules]
    written = [[f"[{side[0]}..{side[-1]}]" for side in box] + [str(number)] for number, box in enumerate(boxes)]
    columns, allowed = ["count 1h", "amount"], ["[0..9]", "0,1,2,3,4,5"]
    points = [(x, y) for x in range(10) for y in range(6)]
    hits = [[number for number, box in enumerate(boxes) if x in box[0] and y in box[1]] for x, y in points]
    cache = tmp_path_factory.getbasetemp()
    unique = checked(dmn_table(columns, ["p"], written, input_values=allowed), cache)
    first = checked(dmn_table(columns, ["p"], written, "FIRST", input_values=allowed), cache)
    overlapping = {(a, b) for hit in hits for a in hit for b in hit if a < b}
    found = [finding for finding in unique.findings if finding.code == "table.overlap"]
    assert len(found) == len(overlapping)
    assert ("table.gap" in codes(unique)) == any(not hit for hit in hits)
    unreachable = {number for number in range(len(boxes)) if all(hit[0] != number for hit in hits if hit)}
    assert codes(first).count("table.row.unreachable") == len(unreachable)


def test_names_and_ids_are_there_and_unlike(tmp_path: Path) -> None:
    one = dmn_table(["amount"], ["p"], [["-", "1"]])
    twice = one.replace(b'id="i0"', b'id="o0"')
    nameless = one.replace(b'name="limits"', b'name=""')
    rowless = dmn_table(["amount"], ["p"], [])
    twin = dmn_table(["amount"], ["p", "p"], [["-", "1", "2"]])
    assert codes(checked(twice, tmp_path)) == ["table.id.twice"]
    assert codes(checked(nameless, tmp_path)) == ["table.name.missing"]
    assert codes(checked(rowless, tmp_path)) == ["table.rows"]
    assert codes(checked(twin, tmp_path)) == ["table.output.name"]
    both = load_tables({"a.dmn": one, "b.dmn": one}, Scope(VARIABLES), tmp_path)
    assert codes(both) == ["table.name.twice"]
    assert "a.dmn" in both.findings[0].text["en"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (dmn_table(["amount"], ["p"], [["-", '"a"']], "COLLECT", aggregation="SUM"), "table.aggregate"),
        (dmn_table(["amount"], ["p", "q"], [["-", "1", "2"]], "COLLECT", aggregation="MAX"), "table.aggregate"),
        (dmn_table(["amount"], ["p"], [["-", '"a"']], "PRIORITY"), "table.priority"),
        (dmn_table(["amount"], ["p"], [["-", "amount"]], "PRIORITY", output_values=["1,2"]), "table.priority"),
        (dmn_table(["amount"], ["p"], [["-", "1"]], defaults=["amount"]), "table.default"),
        (dmn_table(["amount"], ["p"], [["-", '"declin"']], output_values=['"approve","decline"']), "table.output.unlisted"),
        (dmn_table(["amount"], ["p"], [["-", "101"]], output_values=["[0..100]"]), "table.output.unlisted"),
        (dmn_table(["amount"], ["p"], [["-", "1"]], output_values=["[0..100]"], defaults=["-1"]), "table.output.unlisted"),
        (dmn_table([("amount", "string")], ["p"], [["-", "1"]]), "feel.type.mismatch"),
        (dmn_table(["amuont"], ["p"], [["-", "1"]]), "feel.name.unknown"),
    ],
)
def test_a_table_that_cannot_work_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    assert codes(checked(content, tmp_path)) == [code]


def test_the_step_budget_ends_a_search() -> None:
    options = [[(0, 0b0101), (1, 0b1010)], [(0, 0b0011), (1, 0b1100)]]
    assert HoleSearch().hole(options, 0b1111) is None
    assert HoleSearch().hole(options, 0b0111) == [1, 1]
    with pytest.raises(OutOfStepsError):
        HoleSearch(steps_max=1).hole(options, 0b1111)
