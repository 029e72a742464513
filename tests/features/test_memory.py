"""Bounded memory: rings that wrap, slabs that move and are given back, sequence numbers that start again, pairs that are forgotten."""

import numpy as np
import pytest

from huitong.contracts import Event, Float64Array
from huitong.features import FeatureEngine
from huitong.features.grouping import Grouping
from huitong.features.layout import A_USED
from huitong.features.plan import GroupingPlan
from huitong.features.program import build_program
from tests.features.naive import Naive
from tests.features.world import DAY, HOUR, LISTS, PAYMENT, SECOND, START, WINDOWS, assert_same_bits, live, plan_of, random_events, replayed

PLAN = plan_of()


class TinyEngine(FeatureEngine):
    """Starts with room for two entries and counts a key's entries from small numbers again very often."""

    def _grouping(self, plan: GroupingPlan) -> Grouping:
        program = build_program(plan.reads, self.lateness_us, rebase_at=5)
        return Grouping(program, len(plan.key.roles), not plan.remembers, first_entries=2)


@pytest.mark.parametrize("seed", range(3))
def test_tiny_rings_that_wrap_and_renumber_give_the_same_bits(seed: int) -> None:
    events = random_events(seed, 1_500, hours=60, customers=3)
    assert_same_bits(live(FeatureEngine(PLAN, LISTS), events), live(TinyEngine(PLAN, LISTS), events), PLAN.names)
    assert_same_bits(live(FeatureEngine(PLAN, LISTS), events), replayed(TinyEngine(PLAN, LISTS), events, 97, 2), PLAN.names)


def used(engine: FeatureEngine) -> int:
    return sum(int(grouping.arena[A_USED]) for grouping in engine.groupings)


def test_a_steady_stream_does_not_grow_the_state() -> None:
    engine = FeatureEngine(plan_of(dict(WINDOWS)), LISTS)
    sizes = []
    for part in range(6):
        for number in range(3_000):
            event_id = f"{part}.{number}"
            keys = {"customer": f"c{number % 50}", "terminal": f"t{number % 7}", "account": "a", "counterparty": "b"}
            engine.update(Event(event_id, PAYMENT, START + (part * 3_000 + number) * 10 * SECOND, keys, {"amount": 100}))
        sizes.append(used(engine))
    assert sizes[-1] == sizes[2]


def test_keys_that_fell_silent_give_their_room_back() -> None:
    features = {
        "sum_1h": {"sum": "amount", "by": "customer", "over": "1h"},
        "n": {"count": True, "by": ["customer", "terminal"], "over": "1h"},
    }
    engine = FeatureEngine(plan_of(features))
    for number in range(20_000):
        keys = {"customer": f"c{number}", "terminal": "t"}
        engine.update(Event(str(number), PAYMENT, START + number * 60 * SECOND, keys, {"amount": 100}))
    # Windows reach back 1 h and events may be 2 h late: 180 payments, each of a key and a pair of its own.
    customers, pairs = engine.groupings
    assert int(customers.arena[A_USED]) < 20_000
    assert int(pairs.arena[A_USED]) < 4_000
    assert pairs.pairs is not None
    assert len(pairs.pairs) < 2_000


def hub(count: int) -> list[Event]:
    return [
        Event(f"{n:05d}", PAYMENT, START + n * SECOND, {"customer": "hub", "terminal": f"t{n * 7919 % 997}"}, {"amount": n % 101})
        for n in range(count)
    ]


def test_a_hub_with_thousands_of_values_is_counted_exactly() -> None:
    features = {
        "terminals": {"distinct": "terminal", "by": "customer", "over": "1h"},
        "max": {"max": "amount", "by": "customer", "over": "1h"},
    }
    events = hub(9_000)
    found = live(FeatureEngine(plan_of(features)), events)
    for place in range(0, len(events), 500):
        window = [event for event in events[: place + 1] if event.time_us > events[place].time_us - HOUR]
        expected = [len({event.keys["terminal"] for event in window}), max(int(event.data["amount"] or 0) for event in window) / 100]
        np.testing.assert_array_equal(found[events[place].id], expected)


def rows(found: dict[str, Float64Array]) -> Float64Array:
    return np.array(list(found.values()))


def test_many_keys_at_once_grow_the_state_within_one_chunk() -> None:
    features = {"n": {"count": True, "by": "customer", "over": "1d"}, "s": {"std": "amount", "by": ["customer", "terminal"], "over": "1d"}}
    events = [
        Event(str(n), PAYMENT, START + n, {"customer": f"c{n % 5_000}", "terminal": f"t{n % 3}"}, {"amount": n}) for n in range(12_000)
    ]
    found = replayed(FeatureEngine(plan_of(features)), events, threads=2)
    assert rows(found)[:, 0].tolist() == [n // 5_000 + 1 for n in range(12_000)]


def test_a_gap_longer_than_every_window_leaves_only_what_is_remembered_for_ever() -> None:
    plan = plan_of(dict(WINDOWS))
    engine, naive = FeatureEngine(plan, LISTS), Naive(WINDOWS)
    keys = {"customer": "c", "terminal": "t"}
    for number in range(3_000):
        keys = {"customer": f"c{number % 1_500}", "terminal": "t"}
        event = Event(str(number), PAYMENT, START + (number // 1_500) * 30 * DAY + number * SECOND, keys, {"amount": number})
        row = engine.update(event)
        if number % 1_500 == 7:
            expected = naive.update(event)
            assert row is not None
            assert expected is not None
            names = ("count_3h", "count_ever", "sum_ever", "since_last", "max_ever", "std_3h")
            mine = [row[plan.names.index(name)] for name in names]
            np.testing.assert_allclose(mine, [expected[name] for name in names])
