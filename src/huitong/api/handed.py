"""The bank's end of the ways from its fronts: requests come in frames, and answers go back with all others of the same turn of the loop."""

import asyncio
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from huitong.api.doors import ARRIVED, Authenticate
from huitong.api.hot import HandedDecisions, told_of
from huitong.api.journal import request_id_of
from huitong.api.service import Service
from huitong.fronts.answers import header_lines
from huitong.fronts.frames import BEAT_SECONDS, HOT, LINKS_OF_A_FRONT, Answer, Asked, Frames, decode_asked, frame_of
from huitong.fronts.refusals import NO_REQUEST

_ASGI = {"version": "3.0", "spec_version": "2.3"}
_BODILESS = (204, 304)


class FrontLinks:
    """All connections of fronts.

    Args:
        service: What a bank does for systems.
        authenticate: Tells who calls.
        application: Answers whatever is not one decision.
    """

    def __init__(self, service: Service, authenticate: Authenticate, application: ASGIApp) -> None:
        self.decisions = HandedDecisions(service, authenticate)
        self.application = application
        self.open: set[FrontLink] = set()
        self.first: Callable[[], None] = lambda: None
        """Called once, when the first front is there."""
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self) -> "FrontLink":
        """A connection of a front, for the loop's server."""
        return FrontLink(self)

    def through(self, asked: Asked, done: Callable[[Answer], None]) -> None:
        """Has the application answer a request."""
        task = asyncio.get_running_loop().create_task(_answered(self.application, asked, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def fronts(self) -> int:
        """How many fronts there are."""
        return -(-len(self.open) // LINKS_OF_A_FRONT)

    async def gone(self, seconds: float) -> None:
        """Waits until all fronts have gone, which they do once all that they accepted is answered.

        Args:
            seconds: Longest wait.
        """
        until = asyncio.get_running_loop().time() + seconds
        while self.open and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        for link in list(self.open):
            link.close()


class FrontLink(asyncio.Protocol):
    """A connection of one front.

    Args:
        links: All of them.
    """

    def __init__(self, links: FrontLinks) -> None:
        self._links = links
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._out: list[Answer] = []
        self._transport: asyncio.WriteTransport | None = None
        self._beats: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A front is there."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._links.open.add(self)
        self._beat()
        first, self._links.first = self._links.first, lambda: None
        first()

    def connection_lost(self, _: Exception | None) -> None:
        """A front has gone, and with it whoever waited there."""
        self._transport = None
        if self._beats is not None:
            self._beats.cancel()
        self._links.open.discard(self)

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Takes requests."""
        for content in self._frames.feed(data):
            for asked in decode_asked(content):
                if asked.number == NO_REQUEST:
                    self._links.decisions.refused(asked)
                elif (asked.method, asked.path) == HOT:
                    self._links.decisions.take(asked, self._answer)
                else:
                    self._links.through(asked, self._answer)

    def _beat(self) -> None:
        """Says that the loop turns."""
        if self._transport is not None:
            self._transport.write(frame_of([]))
        self._beats = self._loop.call_later(BEAT_SECONDS, self._beat)

    def _answer(self, answer: Answer) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(answer)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None:
            self._transport.write(frame_of(out))


async def _answered(application: ASGIApp, asked: Asked, done: Callable[[Answer], None]) -> None:
    """Has an application answer a request as a server would."""
    scope: Scope = {
        "type": "http",
        "asgi": _ASGI,
        "http_version": "1.1",
        "server": asked.server,
        "client": asked.client,
        "scheme": "http",
        "root_path": "",
        "headers": list(asked.headers),
        "state": {},
        "method": asked.method,
        "path": unquote(asked.path) if "%" in asked.path else asked.path,
        "raw_path": asked.path.encode("latin-1"),
        "query_string": asked.query,
        ARRIVED: asked.arrived_ns,
    }
    given: list[Message] = [{"type": "http.request", "body": asked.body, "more_body": False}]
    status, lines, parts = 500, b"", list[bytes]()

    async def receive() -> Message:
        if not given:  # that the caller has gone is the front's to know
            await asyncio.get_running_loop().create_future()
        return given.pop()

    async def send(message: Message) -> None:
        nonlocal status, lines
        if message["type"] == "http.response.start":
            status, pairs = message["status"], [(name.lower(), value) for name, value in message.get("headers", ())]
            lines = header_lines(pairs)
        else:
            parts.append(message.get("body", b""))

    try:
        await application(scope, receive, send)
    except Exception as error:
        done(told_of(asked, error, request_id_of(scope))[0])
        return
    body = b"".join(parts)
    if b"content-length: " not in lines and status not in _BODILESS:
        lines += b"content-length: %d\r\n" % len(body)
    done(Answer(asked.number, status, lines, body))
