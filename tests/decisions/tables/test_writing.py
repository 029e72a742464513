"""Rows written back into a modeller's file: they read as wanted, and nothing else moves."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import huitong
from huitong.decisions.tables import DmnTable, WrittenRow, read_dmn, with_rows
from huitong.kernel import PolicyError

FILES = sorted(Path(huitong.__file__).parent.rglob("*.dmn"))
PREFIXED = """<?xml version="1.0" encoding="UTF-8"?>
<dmn:definitions xmlns:dmn="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
  <dmn:decision id="other" name="other"><dmn:decisionTable id="t0"><dmn:input id="i0"><dmn:inputExpression id="e0"><dmn:text>a</dmn:text>
  </dmn:inputExpression></dmn:input><dmn:output id="o0" name="x"/><dmn:rule id="other_1"><dmn:inputEntry id="c0"><dmn:text>1</dmn:text>
  </dmn:inputEntry><dmn:outputEntry id="c1"><dmn:text>2</dmn:text></dmn:outputEntry></dmn:rule></dmn:decisionTable></dmn:decision>
  <dmn:decision id="limits" name="limits">
    <dmn:decisionTable id="t" hitPolicy="FIRST">
      <dmn:input id="i"><dmn:inputExpression id="e"><dmn:text>amount</dmn:text></dmn:inputExpression></dmn:input>
      <dmn:output id="o" name="outcome"/>
      <dmn:annotation name="why"/>
      <!-- said at the meeting -->
      <dmn:rule id="r1">
        <dmn:description>kept</dmn:description>
        <dmn:inputEntry id="r1c1"><dmn:text><![CDATA[< 5]]></dmn:text></dmn:inputEntry>
        <dmn:outputEntry id="r1c2"><dmn:text>"review"</dmn:text></dmn:outputEntry>
      </dmn:rule>
      <!-- of the second -->
      <dmn:rule id="r2">
        <dmn:inputEntry id="r2c1"><dmn:text/></dmn:inputEntry>
        <dmn:outputEntry id="r2c2"><dmn:text>"decline"</dmn:text></dmn:outputEntry>
        <dmn:annotationEntry><dmn:text>大额</dmn:text></dmn:annotationEntry>
      </dmn:rule>
    </dmn:decisionTable>
  </dmn:decision>
</dmn:definitions>
""".encode()


def rows_of(table: DmnTable) -> list[WrittenRow]:
    full = len(table.annotations)
    return [
        WrittenRow(place, rule.inputs, rule.outputs, (*rule.annotations, *[""] * (full - len(rule.annotations))))
        for place, rule in enumerate(table.rules)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_nobody_changed_stays_to_the_last_byte(path: Path) -> None:
    content = path.read_bytes()
    for table in read_dmn(content, path.name):
        assert with_rows(content, path.name, table.name, rows_of(table)) == content


def test_a_cell_of_several_lines_that_a_page_shows_in_one_stays_as_it_is() -> None:
    broken = PREFIXED.replace(b"<![CDATA[< 5]]>", b"\n          &lt; 5,\n          &gt; 9\n        ")
    (_, table) = read_dmn(broken, "x.dmn")
    first, second = rows_of(table)
    assert "\n" in first.inputs[0]
    shown = replace(first, inputs=("< 5, > 9",))
    assert with_rows(broken, "x.dmn", "limits", [shown, second]) == broken
    after = with_rows(broken, "x.dmn", "limits", [shown, replace(second, annotations=("小额",))])
    assert after == broken.replace("大额".encode(), "小额".encode())
    assert b"&lt; 6" in with_rows(broken, "x.dmn", "limits", [replace(first, inputs=("< 6, > 9",)), second])


def test_a_changed_cell_moves_alone() -> None:
    path = FILES[0]
    content = path.read_bytes()
    table = read_dmn(content, path.name)[0]
    rows = rows_of(table)
    rows[1] = replace(rows[1], inputs=("< 3 & <b>", *rows[1].inputs[1:]))
    after = with_rows(content, path.name, table.name, rows)
    changed = [(old, new) for old, new in zip(content.split(b"\n"), after.split(b"\n"), strict=True) if old != new]
    assert len(changed) == 1
    assert b"&lt; 3 &amp; &lt;b&gt;" in changed[0][1]


texts = st.text(st.sampled_from("ab<>&\"' -0质"), max_size=6)
rows_of_limits = st.lists(
    st.builds(
        lambda origin, one, two, three: WrittenRow(origin, (one,), (two,), (three,)), st.sampled_from([None, 0, 1]), texts, texts, texts
    ),
    max_size=5,
)


@given(rows_of_limits)
def test_any_rows_read_back_as_they_were_given_beside_prefixes_comments_and_other_tables(rows: list[WrittenRow]) -> None:
    after = with_rows(PREFIXED, "limits.dmn", "limits", rows)
    other, limits = read_dmn(after, "limits.dmn")
    assert [rule.id for rule in other.rules] == ["other_1"]
    assert len({rule.id for rule in limits.rules}) == len(rows)
    assert [(rule.inputs, rule.outputs) for rule in limits.rules] == [
        (tuple(cell.strip() for cell in row.inputs), tuple(cell.strip() for cell in row.outputs)) for row in rows
    ]
    assert b"<!-- said at the meeting -->" in after
    assert (b"<!-- of the second -->" in after) is any(row.origin == 1 for row in rows)


def test_new_rows_have_ids_of_their_own() -> None:
    new = WrittenRow(None, (">= 9",), ('"review"',), ("",))
    after = with_rows(PREFIXED, "limits.dmn", "limits", [new, new])
    limits = read_dmn(after, "limits.dmn")[1]
    assert len({rule.id for rule in limits.rules}) == 2


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(PolicyError, match="does not fit"):
        with_rows(PREFIXED, "limits.dmn", "limits", [WrittenRow(None, ("1", "2"), ("3",), ("",))])
    with pytest.raises(PolicyError, match="does not fit"):
        with_rows(PREFIXED, "limits.dmn", "limits", [WrittenRow(7, ("1",), ("3",), ("",))])
    with pytest.raises(PolicyError, match="no decision table"):
        with_rows(PREFIXED, "limits.dmn", "limit", [])
