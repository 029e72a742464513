"""The pulse of a process: it says on a pipe that it lives, every second from its start on, and once that it is ready.

The supervisor cannot see from outside whether a process that has not ended still does anything. A thread of the process says it, which
needs no more than a turn at the interpreter: whoever folds a long log at the start is alive. Once its loop runs, the loop has to turn as
well, if seldom: work that holds it up ends some time, a loop that waits for itself does not.
"""

import asyncio
import os
import threading
import time
from contextlib import suppress
from types import TracebackType

BEAT_SECONDS = 1.0
STUCK_SECONDS = 600.0
"""How long a loop may not turn before its process counts as hanging."""
_ALIVE, _READY = b".", b"1"
_SAID_MAX = 4_096


class Heart:
    """Says on a pipe that this process lives, until it ends or nobody listens any more.

    Args:
        pipe: Number of the pipe's end to write to.
        stuck_seconds: How long the loop may not turn.
        beat_seconds: Between two words.
    """

    def __init__(self, pipe: int, stuck_seconds: float = STUCK_SECONDS, beat_seconds: float = BEAT_SECONDS) -> None:
        self._pipe, self._stuck_seconds, self._beat_seconds = pipe, stuck_seconds, beat_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turned = 0.0
        self._listened_to = True
        threading.Thread(target=self._beat, name="huitong-pulse", daemon=True).start()

    def say_ready(self) -> None:
        """In the loop: says that the process does its work now, which its loop must turn for."""
        self._turn()
        self._loop = asyncio.get_running_loop()
        self._say(_READY)

    def _beat(self) -> None:
        while self._listened_to:
            loop = self._loop
            if loop is not None:
                with suppress(RuntimeError):  # it is closed: the process is about to end
                    loop.call_soon_threadsafe(self._turn)
            if loop is None or loop.is_closed() or time.monotonic() - self._turned < self._stuck_seconds:
                self._say(_ALIVE)
            time.sleep(self._beat_seconds)

    def _turn(self) -> None:
        self._turned = time.monotonic()

    def _say(self, word: bytes) -> None:
        try:
            os.write(self._pipe, word)
        except BrokenPipeError:  # the supervisor is gone: its lifeline says so to whom it concerns
            self._listened_to = False


class Pulse:
    """Hears it, in a ``with`` block.

    Args:
        pipe: Number of the pipe's end to read from, which is closed in the end.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[bool] = self._loop.create_future()
        self._heard = False

    def __enter__(self) -> "Pulse":
        self._loop.add_reader(self._pipe, self._read)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)

    async def ready(self) -> bool:
        """Whether the process says that it is ready; if it does not, it has ended."""
        return await self._ready

    async def stops(self, seconds: float) -> None:
        """Waits until nothing was heard for so long.

        Counted in looks of this process: where the whole machine stood still, a process has as many of its own seconds to say something.

        Args:
            seconds: How long.
        """
        silent = 0.0
        while silent < seconds:
            self._heard = False
            await asyncio.sleep(BEAT_SECONDS)
            silent = 0.0 if self._heard else silent + BEAT_SECONDS

    def _read(self) -> None:
        said = os.read(self._pipe, _SAID_MAX)
        self._heard = self._heard or bool(said)
        if not said:
            self._loop.remove_reader(self._pipe)
        if not self._ready.done() and (not said or _READY in said):
            self._ready.set_result(bool(said))
