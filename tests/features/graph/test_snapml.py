"""Beside the usual library: the same cycles when it is fed one edge at a time, and none of its look-ahead."""

import importlib.util
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from huitong.features.graph import GraphFeature, GraphSpec, GraphState
from tests.features.graph.reference import Edge
from tests.features.graph.world import run

if importlib.util.find_spec("snapml") is None:
    pytest.skip("skipped: no snapml", allow_module_level=True)

WINDOW = 400
PEER_WINDOW = WINDOW - 1  # its window includes its far end, ours does not
SPEC = GraphSpec(tuple(GraphFeature("cycles", WINDOW, length=length) for length in range(2, 7)), steps=10_000_000)
PEER = Path(__file__).with_name("snapml_peer.py")


def peer_counts(stream: list[Edge], batch: int) -> np.ndarray:
    """Cycles of 2 to 6 edges through each edge, as the peer says when given ``batch`` edges at a time."""
    table = np.array([[n, edge.source, edge.target, edge.time] for n, edge in enumerate(stream)], np.float64)
    sent = io.BytesIO()
    np.save(sent, table)
    answer = subprocess.run(
        [sys.executable, str(PEER), str(PEER_WINDOW), str(batch)], input=sent.getvalue(), capture_output=True, check=True
    )
    counts: np.ndarray = np.load(io.BytesIO(answer.stdout))
    return counts


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
