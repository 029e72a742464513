"""Rows of a batch: the records of one by one, each refused for its own fault alone; who asks for one answer goes before them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from huitong.app import Bank, Source
from huitong.app.calls import Bounds, Call
from huitong.app.deciding import Asked
from huitong.app.live import Live
from huitong.contracts import Answered, Decision, Event
from huitong.kernel import HuitongError
from tests.app.small_world import clock
from tests.app.test_reproducing import payments, timeless

WAIT_S = 60


@pytest.fixture
def opened(root: Path) -> Iterator[Bank]:
    with Bank(root, clock=clock()) as bank:
        yield bank


def answered(live: Live, events: Sequence[Event]) -> list[Decision | BaseException | None]:
    """What becomes of events that come as rows of one batch."""
    told: SimpleQueue[Call] = SimpleQueue()
    calls = live.decider.ask_many(events, told.put)
    for _ in calls:
        told.get(timeout=WAIT_S)
    return [call.outcome for call in calls]


def decisions(outcomes: Sequence[Decision | BaseException | None]) -> list[Decision]:
    found = [one for one in outcomes if isinstance(one, Decision)]
    assert len(found) == len(outcomes)
    return found


def test_a_batch_has_the_decisions_of_one_by_one_and_callers_go_on_from_there(opened: Bank, sources: Sequence[Source]) -> None:
    live = opened.live("small")
    live.decider.bounds = Bounds(group_max=32)
    events = payments(opened, sources, 120)
    before = live.decide(events[0])
    answers = [before, *decisions(answered(live, events[1:100])), *(live.decide(event) for event in events[100:])]
    assert [opened.log.decision(one.id) for one in answers] == answers
    assert [timeless(live.recomputed(events[place])) for place in (1, 57, 110)] == [timeless(answers[place]) for place in (1, 57, 110)]


def test_what_is_known_or_comes_twice_gets_the_first_answer_and_a_bad_row_is_refused_alone(opened: Bank, sources: Sequence[Source]) -> None:
    live = opened.live("small")
    events = payments(opened, sources, 12)
    first = live.decide(events[0])
    too_much = replace(events[5], id="too-much", data={**events[5].data, "amount": 2**60})
    done = answered(live, [events[0], events[1], events[2], events[2], too_much, events[3]])
    assert [type(one).__name__ for one in done] == ["Decision", "Decision", "Decision", "Decision", "InputError", "Decision"]
    assert done[0] == first
    assert done[2] == done[3]
    assert isinstance(done[4], HuitongError)
    assert done[4].code == "features.value.too_large"


def test_a_row_whose_commit_is_refused_takes_no_other_with_it(opened: Bank, sources: Sequence[Source]) -> None:
    live = opened.live("small")
    events = payments(opened, sources, 20)
    forged = replace(events[3], keys={**events[3].keys, "customer": "enc:" + "A" * 60})
    done = answered(live, [*events[:3], forged, *events[4:10]])
    assert isinstance(done[3], HuitongError)
    assert done[3].code == "vault.name.reserved"
    decisions([*done[:3], *done[4:]])
    assert opened.log.event(forged.id) is None
    live.decide(events[11])
    again = live.recomputed(events[11])
    kept = opened.log.decision(again.id)
    assert kept is not None
    assert timeless(kept) == timeless(again)


def test_a_row_that_nobody_foresaw_takes_no_other_with_it(opened: Bank, sources: Sequence[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    live = opened.live("small")
    events = payments(opened, sources, 10)
    answers, seen = live.answers, list[int]()

    def falls(asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision | HuitongError]]:
        seen.extend(one.elapsed_ns() for one in asked)
        if any(one.event.id == events[4].id for one in asked):
            raise ZeroDivisionError
        return answers(asked)

    monkeypatch.setattr(live, "answers", falls)
    done = answered(live, events)
    assert isinstance(done[4], ZeroDivisionError)
    decisions([*done[:4], *done[5:]])
    assert seen == [0] * 20, "what was computed in vain is not a row's time"


def test_who_asks_for_one_answer_goes_before_the_rows_of_a_batch(opened: Bank, sources: Sequence[Source]) -> None:
    live = opened.live("small")
    live.decider.bounds = Bounds(group_max=8, ahead_max=1)
    events = payments(opened, sources, 80)
    told: SimpleQueue[Call] = SimpleQueue()
    with opened.turn:  # nothing is decided before the last of them asks
        live.decider.ask_many(events[:79], told.put)
        live.decider.ask(events[79], told.put, elapsed_ns=lambda: 0)
    order = [told.get(timeout=WAIT_S).event.id for _ in events]
    assert order.index(events[79].id) < 16


def test_what_came_before_a_row_is_not_its_time(opened: Bank, sources: Sequence[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    live = opened.live("small")
    answers, seen = live.answers, list[int]()

    def noting(asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision | HuitongError]]:
        seen.extend(one.elapsed_ns() for one in asked)
        return answers(asked)

    monkeypatch.setattr(live, "answers", noting)
    decisions(answered(live, payments(opened, sources, 40)))
    assert seen == [0] * 40
