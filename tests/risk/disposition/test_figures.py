"""What measures cost the innocent: counted by hand on a small ledger."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import Event, MeasureKind
from huitong.risk.disposition import Subject, desk_records_named, event_of, figures
from tests.risk.disposition.build import DAY, HOUR, NOW, change, folded


def of(
    id_: str, hours: int, kind: MeasureKind = "hold", *, payment: str | None, held: int | None = None, lifted: int | None = None
) -> list[Event]:
    subject = Subject("account", id_)
    made = [event_of(change(id_, NOW, NOW + hours * HOUR, kind, subject=subject, event=payment, held_minor=held))]
    if lifted is not None:
        made.append(event_of(change(f"{id_}/l", NOW + lifted * HOUR, 0, kind, subject=subject, lifts=True)))
    return made


def test_the_figures_are_those_of_their_definitions() -> None:
    parts = [
        of("a", 24, payment="P1", held=100, lifted=2),  # innocent, lifted after 2 hours
        of("b", 10, payment="P2", held=200),  # innocent, ended by itself after 10
        of("c", 200, "freeze", payment="P3", held=400),  # innocent, still frozen
        of("d", 24, payment="P4", held=800, lifted=1),  # fraud
        of("e", 24, payment="P5", held=1_600),  # nobody knows
        of("f", 24, "watch", payment="P1"),  # not felt
        of("g", 24, payment=None),  # by a person
        [event_of(change("a2", NOW + HOUR, NOW + 3 * HOUR, subject=Subject("customer", "a"), event="P1", held_minor=100))],
    ]
    ledger = folded(*(event for part in parts for event in part))
    found = figures(ledger, {"P1": False, "P2": False, "P3": False, "P4": True}, NOW + 40 * HOUR)
    assert found.measures == {"watch": 0, "step_up": 0, "limit": 0, "hold": 6, "freeze": 1}
    assert (found.innocent, found.guilty, found.unknown, found.released) == (4, 1, 2, 3)
    assert (found.release_median_hours, found.release_p90_hours) == (6.0, 40.0)  # of 2, 2, 10 and 40
    assert found.long_share == 0.25
    assert found.held_minor == 100 + 200 + 400 + 800 + 1_600
    assert (found.held_now_minor, found.wrongly_held_minor) == (400, 700)
    assert found.wrongly_held_hours_minor == 100 * 3 + 200 * 10 + 400 * 40  # the first by two measures, one after the other


def test_a_measure_that_fell_on_one_fraud_is_no_innocents() -> None:
    ledger = folded(event_of(change("a", NOW, NOW + DAY, event="P1")), event_of(change("b", NOW + 1, NOW + DAY, event="P2")))
    found = figures(ledger, {"P1": False, "P2": True}, NOW + DAY)
    assert (found.innocent, found.guilty) == (0, 1)
    assert (found.release_median_hours, found.long_share) == (None, None)
    assert figures(ledger, {}, NOW + DAY, since_us=NOW + 1).unknown == 0


def test_a_payment_that_came_later_was_held_from_then_on() -> None:
    made = [
        change("a", NOW, NOW + DAY, event="P1", held_minor=100),
        change("b", NOW + 20 * HOUR, NOW + 2 * DAY, event="P2", held_minor=100),
    ]
    lifted = change("l", NOW + 21 * HOUR, 0, lifts=True)
    found = figures(folded(*map(event_of, (*made, lifted))), {"P1": False, "P2": False}, NOW + 30 * HOUR)
    assert found.wrongly_held_hours_minor == 100 * 21 + 100 * 1


@given(
    st.lists(st.tuples(st.integers(1, 100), st.sampled_from([True, False, None]), st.integers(0, 1000)), max_size=12), st.integers(0, 120)
)
def test_the_parts_add_up_at_any_time(rows: list[tuple[int, bool | None, int]], hour: int) -> None:
    events, labels = [], {}
    for number, (hours, fraud, amount) in enumerate(rows):
        subject = Subject("account", str(number))
        events.append(event_of(change(f"c{number}", NOW, NOW + hours * HOUR, subject=subject, event=f"P{number}", held_minor=amount)))
        if fraud is not None:
            labels[f"P{number}"] = fraud
    found = figures(folded(*events), labels, NOW + hour * HOUR)
    assert found.innocent + found.guilty + found.unknown == len(rows)
    assert found.held_minor == sum(amount for _, _, amount in rows)
    assert found.wrongly_held_minor == sum(amount for _, fraud, amount in rows if fraud is False)
    assert found.held_now_minor == sum(amount for hours, _, amount in rows if hours > hour)
    if found.release_median_hours is not None and found.release_p90_hours is not None:
        assert 0 <= found.release_median_hours <= found.release_p90_hours <= hour


def test_a_measure_by_a_person_counts_by_the_verdict_on_the_alert_or_case_that_it_was_imposed_or_lifted_for() -> None:
    def one(account: str, alert: str | None = None, lifted_for: str | None = None) -> list[Event]:
        subject = Subject("account", account)
        lift = replace(change(f"{account}/l", NOW + 3 * HOUR, 0, "freeze", subject=subject, lifts=True), case=lifted_for)
        return [event_of(replace(change(account, NOW, NOW + DAY, "freeze", subject=subject), alert=alert)), event_of(lift)]

    ledger = folded(*one("a", "A1"), *one("b", None, "C1"), *one("c", "A2"), *one("d", "open"), *one("e"))
    assert desk_records_named(ledger) == {"A1", "A2", "C1", "open"}
    found = figures(ledger, {}, NOW + DAY, verdicts={"A1": False, "C1": False, "A2": True})
    assert (found.innocent, found.guilty, found.unknown, found.unjudged_by_persons) == (2, 1, 2, 2)
    assert found.release_median_hours == 3.0
    assert found.wrongly_held_minor == 0, "no payment led to it"


def test_exactly_as_long_is_not_longer() -> None:
    found = figures(folded(event_of(change("a", NOW, NOW + DAY, event="P1"))), {"P1": False}, NOW + DAY, long_hours=24)
    assert found.long_share == 0.0
