"""One kernel: live, in batches of any size, on any number of threads, across restarts and from files in any order, the same bits."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event, Float64Array
from huitong.features import FeatureEngine, FeaturePlan, Patterns, missing_inputs, patterns_of_row
from huitong.kernel import InputError
from tests.features.world import (
    DAY,
    HOUR,
    LISTS,
    PAYMENT,
    SECOND,
    START,
    assert_same_bits,
    batches_of,
    live,
    plan_of,
    random_events,
    replayed,
)

PLAN = plan_of()


def fresh(plan: FeaturePlan = PLAN) -> FeatureEngine:
    return FeatureEngine(plan, LISTS)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(1, 2))
def test_a_replay_gives_the_bits_of_the_live_answers(seed: int, chunk_rows: int, threads: int) -> None:
    events = random_events(seed, 300)
    assert_same_bits(live(fresh(), events), replayed(fresh(), events, chunk_rows, threads), PLAN.names)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_a_file_changes_nothing(seed: int) -> None:
    events = random_events(seed, 200)
    shuffled = random.Random(seed).sample(events, len(events))
    assert_same_bits(live(fresh(), events), replayed(fresh(), shuffled, 37), PLAN.names)


def swapped(seed: int, count: int) -> list[Event]:
    """Events of which every fourth comes late, some beyond the bound."""
    events = random_events(seed, count, hours=12)
    random_ = random.Random(seed)
    order = [event.time_us + (random_.randrange(5 * HOUR) if random_.random() < 0.25 else 0) for event in events]
    return [events[place] for place in sorted(range(count), key=order.__getitem__)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(1, 2))
def test_a_replay_of_the_log_takes_late_events_as_they_came(seed: int, chunk_rows: int, threads: int) -> None:
    events = swapped(seed, 300)
    one, other = fresh(), fresh()
    assert_same_bits(live(one, events), replayed(other, events, chunk_rows, threads, in_arrival=True), PLAN.names)
    assert one.late == other.late


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 90))
def test_a_group_of_any_size_gives_the_bits_and_the_evidence_of_one_by_one(seed: int, size: int) -> None:
    events = swapped(seed, 300)
    too_much = replace(events[40], id="too-much", kind=PAYMENT, data={"amount": 2**60})
    events.insert(41, too_much)
    one, other = fresh(), fresh()
    for start in range(0, len(events), size):
        part = events[start : start + size]
        taken = other.update_many(part)
        rows = iter(range(len(taken.places)))
        for place, event in enumerate(part):
            behind_us = one.too_late_us(event.time_us)
            if event is too_much:
                with pytest.raises(InputError, match="beyond"):
                    one.update(event)
                assert taken.refused[place].code == "features.value.too_large"
                continue
            expected = one.update(event)
            if expected is None:
                continue
            row = next(rows)
            assert taken.places[row] == place
            assert taken.features[row].tobytes() == expected.tobytes()
            assert taken.behind_us[row] == behind_us
            assert taken.patterns[row] == one.evidence()
        assert next(rows, None) is None
    assert one.late == other.late
    assert one.watermark_us == other.watermark_us


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 250), again=st.integers(0, 250))
def test_a_restart_at_any_point_changes_nothing(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int, again: int) -> None:
    events = swapped(seed, 250)
    first, second = sorted((cut, again))
    path = tmp_path_factory.mktemp("state") / "features.state"
    engine = fresh()
    found: dict[str, Float64Array] = {}
    evidence: Patterns = {}
    for begin, end in ((0, first), (first, second), (second, len(events))):
        found |= live(engine, events[begin:end])
        evidence = engine.evidence()
        engine.snapshot(path, end)
        engine, offset = FeatureEngine.restore(path, PLAN, LISTS)
        assert offset == end
    whole = fresh()
    assert_same_bits(live(whole, events), found, PLAN.names)
    assert engine.late == whole.late
    assert evidence == (whole.evidence() if PAYMENT in {event.kind for event in events[second:]} else {})


def test_a_state_may_be_folded_in_batches_and_go_on_live() -> None:
    events = random_events(3, 600)
    engine = fresh()
    found = replayed(engine, events[:400], 64, 2) | live(engine, events[400:])
    assert_same_bits(live(fresh(), events), found, PLAN.names)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 200))
def test_what_comes_later_never_changes_an_earlier_feature(seed: int, known: int) -> None:
    events = random_events(seed, 200)
    whole, part = replayed(fresh(), events), replayed(fresh(), events[:known])
    assert_same_bits(part, {event_id: whole[event_id] for event_id in part}, PLAN.names)


def payment(event_id: str, source: str, target: str, at: int) -> Event:
    return Event(event_id, PAYMENT, START + at * SECOND, {"account": source, "counterparty": target}, {"amount": 100})


def test_a_cycle_is_seen_by_the_payment_that_closes_it_even_when_all_come_in_one_batch() -> None:
    circle = [payment("e1", "a", "b", 1), payment("e2", "b", "c", 2), payment("e3", "c", "a", 3)]
    column = PLAN.names.index("cycles_3")
    assert [row[column] for row in replayed(fresh(), circle).values()] == [0, 0, 1]


def test_the_evidence_of_a_cycle_names_its_payments_live_and_after_a_restart(tmp_path: Path) -> None:
    engine = fresh()
    live(engine, [payment("e1", "a", "b", 1), payment("e2", "b", "c", 2)])
    engine.snapshot(tmp_path / "state", 2)
    engine, _ = FeatureEngine.restore(tmp_path / "state", PLAN, LISTS)
    engine.update(payment("e3", "c", "a", 3))
    edges = engine.evidence()["cycles"]
    assert [(edge.event, edge.source, edge.target, edge.amount_minor) for edge in edges] == [
        ("e1", "a", "b", 100),
        ("e2", "b", "c", 100),
        ("e3", "c", "a", 100),
    ]


def test_the_evidence_of_a_batch_names_the_same_payments() -> None:
    circle = [payment("e1", "a", "b", 1), payment("e2", "b", "c", 2), payment("e3", "c", "a", 3)]
    (batch,), _ = batches_of(circle)
    (chunk,) = fresh().run([batch], patterns=True)
    assert chunk.patterns is not None
    assert PLAN.graph is not None
    found = patterns_of_row(PLAN.graph, batch, 2, chunk.patterns[2])
    assert [edge.event for edge in found["cycles"]] == ["e1", "e2", "e3"]


@pytest.mark.parametrize("cut", range(5))
def test_the_evidence_after_a_fold_names_the_same_payments_wherever_a_too_late_one_begins_a_stretch(cut: int) -> None:
    ends = [
        ("p1", "a0", "a1", 100.0),
        ("p2", "a1", "a2", 101.0),
        ("old", "a4", "a5", 0.0),
        ("p3", "a6", "a7", 101.2),
        ("p4", "a2", "a0", 101.5),
    ]
    *events, last = [
        Event(name, PAYMENT, START + int(hours * HOUR), {"account": source, "counterparty": target}, {"amount": 100})
        for name, source, target, hours in ends
    ]
    engine = FeatureEngine(plan_of({"cycles_3": {"graph": "cycles", "length": 3, "over": "3h"}}), LISTS)
    for stretch in (events[:cut], events[cut:]):
        replayed(engine, stretch, in_arrival=True)
    engine.update(last)
    assert [edge.event for edge in engine.evidence()["cycles"]] == ["p1", "p2", "p4"]


def test_an_event_beyond_the_lateness_bound_is_reported_and_counts_nowhere() -> None:
    engine = fresh()
    old = Event("late", PAYMENT, START, {"customer": "c", "terminal": "t"}, {"amount": 500})
    new = Event("new", PAYMENT, START + DAY, {"customer": "c", "terminal": "t"}, {"amount": 700})
    newer = Event("newer", PAYMENT, START + DAY + 1, {"customer": "c", "terminal": "t"}, {"amount": 900})
    found = live(engine, [new, old, newer])
    columns = {name: column for column, name in enumerate(PLAN.names)}
    assert found["newer"][columns["sum_ever"]] == 16.0
    assert np.isnan(found["late"][columns["sum_ever"]])
    assert found["late"][columns["amount"]] == 5.0
    (finding,) = engine.late.findings()
    assert "late" in finding.where
    assert "24.0 h" in finding.text["en"]
    assert "24.0 小时" in finding.text["zh"]


def test_a_kind_that_no_feature_reads_changes_nothing() -> None:
    assert fresh().update(Event("x", "message.received", START + 10 * DAY, {}, {})) is None


def test_what_the_input_lacks_is_told_with_the_features_that_go_without() -> None:
    bare = [Event(f"e{n}", PAYMENT, START + n, {"customer": "c"}, {"amount": 100}) for n in range(3)]
    batches, _ = batches_of(bare)
    told = {finding.text["en"].split(";")[0]: finding for finding in missing_inputs(PLAN, batches)}
    assert f"{PAYMENT} never gives terminal" in told
    assert "there is no payment.labelled" in told
    assert "fraud_3h" in told["there is no payment.labelled"].text["zh"]
    assert f"{PAYMENT} never gives customer" not in told
    assert len(told) - len(missing_inputs(PLAN, batches, {"payment.labelled"})) == 1, "what is whole lacks nothing"
    row = replayed(fresh(), bare)["e2"]
    assert np.isnan(row[PLAN.names.index("pair_3h")])
    assert row[PLAN.names.index("count_3h")] == 3


def test_two_batches_of_one_kind_are_refused() -> None:
    (batch,), _ = batches_of([payment("e1", "a", "b", 1)])
    with pytest.raises(InputError, match="two batches"):
        list(fresh().run([batch, batch]))


def test_a_number_too_large_to_add_up_exactly_is_refused_in_a_batch() -> None:
    (batch,), _ = batches_of([Event("e1", PAYMENT, START, {"customer": "c"}, {"amount": 10**15 + 1})])
    with pytest.raises(InputError, match="beyond"):
        list(fresh().run([batch]))


def test_another_lateness_bound_than_the_plan_s_holds_for_windows_and_graph() -> None:
    old, new = payment("old", "a", "b", 0), payment("new", "c", "d", 1_800)
    strict = FeatureEngine(PLAN, LISTS, lateness_us=60 * SECOND)
    row = live(strict, [new, old])["old"]
    assert np.isnan(row[PLAN.names.index("fan_out")])
    assert strict.late.count == 1
