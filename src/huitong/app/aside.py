"""Decisions beside the groups, on events that the log holds already: each takes a fold of all that stands before its event."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from huitong.app.calls import Call, busy, closing, too_late
from huitong.contracts import Decision, Event

WAITING_MAX = 64
"""Most calls that may wait."""


class Knows(Protocol):
    """What decides events of the log: see ``Live``."""

    def decide_known(self, event: Event, clock_ns: Callable[[], int]) -> Decision: ...


class Aside:
    """Calls that are answered one after the other in a thread of their own.

    Args:
        desk: What decides.
        now_ns: The monotonic clock.
    """

    def __init__(self, desk: Knows, now_ns: Callable[[], int]) -> None:
        self._desk, self._now_ns = desk, now_ns
        self._pool = ThreadPoolExecutor(1, "huitong-known")
        self._guard = threading.Lock()
        self._waiting = 0

    def put(self, call: Call) -> None:
        """Has a call answered by what the log holds of its event; at once that too many wait, or that the service is stopping."""
        with self._guard:
            full = self._waiting >= WAITING_MAX
            if not full:
                self._waiting += 1
        if full:
            call.settle(busy(WAITING_MAX))
            return
        try:
            self._pool.submit(self._answer, call)
        except RuntimeError:  # closing
            call.settle(closing())

    def _answer(self, call: Call) -> None:
        outcome = self._outcome(call)
        with self._guard:
            self._waiting -= 1
        call.settle(outcome)

    def _outcome(self, call: Call) -> Decision | BaseException:
        if call.deadline_ns < self._now_ns():
            return too_late()
        begun_ns = call.elapsed_ns()
        try:
            return self._desk.decide_known(call.event, lambda: call.elapsed_ns() - begun_ns)
        except BaseException as error:
            return error

    def close(self) -> None:
        """Answers what waits, and takes nothing more."""
        self._pool.shutdown()
