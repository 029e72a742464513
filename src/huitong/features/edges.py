"""The payments behind the edges of graph patterns, as far back as a pattern can reach, so that evidence can name events."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_INT, Codes, EventBatch, Int32Array, Int64Array, PatternEdge
from huitong.features.graph import GraphEvidence, read_evidence
from huitong.features.graphs import GraphPlan

Patterns = Mapping[str, tuple[PatternEdge, ...]]
"""Edges by pattern: ``cycles``, ``scatter_gather``, ``gather_scatter``, ``path``; only those found."""

Edge = tuple[str, str, str, int, int]
"""Event id, who pays, who is paid, time, amount as held."""


class EdgeLog:
    """The latest rows of the graph, by number.

    Args:
        reach_us: How far back a pattern can reach; older rows are forgotten.
        first: Number of the first row kept.
        edges: Rows kept.
    """

    def __init__(self, reach_us: int, first: int = 0, edges: Iterable[Edge] = ()) -> None:
        self.reach_us = reach_us
        self.first = first
        self.edges = deque(edges)

    def add(self, edge: Edge, newest_us: int) -> None:
        """Notes the next row and forgets what no pattern reaches any more."""
        self.edges.append(edge)
        self.forget(newest_us)

    def extend(self, times_us: Int64Array, edges_from: Callable[[int], Sequence[Edge]], newest_us: int) -> None:
        """Notes many rows; what no pattern reaches any more is not even asked for.

        Args:
            times_us: Their times, shape ``(n,)``.
            edges_from: Gives the rows from one on as edges.
            newest_us: Newest time.
        """
        self.forget(newest_us)
        skipped = 0
        if not self.edges:  # rows go in their order: behind one that is kept, an older one is kept too
            reached = np.flatnonzero(times_us > newest_us - self.reach_us)
            skipped = int(reached[0]) if len(reached) else len(times_us)
            self.first += skipped
        self.edges.extend(edges_from(skipped))

    def forget(self, newest_us: int) -> None:
        """Forgets what no pattern reaches any more."""
        while self.edges and self.edges[0][3] <= newest_us - self.reach_us:
            self.edges.popleft()
            self.first += 1

    def patterns(self, row: int, proof: Int32Array) -> Patterns:
        """The patterns that row number ``row`` closed; edges that are forgotten are left out."""
        found = read_evidence(row, proof)
        return {name: tuple(edge for number in numbers if (edge := self._edge(number))) for name, numbers in _numbers(found).items()}

    def _edge(self, number: int) -> PatternEdge | None:
        place = number - self.first
        return _pattern_edge(self.edges[place]) if 0 <= place < len(self.edges) else None


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
