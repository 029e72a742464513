"""Calls from an event loop: what was answered is let go of at once."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Sequence
from typing import cast

from huitong.app.asking import LoopCalls
from huitong.app.calls import Call
from huitong.app.decider import Decider
from huitong.contracts import Decision, Event
from huitong.kernel import ExternalError


class _Row:
    """Stands in for an event that can be watched."""


class _Decider:
    """Answers in another thread's stead, as soon as the loop goes on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def ask_many(self, events: Sequence[Event], done: Callable[[Call], None], _deadline_ns: int) -> list[Call]:
        calls = [Call(event, done, 0, lambda: 0) for event in events]
        refused = ExternalError("decide.closing", {"en": "-", "zh": "-"}, {"en": "-", "zh": "-"})
        for call in calls:
            self._loop.call_soon(call.settle, refused)
        return list(calls)


def test_rows_of_a_batch_are_let_go_of_without_a_search_for_cycles() -> None:
    async def answered() -> tuple[list[Decision | BaseException], list["weakref.ref[_Row]"]]:
        loop = asyncio.get_running_loop()
        rows = [_Row() for _ in range(3)]
        watched = [weakref.ref(row) for row in rows]
        outcomes = await LoopCalls(loop).ask_many(cast("Decider", _Decider(loop)), cast("Sequence[Event]", rows), 0, None)
        return outcomes, watched

    gc.collect()
    gc.disable()
    try:
        outcomes, watched = asyncio.run(answered())
        assert len(outcomes) == 3
        assert [one() for one in watched] == [None, None, None]
    finally:
        gc.enable()
