"""What each column says, against a reference that tries every candidate, and on worlds small enough to see."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.features.graph import GraphFeature, GraphSpec, GraphState, read_evidence
from tests.features.graph.reference import Edge, answer, is_rising
from tests.features.graph.world import EVERYTHING, add_each, column, run, streams


def expected(stream: list[Edge]) -> list[list[float]]:
    return [[*(answer(stream[:n], edge, feature) for feature in EVERYTHING.features), 0.0] for n, edge in enumerate(stream)]


@settings(max_examples=150, deadline=None)
@given(streams)
def test_every_column_equals_the_slow_reference(stream: list[Edge]) -> None:
    rows, _ = run(GraphState(EVERYTHING, nodes=1, edges=2), stream)
    np.testing.assert_array_equal(rows, np.array(expected(stream)).reshape(rows.shape))


@settings(max_examples=60, deadline=None)
@given(streams, streams)
def test_later_edges_never_change_an_earlier_answer(stream: list[Edge], more: list[Edge]) -> None:
    end = stream[-1].time if stream else 0
    later = [Edge(edge.source, edge.target, end + edge.time, edge.amount) for edge in more]
    rows, evidence = run(GraphState(EVERYTHING), stream)
    rows_with_more, evidence_with_more = run(GraphState(EVERYTHING), stream + later)
    np.testing.assert_array_equal(rows_with_more[: len(stream)], rows)
    np.testing.assert_array_equal(evidence_with_more[: len(stream)], evidence)


@settings(max_examples=100, deadline=None)
@given(streams)
def test_evidence_proves_what_the_columns_say(stream: list[Edge]) -> None:
    state = GraphState(EVERYTHING, edges=2)
    rows, proofs = run(state, stream)
    for number, edge in enumerate(stream):
        row = dict(zip(EVERYTHING.columns, rows[number], strict=True))
        found = read_evidence(number, proofs[number])
        cycle = [stream[step] for step in found.cycle]
        assert len(cycle) == row["cycle_length_12us"]
        assert is_rising([step.time for step in cycle])
        assert all(step.target == after.source for step, after in zip(cycle, cycle[1:] + cycle[:1], strict=True))
        if not np.isnan(row["cycle_conserved_12us"]):
            amounts = [step.amount for step in cycle]
            assert min(amounts) / max(amounts) == row["cycle_conserved_12us"]
        assert len(found.scatter_gather) == min(row["scatter_gather_12us"], 5)
        branches = [(stream[first], stream[second]) for first, second in found.scatter_gather]
        assert len({first.source for first, _ in branches}) <= 1
        assert len({first.target for first, _ in branches}) == len(branches)
        assert all(first.target == second.source and first.time < second.time for first, second in branches)
        assert all(second.target == edge.target for _, second in branches)
        assert len(found.gathered) == len(found.scattered) == min(row["gather_scatter_12us"], 4)
        assert len({stream[step].source for step in found.gathered}) == len(found.gathered)
        assert len({stream[step].target for step in found.scattered}) == len(found.scattered)
        assert bool(found.path) == (not np.isnan(row["dwell_12us"]))
        if found.path and not np.isnan(row["path_conserved_12us"]):
            first, second = (stream[step].amount for step in found.path)
            assert min(first, second) / max(first, second) == row["path_conserved_12us"]


def test_a_cycle_is_seen_by_the_edge_that_closes_it_and_by_no_earlier_one() -> None:
    feature = GraphFeature("cycles", 10, length=3)
    state = GraphState(GraphSpec((feature,)))
    rows, _ = run(state, [Edge(0, 1, time=1), Edge(1, 2, time=2), Edge(2, 0, time=3)])
    assert column(state, rows, feature) == [0, 0, 1]


def test_edges_of_one_moment_close_no_cycle() -> None:
    feature = GraphFeature("cycles", 10, length=2)
    state = GraphState(GraphSpec((feature,)))
    rows, _ = run(state, [Edge(0, 1, time=1), Edge(1, 0, time=1), Edge(0, 1, time=2)])
    assert column(state, rows, feature) == [0, 0, 1]


def test_a_mule_that_forwards_what_it_just_received_shows_in_every_flow_column() -> None:
    features = tuple(GraphFeature(name, 1_000) for name in ("pass_through", "share_out", "dwell", "path_conserved"))
    rows, _ = run(GraphState(GraphSpec(features)), [Edge(0, 1, time=100, amount=5_000), Edge(1, 2, time=160, amount=4_900)])
    assert np.isnan(rows[0][:4]).all()
    assert rows[1].tolist() == [0.98, 0.98, 60.0, 0.98, 0.0]


def test_money_that_rests_is_weighted_by_amount_newest_first() -> None:
    feature = GraphFeature("dwell", 1_000)
    state = GraphState(GraphSpec((feature,)))
    rows, _ = run(state, [Edge(0, 1, 0, 900), Edge(3, 1, 60, 100), Edge(1, 2, 100, 400)])
    assert column(state, rows, feature)[2] == (100 * 40 + 300 * 100) / 400


@settings(max_examples=60, deadline=None)
@given(streams, st.integers(1, 4))
def test_a_search_whose_budget_runs_out_says_so_and_never_counts_too_much(stream: list[Edge], steps: int) -> None:
    short = GraphSpec(EVERYTHING.features, steps=steps)
    rows, _ = run(GraphState(short), stream)
    full, _ = run(GraphState(EVERYTHING), stream)
    kept = rows[:, -1] == 0
    np.testing.assert_array_equal(rows[kept], full[kept])
    counts = [n for n, feature in enumerate(EVERYTHING.features) if feature.pattern in ("cycles", "scatter_gather", "gather_scatter")]
    assert (rows[:, counts] <= full[:, counts]).all()


def test_a_hub_exhausts_a_small_budget() -> None:
    spec = GraphSpec((GraphFeature("scatter_gather", 1_000),), steps=10)
    stream = [Edge(0, n, time=n) for n in range(1, 50)] + [Edge(n, 99, time=100 + n) for n in range(1, 50)]
    rows, _ = run(GraphState(spec), stream)
    assert rows[-1, -1] == 1.0
    assert not rows[:49, -1].any()


def test_live_and_batch_agree_on_every_column() -> None:
    stream = [Edge(n % 5, (n * n + 1) % 7, time=n // 2, amount=n % 9) for n in range(300)]
    rows, _ = run(GraphState(EVERYTHING), stream)
    np.testing.assert_array_equal(add_each(GraphState(EVERYTHING, nodes=1, edges=2), stream), rows)
