"""Deciders asked from an event loop: answers come from their thread in bunches, and wake the loop once for each bunch."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from huitong.api.service import Told
from huitong.app.calls import Call
from huitong.app.decider import NEVER_NS, Decider
from huitong.contracts import Decision, Event

Waiter: TypeAlias = "asyncio.Future[Decision]"


Outcome: TypeAlias = "Decision | BaseException"


class _Countdown:
    """Counts calls that are answered in several threads.

    Args:
        number: How many there are.
    """

    def __init__(self, number: int) -> None:
        self._guard, self._open = threading.Lock(), number

    def last(self) -> bool:
        """Notes one more; whether it was the last."""
        with self._guard:
            self._open -= 1
            return self._open == 0


class LoopCalls:
    """Calls from one event loop.

    Args:
        loop: The loop, in whose thread ``ask`` is called.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready: deque[tuple[Told, Call]] = deque()
        self._woken = False

    def ask(self, decider: Decider, event: Event, arrived_ns: int, wait_ms: int | None) -> Waiter:
        """Queues an event; the future gets the decision once it is durable. Arguments and errors as ``tell``."""
        waiter: Waiter = self._loop.create_future()

        def told(outcome: Decision | BaseException) -> None:
            if waiter.done():  # nobody waits any more
                return
            if isinstance(outcome, Decision):
                waiter.set_result(outcome)
            else:
                waiter.set_exception(outcome)

        self.tell(decider, event, arrived_ns, wait_ms, told)
        return waiter

    def tell(self, decider: Decider, event: Event, arrived_ns: int, wait_ms: int | None, told: Told) -> None:
        """Queues an event.

        Args:
            decider: Decides it.
            event: The event.
            arrived_ns: When the request came, on the performance counter.
            wait_ms: How long after that it may still wait for its turn.
            told: Gets the decision once it is durable, or what it was refused for, in the loop's thread.

        Raises:
            HuitongError: As ``Decider.ask``.
        """
        deadline_ns = None if wait_ms is None else _deadline_ns(arrived_ns, wait_ms)
        decider.ask(event, self._noting(told), elapsed_ns=lambda: time.perf_counter_ns() - arrived_ns, deadline_ns=deadline_ns)

    def ask_many(self, decider: Decider, events: Sequence[Event], arrived_ns: int, wait_ms: int | None) -> "asyncio.Future[list[Outcome]]":
        """Queues rows of a batch; the future gets for each, in their order, its decision or what it was refused for.

        Args:
            decider: Decides them.
            events: The events, at least one.
            arrived_ns: When the request came, on the performance counter.
            wait_ms: How long after that they may still wait for their turn.

        Raises:
            HuitongError: As ``Decider.ask_many``.
        """
        answered: asyncio.Future[list[Outcome]] = self._loop.create_future()
        open_calls = _Countdown(len(events))

        def give() -> None:
            if not answered.done():
                answered.set_result([call.outcome for call in calls if call.outcome is not None])
            calls.clear()  # each tells by this: together they would stay until somebody looks for cycles, which is seldom

        def done(_call: Call) -> None:
            if open_calls.last():
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    self._loop.call_soon_threadsafe(give)

        calls = decider.ask_many(events, done, NEVER_NS if wait_ms is None else _deadline_ns(arrived_ns, wait_ms))
        return answered

    def _noting(self, told: Told) -> Callable[[Call], None]:
        def done(call: Call) -> None:
            self._ready.append((told, call))
            if not self._woken:
                self._woken = True
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    self._loop.call_soon_threadsafe(self._settle)

        return done

    def _settle(self) -> None:
        self._woken = False  # first: what comes from here on wakes the loop again
        try:
            while self._ready:
                told, call = self._ready.popleft()
                if call.outcome is not None:
                    told(call.outcome)
        finally:  # where one caller could not be told, the others do not wait for the next answer
            if self._ready:
                self._loop.call_soon(self._settle)


def _deadline_ns(arrived_ns: int, wait_ms: int) -> int:
    """On the monotonic clock."""
    return time.monotonic_ns() + wait_ms * 1_000_000 - (time.perf_counter_ns() - arrived_ns)
