"""The plain reader against the reader of everything: it says the same, or nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import DataContract
from huitong.data import EventReader, PlainReader
from huitong.kernel import FixedClock, InputError, time_us

TITLE = {"zh": "字段", "en": "field"}
CONTRACT = DataContract.of_table(
    {
        "kind": "plain.tested",
        "version": 1,
        "title": TITLE,
        "currency": "CNY",
        "currency_field": "currency",
        "fields": {
            "customer": {"type": "string", "title": TITLE, "required": True, "key": "customer", "length_max": 8},
            "amount": {"type": "money", "title": TITLE, "required": True, "max": 10_000},
            "currency": {"type": "string", "title": TITLE, "length_max": 3},
            "channel": {"type": "string", "title": TITLE, "one_of": ["card", "online"]},
            "distance": {"type": "number", "title": TITLE, "decimals": 3},
            "count": {"type": "integer", "title": TITLE, "min": 1},
            "known": {"type": "boolean", "title": TITLE},
            "born": {"type": "date", "title": TITLE},
        },
    },
    "test",
)
CLOCK = FixedClock(time_us("2026-01-01T00:00:00Z"))
PLAIN, FULL = PlainReader(CONTRACT), EventReader(CONTRACT)
GOOD: dict[str, object] = {"id": "e1", "time": "2025-12-05T09:30:00.25+08:00", "customer": "C1", "amount": "12.50", "currency": "CNY"}

texts = st.one_of(st.text(max_size=10), st.sampled_from(["C1", "card", "CNY", "USD", "", " C1", "a\u2028b", "a\x00", "é", "\ud800"]))
numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(0, 20_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.1, 12.5, 1e-7, -0.0, 9_999.99, 10_000.01, 1e16]),
    st.sampled_from(["0", "12.5", "12.50", "12.505", "1e3", " 7", "-1", "+1", "007", ".5", "5.", "nan", "10000", "10000.01", "٣"]),
)
times = st.one_of(
    st.sampled_from(
        ["2025-12-05T09:30:00Z", "2025-12-05", "2025-12-05T09:30", "20251205T093000Z", "2026-01-01T01:00:01Z", "1999-12-31T00:00Z"]
    ),
    st.datetimes().map(str),
    st.integers(0, 2**51),
)
values = st.one_of(texts, numbers, st.booleans(), st.none(), st.lists(st.integers(), max_size=1))


def strict(given_: dict[str, object]) -> bytes | None:
    try:
        return msgspec.json.encode(given_)
    except (UnicodeEncodeError, OverflowError):
        return None


@given(
    st.fixed_dictionaries(
        {"id": st.one_of(texts, st.just("e1")), "time": times, "customer": texts, "amount": st.one_of(numbers, values)},
        optional={
            "currency": texts,
            "channel": texts,
            "distance": numbers,
            "count": numbers,
            "known": values,
            "born": st.one_of(st.dates().map(str), values),
            "kind": st.sampled_from(["plain.tested", "other", ""]),
            "more": values,
        },
    )
)
def test_what_the_plain_reader_reads_the_other_reads_alike(document: dict[str, object]) -> None:
    body = strict(document)
    event = None if body is None else PLAIN.read(body, CLOCK)
    if event is not None and body is not None:
        assert event == FULL.read(msgspec.json.decode(body), CLOCK)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"amount": 12.5},
        {"amount": 12},
        {"amount": 100.0},
        {"channel": "card", "count": 3, "distance": "1.234", "known": True},
        {"channel": None},
        {"kind": "plain.tested"},
    ],
)
def test_the_usual_forms_are_plain(more: dict[str, object]) -> None:
    body = msgspec.json.encode(GOOD | more)
    event = PLAIN.read(body, CLOCK)
    assert event is not None
    assert event == FULL.read(msgspec.json.decode(body), CLOCK)


@pytest.mark.parametrize(
    "more",
    [
        {"time": "2026-01-01T01:00:01Z"},
        {"time": "2025-12-05T09:30:00"},
        {"amount": "12.505"},
        {"amount": -1},
        {"amount": "10000.01"},
        {"currency": "USD"},
        {"channel": "post"},
        {"customer": "C12345678"},
        {"unknown": 1},
        {"kind": "other"},
        {"count": 0},
    ],
)
def test_what_is_wrong_is_left_to_the_reader_that_says_why(more: dict[str, object]) -> None:
    body = msgspec.json.encode(GOOD | more)
    assert PLAIN.read(body, CLOCK) is None
    with pytest.raises(InputError):
        FULL.read(msgspec.json.decode(body), CLOCK)


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b"{", b"\xff", b'{"id": "a\\u0041"}', b"[" * 10_000])
def test_what_is_no_plain_object_is_no_event(body: bytes) -> None:
    assert PLAIN.read(body, CLOCK) is None


@pytest.mark.parametrize(
    "said",
    [
        '"amount": "1", "amount": "999"',
        '"amount": 1, "amount": 999',
        '"amount": null, "amount": 1',
        '"amount": "1", "id": "e2"',
        '"amount": "1", "channel": null, "channel": "card"',
        '"amount": "1", "channel": null, "channel": null',
        '"amount": "1", "known": true, "known": true',
        '"amount": "1", "kind": "plain.tested", "kind": "plain.tested"',
        '"amount": "1", "channel": ":null", "channel": "card"',
    ],
)
def test_a_name_that_stands_there_twice_is_not_plain(said: str) -> None:
    body = '{"id": "e1", "time": "2025-12-05T09:30:00Z", "customer": "C1", ' + said + "}"
    assert PLAIN.read(body.encode(), CLOCK) is None


def test_nulls_and_a_kind_are_plain() -> None:
    body = msgspec.json.encode(GOOD | {"channel": None, "known": None, "kind": "plain.tested"})
    event = PLAIN.read(body, CLOCK)
    assert event is not None
    assert event == FULL.read(GOOD, CLOCK)


@pytest.mark.parametrize("event_id", [".", ".."])
def test_an_id_that_is_a_step_in_a_path_is_refused(event_id: str) -> None:
    assert PLAIN.read(msgspec.json.encode(GOOD | {"id": event_id}), CLOCK) is None
    with pytest.raises(InputError, match="step in a path"):
        FULL.read(GOOD | {"id": event_id}, CLOCK)
    assert FULL.read(GOOD | {"id": "..."}, CLOCK).id == "..."
