"""A replay: a table of events through features and policies, chunk by chunk, in the one documented order.

Memory stays flat in what does not grow with the rows: features of a chunk are dropped once its decisions are made, except for the
rows that somebody will look at (everything that was not let through, and an even sample of the rest).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import Codes, EventBatch, Float64Array, Int32Array, Int64Array, time_order
from huitong.decisions.ahead import in_blocks, one_ahead
from huitong.decisions.policy import Answers, Program, TextOf
from huitong.features import FeatureChunk, FeatureEngine
from huitong.kernel import InputError

KEPT_ROWS_MAX = 200_000
"""Most rows of one replay whose features are kept for looking at."""
SAMPLE_ROWS = 40_000
"""Rows of the even sample that shows how features drift."""

Told = Callable[[int, int], None]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ReplayedPolicy:
    """What one policy said about every row.

    Attributes:
        program: The policy.
        outcome: Severity of the outcome, shape ``(n,)``.
        score: Probability, NaN where there is none, shape ``(n,)``.
        hit_rows: Row of each rule, table or list hit, shape ``(hits,)``.
        hit_words: Which of ``words`` it was, shape ``(hits,)``.
        words: Codes of lists, rules and table rows that can hit.
    """

    program: Program
    outcome: npt.NDArray[np.int8]
    score: Float64Array
    hit_rows: Int64Array
    hit_words: Int32Array
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Feature rows kept for looking at: ``rows`` (positions, rising), ``features`` (shape ``(len(rows), f)``), and graph patterns."""

    rows: Int64Array
    features: Float64Array
    patterns: Int32Array | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replayed table.

    Attributes:
        events: The decided events, in time order.
        policies: What each policy said.
        alerts: Feature rows of everything that the first policy did not let through.
        sample: Feature rows of an even sample.
        engine: The feature engine after the last event, for its symbols and reports.
        taken: Rows of ``events`` in the order in which they were taken, where that is not their order in time.
    """

    events: EventBatch
    policies: tuple[ReplayedPolicy, ...]
    alerts: KeptRows
    sample: KeptRows
    engine: FeatureEngine
    taken: Rows | None = None


class _Recorder:
    """Collects one policy's answers over the chunks."""

    def __init__(self, program: Program, count: int) -> None:
        self.program = program
        self.outcome = np.zeros(count, np.int8)
        self.score = np.full(count, np.nan)
        self._rows: list[Int64Array] = []
        self._words: list[Int32Array] = []

    def add(
        self,
        rows: Rows,
        features: Float64Array,
        columns: Mapping[str, Codes],
        time_us: Int64Array,
        text_of: TextOf,
        executor: Executor | None,
    ) -> None:
        """Answers for the events at ``rows``."""
        program = self.program
        list_hits = program.list_hits(columns, time_us)
        for block, answers in in_blocks(len(rows), lambda part: program.answers(features[part], list_hits[part], text_of), executor):
            self._add(rows[block], answers)

    def _add(self, rows: Rows, answers: Answers) -> None:
        program = self.program
        self.outcome[rows] = answers.outcome
        self.score[rows] = answers.score
        base = 0
        for hits in (answers.lists, answers.rules):
            hit, word = np.nonzero(hits)
            self._note(rows[hit], base + word)
            base += hits.shape[1]
        for place, table in enumerate(program.tables):
            hit = np.flatnonzero(answers.tables[:, place] >= 0)
            self._note(rows[hit], base + answers.tables[hit, place])
            base += table.rows

    def _note(self, rows: Rows, words: npt.NDArray[np.integer]) -> None:
        self._rows.append(rows.astype(np.int64))
        self._words.append(words.astype(np.int32))

    def done(self) -> ReplayedPolicy:
        """Everything said."""
        rows = np.concatenate([np.empty(0, np.int64), *self._rows])
        words = np.concatenate([np.empty(0, np.int32), *self._words])
        return ReplayedPolicy(self.program, self.outcome, self.score, rows, words, words_of(self.program))


def words_of(program: Program) -> tuple[str, ...]:
    """Codes of everything that can hit: lists, rules, table rows, in this order."""
    lists = [f"list.{setting.name}" for setting in program.settings.lists]
    rules = [f"rule.{setting.id}" for setting in program.rules.settings] if "rules" in program.settings.stages else []
    rows = [f"table.{table.setting.name}.{row + 1}" for table in program.tables for row in range(table.rows)]
    return (*lists, *rules, *rows)


class _Keeper:
    """Keeps feature rows, and what the graph left behind for them, up to a bound."""

    def __init__(self, rows_max: int) -> None:
        self._left = rows_max
        self._rows: list[Int64Array] = []
        self._features: list[Float64Array] = []
        self._patterns: list[Int32Array] = []

    def keep(self, wanted: Rows, chunk: FeatureChunk) -> None:
        """Keeps some rows of a chunk."""
        wanted = wanted[: self._left]
        self._left -= len(wanted)
        self._rows.append(chunk.rows[wanted].astype(np.int64))
        self._features.append(chunk.features[wanted])
        if chunk.patterns is not None:
            self._patterns.append(chunk.patterns[wanted])

    def done(self, width: int) -> KeptRows:
        """The kept rows in the order of the events."""
        rows = np.concatenate([np.empty(0, np.int64), *self._rows])
        order = np.argsort(rows, kind="stable")
        features = np.concatenate([np.empty((0, width)), *self._features])
        patterns = np.concatenate(self._patterns)[order] if self._patterns else None
        return KeptRows(rows[order], features[order], patterns)


