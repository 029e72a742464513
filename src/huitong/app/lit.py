"""Decision tables and rules as they stood when they spoke, with the rows that did."""

from collections.abc import Mapping, Sequence

from huitong.console.ports import LitTable, Said
from huitong.decisions.policy import Program, TableSetting
from huitong.decisions.tables import DmnInput, label_words, read_dmn
from huitong.identity import Hidden, ShownDecision
from huitong.kernel import Text

AROUND = 3
"""Rows shown before and after one that spoke."""
RULES = "rules"
RULE: Text = {"en": "Rule", "zh": "规则"}
OUTCOME: Text = {"en": "Outcome", "zh": "结果"}
RULES_TITLE: Text = {"en": "Rules", "zh": "规则"}
Cells = Sequence[str | Said]


def lit_tables(decision: ShownDecision, program: Program) -> Sequence[LitTable]:
    """The tables and rules that spoke, each once, without what the reader may not see.

    Args:
        decision: The decision, as the reader may see it.
        program: The policy that decided.
    """
    rows: dict[str, list[int]] = {}
    for hit in decision.rules:
        if not isinstance(hit.table, Hidden) and not isinstance(hit.row, Hidden):
            rows.setdefault(hit.table, []).append(hit.row)
    settings = {one.name: one for one in program.settings.tables}
    found = []
    for name, lit in rows.items():
        if name == RULES:
            rules = [(Said(rule.reason, rule.when), rule.outcome or "") for rule in program.settings.rules]
            found.append(_around(name, RULES_TITLE, (RULE, OUTCOME), rules, lit))
        elif name in settings:
            found.append(_table(settings[name], program, lit))
    return found


def _table(setting: TableSetting, program: Program, lit: Sequence[int]) -> LitTable:
    tables = read_dmn(program.content[setting.file], setting.file)
    table = next((one for one in tables if one.name == setting.decision), tables[0])
    inputs = [_head(one, program.titles) for one in table.inputs]
    outputs = [OUTCOME if one.name == "outcome" else _as_written(one.name) for one in table.outputs]
    rows = [(*rule.inputs, *rule.outputs) for rule in table.rules]
    return _around(setting.name, setting.title, (*inputs, *outputs), rows, lit)


def _head(one: DmnInput, titles: Mapping[str, Text]) -> Text:
    """What a column is called: by its modeller, as in the editor; else as what it looks at is."""
    labelled = one.label not in ("", one.expression)
    return label_words(one.label) if labelled else titles.get(one.expression, _as_written(one.expression))


def _as_written(text: str) -> Text:
    return {"en": text, "zh": text}


def _around(name: str, title: Text, heads: Sequence[Text], rows: Sequence[Cells], lit: Sequence[int]) -> LitTable:
    shown = [(number, row) for number, row in enumerate(rows, 1) if any(abs(number - one) <= AROUND for one in lit)]
    return LitTable(name, title, heads, shown, lit, len(rows))
