"""The process of a front: takes connections until it is told to end, or the supervisor is gone. ``python -m huitong.fronts.front JSON``."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import msgspec
import uvloop

from huitong.fronts.connection import Connection, Doorway, connections_of
from huitong.fronts.frames import CALLS_SOCKET
from huitong.fronts.link import Link
from huitong.fronts.pulse import Heart
from huitong.fronts.refusals import Refusals
from huitong.fronts.sockets import BACKLOG
from huitong.kernel import settle_memory

GRACE_SECONDS = 30
"""How long requests that were accepted may still take once the front is told to end."""
LOOK_SECONDS = 0.5
DRAIN_SECONDS = 0.02


class FrontSpec(msgspec.Struct, frozen=True):
    """What a front is started with.

    Attributes:
        folder: Where the bank's sockets are.
        listening: Number of the socket that it takes connections from.
        lifeline: Number of a pipe that ends with the supervisor.
        pulse: Number of a pipe to say on that it lives, and that it takes connections.
    """

    folder: str
    listening: int
    lifeline: int
    pulse: int


async def serve_front(spec: FrontSpec) -> None:
    """Takes connections until SIGTERM, or the supervisor's end; then answers what it accepted.

    Args:
        spec: What it is started with.
    """
    heart = Heart(spec.pulse)
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    loop.add_reader(spec.lifeline, _read_lifeline, spec.lifeline, over)
    folder = Path(spec.folder)
    refusals = Refusals()
    doorway = Doorway(folder, Link(folder / CALLS_SOCKET, refusals), Link(folder / CALLS_SOCKET, refusals))
    looking = loop.create_task(_look(doorway))
    listening = socket.socket(fileno=spec.listening)
    server = await loop.create_server(connections_of(doorway), sock=listening, backlog=BACKLOG)
    heart.say_ready()
    await over.wait()
    server.close()
    await _drain(doorway)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    for link in (doorway.hot, doorway.rest):
        await link.close()


def _read_lifeline(number: int, over: asyncio.Event) -> None:
    if not os.read(number, 1):
        asyncio.get_running_loop().remove_reader(number)
        over.set()


async def _look(doorway: Doorway) -> None:
    """Now and then looks after all connections, and at the clock for the date of answers."""
    while True:
        doorway.date = f"date: {formatdate(time.time(), usegmt=True)}\r\n".encode()
        now = time.monotonic()
        for connection in list(doorway.connections):
            connection.look(now)
        await asyncio.sleep(LOOK_SECONDS)


async def _drain(doorway: Doorway) -> None:
    """Waits until what was accepted is answered; the bank ends its own connections, and with them those that pass through."""
    doorway.draining = True
    until = time.monotonic() + GRACE_SECONDS
    while doorway.connections and time.monotonic() < until:
        for connection in list[Connection](doorway.connections):
            connection.look(time.monotonic())
        await asyncio.sleep(DRAIN_SECONDS)


def main() -> None:
    """Runs a front."""
    spec = msgspec.json.decode(sys.argv[1], type=FrontSpec)
    settle_memory()
    uvloop.run(serve_front(spec))


if __name__ == "__main__":
    main()
