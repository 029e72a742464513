"""Decision tables and rules as they stood when they spoke, with the row that did."""

from collections.abc import Sequence

from huitong.console.ports import LitTable
from huitong.decisions.policy import Program
from huitong.decisions.tables import read_dmn
from huitong.identity import Hidden, ShownDecision
from huitong.kernel import Text

AROUND = 3
"""Rows shown before and after the one that spoke."""
RULES = "rules"
CONDITION: Text = {"en": "condition", "zh": "条件"}
OUTCOME: Text = {"en": "outcome", "zh": "结果"}


def lit_tables(decision: ShownDecision, program: Program) -> Sequence[LitTable]:
    """The tables and rules that spoke, without those that the reader may not see.

    Args:
        decision: The decision, as the reader may see it.
        program: The policy that decided.
    """
    found = []
    for hit in decision.rules:
        if isinstance(hit.row, Hidden):
            continue
        setting = next((one for one in program.settings.tables if one.name == hit.table), None)
        if hit.table == RULES:
            rules = [(rule.when, rule.outcome or "") for rule in program.settings.rules]
            found.append(_around(hit.table, (CONDITION, OUTCOME), rules, hit.row))
        elif setting is not None:
            table = read_dmn(program.content[setting.file], setting.file)[0]
            inputs = [program.titles.get(one.expression, _as_written(one.label or one.expression)) for one in table.inputs]
            outputs = [OUTCOME if one.name == "outcome" else _as_written(one.name) for one in table.outputs]
            found.append(_around(hit.table, (*inputs, *outputs), [(*rule.inputs, *rule.outputs) for rule in table.rules], hit.row))
    return found


def _as_written(text: str) -> Text:
    return {"en": text, "zh": text}


def _around(name: str, heads: Sequence[Text], rows: Sequence[tuple[str, ...]], lit: int) -> LitTable:
    return LitTable(name, heads, [(number, row) for number, row in enumerate(rows, 1) if abs(number - lit) <= AROUND], lit)
