"""A process that is started again whenever it ends or hangs, less and less often where it ends at once."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import msgspec

from huitong.fronts.pulse import Pulse
from huitong.kernel import ExternalError, Language, Text, time_text

SETTLED_SECONDS = 10
"""A process that ran that long did not end at once."""
PAUSE_SECONDS_MAX = 30.0
ENDS_SECONDS_MAX = 90.0
"""How long a process may take to end once it is told to. What was acknowledged is on the disk, whoever is killed."""
EX_OSERR = 71
"""The exit code that stands for a system that cannot start a process, as in ``sysexits.h``."""

Form = Literal["json", "text"]
Arguments = Callable[[int, bool], tuple[Sequence[str], Sequence[int]]]
"""From the number of the pipe for its pulse, and whether it is started again, to its command line and what else it inherits."""


class Kept:
    """One process that is kept running.

    Args:
        name: What it is, for whoever reads that it ended.
        arguments: How it is started.
        told: Says that it ended.
        hung_seconds: How long it may say nothing before it is killed and started again; 0: as long as it likes.
        ready: Called each time that it is ready.
        tries_first: Whether it is kept from its first start on, though that comes to nothing: what it needs is known to be there.
    """

    def __init__(
        self,
        name: Text,
        arguments: Arguments,
        told: "Told",
        hung_seconds: float,
        ready: Callable[[], None] = lambda: None,
        *,
        tries_first: bool = False,
    ) -> None:
        self._name, self._arguments, self._told, self._hung_seconds, self._ready = name, arguments, told, hung_seconds, ready
        self._settled = tries_first
        self._process: asyncio.subprocess.Process | None = None
        self._over = asyncio.Event()

    async def keep(self) -> int:
        """Starts it again and again, until it is to end; its last exit code.

        Ends as well where its first start comes to nothing, if that is to be known.

        Raises:
            OSError: If the system refuses that one.
        """
        quick_ends, again = 0, False
        while True:
            begun = time.monotonic()
            try:
                there, code = await self._run(again)
            except OSError:
                if not self._settled:
                    raise
                there, code = False, EX_OSERR
            self._settled = self._settled or there
            if not self._over.is_set() and self._settled:
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

    async def _run(self, again: bool) -> tuple[bool, int]:
        """Starts it and waits for its end: whether it was ready, and its exit code."""
        heard, said = os.pipe()
        try:
            command, descriptors = self._arguments(said, again)
            process = self._process = await asyncio.create_subprocess_exec(
                *command, pass_fds=(*descriptors, said), stdin=asyncio.subprocess.DEVNULL, start_new_session=True
            )
        except BaseException:
            os.close(heard)
            raise
        finally:
            os.close(said)
        if self._over.is_set():
            self.end()
        with Pulse(heard) as pulse:
            watching = asyncio.get_running_loop().create_task(self._watch(process, pulse))
            there = await pulse.ready()
            if there:
                self._ready()
            code = await self._ended(process)
            watching.cancel()
        return there, code

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Waits for its end; one that was told to end, and hangs in something that nobody answers, is killed after a while."""
        ended, told = (asyncio.ensure_future(one) for one in (process.wait(), self._over.wait()))
        await asyncio.wait((ended, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not (await asyncio.wait((ended,), timeout=ENDS_SECONDS_MAX if self._over.is_set() else None))[0]:
            self._told.tell(unended(self._name, ENDS_SECONDS_MAX), "hung")
            process.kill()
        return await ended

    async def _watch(self, process: asyncio.subprocess.Process, pulse: Pulse) -> None:
        """Kills a process that lives and does nothing; one that is about to end as well, or nothing would ever end."""
        if self._hung_seconds:
            await pulse.stops(self._hung_seconds)
            self._told.tell(hung(self._name, self._hung_seconds), "hung")
            process.kill()

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

    def tell(self, error: ExternalError, event: str = "ended") -> None:
        """Says it.

        Args:
            error: What there is to say.
            event: What machines call it.
        """
        line = error.message(self.language)
        if self.form == "json":
            named = {"time": time_text(time.time_ns() // 1_000), "level": "error", "logger": "huitong.fronts", "event": event}
            line = msgspec.json.encode({**named, "code": error.code, "cause": error.cause, "remedy": error.remedy}).decode()
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def pause_after(quick_ends: int) -> float:
    """Seconds until the next start, by how often in a row it ended at once.

    >>> [pause_after(ends) for ends in (0, 1, 2, 3, 12)]
    [0.0, 0.0, 0.1, 0.2, 30.0]
    """
    return 0.0 if quick_ends < 2 else min(PAUSE_SECONDS_MAX, 0.1 * 2 ** min(quick_ends - 2, 20))


def hung(name: Text, seconds: float) -> ExternalError:
    """What is told of a process that does nothing any more."""
    return ExternalError(
        "fronts.hung",
        {"en": f"{name['en']} has said nothing for {seconds:g} s", "zh": f"{name['zh']}已 {seconds:g} 秒没有任何响应"},
        {
            "en": "it is killed and started again; if it was only held up for longer than that, raise service.hung_seconds in bank.toml",
            "zh": "已将其终止并重新启动；若它只是被长时间占用，请调大 bank.toml 中的 service.hung_seconds",
        },
    )


def unended(name: Text, seconds: float) -> ExternalError:
    """What is told of a process that does not end."""
    return ExternalError(
        "fronts.unended",
        {
            "en": f"{name['en']} had not ended {seconds:g} s after it was told to",
            "zh": f"{name['zh']}在被要求结束 {seconds:g} 秒后仍未结束",
        },
        {
            "en": "it is killed; whatever was acknowledged is on the disk; see whether the log's database hangs",
            "zh": "已将其终止；已确认的内容均已写入磁盘；请检查日志的数据库是否失去响应",
        },
    )


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
