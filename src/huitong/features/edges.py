"""The payments behind the edges of graph patterns, as far back as a pattern can reach, so that evidence can name events.

A busy bank has tens of millions of payments within that reach. They are kept as columns, some fifty bytes for each; as objects of Python
they would take six times as much.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huitong.contracts import NULL_INT, Codes, EventBatch, Int32Array, Int64Array, PatternEdge
from huitong.features.graph import GraphEvidence, read_evidence
from huitong.features.graph.room import room
from huitong.features.graphs import GraphPlan
from huitong.features.symbols import Interner

Patterns = Mapping[str, tuple[PatternEdge, ...]]
"""Edges by pattern: ``cycles``, ``scatter_gather``, ``gather_scatter``, ``path``; only those found."""

Edge = tuple[str, str, str, int, int]
"""Event id, who pays, who is paid, time, amount as held."""

STRETCH = 1_024
"""Rows that are kept together."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Rows of the graph as columns.

    Attributes:
        ids: Ids of the events, an Arrow array of texts.
        source: Who pays, as a code; ``NULL_CODE`` where not given.
        target: Who is paid.
        time_us: Event times.
        amount: Amounts as held.
    """

    ids: "pa.StringArray | pa.LargeStringArray"
    source: Int32Array
    target: Int32Array
    time_us: Int64Array
    amount: Int64Array

    def __len__(self) -> int:
        return len(self.time_us)

    def some(self, rows: slice) -> "Edges":
        """Some of the rows."""
        return Edges(self.ids[rows], self.source[rows], self.target[rows], self.time_us[rows], self.amount[rows])


_NUMBERS = {"source": np.int32, "target": np.int32, "time_us": np.int64, "amount": np.int64}


class _Stretch:
    """Up to ``STRETCH`` rows."""

    __slots__ = ("amount", "ids", "source", "target", "time_us")

    def __init__(self) -> None:
        self.ids: list[str] | pa.StringArray = []
        self.source, self.target, self.time_us, self.amount = array("i"), array("i"), array("q"), array("q")

    def extend(self, some: Edges) -> None:
        """Adds rows."""
        self.ids.extend(some.ids.to_pylist())
        for name in _NUMBERS:
            getattr(self, name).frombytes(getattr(some, name).tobytes())

    def seal(self) -> None:
        """Takes no more room than its rows need; no row is added any more."""
        self.ids = pa.array(self.ids, pa.string())
        self.source, self.target, self.time_us, self.amount = self.source[:], self.target[:], self.time_us[:], self.amount[:]

    def rows(self, begin: int) -> Edges:
        """The rows from a place on, of which the numbers are looked at where they lie: none can be added while they are held."""
        ids = self.ids[begin:]
        texts = pa.array(ids, pa.string()) if isinstance(ids, list) else ids
        source, target = (np.frombuffer(one, np.int32)[begin:] for one in (self.source, self.target))
        time_us, amount = (np.frombuffer(one, np.int64)[begin:] for one in (self.time_us, self.amount))
        return Edges(texts, source, target, time_us, amount)


class EdgeLog:
    """The latest rows of the graph, by number.

    Args:
        reach_us: How far back a pattern can reach; older rows are forgotten.
        ends: Know who pays and who is paid by code.
    """

    def __init__(self, reach_us: int, ends: tuple[Interner, Interner]) -> None:
        self.reach_us = reach_us
        self._payers, self._payees = ends
        self._begin(0)

    def _begin(self, first: int) -> None:
        """Keeps nothing, and has a number for the next row."""
        self.first = self._origin = first
        self._stretches = {0: _Stretch()}
        self._last = 0

    @property
    def end(self) -> int:
        """Number of the next row; that of the first row kept is ``first``."""
        return self._origin + self._last * STRETCH + len(self._stretches[self._last].ids)

    def add(self, event: str, source: int, target: int, time_us: int, amount: int, newest_us: int) -> None:
        """Notes the next row and forgets what no pattern reaches any more."""
        last = self._stretches[self._last]
        last.ids.append(event)
        last.source.append(source)
        last.target.append(target)
        last.time_us.append(time_us)
        last.amount.append(amount)
        self._go_on(last)
        self.forget(newest_us)

    def extend(self, some: Edges, newest_us: int) -> None:
        """Notes many rows; those that no pattern reaches any more are counted, where no row is kept before them."""
        self.forget(newest_us)
        if self.first == self.end:  # rows go in their order: behind one that is kept, an older one is kept too
            reached = np.flatnonzero(some.time_us > newest_us - self.reach_us)
            skipped = int(reached[0]) if len(reached) else len(some)
            self._begin(self.first + skipped)
            some = some.some(slice(skipped, None))
        self._keep(some)

    def _keep(self, some: Edges) -> None:
        while len(some):
            last = self._stretches[self._last]
            room = STRETCH - len(last.ids)
            last.extend(some.some(slice(room)))
            self._go_on(last)
            some = some.some(slice(room, None))

    def _go_on(self, last: _Stretch) -> None:
        if len(last.ids) == STRETCH:
            last.seal()
            self._last += 1
            self._stretches[self._last] = _Stretch()

    def forget(self, newest_us: int) -> None:
        """Forgets what no pattern reaches any more."""
        limit_us, end = newest_us - self.reach_us, self.end
        while self.first < end:
            number, place = divmod(self.first - self._origin, STRETCH)
            times_us = self._stretches[number].time_us
            kept = place
            while kept < len(times_us) and times_us[kept] <= limit_us:
                kept += 1
            self.first += kept - place
            if kept < len(times_us):
                return
            if number < self._last:
                del self._stretches[number]

    def patterns(self, row: int, proof: Int32Array) -> Patterns:
        """The patterns that row number ``row`` closed; edges that are forgotten are left out."""
        found = read_evidence(row, proof)
        return {name: tuple(edge for number in numbers if (edge := self.edge(number))) for name, numbers in _numbers(found).items()}

    def edge(self, number: int) -> PatternEdge | None:
        """The payment of a row; ``None`` where it is forgotten."""
        if not self.first <= number < self.end:
            return None
        which, place = divmod(number - self._origin, STRETCH)
        held = self._stretches[which]
        source, target = self._payers.text(held.source[place]) or "", self._payees.text(held.target[place]) or ""
        return _pattern_edge((str(held.ids[place]), source, target, held.time_us[place], held.amount[place]))

    def state(self) -> Mapping[str, npt.NDArray[Any]]:
        """The rows as arrays, for a snapshot: ``ids`` in UTF-8 one after another, ``stops`` where each of them stops."""
        parts = list(self._parts())
        count, size = self.end - self.first, sum(len(_utf8(part.ids)[1]) for part in parts)
        arrays = {"ids": room((size,), np.uint8), "stops": room((count,), np.int64)}
        arrays |= {name: room((count,), dtype) for name, dtype in _NUMBERS.items()}
        row = byte = 0
        for part in parts:
            rows = slice(row, row + len(part))
            stops, text = _utf8(part.ids)
            arrays["ids"][byte : byte + len(text)], arrays["stops"][rows] = text, stops + byte
            for name in _NUMBERS:
                arrays[name][rows] = getattr(part, name)
            row, byte = rows.stop, byte + len(text)
        return arrays

    def _parts(self) -> Iterator[Edges]:
        begin, place = divmod(self.first - self._origin, STRETCH)
        for number in range(begin, self._last + 1):
            held = self._stretches[number].rows(place if number == begin else 0)
            if len(held):
                yield held

    def load(self, first: int, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Takes over rows of a snapshot, of which the first has that number."""
        stops = np.concatenate([np.zeros(1, np.int64), arrays["stops"]])
        ids = pa.LargeStringArray.from_buffers(len(stops) - 1, pa.py_buffer(stops), pa.py_buffer(np.ascontiguousarray(arrays["ids"])))
        self._begin(first)
        self._keep(Edges(ids, *(arrays[name] for name in _NUMBERS)))


