"""A peek gives the row that adding the edge would give, and leaves no trace."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.features.graph import GraphSpec, GraphState
from tests.features.graph.reference import Edge
from tests.features.graph.world import edges, features_over

FEATURES = features_over(5, 12)
SPECS = (
    GraphSpec(FEATURES, lateness_us=10, steps=1_000_000),
    GraphSpec(FEATURES, lateness_us=3, steps=4, edges_held_max=8),
)


def bits(state: GraphState) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in state.state().items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(edges, max_size=60), st.lists(edges, max_size=8), st.sampled_from(SPECS), st.integers(1, 8))
def test_a_peek_gives_the_row_of_the_edge_and_changes_nothing(stream: list[Edge], others: list[Edge], spec: GraphSpec, nodes: int) -> None:
    state, untouched = GraphState(spec, nodes, 2), GraphState(spec, nodes, 2)
    for edge in stream:
        before, evidence = bits(state), state.evidence.copy()
        for other in others:
            state.peek(other.source, other.target, other.time, other.amount)
        peeked = state.peek(edge.source, edge.target, edge.time, edge.amount).copy()
        assert bits(state) == before
        assert np.array_equal(state.evidence, evidence)
        added = state.add(edge.source, edge.target, edge.time, edge.amount)
        assert peeked.tobytes() == added.tobytes()
        untouched.add(edge.source, edge.target, edge.time, edge.amount)
    assert bits(state) == bits(untouched)
