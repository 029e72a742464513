"""Deciders asked from an event loop: answers come from their thread in bunches, and wake the loop once for each bunch."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from huitong.api.service import Told
from huitong.app.calls import Call
from huitong.app.decider import Decider
from huitong.contracts import Decision, Event

Waiter: TypeAlias = "asyncio.Future[Decision]"


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
        deadline_ns = None
        if wait_ms is not None:
            deadline_ns = time.monotonic_ns() + wait_ms * 1_000_000 - (time.perf_counter_ns() - arrived_ns)
        decider.ask(event, self._noting(told), elapsed_ns=lambda: time.perf_counter_ns() - arrived_ns, deadline_ns=deadline_ns)

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
        while self._ready:
            told, call = self._ready.popleft()
            if call.outcome is not None:
                told(call.outcome)
