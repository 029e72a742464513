"""A caller's connection: requests in their plain form under ``/v1`` are read here, whole; anything else makes it a tunnel to the bank.

A large body is nothing for here either: whoever sends it is let in, or not, before it is read.

So the front needs to know little of HTTP, and whatever it does not know is answered by the one server that does.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httptools

from huitong.fronts.answers import HEAD_BYTES_MAX, REQUEST_SECONDS_MAX, STATUS_LINES, crowded, long_head, refusal_of, slow
from huitong.fronts.asking import header_in
from huitong.fronts.frames import HOT, PASSED_SOCKET, Answer, Asked
from huitong.fronts.link import Held, Link
from huitong.fronts.tunnel import Tunnel, ends_of
from huitong.kernel import HuitongError

_PREFIX = b"/v1/"
_METHODS = frozenset({b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"})
BODY_BYTES_MAX = 64 * 1024
"""Largest body that is held here; a larger one goes through to the bank, which asks who calls before it reads it."""
PARTS_BYTES_MAX = 64 * 1024 * 1024
"""Most bytes of one front that belong to requests which are not whole yet, or are not asked yet."""
IDLE_SECONDS = 75
"""How long a connection may be idle."""
WAIT_MS = 10_000
"""How long a request waits for a bank that is away, where its caller does not say."""
WAIT_HEADER = b"deadline-ms"
_END = b"\r\n\r\n"


@dataclass(slots=True)
class Doorway:
    """What all connections of a front share.

    Attributes:
        folder: Where the bank's sockets are.
        hot: The way of decisions.
        rest: The way of everything else, so that a large batch holds up no decision.
        connections: Those that are open.
        date: The line with the date.
        draining: Whether the front is ending.
        parts_bytes: How many bytes they hold of requests that are not whole, or are not asked yet.
    """

    folder: Path
    hot: Link
    rest: Link
    connections: "set[Connection]" = field(default_factory=set)
    date: bytes = b""
    draining: bool = False
    parts_bytes: int = 0


class _Head:
    """Reads the head of one request."""

    __slots__ = ("headers", "length", "method", "odd", "parser", "path", "persistent", "query", "url", "wait_ms")

    def __init__(self, head: bytes) -> None:
        self.url, self.headers = b"", list[tuple[bytes, bytes]]()
        self.odd = self.persistent = False
        self.length, self.wait_ms = 0, WAIT_MS
        self.parser = parser = httptools.HttpRequestParser(self)
        try:
            with suppress(httptools.HttpParserUpgrade):  # to what is not spoken here: the head is read all the same
                parser.feed_data(head)
        except httptools.HttpParserError:
            self.odd = True
            return
        path, _, self.query = self.url.partition(b"?")
        self.odd |= (
            parser.get_http_version() != "1.1"
            or parser.get_method() not in _METHODS
            or not path.startswith(_PREFIX)
            or b"#" in self.query
            or not path.isascii()
            or self.length > BODY_BYTES_MAX
        )
        self.method, self.path = parser.get_method().decode("ascii"), path.decode("latin-1")

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.headers.append((name, value))
        if name == b"content-length" and value.isdigit() and len(value) < 12:
            self.length = int(value)
        elif name in (b"transfer-encoding", b"expect", b"content-length") or (name == b"upgrade" and value.lower() == b"websocket"):
            self.odd = True
        elif name == WAIT_HEADER and value.isdigit() and len(value) < 6:
            self.wait_ms = int(value)

    def on_headers_complete(self) -> None:
        self.persistent = self.parser.should_keep_alive()  # behind a request without a body it says something else


class Connection(asyncio.Protocol):
    """One caller's connection.

    Args:
        doorway: What it shares with others.
    """

    def __init__(self, doorway: Doorway) -> None:
        self._doorway = doorway
        self._held: bytes | bytearray = b""
        self._counted = 0
        self._sought_from = 0
        self._head: _Head | None = None
        self._body_at = 0
        self._asked: tuple[Link, int] | None = None
        self._tunnel: Tunnel | None = None
        self._full = False
        """Whether the caller leaves answers lying: nothing more is asked until they are taken."""
        self._since = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes the caller's word for nothing but what the connection itself says."""
        self._transport = cast("asyncio.Transport", transport)
        try:
            self._client, self._server = ends_of(transport)
        except TypeError:  # gone already
            self._transport.abort()
            return
        self._doorway.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Nobody waits any more."""
        self._doorway.connections.discard(self)
        self._count(0)
        if self._asked is not None:
            self._asked[0].withdraw(self._asked[1])
        if self._tunnel is not None:
            self._tunnel.close()

    def data_received(self, data: bytes) -> None:
        """Takes what the caller sends."""
        if self._tunnel is not None:
            self._tunnel.send(data)
            return
        if not self._held:
            self._held = data
            if self._asked is None:
                self._since = time.monotonic()
        else:
            if isinstance(self._held, bytes):  # from the second piece on it grows in place, so that a drip copies nothing again
                self._held = bytearray(self._held)
            self._held += data
        if self._asked is None and not self._full:
            self._next()
        else:  # sent before the answer was there, or was taken: it waits for its turn
            self._transport.pause_reading()
            if not self._count(len(self._held)):
                self._transport.abort()

    def pause_writing(self) -> None:
        """The caller takes no more for the moment."""
        if self._tunnel is not None:
            self._tunnel.pause()
        else:
            self._full = True

    def resume_writing(self) -> None:
        """The caller takes more."""
        if self._tunnel is not None:
            self._tunnel.resume()
            return
        self._full = False
        if self._asked is None and not self._transport.is_closing():
            self._go_on()

    def _next(self) -> None:
        """Asks the next request, if it is whole."""
        held, head = self._held, self._head
        if head is None:
            end = held.find(_END, self._sought_from)
            if (len(held) if end < 0 else end) > HEAD_BYTES_MAX:
                self._refuse(long_head(), 400)
                return
            if end < 0:
                self._sought_from = max(0, len(held) - len(_END) + 1)
                self._wait()
                return
            self._body_at, self._sought_from = end + len(_END), 0
            head = self._head = _Head(bytes(held[: self._body_at]))
            if head.odd:
                self._pass_through(head)
                return
        end = self._body_at + head.length
        if len(held) < end:
            self._wait()
            return
        body, self._head = bytes(held[self._body_at : end]), None
        self._cut(end)
        self._ask(head, body, end)

    def _cut(self, end: int) -> None:
        """Lets go of a request that is asked; what follows it is not copied again for each."""
        if len(self._held) == end:
            self._held = b""
        else:
            if isinstance(self._held, bytes):
                self._held = bytearray(self._held)
            del self._held[:end]
        self._count(len(self._held))

    def _wait(self) -> None:
        """For the rest of a request, if there is room for what it has sent so far; one that comes in one piece never needs any.

        Only here is more taken of a caller who sends before the answer is there: else each answer would let in far more than it answers.
        """
        if self._count(len(self._held)):
            self._transport.resume_reading()
        else:
            self._refuse(crowded(PARTS_BYTES_MAX), 429)

    def _count(self, size: int) -> bool:
        """Notes how many bytes it holds; whether there is room for them."""
        self._doorway.parts_bytes += size - self._counted
        self._counted = size
        return size == 0 or self._doorway.parts_bytes <= PARTS_BYTES_MAX

    def _ask(self, head: _Head, body: bytes, size: int) -> None:
        self._persistent = head.persistent
        hot = (head.method, head.path) == HOT
        link = self._doorway.hot if hot else self._doorway.rest
        now_ns = time.perf_counter_ns()
        number = link.next_number()
        asked = Asked(number, head.method, head.path, head.query, head.headers, body, self._client, self._server, now_ns)
        self._asked = link, number
        refused = link.ask(Held(asked, self._answer, now_ns + head.wait_ms * 1_000_000, hot, size))
        if refused is not None:
            link.refusals.count(head.method, head.path, refused.http_status, refused.code)
            asyncio.get_running_loop().call_soon(self._answer, refusal_of(refused, refused.http_status, asked.language))

    def _answer(self, answer: Answer) -> None:
        """Sends an answer, and goes on with what was sent meanwhile."""
        if self._asked is None or self._transport.is_closing():
            return
        self._asked = None
        ends = not self._persistent or self._doorway.draining
        close = b"connection: close\r\n\r\n" if ends else b"\r\n"
        self._transport.write(b"".join((STATUS_LINES[answer.status], self._doorway.date, answer.head, close, answer.body)))
        if ends:
            self._transport.close()
            return
        self._since = time.monotonic()
        if not self._full:
            self._go_on()

    def _go_on(self) -> None:
        """With what was sent meanwhile."""
        if self._held:
            self._next()
        else:
            self._transport.resume_reading()

    def _refuse(self, error: HuitongError, status: int) -> None:
        """Says what is wrong with a request that is not whole, and ends the connection."""
        self._persistent, self._asked = False, (self._doorway.hot, 0)
        self._doorway.hot.refusals.count(*(("", "") if self._head is None else (self._head.method, self._head.path)), status, error.code)
        self._answer(refusal_of(error, status, header_in(bytes(self._held), b"accept-language")))

    def _pass_through(self, head: _Head) -> None:
        if not self._count(len(self._held)):
            self._refuse(crowded(PARTS_BYTES_MAX), 429)
            return
        first, self._held = bytes(self._held), b""
        path = self._doorway.folder / PASSED_SOCKET
        self._tunnel = Tunnel(path, self._transport, first, head.wait_ms / 1_000, lambda: self._count(0), self._doorway.hot.refusals)

    def look(self, now: float) -> None:
        """Ends it, if it has been idle, has been sending one request or has been waiting for a bank that is away for too long."""
        if self._tunnel is not None and self._doorway.hot.gone:
            self._tunnel.look(now)
        if self._tunnel is not None or self._asked is not None:
            return
        waited = now - self._since
        if self._held and waited > REQUEST_SECONDS_MAX:
            self._refuse(slow(), 408)
        elif not self._held and (waited > IDLE_SECONDS or self._doorway.draining):
            self._transport.close()


def connections_of(doorway: Doorway) -> Callable[[], Connection]:
    """Makes connections."""
    return lambda: Connection(doorway)
