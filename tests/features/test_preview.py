"""A preview gives the bits that taking the event would give, and leaves no trace."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event, Float64Array
from huitong.features import FeatureEngine
from huitong.kernel import InputError
from tests.features.test_replay import swapped
from tests.features.world import HOUR, LISTS, LOGIN, PAYMENT, assert_same_bits, live, plan_of, random_events

PLAN = plan_of()


def fresh() -> FeatureEngine:
    return FeatureEngine(PLAN, LISTS)


def written(engine: FeatureEngine, path: Path) -> bytes:
    engine.snapshot(path, 0)
    return path.read_bytes()


def questions(event: Event) -> list[Event]:
    """The event, and what might have been instead."""
    return [
        event,
        replace(event, data={**event.data, "amount": 1}),
        replace(event, keys={**event.keys, "customer": "nobody", "account": "new", "counterparty": "newer"}),
        replace(event, keys={**event.keys, "account": "new", "counterparty": "new"}),
        replace(event, keys={**event.keys, "account": event.keys.get("counterparty", "a1")}),
        replace(event, time_us=event.time_us - HOUR),
        replace(event, time_us=event.time_us - 9 * HOUR),
        replace(event, time_us=event.time_us + 5 * HOUR, data={**event.data, "channel": "by post"}),
    ]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 140), st.integers(1, 12))
def test_a_preview_gives_the_bits_of_the_update_that_follows(seed: int, cut: int, customers: int) -> None:
    events = [*random_events(seed, cut, customers=customers), *swapped(seed + 1, cut)]
    engine = fresh()
    asked: dict[str, Float64Array] = {}
    taken: dict[str, Float64Array] = {}
    for event in events:
        if event.kind == PAYMENT:
            asked[event.id] = engine.preview(event)
        taken |= live(engine, [event])
    assert_same_bits(asked, taken, PLAN.names)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 160))
def test_a_preview_leaves_no_bit_changed(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int) -> None:
    folder = tmp_path_factory.mktemp("state")
    events = swapped(seed, 200)
    engine, untouched = fresh(), fresh()
    live(engine, events[:cut]), live(untouched, events[:cut])
    before, evidence = written(engine, folder / "before"), engine.evidence()
    for event in events[cut:]:
        for question in questions(event) if event.kind == PAYMENT else ():
            engine.preview(question)
    assert written(engine, folder / "after") == before
    assert engine.evidence() == evidence
    assert_same_bits(live(engine, events[cut:]), live(untouched, events[cut:]), PLAN.names)
    assert written(engine, folder / "one") == written(untouched, folder / "other")
    assert engine.late == untouched.late


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_a_preview_of_anything_gives_what_taking_it_instead_would(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.mktemp("state") / "state"
    events = swapped(seed, 120)
    engine = fresh()
    live(engine, events[:100])
    engine.snapshot(path, 0)
    last = next(event for event in reversed(events) if event.kind == PAYMENT)
    for number, question in enumerate(questions(last)):
        other, _ = FeatureEngine.restore(path, PLAN, LISTS)
        taken = other.update(question)
        assert taken is not None
        assert_same_bits({str(number): engine.preview(question)}, {str(number): taken}, PLAN.names)


def test_a_preview_can_name_a_text_that_was_never_met() -> None:
    engine = fresh()
    payment = next(event for event in random_events(1, 50) if event.kind == PAYMENT)
    features = engine.preview(replace(payment, data={**payment.data, "channel": "by post"}))
    assert engine.symbols.text(features[PLAN.names.index("channel")]) == "by post"
    assert not engine.symbols.texts()


def test_a_preview_is_of_the_decided_kind() -> None:
    with pytest.raises(InputError, match="not the decided kind"):
        fresh().preview(Event("l", LOGIN, 0, {"customer": "c"}))


def test_a_preview_of_a_first_event_needs_no_state() -> None:
    engine = fresh()
    payment = next(event for event in random_events(3, 50) if event.kind == PAYMENT)
    asked, taken = engine.preview(payment), engine.update(payment)
    assert taken is not None
    assert np.array_equal(asked.view(np.int64), taken.view(np.int64))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 160))
def test_a_preview_of_other_numbers_needs_to_ask_only_what_they_bear_on(seed: int, cut: int) -> None:
    engine, events = fresh(), swapped(seed, 200)
    live(engine, events[:cut])
    for event in (one for one in events[cut:] if one.kind == PAYMENT):
        like = engine.preview(event)
        for amount in (0, 1, 99_999, 250_000_00):
            other = replace(event, data={**event.data, "amount": amount})
            assert engine.preview(other, like=like).tobytes() == engine.preview(other).tobytes()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 160))
def test_a_twin_goes_on_from_the_same_state_and_its_own_way(tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int) -> None:
    folder = tmp_path_factory.mktemp("state")
    engine, events = fresh(), swapped(seed, 200)
    live(engine, events[:cut])
    before = written(engine, folder / "before")
    twin = engine.twin()
    found = live(twin, events[cut:])
    assert written(engine, folder / "after") == before, "what one takes does not touch the other"
    assert_same_bits(live(engine, events[cut:]), found, PLAN.names)
    assert (twin.late, twin.watermark_us) == (engine.late, engine.watermark_us)
