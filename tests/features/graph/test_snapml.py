"""Beside the usual library: the same cycles when it is fed one edge at a time, and none of its look-ahead."""

import numpy as np
import pytest

from huitong.features.graph import GraphFeature, GraphSpec, GraphState
from tests.features.graph.reference import Edge
from tests.features.graph.world import run

snapml = pytest.importorskip("snapml", reason="skipped: no snapml")

WINDOW = 400
PEER_WINDOW = WINDOW - 1  # its window includes its far end, ours does not
SPEC = GraphSpec(tuple(GraphFeature("cycles", WINDOW, length=length) for length in range(2, 7)), steps=10_000_000)


def peer() -> object:
    preprocessor = snapml.GraphFeaturePreprocessor()
    preprocessor.set_params(
        {
            "num_threads": 1,
            "time_window": PEER_WINDOW,
            "vertex_stats": False,
            "fan": False,
            "degree": False,
            "scatter-gather": False,
            "temp-cycle": True,
            "temp-cycle_tw": PEER_WINDOW,
            "temp-cycle_bins": [2, 3, 4, 5, 6, 7],
            "lc-cycle": False,
        }
    )
    return preprocessor


def peer_counts(stream: list[Edge], batch: int) -> np.ndarray:
    """Cycles of 2 to 6 edges through each edge, as the peer says when given ``batch`` edges at a time."""
    table = np.array([[n, edge.source, edge.target, edge.time] for n, edge in enumerate(stream)], np.float64)
    preprocessor = peer()
    found = [preprocessor.transform(table[n : n + batch]) for n in range(0, len(stream), batch)]  # type: ignore[attr-defined] # untyped
    return np.vstack(found)[:, 4:9]


@pytest.mark.parametrize(("accounts", "seed"), [(40, 1), (150, 2)])
def test_cycles_equal_those_of_snapml_fed_one_edge_at_a_time(accounts: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    likely = random.lognormal(0, 1, accounts)
    ends = random.choice(accounts, (2_500, 2), p=likely / likely.sum())
    times = np.sort(random.integers(1_000, 1_000 + 12 * WINDOW, 2_500))
    stream = [Edge(int(u), int(v), int(t)) for (u, v), t in zip(ends, times, strict=True) if u != v]
    rows, _ = run(GraphState(SPEC), stream)
    wanted = peer_counts(stream, batch=1)
    assert (wanted.sum(axis=0) > 0).all()
    np.testing.assert_array_equal(rows[:, :5], wanted)


def test_only_the_closing_edge_of_a_batch_is_marked_where_snapml_marks_all_three() -> None:
    stream = [Edge(0, 1, time=1), Edge(1, 2, time=2), Edge(2, 0, time=3)]
    rows, _ = run(GraphState(SPEC), stream)
    assert rows[:, 1].tolist() == [0, 0, 1]
    assert peer_counts(stream, batch=3)[:, 1].tolist() == [1, 1, 1]
