"""A few events, of any kinds and in the order in which they came, through the same kernels as a batch: as they are decided live.

Columns are gathered straight from the events: to build Arrow tables would take longer than everything else for fewer than some thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from huitong.contracts import NULL_INT, Event, Float64Array, Int32Array, Int64Array
from huitong.features.batch import BatchRun, Mask, Part, Rows
from huitong.features.columns import VALUE_MAX, CodeColumn, Equality, StreamColumns
from huitong.features.edges import Patterns
from huitong.features.late import too_late_us
from huitong.features.listed import is_listed
from huitong.features.live import matches, value_too_large
from huitong.features.resolve import ListRead
from huitong.kernel import InputError

if TYPE_CHECKING:
    from huitong.features.engine import FeatureEngine


FEW = 12
"""Up to so many events one by one is quicker: the kernels are called once for all, and each call has its price."""


@dataclass(frozen=True, slots=True)
class TakenEvents:
    """What became of events that an engine has taken.

    Attributes:
        features: Features of those of the decided kind, shape ``(n, n_features)``, in their order.
        places: Where each of these stands among the events, shape ``(n,)``.
        behind_us: How far each came behind the newest event before it, where that is beyond the lateness bound; else 0.
        patterns: The payments that make the graph patterns which each closed.
        refused: Events that changed nothing, by their place, and why.
    """

    features: Float64Array
    places: Sequence[int]
    behind_us: Sequence[int]
    patterns: Sequence[Patterns]
    refused: dict[int, InputError]


class EventRows:
    """Events of one kind as the kernel reads them.

    Args:
        engine: Gives texts their codes.
        columns: Which columns the plan reads.
        events: The events.
    """

    def __init__(self, engine: "FeatureEngine", columns: StreamColumns, events: Sequence[Event]) -> None:
        self._engine, self._events, self.columns = engine, events, columns
        self.times_us = np.array([event.time_us for event in events], np.int64)
        self._codes: dict[tuple[str, bool, str], Int32Array] = {}

    def id_of(self, row: int) -> str:
        """The id of an event."""
        return self._events[row].id

    def ids(self, rows: Rows) -> pa.StringArray:
        """Ids of events."""
        return pa.array([self._events[row].id for row in rows.tolist()], pa.string())

    def _texts(self, name: str, *, is_key: bool) -> list[str | None]:
        if is_key:
            return [event.keys.get(name) for event in self._events]
        return [None if (value := event.data.get(name)) is None else str(value) for event in self._events]

    def codes(self, column: CodeColumn, rows: Rows) -> Int32Array:
        """Codes in the engine's space."""
        known = column.name, column.is_key, column.space
        if known not in self._codes:
            code = self._engine.space(column.space).code
            self._codes[known] = np.array([code(text) for text in self._texts(column.name, is_key=column.is_key)], np.int32)
        codes = self._codes[known]
        return codes if len(rows) == len(codes) else codes[rows]

    def numbers(self, name: str, is_key: bool, is_text: bool, rows: Rows) -> Int64Array:
        """A column of numbers or symbols."""
        if is_text:
            symbol = self._engine.symbols.code
            column = np.array([symbol(text) for text in self._texts(name, is_key=is_key)], np.int64)
        else:
            values = [event.data.get(name) for event in self._events]
            column = np.array([NULL_INT if value is None else int(value) for value in values], np.int64)
        return column[rows]

    def listed(self, read: ListRead, rows: Rows, times_us: Int64Array) -> Float64Array:
        """Which rows are on a list, each at its own time."""
        entries, texts = self._engine.lists[read.list], self._texts(read.name, is_key=read.is_key)
        return np.array([is_listed(entries, texts[row], time_us) for row, time_us in zip(rows.tolist(), times_us.tolist(), strict=True)])

    def matching(self, equality: Equality, rows: Rows) -> Mask:
        """Which rows satisfy a condition."""
        return np.array([matches(self._events[row], equality) for row in rows.tolist()], np.bool_)


def take_events(engine: "FeatureEngine", events: Sequence[Event], searched: Sequence[bool] | None = None) -> TakenEvents:
    """Takes events one after the other; the same bits as ``FeatureEngine.update`` of each. See ``FeatureEngine.update_many``."""
    return (_one_by_one if len(events) <= FEW else _in_columns)(engine, events, [True] * len(events) if searched is None else searched)


def _one_by_one(engine: "FeatureEngine", events: Sequence[Event], searched: Sequence[bool]) -> TakenEvents:
    rows: list[Float64Array] = []
    places: list[int] = []
    behind_us: list[int] = []
    patterns: list[Patterns] = []
    refused: dict[int, InputError] = {}
    for place, event in enumerate(events):
        late_us = engine.too_late_us(event.time_us)
        try:
            row = engine.update(event, searched=searched[place])
        except InputError as error:
            refused[place] = error
            continue
        if row is not None:
            rows.append(row)
            places.append(place)
            behind_us.append(late_us)
            patterns.append(engine.evidence())
    return TakenEvents(np.array(rows).reshape(len(rows), len(engine.plan.features)), places, behind_us, patterns, refused)


def _in_columns(engine: "FeatureEngine", events: Sequence[Event], searched: Sequence[bool]) -> TakenEvents:
    plan = engine.plan
    refused: dict[int, InputError] = {}
    by_kind: dict[str, tuple[list[Event], list[int]]] = {kind: ([], []) for kind in plan.kinds}
    behind_us: list[int] = []
    newest_us = engine.watermark_us
    summed = {kind: [number.name for number in columns.numbers.values() if number.summed] for kind, columns in plan.streams.items()}
    for place, event in enumerate(events):
        chosen = by_kind.get(event.kind)
        if chosen is None:
            continue
        error = _beyond(event, summed[event.kind])
        if error is not None:
            refused[place] = error
            continue
        chosen[0].append(event)
        chosen[1].append(place)
        if event.kind == plan.decides:
            behind_us.append(too_late_us(event.time_us, newest_us, engine.lateness_us))
        newest_us = max(newest_us, event.time_us)
    parts = {
        kind: Part(EventRows(engine, plan.streams[kind], some), np.arange(len(some)), np.array(places, np.int64))
        for kind, (some, places) in by_kind.items()
        if some
    }
    if plan.decides in parts:
        parts[plan.decides].searched = np.array([searched[place] for place in by_kind[plan.decides][1]], np.bool_)
    oldest_us = min((int(part.times.min()) for part in parts.values()), default=NULL_INT)
    features, patterns = np.empty((0, len(plan.features))), list[Patterns]()
    for chunk in BatchRun(engine, (), 1, 1, (), True, oldest_us).chunk(parts, None):
        features, patterns = chunk.features, _patterns(engine, chunk.patterns)
    engine.edges.forget(engine.watermark_us)
    places = by_kind[plan.decides][1]
    return TakenEvents(features, places, behind_us, patterns or [{}] * len(places), refused)


def _beyond(event: Event, summed: Sequence[str]) -> InputError | None:
    for name in summed:
        value = event.data.get(name)
        if value is not None and not -VALUE_MAX <= int(value) <= VALUE_MAX:
            return value_too_large(name, int(value))
    return None


def _patterns(engine: "FeatureEngine", proofs: Int32Array | None) -> list[Patterns]:
    """The patterns of each row; all of the rows are still in the engine's edges."""
    if proofs is None or engine.graph is None:
        return []
    first = engine.graph.rows - len(proofs)
    found: list[Patterns] = [{}] * len(proofs)
    for row in np.flatnonzero((proofs != 0).any(axis=1)).tolist():
        found[row] = engine.edges.patterns(first + row, proofs[row])
    return found
