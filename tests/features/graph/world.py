"""Small graphs for the tests of the graph room."""

import numpy as np
from hypothesis import strategies as st

from huitong.features.graph import NULL_INT, PATTERNS, GraphFeature, GraphSpec, GraphState
from huitong.features.graph.layout import Codes, Floats
from tests.features.graph.reference import Edge


def features_over(*windows: int) -> tuple[GraphFeature, ...]:
    """Every pattern over every window."""
    found: list[GraphFeature] = []
    for window in windows:
        for name, pattern in PATTERNS.items():
            if pattern.takes == "of":
                found += [GraphFeature(name, window, of="source"), GraphFeature(name, window, of="target")]
            elif pattern.takes == "length":
                found += [GraphFeature(name, window, length=length) for length in range(2, 7)]
            else:
                found.append(GraphFeature(name, window))
    return tuple(found)


EVERYTHING = GraphSpec(features_over(5, 12), steps=1_000_000)

edges = st.builds(
    Edge,
    source=st.integers(0, 5),
    target=st.integers(0, 5),
    time=st.integers(0, 40),
    amount=st.sampled_from([NULL_INT, 0, 1, 70, 100]),
)
streams = st.lists(edges, max_size=60).map(lambda found: sorted(found, key=lambda edge: edge.time))


def run(state: GraphState, stream: list[Edge]) -> tuple[Floats, Codes]:
    """All rows and their evidence from one batch."""
    out = np.empty((len(stream), len(state.spec.columns)))
    evidence = np.empty((len(stream), 24), np.int32)
    state.run(
        np.array([edge.source for edge in stream], np.int32),
        np.array([edge.target for edge in stream], np.int32),
        np.array([edge.time for edge in stream], np.int64),
        np.array([edge.amount for edge in stream], np.int64),
        out,
        evidence,
    )
    return out, evidence


def add_each(state: GraphState, stream: list[Edge]) -> Floats:
    """All rows, one live event at a time."""
    rows = [state.add(edge.source, edge.target, edge.time, edge.amount).copy() for edge in stream]
    return np.array(rows).reshape(len(stream), len(state.spec.columns))


def column(state: GraphState, rows: Floats, feature: GraphFeature) -> list[float]:
    """One column by its feature."""
    found: list[float] = rows[:, state.spec.columns.index(feature.column)].tolist()
    return found
