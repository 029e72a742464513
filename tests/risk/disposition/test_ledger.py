"""What is in force: the strongest, exactly until its end, never after it was lifted, whatever order the changes arrived in."""

import threading
from pathlib import Path
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Event, MeasureKind
from huitong.risk.disposition import (
    KINDS,
    SUBJECT_ROLES,
    Change,
    Ledger,
    MeasuresBook,
    Place,
    Scope,
    Subject,
    change_of,
    drawn_minor,
    effective,
    event_of,
    every_stretch,
    in_force,
    measures_of,
    rank,
    stretches,
    strongest,
)
from huitong.risk.disposition.stretches import over_before
from huitong.store import BookKeeper, SqliteLog
from tests.risk.disposition.build import ACCOUNT, CONTRACTS, DAY, HOUR, MINUTE, NOW, change, folded

subjects = st.builds(Subject, st.sampled_from(SUBJECT_ROLES), st.sampled_from(["1", "2"]))
scopes = st.builds(Scope, st.sampled_from([None, "online"]), st.sampled_from([None, "A9"]))
kinds = st.sampled_from(KINDS)


@st.composite
def histories(draw: st.DrawFn, places: int = 3) -> list[Change]:
    """Changes at different times, on few places, so that they meet."""
    known = draw(st.lists(st.builds(Place, subjects, kinds, scopes), min_size=1, max_size=places))
    times = draw(st.lists(st.integers(0, 60), min_size=1, max_size=14, unique=True))
    found = []
    for number, time in enumerate(times):
        place, lifts, length = draw(st.sampled_from(known)), draw(st.booleans()), draw(st.integers(1, 30))
        found.append(
            change(f"c{number}", NOW + time, NOW + time + length, place.kind, subject=place.subject, scope=place.scope, lifts=lifts)
        )
    return found


def holds_by_definition(changes: list[Change], place: Place, at_us: int) -> bool:
    """Somebody imposed it, its end is to come, and nobody lifted it since."""
    mine = [one for one in changes if one.place == place and one.time_us <= at_us]
    lifted_us = max((one.time_us for one in mine if one.lifts), default=-1)
    return any(not one.lifts and one.time_us > lifted_us and one.until_us > at_us for one in mine)


@given(histories(), st.integers(-1, 95), st.randoms())
def test_in_force_is_what_was_imposed_is_not_over_and_was_not_lifted_in_any_order(
    history: list[Change], moment: int, random: Random
) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    ledger = folded(*(event_of(one) for one in shuffled))
    at_us = NOW + moment
    expected = {place for place in {one.place for one in history} if holds_by_definition(history, place, at_us)}
    assert {one.place for one in in_force(ledger, at_us)} == expected
    assert {one.id for one in every_stretch(ledger)} == {one.id for one in every_stretch(folded(*(event_of(one) for one in history)))}


@given(histories(), st.integers(0, 95), st.randoms())
def test_the_strongest_counts_in_whatever_order_they_are_given(history: list[Change], moment: int, random: Random) -> None:
    held = in_force(folded(*(event_of(one) for one in history)), NOW + moment)
    shuffled = list(held)
    random.shuffle(shuffled)
    winner = strongest(shuffled)
    assert winner == (held[0] if held else None)
    assert all(winner is not None and rank(winner.kind) >= rank(one.kind) for one in held)


@given(st.integers(1, 10**6), st.integers(-2, 2))
def test_an_end_is_exact(length: int, beside: int) -> None:
    ledger = folded(event_of(change("c", NOW, NOW + length)))
    assert bool(in_force(ledger, NOW + length + beside)) == (-length <= beside < 0)
    assert not in_force(ledger, NOW - 1)
    assert in_force(ledger, NOW)


@given(histories(places=1))
def test_what_was_lifted_holds_no_more_until_it_is_imposed_again(history: list[Change]) -> None:
    ledger = folded(*(event_of(one) for one in history))
    for one in history:
        if one.lifts:
            imposed_us = [other.time_us for other in history if not other.lifts and other.time_us > one.time_us]
            assert not in_force(ledger, one.time_us)
            assert not any(stretch.holds(min(imposed_us, default=NOW + 100) - 1) for stretch in every_stretch(ledger))


