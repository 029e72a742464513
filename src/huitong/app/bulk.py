"""Many events decided in one go, as a batch asks for them: no queue and no call for each, one commit for each stretch.

What cannot go that way is left to the queue, which answers each by itself: events that are in the log or come twice, of another kind, and
all of a stretch that fell or whose commit was refused, since one of them may be at fault for all.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from huitong.app.calls import Call
from huitong.app.decider import Decider
from huitong.app.deciding import Asked
from huitong.app.turn import Turn
from huitong.contracts import Answered, Decision, Event, Log
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import HuitongError

BULK_ROWS = 1_024
"""Events of one commit; other callers get their turn between two."""


class BulkDesk(Protocol):
    """What decides: see ``Live``."""

    loaded: LoadedPolicy
    decider: Decider

    def forget(self) -> None: ...
    @property
    def offset(self) -> int: ...
    def answers(self, asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision | HuitongError]]: ...


def decide_in_bulk(
    desk: BulkDesk, log: Log, turn: Turn, events: Sequence[Event], now_ns: Callable[[], int] = time.perf_counter_ns
) -> list[Decision | HuitongError | None]:
    """Decides events in their order, each on what those before it left; answers once they are durable.

    Args:
        desk: What decides them.
        log: The log.
        turn: Held for one stretch at a time.
        events: The events.
        now_ns: Tells the time, ns; a row's time counts from when its stretch begins, since nobody waits for it alone.

    Returns:
        For each its decision, or why it was refused; ``None`` for those that the queue has to answer.
    """
    done: list[Decision | HuitongError | None] = []
    for start in range(0, len(events), BULK_ROWS):
        some = events[start : start + BULK_ROWS]
        with turn:
            try:
                done += _stretch(desk, log, some, now_ns)
            except BaseException as error:
                desk.forget()
                if not isinstance(error, Exception):
                    raise
                done += [None] * len(some)  # the queue tells each of them what is wrong with it, and harms no other for it
    return done


def _stretch(desk: BulkDesk, log: Log, events: Sequence[Event], now_ns: Callable[[], int]) -> list[Decision | HuitongError | None]:
    desk.decider.stand_at_end()
    counts, there = Counter(event.id for event in events), log.events([event.id for event in events])
    decides = desk.loaded.plan.decides
    new = [place for place, one in enumerate(events) if one.kind == decides and counts[one.id] == 1 and one.id not in there]
    done: list[Decision | HuitongError | None] = [None] * len(events)
    if not new:
        return done
    started_ns, at = now_ns(), desk.offset

    def elapsed_ns() -> int:
        return now_ns() - started_ns

    written, outcomes = desk.answers([Asked(events[place], elapsed_ns) for place in new])
    if written:
        queued_ns = now_ns()
        log.append_answers(written, at).result()
        if desk.decider.heard is not None:
            calls = [Call(events[place], _nobody, 0, elapsed_ns) for place in new]
            answered = [(call, one) for call, one in zip(calls, outcomes, strict=True) if isinstance(one, Decision)]
            desk.decider.heard.take(answered, now_ns() - queued_ns)
    for place, outcome in zip(new, outcomes, strict=True):
        done[place] = outcome
    return done


def _nobody(_call: Call) -> None:
    """Nobody waits for a row alone."""
