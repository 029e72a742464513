"""A process that is started again whenever it ends, less and less often where it ends at once."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import msgspec

from huitong.kernel import ExternalError, Language, Text, time_text

SETTLED_SECONDS = 10
"""A process that ran that long did not end at once."""
PAUSE_SECONDS_MAX = 30.0

Form = Literal["json", "text"]
Arguments = Callable[[bool], tuple[Sequence[str], Sequence[int]]]
"""From whether it is started again to its command line, and the descriptors it inherits."""


class Kept:
    """One process that is kept running.

    Args:
        name: What it is, for whoever reads that it ended.
        arguments: How it is started.
        started: Awaited after each start: whether it came to something.
        told: Says that it ended.
    """

    def __init__(self, name: Text, arguments: Arguments, started: Callable[[], Awaitable[bool]], told: "Told") -> None:
        self._name, self._arguments, self._started, self._told = name, arguments, started, told
        self._process: asyncio.subprocess.Process | None = None
        self._over = asyncio.Event()

    async def keep(self) -> int:
        """Starts it again and again, until it is to end or its first start comes to nothing; its last exit code."""
        quick_ends, again = 0, False
        while True:
            begun = time.monotonic()
            command, descriptors = self._arguments(again)
            process = self._process = await asyncio.create_subprocess_exec(
                *command, pass_fds=descriptors, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
            )
            if self._over.is_set():
                self.end()
            there = await self._started()
            code = await process.wait()
            if not self._over.is_set() and (there or again):
                quick_ends = quick_ends + 1 if time.monotonic() - begun < SETTLED_SECONDS else 0
                pause = pause_after(quick_ends)
                self._told.tell(ended(self._name, code, quick_ends, pause))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), pause)
            elif not self._over.is_set():
                return code
            if self._over.is_set():
                return code
            again = True

    def end(self) -> None:
        """Has it end, and not be started again."""
        self._over.set()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()


@dataclass(frozen=True, slots=True)
class Told:
    """Says on the error stream what happens to processes.

    Attributes:
        language: Of texts.
        form: Text for people, or JSON for machines.
    """

    language: Language
    form: Form

    def tell(self, error: ExternalError) -> None:
        """Says it."""
        line = error.message(self.language)
        if self.form == "json":
            named = {"time": time_text(time.time_ns() // 1_000), "level": "error", "logger": "huitong.fronts", "event": "ended"}
            line = msgspec.json.encode({**named, "code": error.code, "cause": error.cause, "remedy": error.remedy}).decode()
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def pause_after(quick_ends: int) -> float:
    """Seconds until the next start, by how often in a row it ended at once.

    >>> [pause_after(ends) for ends in (0, 1, 2, 3, 12)]
    [0.0, 0.0, 0.1, 0.2, 30.0]
    """
    return 0.0 if quick_ends < 2 else min(PAUSE_SECONDS_MAX, 0.1 * 2 ** min(quick_ends - 2, 20))


def ended(name: Text, code: int, quick_ends: int, pause: float) -> ExternalError:
    """What is told of a process that ended by itself."""
    how = signal.Signals(-code).name if code < 0 else str(code)
    again_en = f", {quick_ends} times in a row" if quick_ends > 1 else ""
    again_zh = f"，已连续 {quick_ends} 次" if quick_ends > 1 else ""
    return ExternalError(
        "fronts.ended",
        {"en": f"{name['en']} ended by itself ({how}){again_en}", "zh": f"{name['zh']}意外结束（{how}）{again_zh}"},
        {
            "en": f"it is started again in {pause:g} s; what it said before tells why it ended",
            "zh": f"{pause:g} 秒后重新启动；原因见其此前的输出",
        },
    )


async def told_ready(reader: int) -> bool:
    """Whether a process says on its pipe that it is ready; if it does not, it has ended."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[bool] = loop.create_future()

    def read() -> None:
        said = os.read(reader, 1)
        loop.remove_reader(reader)
        if not heard.done():
            heard.set_result(bool(said))

    loop.add_reader(reader, read)
    try:
        return await heard
    finally:
        os.close(reader)
