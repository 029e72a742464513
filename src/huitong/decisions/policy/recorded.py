"""Stages that say again what a record says they said, where a name that they ask about is encrypted in it.

Whoever has only the record cannot look the name up in a list, nor compare it with a text in a rule. These answers are taken over; all
others, and what follows from all of them, are computed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from huitong.contracts import Decision, Event, Float64Array, Int32Array
from huitong.decisions.policy.lists import PolicyList
from huitong.decisions.policy.program import Program, text_field
from huitong.decisions.policy.rules import CompiledRules
from huitong.decisions.policy.tables import NO_ROW, SILENT, PolicyTable, Severities
from huitong.decisions.tables import VIOLATED


@dataclass(frozen=True, slots=True)
class _RecordedRules(CompiledRules):
    """Rules of which some say what they said.

    Attributes:
        said: Whether it hit, by the place of each such rule.
    """

    said: Mapping[int, bool]

    def hits(self, rows: Float64Array) -> npt.NDArray[np.bool_]:
        hits = CompiledRules.hits(self, rows)
        for place, hit in self.said.items():
            hits[:, place] = hit
        return hits


@dataclass(frozen=True, slots=True)
class _RecordedTable(PolicyTable):
    """A table that says what it said: row, as ``PolicyTable.answers`` has it, and severity."""

    said: tuple[int, int]

    def answers(self, rows: Float64Array) -> tuple[Int32Array, Severities]:
        row, severity = self.said
        return np.full(len(rows), row, np.int32), np.full(len(rows), severity, np.int8)


def with_recorded(program: Program, decision: Decision, event: Event, concealed: Callable[[str], bool]) -> tuple[Program, list[str]]:
    """The program for one recorded decision; codes of what it takes from the record: ``list.NAME``, ``rule.ID``, ``table.NAME``.

    Args:
        program: The compiled policy.
        decision: The decision as recorded.
        event: Its event as recorded.
        concealed: Whether a text is an encrypted name.
    """
    hidden = [name for name, value in decision.evidence.features.items() if isinstance(value, str) and concealed(value)]
    lists, rules, tables = list(program.lists), dict[int, bool](), list(program.tables)
    taken = []
    for place, setting in enumerate(program.settings.lists):
        text = text_field(event, setting.of)
        if text is not None and concealed(text):
            lists[place] = _list_as_recorded(lists[place], decision, text, event.time_us)
            taken.append(f"list.{setting.name}")
    hits = {hit.row - 1 for hit in decision.evidence.rules if hit.table == "rules"}
    for place, rule in enumerate(program.rules.settings):
        if any(name in rule.when for name in hidden):
            rules[place] = place in hits
            taken.append(f"rule.{rule.id}")
    for place, table in enumerate(tables):
        if any(name.encode() in program.content[table.setting.file] for name in hidden):
            tables[place] = _table_as_recorded(table, program, decision)
            taken.append(f"table.{table.setting.name}")
    recorded = _RecordedRules(program.rules.settings, program.rules.compiled, rules)
    return replace(program, lists=tuple(lists), rules=recorded, tables=tuple(tables)), taken


def _list_as_recorded(entries: PolicyList, decision: Decision, text: str, time_us: int) -> PolicyList:
    """A list that names ``text`` if it was hit, and if it has an entry with the recorded note that counted then."""
    notes = {hit.note for hit in decision.evidence.lists if hit.list == entries.name}
    found = [one for one in entries.entries.values() if one.note in notes and one.from_us <= time_us < one.until_us]
    return PolicyList(entries.name, {text: replace(found[0], value=text)} if found else {})


def _table_as_recorded(table: PolicyTable, program: Program, decision: Decision) -> _RecordedTable:
    hit = next((one for one in decision.evidence.rules if one.table == table.setting.name and 0 < one.row <= table.rows), None)
    said = (NO_ROW, table.by_default)
    if hit is not None:
        said = (hit.row - 1, program.settings.severity(hit.outcome) if hit.outcome in program.settings.outcomes else SILENT)
    elif any(reason.code == table.code(VIOLATED) for reason in decision.reasons):
        said = (VIOLATED, 1)
    return _RecordedTable(table.setting, table.table, table.column, table.severities, table.by_default, said)
