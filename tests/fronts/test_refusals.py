"""What a front refuses by itself is told to the bank, which counts it."""

import asyncio
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from huitong.api.hot import HandedDecisions
from huitong.api.meter import RequestMeter
from huitong.fronts.answers import HEAD_BYTES_MAX
from huitong.fronts.connection import Doorway, connections_of
from huitong.fronts.frames import Frames, decode_asked, frame_of
from huitong.fronts.link import Link
from huitong.fronts.refusals import Refusals, Refused, refused_in

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no Unix sockets on Windows")
NAMED = "/v1/decisions/whose-payment"


def test_refusals_are_counted_by_the_bank_and_name_nobody() -> None:
    refusals, meter = Refusals(), RequestMeter()
    desk = HandedDecisions(cast("Any", SimpleNamespace(requests=meter)), cast("Any", None))
    for method, path in (("POST", "/v1/decisions"), ("POST", "/v1/decisions"), ("GET", NAMED), ("", ""), ("BREW", NAMED)):
        refusals.count(method, path, 503, "fronts.away")
    told = refusals.taken()
    assert told is not None
    assert refusals.taken() is None
    content = frame_of([told])
    assert NAMED.encode() not in content
    (asked,) = decode_asked(content[4:])
    desk.refused(asked)
    counts = {("POST", "/v1/decisions", 503): 2, ("GET", "-", 503): 1, ("other", "-", 503): 2}
    assert meter.counts() == (counts, {"fronts.away": 5})


def test_a_front_tells_the_bank_what_it_refused_also_while_that_was_away(tmp_path: Path) -> None:
    async def live() -> list[Refused]:
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[list[Refused]] = loop.create_future()

        class Bank(asyncio.Protocol):
            """The bank's end of a front's way."""

            def __init__(self) -> None:
                self._frames = Frames()

            def data_received(self, data: bytes) -> None:
                asked = [one for content in self._frames.feed(data) for one in decode_asked(content)]
                found = [one for told in asked for one in refused_in(told)]
                if found and not heard.done():
                    heard.set_result(found)

        def refused(place: tuple[str, int]) -> bytes:
            with socket.create_connection(place, timeout=30) as caller:
                caller.sendall(b"GET /v1/health HTTP/1.1\r\nx: " + b"x" * HEAD_BYTES_MAX)
                return caller.recv(16)

        refusals = Refusals()
        doorway = Doorway(tmp_path, Link(tmp_path / "calls", refusals), Link(tmp_path / "calls", refusals))
        async with await loop.create_server(connections_of(doorway), "127.0.0.1", 0) as server:
            assert (await asyncio.to_thread(refused, server.sockets[0].getsockname()[:2])).startswith(b"HTTP/1.1 400 ")
            async with await loop.create_unix_server(Bank, str(tmp_path / "calls")):
                found = await asyncio.wait_for(heard, 20)
                for link in (doorway.hot, doorway.rest):
                    await link.close()
        return found

    assert asyncio.run(live()) == [Refused("", "", 400, "http.header", 1)]