@given(histories(), st.integers(0, 14))
@settings(max_examples=50)
def test_a_kept_state_gone_on_with_is_the_state_folded_from_all(history: list[Change], cut: int) -> None:
    events = [event_of(one) for one in history]
    book, kept = MeasuresBook(), folded(*events[:cut])
    restored = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Ledger)
    assert restored == kept
    for event in events[cut:]:
        book.enter(restored, event)
    assert restored == folded(*events)


@given(histories())
def test_a_change_survives_the_log(history: list[Change]) -> None:
    for one in history:
        assert change_of(event_of(one)) == one


def test_the_data_contract_knows_every_field_that_is_written() -> None:
    full = Change(
        "c", NOW, Place(ACCOUNT, "limit", Scope("online", "A9")), NOW + 1, "g", {"zh": "因", "en": "why"}, "li", True, False, 5, "note",
        "wang", "C1", "d", "e", 7, ("approver",), True, True, "alert", "case",
    )  # fmt: skip
    for kind in ("measure.changed", "measure.proposed"):
        event = event_of(full, kind, expires_us=NOW if kind == "measure.proposed" else None, asked_minor=6)
        contract = CONTRACTS[kind]
        assert set(event.keys) <= {spec.key for spec in contract.fields}
        assert set(event.data) == {spec.name for spec in contract.fields if spec.key is None}
        for spec in contract.fields:
            value = event.data.get(spec.name)
            assert not spec.one_of or value in spec.one_of
    assert change_of(event_of(full)) == full


def test_the_ledger_on_a_log_is_the_fold_of_its_events_also_after_a_restart(tmp_path: Path) -> None:
    events = [
        event_of(change("c1", NOW, NOW + DAY)),
        event_of(change("c2", NOW + HOUR, NOW + 2 * DAY, "freeze")),
        event_of(change("c3", NOW + 2 * HOUR, 0, lifts=True)),
        Event("x", "other", NOW, {}),
    ]
    with SqliteLog(tmp_path / "log.sqlite") as log:
        keeper = BookKeeper(MeasuresBook(), log, threading.Lock(), tmp_path / "measures.book")
        log.append_events(events[:2])
        keeper.keep()
        log.append_events(events[2:])
        again = BookKeeper(MeasuresBook(), log, threading.Lock(), tmp_path / "measures.book")
        for one in (keeper, again):
            assert one.ask(lambda ledger: [held.kind for held in in_force(ledger, NOW + 3 * HOUR)]) == ["freeze"]
            assert one.rebuilt() == folded(*events[:3])


def test_a_measure_prolongs_one_in_force_and_never_shortens_it() -> None:
    ledger = folded(event_of(change("c1", NOW, NOW + DAY, event="P1")), event_of(change("c2", NOW + HOUR, NOW + 2 * HOUR, event="P2")))
    (measure,) = measures_of(ledger, ACCOUNT)
    assert (measure.id, measure.over_us, [one.id for one in measure.changes]) == ("c1", NOW + DAY, ["c1", "c2"])
    (longer,) = stretches([*measure.changes, change("c3", NOW + 3 * HOUR, NOW + 9 * DAY)])
    assert longer.over_us == NOW + 9 * DAY


def test_a_measure_reaches_as_far_as_its_scope() -> None:
    ledger = folded(
        event_of(change("online", NOW, NOW + DAY, "freeze", scope=Scope("online"))),
        event_of(change("payee", NOW, NOW + DAY, "hold", scope=Scope(None, "A9"))),
        event_of(change("large", NOW, NOW + DAY, "step_up", amount_minor=100_000)),
        event_of(change("customer", NOW, NOW + DAY, "watch", subject=Subject("customer", "C1"))),
    )

    def kind(amount: int, channel: str, to: str) -> MeasureKind | None:
        keys = {"account": "A1", "customer": "C1", "region": "11"}
        found = effective(ledger, keys, NOW, amount_minor=amount, channel=channel, counterparty=to)
        return found.kind if found else None

    assert kind(1, "online", "A9") == "freeze"
    assert kind(1, "transfer", "A9") == "hold"
    assert kind(100_000, "transfer", "A8") == "step_up"
    assert kind(99_999, "transfer", "A8") == "watch"
    assert effective(ledger, {"account": "A2"}, NOW) is None


def test_what_was_drawn_is_added_up_over_a_window() -> None:
    draws = [Event(f"d{n}", "measure.drawn", NOW + n, {"account": "A1"}, {"role": "account", "amount": 10**n}) for n in (2, 0, 1)]
    ledger = folded(*draws)
    assert drawn_minor(ledger, ACCOUNT, NOW, NOW + 2) == 110
    assert drawn_minor(ledger, ACCOUNT, NOW - 1, NOW + 1) == 11