def _utf8(ids: "pa.StringArray") -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Texts, of which there is one at least, in UTF-8 one after another; before them, where each of them stops."""
    _, offsets, text = ids.buffers()
    stops = np.frombuffer(offsets, np.int32)[ids.offset : ids.offset + len(ids) + 1].astype(np.int64)
    return stops[1:] - stops[0], np.frombuffer(text or b"", np.uint8)[stops[0] : stops[-1]]


def patterns_of_row(plan: GraphPlan, events: EventBatch, row: int, proof: Int32Array) -> Patterns:
    """The patterns that one row of a batch closed.

    Args:
        plan: The plan's graph.
        events: The decided events in the order in which the engine took them (``in_time_order``).
        row: Row of ``events``.
        proof: Its row of ``FeatureChunk.patterns``, shape ``(24,)``.
    """
    found = read_evidence(row, proof)
    known = {
        name: np.array([number for number in numbers if 0 <= number < len(events)], np.intp) for name, numbers in _numbers(found).items()
    }
    return {name: tuple(map(_pattern_edge, edges_of(plan, events, numbers))) for name, numbers in known.items()}


def edges_of(plan: GraphPlan, events: EventBatch, rows: npt.NDArray[np.intp]) -> list[Edge]:
    """Rows of a batch as edges."""
    some = events.take(rows)
    ends = [_texts(some.keys.get(end.name), len(some)) for end in (plan.source, plan.target)]
    amounts = some.data.get(plan.amount_name)
    listed = amounts.tolist() if isinstance(amounts, np.ndarray) else [NULL_INT] * len(some)
    return list(zip(some.ids.to_pylist(), *ends, some.time_us.tolist(), listed, strict=True))


def _texts(column: Codes | None, count: int) -> list[str]:
    return [""] * count if column is None else column.arrow().fill_null("").to_pylist()


def _numbers(found: GraphEvidence) -> dict[str, tuple[int, ...]]:
    if not (found.cycle or found.path or found.scatter_gather or found.gathered):
        return {}
    branches = tuple(number for branch in found.scatter_gather for number in branch)
    named = {"cycles": found.cycle, "scatter_gather": branches, "gather_scatter": (*found.gathered, *found.scattered), "path": found.path}
    return {name: numbers for name, numbers in named.items() if numbers}


def _pattern_edge(edge: Edge) -> PatternEdge:
    event, source, target, time_us, amount = edge
    return PatternEdge(event, source, target, time_us, None if amount == NULL_INT else amount)
