"""The supervisor: starts the bank's process and the fronts, starts again what ends, and ends all of it together.

It holds no state but the sockets of the port, so that no caller is turned away while a front is started again; and a pipe whose other end
its processes hold, so that they end when it is gone. ``python -m huitong.fronts.supervisor JSON``.
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import msgspec

from huitong.fronts.front import FrontSpec
from huitong.fronts.keeping import Form, Kept, Told
from huitong.kernel import Language, Text


class SupervisorSpec(msgspec.Struct, frozen=True):
    """What a supervisor is started with.

    Attributes:
        bank: Command line of the bank's process, to which a ``BehindSpec`` is added.
        fronts: How many fronts.
        sockets: Numbers of the sockets that listen; see ``sockets_at``.
        language: In which language it says what it has to say.
        log: Whether it says it as text or as JSON.
        hung_seconds: How long a process may say nothing before it is killed and started again; 0: as long as it likes.
    """

    bank: list[str]
    fronts: int
    sockets: list[int]
    language: Language
    log: Form
    hung_seconds: float


class BehindSpec(msgspec.Struct, frozen=True):
    """What the bank's process is told by the supervisor.

    Attributes:
        folder: Where its sockets are to be.
        lifeline: Number of a pipe that ends with the supervisor.
        pulse: Number of a pipe to say on that it lives, and that requests are taken; see ``Heart``.
        fronts: How many fronts there are.
        host: Address at which they listen.
        port: Their port.
        again: Whether it ran before.
    """

    folder: str
    lifeline: int
    pulse: int
    fronts: int
    host: str
    port: int
    again: bool


async def supervise(spec: SupervisorSpec) -> int:
    """Runs a bank's process and its fronts until SIGTERM or Ctrl-C; the exit code of the bank's process."""
    sockets = [socket.socket(fileno=number) for number in spec.sockets]
    folder = Path(tempfile.mkdtemp(prefix="huitong-"))  # for this user alone
    try:
        return await _Supervised(spec, sockets, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for one in sockets:
            one.close()


class _Supervised:
    def __init__(self, spec: SupervisorSpec, sockets: list[socket.socket], folder: Path) -> None:
        self._spec, self._sockets, self._folder = spec, sockets, folder
        self._lifeline, self._alive = os.pipe()
        self._told = told = Told(spec.language, spec.log)
        name: Text = {"en": "the bank's process", "zh": "业务进程"}
        self._bank = Kept(name, self._bank_arguments, told, spec.hung_seconds, self._bank_ready)
        self._fronts = [self._front(number) for number in range(spec.fronts)]
        self._keeping: list[asyncio.Task[int]] = []

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        code = await self._bank.keep()
        for front in self._fronts:
            front.end()
        await asyncio.gather(*self._keeping)
        return code

    def _end(self) -> None:
        """The fronts take nothing more and answer what they have; the bank's process ends when they are gone."""
        for kept in (*self._fronts, self._bank):
            kept.end()

    def _bank_arguments(self, pulse: int, again: bool) -> tuple[list[str], list[int]]:
        host, port = self._sockets[0].getsockname()[:2]
        told = BehindSpec(str(self._folder), self._lifeline, pulse, self._spec.fronts, host, port, again)
        return [*self._spec.bank, msgspec.json.encode(told).decode()], [self._lifeline]

    def _bank_ready(self) -> None:
        if not self._keeping:
            self._keeping = [asyncio.get_running_loop().create_task(front.keep()) for front in self._fronts]

    def _front(self, number: int) -> Kept:
        listening = self._sockets[number % len(self._sockets)].fileno()

        def arguments(pulse: int, _again: bool) -> tuple[list[str], list[int]]:
            spec = FrontSpec(str(self._folder), listening, self._lifeline, pulse)
            return [sys.executable, "-m", "huitong.fronts.front", msgspec.json.encode(spec).decode()], [listening, self._lifeline]

        name: Text = {"en": f"front {number + 1}", "zh": f"接入进程 {number + 1}"}
        return Kept(name, arguments, self._told, self._spec.hung_seconds, tries_first=True)


def main() -> None:
    """Runs a supervisor, and ends with its exit code."""
    sys.exit(asyncio.run(supervise(msgspec.json.decode(sys.argv[1], type=SupervisorSpec))))


if __name__ == "__main__":
    main()
