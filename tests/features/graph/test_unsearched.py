"""An edge that is not searched leaves the state that it would have left, tells what is counted, and of patterns nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.features.graph import GraphSpec, GraphState, is_tally
from huitong.features.graph.layout import Codes, Floats
from tests.features.graph.reference import Edge
from tests.features.graph.test_peek import SPECS, bits
from tests.features.graph.world import edges, run

flagged = st.lists(st.tuples(edges, st.booleans()), max_size=60)


def run_some(state: GraphState, stream: list[Edge], searched: list[bool]) -> tuple[Floats, Codes]:
    """As ``run``, but only those are searched."""
    out, evidence = np.empty((len(stream), len(state.spec.columns))), np.empty((len(stream), 24), np.int32)
    sources, targets = (np.array([getattr(edge, end) for edge in stream], np.int32) for end in ("source", "target"))
    times, amounts = (np.array([getattr(edge, of) for edge in stream], np.int64) for of in ("time", "amount"))
    state.run(sources, targets, times, amounts, out, evidence, np.array(searched, np.bool_))
    return out, evidence


@settings(max_examples=80, deadline=None)
@given(flagged, st.sampled_from(SPECS))
def test_what_is_not_searched_changes_no_later_answer_and_no_bit_of_the_state(stream: list[tuple[Edge, bool]], spec: GraphSpec) -> None:
    taken, searched = [edge for edge, _ in stream], [flag for _, flag in stream]
    state, untouched = GraphState(spec, 2, 2), GraphState(spec, 2, 2)
    rows, evidence = run_some(state, taken, searched)
    all_rows, all_evidence = run(untouched, taken)
    assert bits(state) == bits(untouched)
    counted = [is_tally(feature) for feature in spec.features] + [False]
    for row, flag in enumerate(searched):
        if flag:
            assert rows[row].tobytes() == all_rows[row].tobytes()
            assert np.array_equal(evidence[row], all_evidence[row])
        else:
            assert rows[row, counted].tobytes() == all_rows[row, counted].tobytes()
            assert np.isnan(rows[row, ~np.array(counted)]).all()
            assert not evidence[row].any()


@settings(max_examples=40, deadline=None)
@given(flagged, st.sampled_from(SPECS))
def test_one_by_one_and_asked_beforehand_it_says_the_same_as_in_a_batch(stream: list[tuple[Edge, bool]], spec: GraphSpec) -> None:
    batch, single = GraphState(spec, 2, 2), GraphState(spec, 2, 2)
    rows, evidence = run_some(batch, [edge for edge, _ in stream], [flag for _, flag in stream])
    for row, (edge, flag) in enumerate(stream):
        before = bits(single)
        peeked = single.peek(edge.source, edge.target, edge.time, edge.amount, searched=flag).copy()
        assert bits(single) == before
        added = single.add(edge.source, edge.target, edge.time, edge.amount, searched=flag)
        assert peeked.tobytes() == added.tobytes() == rows[row].tobytes()
        assert np.array_equal(single.evidence, evidence[row])
    assert bits(single) == bits(batch)
