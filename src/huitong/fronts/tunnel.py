"""A caller's connection passed through to the bank's own server, byte by byte: pages, websockets, and every form of HTTP that is not plain.

The first line that the bank reads says who calls; see the PROXY protocol, version 1. Only this user's processes can reach the bank's
socket, so nobody else can say it.
"""

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

from huitong.fronts.answers import STATUS_LINES, away, refusal_of
from huitong.fronts.asking import Asking, asking_of
from huitong.fronts.frames import Answer
from huitong.fronts.link import RECONNECT_SECONDS
from huitong.fronts.page import page_of
from huitong.fronts.refusals import Refusals

_REQUEST = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")
"""How a request begins."""
_PIECE_BYTES = 65_536


class Tunnel(asyncio.Protocol):
    """The bank's end of a connection that is passed through.

    Args:
        path: The bank's socket for connections.
        caller: The caller's end.
        first: What is to be sent first.
        seconds: How long to wait for a bank that is away.
        opened: Told once what was sent first is on its way.
        refusals: Counts who is told that the bank is away.
    """

    def __init__(
        self, path: Path, caller: asyncio.Transport, first: bytes, seconds: float, opened: Callable[[], object], refusals: Refusals
    ) -> None:
        self._refusals = refusals
        self._path, self._caller, self._seconds, self._opened = path, caller, seconds, opened
        self._first = who_calls(caller) + first
        self._transport: asyncio.Transport | None = None
        self._asking, self._unanswered, self._sent = asking_of(first), True, time.monotonic()
        caller.pause_reading()
        self._opening = asyncio.get_running_loop().create_task(self._open(self._sent + seconds))

    async def _open(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.create_unix_connection(lambda: self, str(self._path))
            except OSError:  # the bank is not there (yet)
                if time.monotonic() > until:
                    self._give_up()
                    return
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                return

    def _give_up(self) -> None:
        if self._unanswered and self._asking is not None:
            answer = _away(self._asking)
            self._refusals.count(self._asking.method, "", answer.status, away().code)
            self._caller.write(STATUS_LINES[answer.status] + answer.head + b"connection: close\r\n\r\n" + answer.body)
        self._caller.close()

    def send(self, data: bytes) -> None:
        """Passes on what the caller sends: more of a request, which may be answered already, or the next one."""
        if not self._unanswered and self._asking is not None and _REQUEST.match(data):
            self._asking, self._unanswered = asking_of(data), True
        self._sent = time.monotonic()
        if self._transport is None:
            self._first += data
        else:
            self._transport.write(data)

    def close(self) -> None:
        """The caller has gone."""
        self._opening.cancel()
        if self._transport is not None:
            self._transport.close()

    def look(self, now: float) -> None:
        """Gives up, if the bank, which is away, has answered nothing for too long.

        Args:
            now: On the monotonic clock.
        """
        if self._transport is None or not self._unanswered or self._asking is None or now < self._sent + self._seconds:
            return
        self._give_up()
        self._transport.abort()

    def pause(self) -> None:
        """The caller takes no more for the moment."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """The caller takes more."""
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says who calls, and what they have sent so far."""
        self._transport = cast("asyncio.Transport", transport)
        if self._caller.is_closing():
            transport.close()
            return
        self._transport.write(self._first)
        self._first = b""
        self._opened()
        self._caller.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Passes on what the bank sends."""
        self._unanswered = False
        self._caller.write(data)

    def pause_writing(self) -> None:
        """The bank takes no more for the moment."""
        self._caller.pause_reading()

    def resume_writing(self) -> None:
        """The bank takes more."""
        self._caller.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        """The bank has ended it; who waits for an answer is told."""
        if self._caller.is_closing():
            return
        for data in self._unread():
            self.data_received(data)
        self._give_up()

    def _unread(self) -> Iterator[bytes]:
        """What the bank had sent when it ended the connection, though not all that it was sent was read: a body that it had refused."""
        if self._transport is None:
            return
        with suppress(OSError):  # nothing is left
            number = self._transport.get_extra_info("socket").fileno()
            while data := os.read(number, _PIECE_BYTES):
                yield data


def _away(asking: Asking) -> Answer:
    """What is said of a bank that is away: to a person a page, to a program a problem document."""
    if asking.page:
        return page_of(away(), away().http_status, asking.language, again=asking.safe)
    return refusal_of(away(), away().http_status, asking.language)


def who_calls(caller: asyncio.Transport) -> bytes:
    """The line that says who calls."""
    (host, port), (to_host, to_port) = ends_of(caller)
    return f"PROXY {'TCP6' if ':' in host else 'TCP4'} {host} {to_host} {port} {to_port}\r\n".encode()


def ends_of(transport: asyncio.BaseTransport) -> tuple[tuple[str, int], tuple[str, int]]:
    """Address and port of both ends of a connection: the other one, ours."""
    (host, port), (to_host, to_port) = ((str(end[0]), int(end[1])) for end in map(transport.get_extra_info, ("peername", "sockname")))
    return (host, port), (to_host, to_port)
