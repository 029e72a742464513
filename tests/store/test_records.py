"""Canonical bytes: the same content always gives the same bytes, and they read back as what was written."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huitong.contracts import Decision, Event, EventBatch, Evidence, Reason, Row, odd_places, row_header
from huitong.kernel import DataError, InputError
from huitong.store import decode, decode_batch, encode_batch, encode_decision, encode_event
from tests.store.build import CONTRACT, batch, decision, event

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INT64 = st.integers(-(2**63), 2**63 - 1)
EVENTS = st.builds(
    Event, TEXT, TEXT, INT64, st.dictionaries(TEXT, TEXT, max_size=3), st.dictionaries(TEXT, INT64 | TEXT | st.booleans(), max_size=4)
)
FLOATS = st.floats(allow_nan=False)
DECISIONS = st.builds(
    Decision,
    id=TEXT,
    event=TEXT,
    policy=TEXT,
    version=TEXT,
    outcome=TEXT,
    score=st.none() | FLOATS,
    reasons=st.lists(st.builds(Reason, TEXT, st.just({"en": "a", "zh": "甲"}), FLOATS, st.sampled_from(["list", "rule"])), max_size=2).map(
        tuple
    ),
    evidence=st.builds(
        Evidence,
        features=st.dictionaries(TEXT, st.none() | FLOATS | TEXT, max_size=4),
        contributions=st.dictionaries(TEXT, FLOATS, max_size=2),
        base=st.none() | FLOATS,
    ),
    measures=st.just(()),
    tier=TEXT,
    latency_ns=st.integers(0, 10**12),
)


@given(EVENTS)
def test_an_event_reads_back_as_it_was(one: Event) -> None:
    back = decode(encode_event(one))
    assert back == one
    assert isinstance(back, Event)
    assert {name: type(value) for name, value in back.data.items()} == {name: type(value) for name, value in one.data.items()}
    assert encode_event(back) == encode_event(one)


@given(DECISIONS)
@settings(deadline=None)
def test_a_decision_reads_back_as_it_was(one: Decision) -> None:
    assert decode(encode_decision(one), one.latency_ns) == one
    assert encode_decision(dataclasses.replace(one, latency_ns=7)) == encode_decision(one)


NUMBERS = st.floats(allow_nan=False) | st.floats(1e-5, 1e-3) | st.floats(1e15, 1e17) | st.sampled_from([0.0, -0.0])


@given(st.lists(st.tuples(TEXT, NUMBERS | st.none() | TEXT), unique_by=lambda one: one[0], max_size=6))
@settings(deadline=None)
def test_a_row_by_name_is_the_mapping_of_the_same_values_and_gives_its_bytes(given_: list[tuple[str, float | str | None]]) -> None:
    names, values = tuple(name for name, _ in given_), [value for _, value in given_]
    numbers = np.array([[value if isinstance(value, float) else math.nan for value in values]])
    texts = tuple(place for place, value in enumerate(values) if isinstance(value, str))
    row = Row(row_header(names, texts), values, odd_places(numbers).get(0, ()))
    assert row == dict(given_)
    assert dict(given_) == row
    one, other = (dataclasses.replace(decision(1), evidence=Evidence(features=features)) for features in (row, dict(given_)))
    assert encode_decision(one) == encode_decision(other)
    assert row.texts() == [value for value in values if isinstance(value, str)]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-5, 1e-3) | st.floats(1e15, 1e17))
@example(0.0)
@example(-0.0)
@example(1e-4)
@example(1e16)
@example(9999999999999998.0)
@example(5e-324)
def test_a_float_is_written_as_python_writes_it(number: float) -> None:
    assert f'"score":{number!r},'.encode() in encode_decision(dataclasses.replace(decision(1), score=number))


def test_a_decision_with_everything_reads_back_as_it_was() -> None:
    assert decode(encode_decision(decision(1)), 1234) == decision(1)


def test_the_bytes_are_these() -> None:
    """A golden record: bytes that were written once must never come out differently."""
    one = Event("p1", "payment.requested", 5, {"b": "乙", "a": 'q"\\\n\x01é'}, {"z": True, "amount": -1250, "none": None})
    expected = (
        '{"data":{"amount":-1250,"z":true},"id":"p1","keys":{"a":"q\\"\\\\\\n\\u0001é","b":"乙"},'
        '"kind":"payment.requested","time_us":5,"type":"event","v":1}'
    )
    assert encode_event(one).decode() == expected
    text = encode_decision(decision(1)).decode()
    assert '"base":0.10000000000000002' in text
    assert '"nan":{"float":"inf"}' in text
    assert '"latency' not in text


def test_the_order_of_names_is_no_part_of_the_content() -> None:
    one = Event("p", "k", 1, {"a": "1", "b": "2"}, {"x": 1, "y": 2})
    other = Event("p", "k", 1, {"b": "2", "a": "1"}, {"y": 2, "x": 1})
    assert encode_event(one) == encode_event(other)


@pytest.mark.parametrize("value", [1.5, 2**63, "\ud800", [1]], ids=repr)
def test_what_no_record_can_hold_is_refused(value: object) -> None:
    with pytest.raises(InputError) as caught:
        encode_event(Event("p", "k", 1, {}, {"x": value}))  # type: ignore[dict-item]  # what a careless caller does
    assert caught.value.code == "record.unwritable"


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"{}", b'{"v":2,"type":"event"}', b'{"v":1,"type":"event"}', b"\xff"])
def test_bytes_that_are_no_record_are_refused(payload: bytes) -> None:
    with pytest.raises(DataError) as caught:
        decode(payload)
    assert caught.value.code == "record.unreadable"


def test_a_decision_keeps_nan() -> None:
    back = decode(encode_decision(decision(1, score=math.nan)))
    assert isinstance(back, Decision)
    assert back.score is not None
    assert math.isnan(back.score)


CONTRACT_EVENTS = st.lists(
    st.builds(
        lambda number, time, amount, more, keys: Event(number, CONTRACT.kind, time, keys, {"amount": amount, **more}),
        TEXT,
        INT64,
        st.integers(-(2**63) + 1, 2**63 - 1),
        st.fixed_dictionaries({}, optional={"channel": TEXT, "present": st.booleans(), "count": st.integers(-(2**63) + 1, 2**63 - 1)}),
        st.fixed_dictionaries({}, optional={"account": TEXT, "device": TEXT}),
    ),
    max_size=6,
)


@given(CONTRACT_EVENTS)
@settings(deadline=None)
def test_columns_give_the_bytes_of_their_events_and_come_back(events: list[Event]) -> None:
    columns = EventBatch.of_events(events, CONTRACT)
    payloads = encode_batch(columns, CONTRACT).to_pylist()
    assert payloads == [encode_event(one) for one in events]
    if payloads:
        assert list(decode_batch(payloads, CONTRACT).events(CONTRACT)) == events


def test_records_that_do_not_fit_the_contract_are_refused() -> None:
    wrong = encode_event(Event("p", CONTRACT.kind, 1, {}, {"amount": "twelve"}))
    with pytest.raises(DataError) as caught:
        decode_batch([wrong], CONTRACT)
    assert caught.value.code == "record.contract"


def test_a_field_that_the_contract_no_longer_has_is_left_out() -> None:
    old = Event("p", CONTRACT.kind, 1, {"account": "A"}, {"amount": 1, "gone": 2})
    (back,) = decode_batch([encode_event(old), encode_event(event(2))], CONTRACT).slice(0, 1).events(CONTRACT)
    assert dict(back.data) == {"amount": 1}
    assert len(encode_batch(batch(0), CONTRACT)) == 0
