"""A front's way to the bank: requests go out together, are kept until they are answered, and are asked again of a bank that came back."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from huitong.fronts.answers import away, full, refusal_of
from huitong.fronts.frames import Answer, Asked, Frames, decode_answers, frame_of
from huitong.fronts.refusals import Refusals
from huitong.kernel import HuitongError

HELD_MAX = 8_192
"""Most requests of one front that may be open at the bank."""
HELD_BYTES_MAX = 64 * 1024 * 1024
"""Most bytes of them on one link."""
LATE_NS = 30_000_000_000
"""How long after its deadline a call is still waited for, where the bank is there and says nothing."""
SILENT_NS = 5_000_000_000
"""A bank whose loop has said nothing for so long counts as away: it hangs, or is held up by something long."""
RECONNECT_SECONDS = 0.02
SWEEP_SECONDS = 0.1
_log = logging.getLogger("huitong.fronts")


@dataclass(slots=True)
class Held:
    """A request that waits for its answer.

    Attributes:
        asked: The request.
        done: Gets the answer.
        until_ns: When it is answered that the bank is away, where it is, on the performance counter.
        limited: Whether it ends some time after ``until_ns`` also where the bank is there and says something.
        size: Bytes of it, as they came.
    """

    asked: Asked
    done: Callable[[Answer], None]
    until_ns: int
    limited: bool
    size: int


class Link(asyncio.Protocol):
    """A connection to the bank's process that is made again whenever it ends.

    Args:
        path: The bank's socket for frames.
        refusals: What the front refuses, which it tells.
    """

    def __init__(self, path: Path, refusals: Refusals | None = None) -> None:
        self._path = path
        self.refusals = refusals or Refusals()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None
        self._frames = Frames()
        self._held: dict[int, Held] = {}
        self._held_bytes = 0
        self._number = 0
        self._heard_ns = 0
        self._out: list[Asked] = []
        self._over = False
        self._lost = asyncio.Event()
        self._task = self._loop.create_task(self._stay_connected())
        self._sweep = self._loop.call_later(SWEEP_SECONDS, self._look)

    @property
    def held(self) -> int:
        """How many requests wait for their answers."""
        return len(self._held)

    @property
    def gone(self) -> bool:
        """Whether the bank is away: not there, or silent for so long that it hangs or is held up."""
        return self._transport is None or time.perf_counter_ns() > self._heard_ns + SILENT_NS

    def next_number(self) -> int:
        """A number for a request."""
        self._number += 1
        return self._number

    def ask(self, held: Held) -> HuitongError | None:
        """Sends a request, with all others of this turn of the loop; why not, where there are too many.

        Args:
            held: The request.
        """
        if len(self._held) >= HELD_MAX or self._held_bytes + held.size > HELD_BYTES_MAX:
            return full(len(self._held))
        self._held[held.asked.number] = held
        self._held_bytes += held.size
        if self._transport is not None:
            if not self._out:
                self._loop.call_soon(self._flush)
            self._out.append(held.asked)
        return None

    def withdraw(self, number: int) -> None:
        """Says that nobody waits for an answer any more."""
        held = self._held.pop(number, None)
        if held is not None:
            self._held_bytes -= held.size

    async def close(self) -> None:
        """Ends the connection."""
        self._over = True
        self._sweep.cancel()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and out:
            self._transport.write(frame_of(out))

    async def _stay_connected(self) -> None:
        while True:
            self._lost.clear()  # first: a connection may be lost again before this task hears that it was made
            with suppress(OSError):  # the bank is not there (yet)
                await self._loop.create_unix_connection(lambda: self, str(self._path))
                await self._lost.wait()
            await asyncio.sleep(RECONNECT_SECONDS)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks everything that is open: what was on its way when the bank went away is the same act when it is sent again."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._heard_ns = time.perf_counter_ns()
        self._frames, self._out = Frames(), [one.asked for one in self._held.values()]
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Gives answers to those who wait for them."""
        self._heard_ns = time.perf_counter_ns()
        for content in self._frames.feed(data):
            for answer in decode_answers(content):
                held = self._held.pop(answer.number, None)
                if held is not None:
                    self._held_bytes -= held.size
                    held.done(answer)

    def connection_lost(self, _: Exception | None) -> None:
        """The bank's process has ended, or is about to."""
        self._transport, self._out = None, []
        self._lost.set()

    def _look(self) -> None:
        """Gives up what has waited too long."""
        now_ns = time.perf_counter_ns()
        gone = self.gone
        for number, held in list(self._held.items()):
            if now_ns > held.until_ns and (gone or (held.limited and now_ns > held.until_ns + LATE_NS)):
                self.withdraw(number)
                self.refusals.count(held.asked.method, held.asked.path, away().http_status, away().code)
                held.done(refusal_of(away(), away().http_status, held.asked.language))
        if self._transport is not None and not gone and (told := self.refusals.taken()) is not None:
            self._transport.write(frame_of([told]))
        self._sweep = self._loop.call_later(SWEEP_SECONDS, self._look)
