"""A batch in one go: the records of one by one, and what cannot go that way is left to the queue."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.app import Bank, Source
from huitong.app.bulk import decide_in_bulk
from huitong.contracts import Decision
from huitong.kernel import HuitongError
from tests.app.small_world import clock
from tests.app.test_reproducing import payments, timeless


@pytest.fixture
def opened(root: Path) -> Iterator[Bank]:
    with Bank(root, clock=clock()) as bank:
        yield bank


def test_a_batch_has_the_decisions_of_one_by_one_and_callers_of_the_queue_go_on_from_there(
    opened: Bank, sources: Sequence[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huitong.app.bulk.BULK_ROWS", 32)
    live = opened.live("small")
    events = payments(opened, sources, 120)
    before = live.decide(events[0])
    done = decide_in_bulk(live, opened.log, opened.turn, events[1:100])
    assert all(isinstance(one, Decision) for one in done)
    answers = [before, *done, *(live.decide(event) for event in events[100:])]
    assert [opened.log.decision(one.id) for one in answers if isinstance(one, Decision)] == answers
    assert [timeless(live.recomputed(event)) for event in (events[1], events[57], events[110])] == [
        timeless(one) for one in (answers[1], answers[57], answers[110]) if isinstance(one, Decision)
    ]


def test_what_is_known_or_comes_twice_is_left_to_the_queue_and_a_bad_row_is_refused_alone(opened: Bank, sources: Sequence[Source]) -> None:
    live = opened.live("small")
    events = payments(opened, sources, 12)
    live.decide(events[0])
    too_much = replace(events[5], id="too-much", data={**events[5].data, "amount": 2**60})
    done = decide_in_bulk(live, opened.log, opened.turn, [events[0], events[1], events[2], events[2], too_much, events[3]])
    assert [type(one).__name__ for one in done] == ["NoneType", "Decision", "NoneType", "NoneType", "InputError", "Decision"]
    assert isinstance(done[4], HuitongError)
    assert done[4].code == "features.value.too_large"
    assert live.decide(events[2]).event == events[2].id


def test_a_commit_that_is_refused_leaves_its_rows_to_the_queue_and_counts_nowhere(opened: Bank, sources: Sequence[Source]) -> None:
    live = opened.live("small")
    events = payments(opened, sources, 20)
    forged = replace(events[3], keys={**events[3].keys, "customer": "enc:" + "A" * 60})
    end = opened.log.end()
    assert decide_in_bulk(live, opened.log, opened.turn, [*events[:3], forged, *events[4:10]]) == [None] * 10
    assert opened.log.end() == end
    assert live.decide(events[11]).event == events[11].id
    again = live.recomputed(events[11])
    decision = opened.log.decision(again.id)
    assert decision is not None
    assert timeless(decision) == timeless(again)
