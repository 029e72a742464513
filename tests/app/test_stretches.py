"""Which events may be decided together where features read what follows from decisions."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from huitong.app.stretches import names_others, stretches
from huitong.contracts import Event

LATENESS_US = 10
EVENTS = st.lists(
    st.builds(
        lambda customer, payee, at: Event("e", "payment.requested", at, {"customer": customer, "counterparty": payee}),
        st.sampled_from("abcdef"),
        st.sampled_from("abcdefgh"),
        st.integers(0, 25),
    ),
    max_size=30,
)


def event(customer: str, payee: str = "X", at: int = 0) -> Event:
    return Event(f"{customer}-{at}", "payment.requested", at, {"customer": customer, "counterparty": payee})


def lengths(events: Sequence[Event], roles: Sequence[str] = ("customer",)) -> list[int]:
    return [part.stop - part.start for part in stretches(events, roles, LATENESS_US)]


def test_events_of_different_people_are_one_stretch_and_whoever_comes_again_begins_the_next() -> None:
    assert lengths([event("a"), event("b"), event("c")]) == [3]
    assert lengths([event("a"), event("b"), event("a"), event("c"), event("b")]) == [2, 3]


def test_whoever_was_paid_before_begins_the_next_too() -> None:
    assert lengths([event("a", "b"), event("c"), event("b")]) == [2, 1]


def test_what_nobody_reads_cuts_nothing() -> None:
    assert lengths([event("a"), event("a"), event("a")], roles=()) == [3]
    assert lengths([]) == []


def test_a_stretch_ends_before_what_follows_would_come_too_late() -> None:
    assert lengths([event("a", at=0), event("b", at=10), event("c", at=11)]) == [2, 1]
    assert lengths([event("a", at=20), event("b", at=9)]) == [1, 1]


@given(EVENTS)
def test_in_no_stretch_does_an_event_ask_about_anybody_whom_an_earlier_one_names(events: list[Event]) -> None:
    parts = list(stretches(events, ("customer",), LATENESS_US))
    assert [place for part in parts for place in range(part.start, part.stop)] == list(range(len(events)))
    for part in parts:
        some = events[part]
        for place, one in enumerate(some):
            assert all(one.keys["customer"] not in earlier.keys.values() for earlier in some[:place])
            assert max(other.time_us for other in some) - one.time_us <= LATENESS_US


def test_what_follows_names_nobody_else() -> None:
    assert not names_others(event("a", "b"), Event("f", "measure.imposed", 0, {"account": "b", "customer": "a"}))
    assert names_others(event("a", "b"), Event("f", "measure.imposed", 0, {"account": "c"}))
