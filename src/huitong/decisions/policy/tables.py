"""Decision tables as stages of a policy: which row hit, which outcome it asks for, and with which words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import Float64Array, Int32Array
from huitong.decisions.feel import FLOAT, STRING, UNKNOWN, Kind, Scope, Symbols, Variable
from huitong.decisions.policy.settings import Settings, TableSetting
from huitong.decisions.policy.wrong import wrong
from huitong.decisions.tables import VIOLATED, DecisionTable, TableBatch
from huitong.kernel import LANGUAGES, PolicyError, Text

Severities = npt.NDArray[np.int8]
SILENT = -1
"""Severity of a stage that asks for nothing."""
NO_ROW = -1
"""In place of a row: none hit; the default outputs speak, if there are any."""


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """A decision table and what its answers mean to the policy.

    Attributes:
        setting: What `policy.toml` says about it.
        table: The table.
        column: Its output that holds the outcome.
        severities: Severity of each code of the policy's symbols; ``SILENT`` where the text is no outcome; the last stands for null.
        by_default: What it asks for where no row hits.
    """

    setting: TableSetting
    table: DecisionTable
    column: int
    severities: Severities
    by_default: int

    @classmethod
    def of(cls, setting: TableSetting, table: DecisionTable, settings: Settings) -> "PolicyTable":
        """Checks that the table's outcomes are the policy's words.

        Raises:
            PolicyError: If the output is missing, is no text, or a row or the default says a word that is no outcome.
        """
        place = f"{setting.file} table {table.name!r}"
        names = [output.name for output in table.outputs]
        if setting.output not in names or table.outputs[names.index(setting.output)].type.kind is not Kind.STRING:
            raise wrong(
                place,
                f"has no text output {setting.output!r}; it has {names}",
                f"没有文字输出列 {setting.output!r}；现有 {names}",
            )
        column = names.index(setting.output)
        for row in table.rows:
            word = row.outputs[column].strip().strip('"')
            if word not in (*settings.outcomes, "null", "-", ""):
                raise _no_outcome(f"{place} row {row.number}", word, settings)
        default = table.default_outputs()[setting.output] if table.has_default else None
        if default is not None and default not in settings.outcomes:
            raise _no_outcome(f"{place} default output", str(default), settings)
        by_default = SILENT if default is None else settings.severity(str(default))
        return cls(setting, table, column, _severities(table.symbols, settings), by_default)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.table.rows)

    def answers(self, rows: Float64Array) -> tuple[Int32Array, Severities]:
        """For each row of values the row of the table that speaks, from 0 (``NO_ROW``, ``VIOLATED``), and what it asks for.

        Of several rows that hit, the first of the most severe speaks. Where none hits, the default does. Rows that contradict each other
        (``VIOLATED``) ask for a look.
        """
        batch = self.table.batch(rows)
        said = self._said(batch)
        if batch.offsets is None:  # at most one row hits
            severity = np.where(batch.violated, np.int8(1), said).astype(np.int8)
            return batch.rules.astype(np.int32), severity
        count = len(batch.offsets) - 1
        owners = np.repeat(np.arange(count), np.diff(batch.offsets))
        severity = np.full(count, SILENT, np.int8)
        np.maximum.at(severity, owners, said)
        speaks = np.flatnonzero(said == severity[owners])
        row = np.full(count, NO_ROW, np.int32)
        row[owners[speaks][::-1]] = batch.rules[speaks][::-1]
        return row, np.where(row == NO_ROW, np.int8(self.by_default), severity).astype(np.int8)

    def _said(self, batch: TableBatch) -> Severities:
        codes = batch.outputs[:, self.column]
        known = np.where(np.isnan(codes) | (codes < 0), len(self.severities) - 1, codes).astype(np.int64)
        said: Severities = self.severities[known]
        return said

    def code(self, row: int) -> str:
        """The code of the reason that a row gives; see ``answers`` for what may stand in its place."""
        said = {NO_ROW: "default", VIOLATED: "conflict"}.get(row, str(row + 1))
        return f"table.{self.setting.name}.{said}"

    def reason(self, row: int) -> Text:
        """The words of a row: its annotations ``zh`` and ``en``, else the table's own."""
        if row == VIOLATED:
            name = self.table.name
            return {"en": f"rows of the table {name} contradict each other", "zh": f"决策表“{name}”中的行互相矛盾"}
        if row == NO_ROW:
            return self.setting.reason
        notes = {name.strip().lower(): text for name, text in self.table.rows[row].annotations.items()}
        if all(notes.get(language) for language in LANGUAGES):
            return {language: notes[language] for language in LANGUAGES}
        return self.setting.reason


@dataclass(frozen=True, slots=True)
class CombineTable:
    """The table that makes one outcome of what lists, rules and model asked for; its inputs are those three words and the score."""

    table: PolicyTable
    codes: Float64Array

    @classmethod
    def scope(cls, symbols: Symbols) -> Scope:
        """The names that a combining table may use."""
        return Scope(
            (
                Variable("lists", STRING, {"zh": "名单的结果", "en": "what the lists ask for"}),
                Variable("rules", STRING, {"zh": "规则的结果", "en": "what the rules ask for"}),
                Variable("model", STRING, {"zh": "模型的结果", "en": "what the model asks for"}),
                Variable("score", FLOAT, {"zh": "模型评分", "en": "score of the model"}),
            ),
            symbols,
        )

    @classmethod
    def of(cls, table: PolicyTable, settings: Settings) -> "CombineTable":
        """Prepares the codes of the outcomes, as ``inputs`` does those of texts; the last entry stands for a silent stage."""
        known = [table.table.symbols.code(outcome) for outcome in settings.outcomes]
        codes = [UNKNOWN - 1 - severity if code == UNKNOWN else code for severity, code in enumerate(known)]
        return cls(table, np.array([*codes, np.nan]))

    def severities(self, lists: Severities, rules: Severities, model: Severities, score: Float64Array) -> Severities:
        """The combined outcome of each row; where the table says nothing, or contradicts itself, the most severe word."""
        rows = np.column_stack([self.codes[lists], self.codes[rules], self.codes[model], score])
        row, severity = self.table.answers(np.ascontiguousarray(rows))
        most_severe = np.maximum(np.maximum(lists, rules), np.maximum(model, 0))
        at_least = np.where(row == VIOLATED, np.maximum(severity, most_severe), severity)
        return np.where(severity == SILENT, most_severe, at_least).astype(np.int8)


def _no_outcome(place: str, word: str, settings: Settings) -> PolicyError:
    return wrong(place, f"{word!r} is not one of the outcomes {settings.outcomes}", f"{word!r} 不在结果词 {settings.outcomes} 中")


def _severities(symbols: Symbols, settings: Settings) -> Severities:
    rank = {outcome: severity for severity, outcome in enumerate(settings.outcomes)}
    return np.array([*(rank.get(symbols.text(code) or "", SILENT) for code in range(len(symbols))), SILENT], np.int8)
