"""Live features against their definitions in exact arithmetic, in order and out of order."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event
from huitong.features import FeatureEngine
from tests.features.naive import Naive
from tests.features.world import HOUR, LISTS, WINDOWS, plan_of, random_events

PLAN = plan_of(dict(WINDOWS))
EXACT_TO = 1e-12
"""Means and deviations are rounded once more often than in exact arithmetic."""


def assert_as_defined(events: Sequence[Event]) -> int:
    engine, naive = FeatureEngine(PLAN, LISTS), Naive(WINDOWS)
    compared = 0
    for event in events:
        row, expected = engine.update(event), naive.update(event)
        if row is None or expected is None:
            assert row is None
            assert expected is None
            continue
        for name, value in zip(PLAN.names, row, strict=True):
            same = math.isclose(value, expected[name], rel_tol=EXACT_TO, abs_tol=1e-9) or (math.isnan(value) and math.isnan(expected[name]))
            assert same, f"{event.id} {name}: {value}, by definition {expected[name]}"
            compared += 1
    return compared


@pytest.mark.parametrize("seed", range(3))
def test_every_feature_is_what_its_definition_says(seed: int) -> None:
    assert assert_as_defined(random_events(seed, 500)) > 10_000


def test_events_far_apart_are_forgotten_and_remembered_as_the_definitions_say() -> None:
    assert assert_as_defined(random_events(7, 400, hours=2_000)) > 5_000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60))
def test_a_late_event_inside_the_bound_counts_as_if_it_had_come_in_order(seed: int, delayed: int) -> None:
    events = random_events(seed, 150, hours=10)
    random_ = random.Random(seed)
    for event in random_.sample(events, delayed):
        place = events.index(event)
        while place + 1 < len(events) and events[place + 1].time_us <= event.time_us + 2 * HOUR:
            events[place], events[place + 1] = events[place + 1], events[place]
            place += 1
            if random_.random() < 0.1:
                break
    assert_as_defined(events)
