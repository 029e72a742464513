"""A policy ready to answer: lists, rules, tables and model, run in one pass over rows of features, and combined.

One event is a batch of one row: there is no second path whose answers could differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from huitong.ai import Scorer
from huitong.contracts import Codes, Event, Float64Array, Int32Array, Int64Array, RowHeader, row_header
from huitong.decisions.feel import Symbols
from huitong.decisions.policy.in_force import NARROW_SINCE_ENGINE, InForceRead
from huitong.decisions.policy.inputs import TextOf, with_own_codes
from huitong.decisions.policy.kept import KeptRead
from huitong.decisions.policy.lists import PolicyList
from huitong.decisions.policy.rules import CompiledRules
from huitong.decisions.policy.settings import MOST_SEVERE, ModelSetting, Settings
from huitong.decisions.policy.tables import NO_ROW, SILENT, CombineTable, PolicyTable, Severities
from huitong.kernel import Text


@dataclass(frozen=True, slots=True)
class Answers:
    """What each stage said about each of ``n`` rows.

    Attributes:
        outcome: Severity of the combined outcome, shape ``(n,)``.
        score: Calibrated probability; NaN where the model did not run or could not, shape ``(n,)``.
        model: Severity that the score asks for, ``SILENT`` where the model did not run, shape ``(n,)``.
        lists: Which lists hit, shape ``(n, lists)``.
        rules: Which rules hit, shape ``(n, rules)``.
        tables: Row of each table that speaks, from 0; -1 for none, -2 where rows contradict each other, shape ``(n, tables)``.
        table_severity: What each table asks for, shape ``(n, tables)``.
        in_force: Which measures in force concern it, shape ``(n, measures)``.
    """

    outcome: Severities
    score: Float64Array
    model: Severities
    lists: npt.NDArray[np.bool_]
    rules: npt.NDArray[np.bool_]
    tables: Int32Array
    table_severity: Severities
    in_force: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled policy.

    Attributes:
        settings: What the policy says.
        version: Its content hash.
        content: Its files, and the record of what computes it: what is kept of it once it answers.
        features: Names of the features, in the order of the matrix.
        titles: Name of each feature for people.
        units: Unit of each feature, ``None`` where it has none.
        text_columns: Positions of the features that are texts.
        symbols: Codes of the texts that rules and tables compare.
        lists: Its lists, in the order of the settings.
        rules: Its compiled rules.
        tables: Its decision tables.
        combine: The table that combines the stages, or ``None`` for the most severe word.
        scorer: The trained model, or ``None`` where there is none yet.
        model_columns: Positions of the model's inputs in the feature matrix.
        searched: Positions of the features that are blank where the patterns of the graph are not searched for.
        model_requires_search: Whether one of them is required by the model.
        plain: How many of the features the features file declares; those behind them stand in the evidence only where they say something.
        kept: The columns of the lists that people keep.
        in_force: The columns of measures in force.
    """

    settings: Settings
    version: str
    content: Mapping[str, bytes]
    features: tuple[str, ...]
    titles: Mapping[str, Text]
    units: Mapping[str, str | None]
    text_columns: tuple[int, ...]
    symbols: Symbols
    lists: tuple[PolicyList, ...]
    rules: CompiledRules
    tables: tuple[PolicyTable, ...]
    combine: CombineTable | None
    scorer: Scorer | None
    model_columns: npt.NDArray[np.intp]
    plain: int
    kept: tuple[KeptRead, ...] = ()
    in_force: tuple[InForceRead, ...] = ()
    searched: frozenset[int] = frozenset()
    model_requires_search: bool = field(init=False, repr=False)
    _asked_by_list: Severities = field(init=False, repr=False)
    _asked_by_final_list: Severities = field(init=False, repr=False)
    _asked_by_rule: Severities = field(init=False, repr=False)
    _asked_by_measure: Severities = field(init=False, repr=False)
    header: RowHeader = field(init=False, repr=False)
    """Of rows of the features that the features file declares, as they stand in the evidence."""
    whole_header: RowHeader = field(init=False, repr=False)
    """Of rows of all features."""
    model_header: RowHeader = field(init=False, repr=False)
    """Of rows of contributions."""
    _acts_on_mildest: bool = field(init=False, repr=False)
    _in_force_left: npt.NDArray[np.intp] = field(init=False, repr=False)
    _said_left: npt.NDArray[np.intp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Notes once what each list and rule asks for."""
        rank, lists = self.settings.severity, self.settings.lists
        asked = np.array([SILENT if one.outcome is None else rank(one.outcome) for one in lists], np.int8)
        final = np.array([one.final for one in lists], np.bool_)
        object.__setattr__(self, "_asked_by_list", asked)
        object.__setattr__(self, "_asked_by_final_list", np.where(final, asked, SILENT).astype(np.int8))
        by_measure = [SILENT if one.outcome is None else rank(one.outcome) for one in self.in_force]
        object.__setattr__(self, "_asked_by_measure", np.array(by_measure, np.int8))
        object.__setattr__(self, "_asked_by_rule", np.array([rank(rule.outcome) for rule in self.rules.settings], np.int8))
        object.__setattr__(self, "header", row_header(self.features[: self.plain], self.text_columns))
        object.__setattr__(self, "whole_header", row_header(self.features, self.text_places))
        object.__setattr__(self, "model_header", row_header(() if self.scorer is None else tuple(self.scorer.feature_names)))
        acts = any(rank(measure.outcome) == 0 for measure in self.settings.measures)
        object.__setattr__(self, "_acts_on_mildest", acts)
        left = [one.left for one in self.in_force]
        object.__setattr__(self, "_in_force_left", np.array(left, np.intp))
        object.__setattr__(self, "_said_left", np.array([*left, *(one.hit for one in self.kept)], np.intp))
        required = model_required(self.settings.model, self.model_columns.tolist())
        object.__setattr__(self, "model_requires_search", not self.searched.isdisjoint(required))

    @property
    def text_places(self) -> tuple[int, ...]:
        """Positions of all features whose value is a text, also of those that lists and measures add."""
        return (*self.text_columns, *(one.entry for one in self.kept), *(one.ground for one in self.in_force))

    def quiet(self, answers: Answers) -> npt.NDArray[np.bool_]:
        """Where the mildest outcome was given, no stage spoke, and nothing is done about it; shape ``(n,)``."""
        if self._acts_on_mildest:
            return np.zeros(len(answers.outcome), np.bool_)
        silent = (answers.outcome == 0) & (answers.model <= 0) & ~answers.rules.any(axis=1) & ~answers.lists.any(axis=1)
        silent &= (answers.tables == NO_ROW).all(axis=1) & (answers.table_severity <= 0).all(axis=1)
        quiet: npt.NDArray[np.bool_] = silent & ~answers.in_force.any(axis=1)
        return quiet

    def list_hits(self, columns: Mapping[str, Codes], time_us: Int64Array) -> npt.NDArray[np.bool_]:
        """Which lists hit which rows, shape ``(n, lists)``."""
        hits = np.zeros((len(time_us), len(self.lists)), np.bool_)
        for place, (setting, entries) in enumerate(zip(self.settings.lists, self.lists, strict=True)):
            if setting.of in columns:
                hits[:, place] = entries.hits(columns[setting.of], time_us)
        return hits

    def list_hits_of(self, events: Sequence[Event]) -> npt.NDArray[np.bool_]:
        """The same for a few events, shape ``(n, lists)``."""
        hits = np.zeros((len(events), len(self.lists)), np.bool_)
        for place, (setting, entries) in enumerate(zip(self.settings.lists, self.lists, strict=True)):
            if entries.entries:
                hits[:, place] = [entries.hit(text_field(event, setting.of), event.time_us) is not None for event in events]
        return hits

    def answers(
        self,
        features: Float64Array,
        list_hits: npt.NDArray[np.bool_],
        text_of: TextOf,
        *,
        with_model: bool = True,
        threads: int = 1,
        score: Float64Array | None = None,
    ) -> Answers:
        """What the policy says about each row.

        Args:
            features: Feature rows in the plan's order, shape ``(n, f)``.
            list_hits: From ``list_hits`` or ``list_hits_of``.
            text_of: Text of a code of the feature engine.
            with_model: Whether the model's stage runs; without it the tier is not full.
            threads: Threads for the model.
            score: The model's probabilities, NaN for a row that it must refuse, where the caller has them already; shape ``(n,)``.
        """
        count = len(features)
        stages = self.settings.stages
        quiet = np.zeros((count, 0), np.bool_)
        rows = with_own_codes(np.ascontiguousarray(features[:, : self.plain]), self.text_columns, text_of, self.symbols)
        rules = self.rules.hits(rows) if "rules" in stages else quiet
        tables = np.full((count, len(self.tables)), -1, np.int32)
        table_severity = np.full((count, len(self.tables)), SILENT, np.int8)
        if "rules" in stages:
            for place, table in enumerate(self.tables):
                tables[:, place], table_severity[:, place] = table.answers(rows)
        model = np.full(count, SILENT, np.int8)
        if with_model and self.scorer is not None and "model" in stages:
            if score is None:
                score = self.scorer.probabilities(features[:, self.model_columns], on_missing="mark", threads=threads)
            model = self._score_severity(score)
        else:
            score = np.full(count, np.nan)
        list_hits = self._all_list_hits(list_hits, features) if "lists" in stages else np.zeros_like(list_hits)
        outcome = self._combined(list_hits, rules, table_severity, model, score)
        in_force = self._measures_in_force(features)
        outcome = np.maximum(outcome, _most_severe(in_force, self._asked_by_measure))
        return Answers(outcome, score, model, list_hits, rules, tables, table_severity, in_force)

    def _measures_in_force(self, features: Float64Array) -> npt.NDArray[np.bool_]:
        """Which measures concern which rows, shape ``(n, measures)``: those in force, of limits those that a row would go beyond."""
        hits: npt.NDArray[np.bool_] = np.take(features, self._in_force_left, axis=1) > 0.0  # a missing key has no measures
        for place in np.flatnonzero(hits.any(axis=0)).tolist():
            hits[:, place] &= self.in_force[place].goes_beyond(features)
        return hits

    def _all_list_hits(self, given: npt.NDArray[np.bool_], features: Float64Array) -> npt.NDArray[np.bool_]:
        """Hits of the policy's own lists, and of those that people keep, which stand among the features."""
        if not self.kept:
            return given
        hits = given.copy()
        for one in self.kept:
            hits[:, one.place] = features[:, one.hit] > 0.0
        return hits

    def says(self, features: Float64Array) -> npt.NDArray[np.bool_]:
        """Where a measure is in force or a list that people keep hits, so that more stands in the evidence; shape ``(n,)``."""
        return np.asarray((np.take(features, self._said_left, axis=1) > 0.0).any(axis=1), np.bool_)

    def told(self, row: Float64Array) -> tuple[npt.NDArray[np.intp], RowHeader]:
        """What stands in the evidence of a row for which something says: the features file's columns, and those of what says it.

        Args:
            row: Features, shape ``(f,)``.

        Returns:
            The columns, and their header.
        """
        if self.settings.engine < NARROW_SINCE_ENGINE:
            return np.arange(len(self.features)), self.whole_header
        lists = [column for one in self.kept if row[one.hit] > 0.0 for column in (one.hit, one.entry)]
        measures = [column for one in self.in_force if row[one.left] > 0.0 for column in one.columns]
        columns = [*range(self.plain), *sorted({*lists, *measures})]
        texts = set(self.text_places)
        named = tuple(self.features[column] for column in columns)
        return np.array(columns, np.intp), row_header(named, tuple(place for place, column in enumerate(columns) if column in texts))

    def _score_severity(self, score: Float64Array) -> Severities:
        """Severity by the thresholds; a row that the model must refuse (a required feature is blank) goes to the first step up,
        so that leaving a field blank never makes an outcome milder than a look.
        """
        severity = np.zeros(len(score), np.int8)
        thresholds = self.settings.thresholds
        for outcome, least in thresholds.chosen.items() if thresholds else ():
            severity = np.where(score >= least, np.maximum(severity, self.settings.severity(outcome)), severity).astype(np.int8)
        severity[np.isnan(score)] = 1
        return severity

    def _combined(
        self, lists: npt.NDArray[np.bool_], rules: npt.NDArray[np.bool_], tables: Severities, model: Severities, score: Float64Array
    ) -> Severities:
        """The most severe word of all stages, unless a final list spoke: then the most severe word of those."""
        wanted, final = _most_severe(lists, self._asked_by_list), _most_severe(lists, self._asked_by_final_list)
        by_rule = _most_severe(rules, self._asked_by_rule)
        if tables.shape[1]:
            by_rule = np.maximum(by_rule, tables.max(axis=1))
        if self.combine is not None and self.settings.combine != MOST_SEVERE:
            combined = self.combine.severities(wanted, by_rule, model, score)
        else:
            combined = np.maximum(np.maximum(wanted, by_rule), np.maximum(model, 0))
        return np.where(final == SILENT, combined, final).astype(np.int8)


def model_required(model: ModelSetting | None, columns: Sequence[int]) -> frozenset[int]:
    """Which columns of the feature matrix a model refuses to do without.

    Args:
        model: The model.
        columns: Where its inputs stand, in their order.
    """
    if model is None:
        return frozenset()
    inputs = zip(model.features, columns, strict=True)
    return frozenset(column for name, column in inputs if model.missing[name].treatment == "required")


def _most_severe(hits: npt.NDArray[np.bool_], asked: Severities) -> Severities:
    """The most severe of what the hits in each row ask for; ``SILENT`` where there is none.

    Args:
        hits: Shape ``(n, m)``.
        asked: Severity that each column asks for, shape ``(m,)``; without columns nothing is asked.
    """
    if not hits.shape[1] or not hits.any():
        return np.full(len(hits), SILENT, np.int8)
    severity: Severities = np.where(hits, asked, np.int8(SILENT)).max(axis=1)
    return severity


def text_field(event: Event, name: str) -> str | None:
    """A key or text field of an event."""
    value = event.keys.get(name, event.data.get(name))
    return None if value is None else str(value)
