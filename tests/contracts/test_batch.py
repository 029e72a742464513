"""Events as columns and back, in the one documented order."""

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Codes, Event, EventBatch, time_order
from tests.store.build import CONTRACT, batch, event

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
EVENTS = st.lists(
    st.builds(
        lambda name, time, amount, channel, present, account: Event(
            name,
            CONTRACT.kind,
            time,
            {} if account is None else {"account": account},
            {"amount": amount} | ({} if channel is None else {"channel": channel}) | ({} if present is None else {"present": present}),
        ),
        TEXT,
        st.integers(0, 5),
        st.integers(-(10**15), 10**15),
        st.none() | TEXT,
        st.none() | st.booleans(),
        st.none() | TEXT,
    ),
    min_size=1,
    max_size=8,
)


@given(EVENTS)
@settings(deadline=None)
def test_events_become_columns_and_come_back(events: list[Event]) -> None:
    columns = EventBatch.of_events(events, CONTRACT)
    assert list(columns.events(CONTRACT)) == events
    assert list(EventBatch.concat([columns.slice(0, 3), columns.slice(3, 100)]).events(CONTRACT)) == events
    rows = np.arange(len(events))[::-1]
    assert list(columns.take(rows).events(CONTRACT)) == events[::-1]


@given(EVENTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_is_by_time_then_id_whatever_the_file_had(events: list[Event], random: Random) -> None:
    unique = list({one.id: one for one in events}.values())
    random.shuffle(unique)
    ordered = EventBatch.of_events(unique, CONTRACT).in_time_order()
    expected = sorted(unique, key=lambda one: (one.time_us, one.id))
    assert list(ordered.events(CONTRACT)) == expected


def test_equal_times_are_ordered_by_id_as_text() -> None:
    times = np.array([5, 1, 5, 5, 1], np.int64)
    ids = pa.array(["p10", "b", "p9", "é", "a"])
    assert time_order(times, ids).tolist() == [4, 1, 0, 2, 3]


def test_codes_share_one_dictionary_after_joining() -> None:
    joined = Codes.concat([Codes.of(["a", None, "b"]), Codes.none(1), Codes.of(["b", "c"])])
    assert joined.arrow().to_pylist() == ["a", None, "b", None, "b", "c"]
    assert sorted(joined.values.to_pylist()) == ["a", "b", "c"]
    assert joined.text(1) is None
    assert joined.text(5) == "c"
    assert len(Codes.concat([]).codes) == 0


def test_a_slice_is_the_same_rows() -> None:
    assert list(batch(10).slice(4, 3).events(CONTRACT)) == [event(4), event(5), event(6)]
    assert len(batch(10).slice(9, 5)) == 1
