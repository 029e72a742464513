"""A policy that says what would have changed a decision, asked by many at once: what each would have been told alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from huitong.app import Bank
from huitong.app.calls import Call
from huitong.app.deciding import decided
from huitong.contracts import Decision, Event
from tests.app.small_world import clock
from tests.app.test_tiers import fresh, payment, timeless

AMOUNTS_MINOR = (5_000_00, 250_000_00, 60_000_00, 900_000_00)


def events() -> list[Event]:
    """Payments of a few customers, every other one large enough to be stopped."""
    return [payment(number, number % 5, (3 * number + 1) % 5, AMOUNTS_MINOR[number % 4]) for number in range(120)]


def asked_together(bank: Bank, given: Sequence[Event]) -> list[Decision]:
    """The decisions on events that are asked at once."""
    told = SimpleQueue[Call]()
    calls = bank.live("small").decider.ask_many(given, told.put)
    for _ in calls:
        told.get()
    return [call.outcome for call in calls if isinstance(call.outcome, Decision)]


def test_many_at_once_are_told_what_each_would_be_told_alone(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        loaded = bank.load("small")
        found = [*asked_together(bank, events()[:50]), bank.live("small").decide(events()[50], lambda: 0)]
        label = Event("L-1", "payment.labelled", events()[50].time_us, {"terminal": "T9", "customer": "C1"}, {"fraud": True})
        with bank.turn:  # somebody else writes between two groups
            bank.log.append_events([label])
        found += asked_together(bank, events()[51:])
        alone = fresh(loaded)
        expected = [decided(loaded, alone, event) for event in events()[:51]]
        alone.update(label)
        expected += [decided(loaded, alone, event) for event in events()[51:]]
        assert [timeless(one) for one in found] == [timeless(one) for one in expected]
        told = [one for one in found if one.smallest_change is not None]
        assert len(told) > 3
        assert any(one.outcome == "decline" for one in told)
        replayed = bank.replay("small").reproduced
        assert replayed is not None
        assert (replayed.decisions, replayed.differing) == (len(found), ())


def test_what_was_not_written_is_forgotten_by_both_states(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        live = bank.live("small")
        asked_together(bank, events()[:40])
        live.forget()
        known = replace(events()[10], id="p-9999", time_us=events()[40].time_us)
        again = asked_together(bank, [known, *events()[40:80]])
        alone = fresh(live.loaded)
        for event in events()[:40]:
            decided(live.loaded, alone, event)
        expected = [decided(live.loaded, alone, event) for event in [known, *events()[40:80]]]
        assert [timeless(one) for one in again] == [timeless(one) for one in expected]