def replay(
    engine: FeatureEngine,
    batches: Sequence[EventBatch],
    programs: Sequence[Program],
    *,
    threads: int,
    arrival: Mapping[str, Int64Array] | None = None,
    told: Told = lambda _done, _total: None,
) -> Replayed:
    """Runs events through features and policies.

    Args:
        engine: A feature engine, fresh or restored, whose plan all the programs share.
        batches: Events of every kind that the plan reads; one batch of the decided kind.
        programs: Policies over the same features; the first one decides whose alerts are kept.
        threads: Threads for features and model.
        arrival: For each kind the place of each row in the log, for a replay of the log as it came; by default events come by time.
        told: Called with rows done and rows in all.

    Raises:
        InputError: If there is no event of the decided kind.
    """
    plan = engine.plan
    ordered, places = in_order([batch for batch in batches if batch.kind in plan.kinds], arrival)
    events = decided_of({batch.kind: batch for batch in ordered}, plan.decides)
    columns = text_columns(events)
    recorders = [_Recorder(program, len(events)) for program in programs]
    alerts, sample = _Keeper(KEPT_ROWS_MAX), _Keeper(2 * SAMPLE_ROWS)
    step = max(1, len(events) // SAMPLE_ROWS)
    done = 0
    chunks = engine.run(ordered, threads=threads, arrival=places, patterns=plan.graph is not None)
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as executor:
        for chunk in one_ahead(chunks) if threads > 1 else chunks:
            part = {name: column.take(chunk.rows) for name, column in columns.items()}
            for recorder in recorders:
                recorder.add(chunk.rows, chunk.features, part, events.time_us[chunk.rows], engine.symbols.text, executor)
            if recorders:
                alerts.keep(np.flatnonzero(recorders[0].outcome[chunk.rows] > 0), chunk)
            sample.keep(np.flatnonzero(chunk.rows % step == 0), chunk)
            done += len(chunk.rows)
            told(done, len(events))
    width = len(plan.names)
    decided = [batch.kind for batch in ordered].index(plan.decides)
    taken = None if places is None else np.argsort(places[decided], kind="stable")
    return Replayed(events, tuple(recorder.done() for recorder in recorders), alerts.done(width), sample.done(width), engine, taken)


def decided_of(batches: Mapping[str, EventBatch], kind: str) -> EventBatch:
    """The events to decide.

    Raises:
        InputError: If there are none.
    """
    events = batches.get(kind)
    if events is None or not len(events):
        raise InputError(
            "replay.nothing",
            {"en": f"there is no event of kind {kind!r} to decide", "zh": f"没有可供决策的 {kind!r} 事件"},
            {"en": "check the mapping, and the quarantine for what was set aside", "zh": "请检查映射以及隔离区"},
        )
    return events


def in_order(batches: Sequence[EventBatch], arrival: Mapping[str, Int64Array] | None) -> tuple[list[EventBatch], list[Int64Array] | None]:
    """Batches sorted by time, and where each row stands in the log, if that is known."""
    orders = [time_order(batch.time_us, batch.ids) for batch in batches]
    ordered = [batch.take(order) for batch, order in zip(batches, orders, strict=True)]
    if arrival is None:
        return ordered, None
    return ordered, [arrival[batch.kind][order] for batch, order in zip(batches, orders, strict=True)]


def feature_matrix(
    engine: FeatureEngine,
    batches: Sequence[EventBatch],
    keep: npt.NDArray[np.bool_],
    columns: Rows,
    *,
    threads: int,
    told: Told = lambda _done, _total: None,
) -> Float64Array:
    """Features of the decided events that are to be kept, shape ``(keep.sum(), columns)``; the others only advance the state.

    Args:
        engine: A feature engine.
        batches: Events of every kind that the plan reads.
        keep: Which events of the decided kind, in the order of their batch, shape ``(n,)``.
        columns: Which features, by their columns.
        threads: Threads for the features.
        told: Called with rows done and rows in all.
    """
    place = np.cumsum(keep) - 1
    matrix = np.empty((int(keep.sum()), len(columns)))
    done = 0
    for chunk in engine.run(batches, threads=threads):
        wanted = keep[chunk.rows]
        matrix[place[chunk.rows[wanted]]] = chunk.features[np.ix_(wanted, columns)]
        done += len(chunk.rows)
        told(done, len(keep))
    return matrix


def text_columns(events: EventBatch) -> dict[str, Codes]:
    """Keys and text fields of a batch, by name."""
    texts = {name: column for name, column in events.data.items() if isinstance(column, Codes)}
    return texts | dict(events.keys)
