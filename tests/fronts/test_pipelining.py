"""Callers who send requests before the answers are there: asked one after another, and little is taken beyond the one that is asked."""

import asyncio
import os
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.fronts.connection import Doorway, connections_of
from huitong.fronts.frames import Answer, Frames, decode_asked, frame_of
from huitong.fronts.link import Link

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no Unix sockets on Windows")
Place = tuple[str, int]
NUMBER = 10_000
REQUESTS = b"".join(b"GET /v1/%06d HTTP/1.1\r\nhost: a\r\nx: %b\r\n\r\n" % (one, b"x" * 300) for one in range(NUMBER))
BODY = b"x" * 700
PIECE = 262_144
"""What a connection takes in at once."""


class Answering(asyncio.Protocol):
    """A bank that answers at once with the path that was asked for."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self._transport, asyncio.WriteTransport)
        for content in self._frames.feed(data):
            head = b"asked: %b\r\ncontent-length: 700\r\n"
            self._transport.write(frame_of([Answer(one.number, 200, head % one.path.encode(), BODY) for one in decode_asked(content)]))


def fronted(folder: Path, caller: Callable[[Place], None]) -> tuple[int, int]:
    """Lets a caller at a front of such a bank; the most bytes that the front held of requests, and of answers that were not taken."""

    async def live() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        requests, answers = [0], [0]
        async with await loop.create_unix_server(Answering, str(folder / "calls")):
            doorway = Doorway(folder, Link(folder / "calls"), Link(folder / "calls"))
            async with await loop.create_server(connections_of(doorway), "127.0.0.1", 0) as server:
                calling = loop.run_in_executor(None, caller, server.sockets[0].getsockname()[:2])
                while not calling.done():
                    requests.append(doorway.parts_bytes)
                    answers += [one._transport.get_write_buffer_size() for one in doorway.connections]
                    await asyncio.sleep(0)
                await calling
                while doorway.connections:
                    await asyncio.sleep(0.01)
            for link in (doorway.hot, doorway.rest):
                await link.close()
        assert doorway.parts_bytes == 0
        return max(requests), max(answers)

    return asyncio.run(live())


def sent_and_heard(connection: socket.socket, *, after_seconds: float = 0) -> bytes:
    """Sends all requests without waiting for an answer; all answers, which are not taken before a while has passed."""
    connection.setblocking(False)
    sent, heard, size, since = 0, bytearray(), 0, time.monotonic()
    while not size or len(heard) < NUMBER * size:
        listens = time.monotonic() > since + after_seconds
        ready, free, _ = select.select([connection] if listens else [], [connection] if sent < len(REQUESTS) else [], [], 0.1)
        if free:
            sent += connection.send(REQUESTS[sent : sent + PIECE])
        if ready:
            heard += connection.recv(PIECE)
            size = heard.find(BODY) + len(BODY) if BODY in heard[:2_000] else 0  # all answers have one
    return bytes(heard)


def test_what_is_sent_ahead_is_answered_in_its_order_and_taken_only_as_it_is_asked(tmp_path: Path) -> None:
    def caller(place: Place) -> None:
        with socket.create_connection(place, timeout=60) as connection:
            heard = sent_and_heard(connection)
        assert [int(part[:6]) for part in heard.split(b"asked: /v1/")[1:]] == list(range(NUMBER))

    requests, _ = fronted(tmp_path, caller)
    assert requests <= 2 * PIECE


def test_nothing_more_is_asked_for_who_leaves_the_answers_lying_and_all_is_once_they_are_taken(tmp_path: Path) -> None:
    def caller(place: Place) -> None:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            connection.connect(place)
            heard = sent_and_heard(connection, after_seconds=1.5)
        assert [int(part[:6]) for part in heard.split(b"asked: /v1/")[1:]] == list(range(NUMBER))

    requests, answers = fronted(tmp_path, caller)
    assert requests <= 2 * PIECE
    assert answers <= PIECE


def test_a_caller_that_goes_away_with_requests_open_leaves_nothing_behind(tmp_path: Path) -> None:
    def caller(place: Place) -> None:
        with socket.create_connection(place, timeout=30) as connection:
            connection.sendall(REQUESTS[:PIECE])
            assert connection.recv(1)

    fronted(tmp_path, caller)
