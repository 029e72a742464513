"""The state over time: late edges, what is forgotten, growth, snapshots, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.features.graph import GraphEvidence, GraphFeature, GraphSpec, GraphState, read_evidence
from huitong.features.graph import state as state_module
from huitong.features.graph.kernel import run_edges
from huitong.kernel import DataError, InputError
from tests.features.graph.reference import Edge, answer
from tests.features.graph.world import EVERYTHING, add_each, edges, run, streams

LATE = replace(EVERYTHING, lateness_us=6)


def placed_and_refused(stream: list[Edge], lateness: int) -> tuple[list[Edge], list[Edge]]:
    newest = -1
    placed: list[Edge] = []
    refused: list[Edge] = []
    for edge in stream:
        newest = max(newest, edge.time)
        (placed if edge.time >= newest - lateness else refused).append(edge)
    return placed, refused


@settings(max_examples=120, deadline=None)
@given(st.lists(edges, max_size=50))
def test_a_late_edge_is_answered_as_of_its_time_and_later_edges_as_if_it_had_come_in_order(stream: list[Edge]) -> None:
    state = GraphState(LATE, nodes=1, edges=2)
    rows, _ = run(state, stream)
    seen: list[Edge] = []
    newest, too_late = -1, 0
    for edge, row in zip(stream, rows, strict=True):
        newest = max(newest, edge.time)
        if edge.time < newest - LATE.lateness_us:
            too_late += 1
            assert np.isnan(row).all()
            continue
        wanted = [*(answer(sorted(seen, key=lambda other: other.time), edge, feature) for feature in LATE.features), 0.0]
        np.testing.assert_array_equal(row, np.array(wanted, np.float64))
        seen.append(edge)
    assert state.rows_too_late == too_late


@settings(max_examples=60, deadline=None)
@given(st.lists(edges, max_size=40), streams)
def test_after_late_edges_everything_goes_on_as_after_the_same_edges_in_order(mixed: list[Edge], more: list[Edge]) -> None:
    placed, _ = placed_and_refused(mixed, LATE.lateness_us)
    end = max((edge.time for edge in mixed), default=0)
    later = [Edge(edge.source, edge.target, end + edge.time, edge.amount) for edge in more]
    came_late, in_order = GraphState(LATE, edges=2), GraphState(LATE)
    run(came_late, mixed)
    run(in_order, sorted(placed, key=lambda edge: edge.time))
    np.testing.assert_array_equal(run(came_late, later)[0], run(in_order, later)[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(edges, max_size=60), st.data())
def test_a_snapshot_at_any_point_goes_on_bit_for_bit(stream: list[Edge], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(stream)))
    whole, first = GraphState(LATE, edges=2), GraphState(LATE, edges=2)
    rows, evidence = run(whole, stream)
    run(first, stream[:cut])
    second = GraphState.restore(LATE, first.state())
    rows_after, evidence_after = run(second, stream[cut:])
    assert rows_after.tobytes() == rows[cut:].tobytes()
    np.testing.assert_array_equal(evidence_after, evidence[cut:])
    assert second.rows == len(stream)


@settings(max_examples=40, deadline=None)
@given(st.lists(edges, max_size=60))
def test_edge_numbers_may_be_given_away_again_without_a_trace(stream: list[Edge]) -> None:
    rows, evidence = run(GraphState(LATE), stream)
    state = GraphState(LATE, nodes=1, edges=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "NUMBER_MAX", 3)
        patch.setattr(state_module, "CHUNK", 2)
        rows_again, evidence_again = run(state, stream)
    np.testing.assert_array_equal(rows_again, rows)
    np.testing.assert_array_equal(evidence_again, evidence)
    assert state.rows == len(stream)


def test_a_window_whose_oldest_edge_lost_its_number_is_counted_again() -> None:
    stream = [Edge(0, 0, 0), Edge(0, 0, 5), Edge(1, 1, 24), Edge(0, 0, 0), Edge(0, 0, 24)]
    rows, _ = run(GraphState(LATE), stream)
    state = GraphState(LATE, nodes=1, edges=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "NUMBER_MAX", 3)
        patch.setattr(state_module, "CHUNK", 2)
        np.testing.assert_array_equal(run(state, stream)[0], rows)


def test_memory_stays_bounded_while_the_stream_goes_on() -> None:
    state = GraphState(EVERYTHING, nodes=8, edges=8)
    stream = [Edge(n % 7, (3 * n + 1) % 8, time=n) for n in range(4_000)]
    run(state, stream[:400])
    held, size = state.edges_held, state.bytes_held
    run(state, stream[400:])
    assert state.edges_held == held == 13  # the longest window of 12 and an eighth of it
    assert state.bytes_held == size
    assert sum(len(part) for name, part in state.state().items() if name == "edges") == held


def test_rows_that_are_no_edges_take_no_memory_however_many_come() -> None:
    state = GraphState(EVERYTHING, nodes=8, edges=8)
    size = state.bytes_held
    rows, _ = run(state, [Edge(-1, n % 7, time=n) for n in range(1_000)])
    assert np.isnan(rows).all()
    assert state.bytes_held == size
    assert state.rows == 1_000


def test_beyond_the_limit_the_oldest_edges_are_forgotten_and_rows_say_so() -> None:
    feature = GraphFeature("degree_out", 1_000, of="source")
    rows, _ = run(GraphState(GraphSpec((feature,), edges_held_max=4), edges=2), [Edge(0, n, time=n) for n in range(1, 9)])
    assert rows[:, 1].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert rows[:, 0].tolist()[:4] == [1, 2, 3, 4]
    assert rows[:, 0].max() <= 5


@settings(max_examples=60, deadline=None)
@given(st.lists(edges, max_size=60))
def test_at_the_limit_uncapped_rows_are_still_exact(stream: list[Edge]) -> None:
    spec = replace(LATE, edges_held_max=5)
    rows, _ = run(GraphState(spec, edges=2), stream)
    full, _ = run(GraphState(LATE), stream)
    sure = rows[:, -1] == 0
    np.testing.assert_array_equal(rows[sure], full[sure])


def test_a_row_without_an_end_is_no_edge_and_still_takes_a_number() -> None:
    features = (GraphFeature("fan_out", 100, of="source"), GraphFeature("cycle_length", 100))
    state = GraphState(GraphSpec(features))
    rows, proofs = run(state, [Edge(0, 1, 1), Edge(0, -1, 2), Edge(-1, 0, 3), Edge(1, 0, -(2**63)), Edge(1, 0, 4)])
    assert np.isnan(rows[1:4]).all()
    assert rows[4].tolist() == [1, 2, 0]
    assert read_evidence(4, proofs[4]) == GraphEvidence(cycle=(0, 4), path=(), scatter_gather=(), gathered=(), scattered=())
    assert state.rows == 5


def test_columns_of_a_wider_table_may_be_filled_in_place() -> None:
    stream = [Edge(n % 3, (n + 1) % 4, time=n) for n in range(20)]
    rows, _ = run(GraphState(EVERYTHING), stream)
    table = np.zeros((20, len(EVERYTHING.columns) + 3))
    state = GraphState(EVERYTHING)
    state.run(
        np.array([edge.source for edge in stream]),
        np.array([edge.target for edge in stream]),
        np.array([edge.time for edge in stream]),
        np.array([edge.amount for edge in stream]),
        table[:, 3:],
    )
    np.testing.assert_array_equal(table[:, 3:], rows)
    assert not table[:, :3].any()


def test_read_only_columns_need_no_second_compilation() -> None:
    state = GraphState(EVERYTHING)
    add_each(state, [Edge(0, 1, 1)])
    codes, numbers = np.arange(3, dtype=np.int32), np.arange(3, dtype=np.int64)
    codes.flags.writeable = numbers.flags.writeable = False
    state.run(codes, codes, numbers, numbers, np.empty((3, len(EVERYTHING.columns))))
    assert len(run_edges.signatures) == 1


def test_the_evidence_of_a_live_edge_is_at_hand() -> None:
    state = GraphState(GraphSpec((GraphFeature("cycles", 100, length=3),)))
    add_each(state, [Edge(0, 1, 1), Edge(5, 6, 1), Edge(1, 2, 2), Edge(2, 0, 3)])
    assert read_evidence(state.rows - 1, state.evidence).cycle == (0, 2, 3)


@pytest.mark.parametrize(
    ("feature", "code"),
    [
        ({"pattern": "triangles", "window_us": 1}, "graph.pattern.unknown"),
        ({"pattern": "dwell", "window_us": 0}, "graph.window.not_positive"),
        ({"pattern": "cycles", "window_us": 1}, "graph.length.wrong"),
        ({"pattern": "cycles", "window_us": 1, "length": 7}, "graph.length.wrong"),
        ({"pattern": "dwell", "window_us": 1, "length": 3}, "graph.length.wrong"),
        ({"pattern": "fan_in", "window_us": 1}, "graph.end.wrong"),
        ({"pattern": "dwell", "window_us": 1, "of": "source"}, "graph.end.wrong"),
    ],
)
def test_a_feature_that_makes_no_sense_is_refused_at_once(feature: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as raised:
        GraphFeature(**feature)  # type: ignore[arg-type] # wrong on purpose
    assert raised.value.code == code


@pytest.mark.parametrize("limit", [{"lateness_us": -1}, {"steps": 0}, {"edges_held_max": 0}, {"edges_held_max": 1 << 40}])
def test_a_limit_out_of_range_is_refused(limit: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(limit))):
        GraphSpec((), **limit)


def test_the_same_column_twice_is_refused() -> None:
    with pytest.raises(InputError, match="dwell_1h"):
        GraphSpec((GraphFeature("dwell", 3_600_000_000), GraphFeature("dwell", 3_600_000_000)))


def test_arrays_that_do_not_fit_are_refused() -> None:
    state = GraphState(GraphSpec(()))
    two, three = np.zeros(2, np.int32), np.zeros(3, np.int64)
    with pytest.raises(InputError, match="column has shape"):
        state.run(two, two, three, three, np.zeros((3, 1)))
    with pytest.raises(InputError, match="out has shape"):
        state.run(two, two, three[:2], three[:2], np.zeros((2, 2)))
    with pytest.raises(InputError, match="evidence has shape"):
        state.run(two, two, three[:2], three[:2], np.zeros((2, 1)), np.zeros((2, 3), np.int32))
    with pytest.raises(InputError, match="beyond 32 bits"):
        state.add(2**40, 0, 0, 0)
    with pytest.raises(InputError, match="evidence has shape"):
        read_evidence(0, np.zeros(3, np.int32))


def test_a_foreign_snapshot_is_refused() -> None:
    arrays = GraphState(EVERYTHING).state()
    with pytest.raises(DataError) as other:
        GraphState.restore(LATE, arrays)
    assert other.value.code == "graph.snapshot.other_spec"
    with pytest.raises(DataError) as version:
        GraphState.restore(EVERYTHING, arrays | {"version": np.array([99])})
    assert version.value.code == "graph.snapshot.version"
    del arrays["edges"]
    with pytest.raises(DataError, match="edges") as incomplete:
        GraphState.restore(EVERYTHING, arrays)
    assert incomplete.value.code == "graph.snapshot.incomplete"