def sent(command: str, at_us: int) -> Event:
    return Event(f"{command}/sent", "measure.command_sent", at_us, {}, {"command": command, "change": "imposed", "until": at_us})


def test_what_is_long_over_is_forgotten_and_nothing_that_holds_or_is_unanswered() -> None:
    ledger, now_us = folded(event_of(change("old", NOW, NOW + HOUR, "freeze"))), NOW
    silent = event_of(change("silent", NOW, NOW + HOUR, "step_up", subject=Subject("account", "silent"), tells_core=True))
    untold = event_of(change("untold", NOW, NOW + HOUR, "step_up", subject=Subject("account", "untold"), tells_core=True))
    for event in (silent, sent("silent", NOW), untold):
        MeasuresBook().enter(ledger, event)
    sizes = []
    for number in range(3_000):
        now_us += 12 * MINUTE
        subject = Subject("account", str(number))
        MeasuresBook().enter(ledger, event_of(change(f"c{number}", now_us, now_us + 6 * HOUR, "step_up", subject=subject)))
        sizes.append(len(ledger.places))
        assert number < 30 or len(in_force(ledger, now_us)) == 30, "six hours' worth holds"
    assert max(sizes) < 400, "of 3,000: the 270 of the last two days and six hours, and some whose turn has not come"
    assert len(ledger.place_of) == len(ledger.places) == len(ledger.reach)
    assert len(ledger.of_subject) == len(ledger.places)
    assert measures_of(ledger, ACCOUNT), "a freeze is remembered for a year's figures"
    assert measures_of(ledger, Subject("account", "silent")), "what the core system has not answered is not forgotten"
    assert not measures_of(ledger, Subject("account", "untold")), "what is over, and was told to no core system, is"
    assert list(ledger.commands) == list(ledger.unanswered) == ["silent"]
    restored = msgspec.msgpack.decode(msgspec.msgpack.encode(ledger), type=Ledger)
    assert list(restored.reach) == list(ledger.reach), "the turn is kept"


def test_what_is_long_over_is_forgotten_also_of_a_place_that_is_taken_up_again_and_again() -> None:
    ledger, now_us = folded(), NOW
    for number in range(300):  # a step-up of a day, at a payment every 36 hours: never over for two days
        now_us += 36 * HOUR
        prolonged = change(f"c{number}", now_us, now_us + DAY, "step_up", tells_core=number in (0, 3))
        MeasuresBook().enter(ledger, event_of(prolonged))
        if number in (0, 3):
            MeasuresBook().enter(ledger, sent(f"c{number}", now_us))
        if number in (0, 200):
            assert ("c3" in ledger.place_of) == (number == 200), "what the core system has not answered is not forgotten"
            answered = {"command": "c3" if number else "c0", "answer": "taken"}
            MeasuresBook().enter(ledger, Event(f"a{number}", "measure.command_answered", now_us, {}, answered))
    (changes,) = ledger.places.values()
    assert [one.id for one in changes] == ["c297", "c298", "c299"], "what was over within two days, and what holds"
    assert list(ledger.place_of) == ["c297", "c298", "c299"]
    assert ledger.commands == {}
    assert [one.id for one in in_force(ledger, now_us)] == ["c299"]


@given(histories(places=1), st.integers(0, 95))
def test_what_holds_later_holds_without_what_was_over_before(history: list[Change], moment: int) -> None:
    changes = sorted(history, key=lambda one: one.time_us)
    count = over_before(changes, NOW + moment)
    whole, kept = stretches(changes), stretches(changes[count:])
    gone = len(whole) - len(kept)
    assert whole[gone:] == kept
    assert [one.over_us < NOW + moment for one in whole] == [True] * gone + [False] * len(kept)


def test_proposals_are_forgotten_in_their_time_too() -> None:
    proposal = event_of(change("p", NOW, NOW + HOUR, "freeze"), "measure.proposed", expires_us=NOW + HOUR)
    ledger = folded(proposal, event_of(change("c", NOW + 399 * DAY, NOW + 400 * DAY)))
    assert list(ledger.proposals) == ["p"]
    MeasuresBook().enter(ledger, event_of(change("d", NOW + 402 * DAY, NOW + 403 * DAY)))
    assert ledger.proposals == {}
    assert not any(ledger.undecided.values())
