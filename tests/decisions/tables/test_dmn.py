"""Reading DMN XML: what modellers write, and what nobody should send."""

from pathlib import Path

import numpy as np
import pytest

from huitong.decisions.feel import MONEY, Scope, Variable
from huitong.decisions.tables import load_tables, read_dmn
from huitong.kernel import PolicyError
from tests.decisions.tables.dmn_text import DMN_15, dmn_table

PLAIN = dmn_table(["amount"], ["p"], [["< 5", "1"], [">= 5", "2"]])

# As dmn-js 17 and Camunda Modeler 5 write it: extension elements, a variable, requirements, a diagram, an empty cell for "any".
CAMUNDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"
    xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:camunda="http://camunda.org/schema/1.0/dmn"
    xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" id="Definitions_1" name="DRD" namespace="http://camunda.org/schema/1.0/dmn"
    exporter="Camunda Modeler" exporterVersion="5.20.0">
  <inputData id="InputData_1" name="amount"><variable id="V_1" name="amount" typeRef="number"/></inputData>
  <decision id="Decision_1" name="limits" camunda:historyTimeToLive="180">
    <extensionElements><camunda:properties/></extensionElements>
    <informationRequirement id="IR_1"><requiredInput href="#InputData_1"/></informationRequirement>
    <decisionTable id="DecisionTable_1" hitPolicy="FIRST" biodi:annotationsWidth="400">
      <input id="Input_1" label="Amount / CNY" biodi:width="192">
        <inputExpression id="InputExpression_1" typeRef="number"><text>amount</text></inputExpression>
      </input>
      <output id="Output_1" label="Verdict" typeRef="string"/>
      <rule id="DecisionRule_1"><description>small</description>
        <inputEntry id="UnaryTests_1"><text><![CDATA[< 100]]></text></inputEntry>
        <outputEntry id="LiteralExpression_1"><text>"approve"</text></outputEntry>
      </rule>
      <rule id="DecisionRule_2">
        <inputEntry id="UnaryTests_2"><text></text></inputEntry>
        <outputEntry id="LiteralExpression_2"><text>"review"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI><dmndi:DMNDiagram><dmndi:DMNShape dmnElementRef="Decision_1"><dc:Bounds height="80" width="180" x="160" y="80"/>
  </dmndi:DMNShape></dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>"""


def test_a_file_of_a_common_modeller_loads(tmp_path: Path) -> None:
    found = load_tables({"limits.dmn": CAMUNDA}, Scope((Variable("amount", MONEY),)), tmp_path)
    assert found.findings == ()
    table = found.tables["limits"]
    assert [table.evaluate(np.array([minor])).outputs[0] for minor in (9_999.0, 10_000.0)] == [
        {"Verdict": "approve"},
        {"Verdict": "review"},
    ]
    assert table.rows[0].description == "small"


@pytest.mark.parametrize("year", ["20230324", "20211108", "20191111"])
def test_the_namespaces_of_dmn_13_to_15_are_read(year: str) -> None:
    (table,) = read_dmn(PLAIN.replace(b"20230324", year.encode()), "x.dmn")
    assert (table.name, table.hit_policy, len(table.rules)) == ("limits", "U", 2)


_ENTITY = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
_OUTSIDE = b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_ENTITY + PLAIN, "dmn.hostile"),
        (_OUTSIDE + PLAIN, "dmn.hostile"),
        (b"<!DOCTYPE d>" + PLAIN, "dmn.hostile"),
        (PLAIN[:-20], "dmn.xml"),
        (b"", "dmn.xml"),
        (b"\xff\xfe\x00", "dmn.xml"),
        (PLAIN.replace(b"limits", b"\xff"), "dmn.xml"),
        (b'<?xml version="1.0" encoding="klingon"?>' + PLAIN, "dmn.xml"),
        (b"<html/>", "dmn.namespace"),
        (PLAIN.replace(b"20230324", b"20150101"), "dmn.namespace"),
        (PLAIN.replace(b"UNIQUE", b"BEST"), "dmn.hit_policy"),
        (PLAIN.replace(b'"UNIQUE"', b'"UNIQUE" aggregation="SUM"'), "dmn.hit_policy"),
        (PLAIN.replace(b'"ie0"', b'"ie0" expressionLanguage="groovy"'), "dmn.language"),
        (f'<definitions xmlns="{DMN_15}"><decision name="x"><literalExpression/></decision></definitions>'.encode(), "dmn.logic"),
    ],
)
def test_what_is_no_table_is_refused_by_file(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        read_dmn(content, "x.dmn")
    assert caught.value.code == code
    assert str(caught.value).startswith("x.dmn")
    assert [finding.code for finding in load_tables({"x.dmn": content}, Scope(()), tmp_path).findings] == [code]


def test_an_edited_cell_compiles_nothing(tmp_path: Path) -> None:
    scope = Scope((Variable("amount", MONEY),))
    load_tables({"x.dmn": PLAIN}, scope, tmp_path)
    edited = load_tables({"x.dmn": PLAIN.replace(b"5", b"7")}, scope, tmp_path).tables["limits"]
    assert [edited.evaluate(np.array([minor])).outputs[0]["p"] for minor in (699.0, 700.0)] == [1, 2]
    assert list(tmp_path.iterdir()) == []
