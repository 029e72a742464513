"""A front's way to the bank, which ends and is made again."""

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest

from huitong.fronts.frames import Answer, Asked, Frames, decode_asked, frame_of
from huitong.fronts.link import Held, Link

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no Unix sockets on Windows")
CUT = 50


def answering_at_last(listening: socket.socket) -> None:
    """A bank that ends many connections at once, so that what is first written to some of them fails, and answers over the one after."""
    for _ in range(CUT):
        listening.accept()[0].close()
    connection, _ = listening.accept()
    with connection:
        frames = Frames()
        while data := connection.recv(65_536):
            for content in frames.feed(data):
                connection.sendall(frame_of([Answer(one.number, 200, b"", b"") for one in decode_asked(content)]))


def test_a_way_that_is_cut_as_it_is_made_is_made_again_until_what_is_open_is_answered(tmp_path: Path) -> None:
    async def live(listening: socket.socket) -> int:
        loop = asyncio.get_running_loop()
        bank = loop.run_in_executor(None, answering_at_last, listening)
        link = Link(tmp_path / "calls")
        answered: asyncio.Future[Answer] = loop.create_future()
        asked = Asked(link.next_number(), "GET", "/v1/x", b"", [], b"", ("a", 1), ("b", 2), time.perf_counter_ns())
        assert link.ask(Held(asked, answered.set_result, 2**62, limited=False, size=10)) is None
        try:
            return (await asyncio.wait_for(answered, 20)).status
        finally:
            await link.close()
            listening.shutdown(socket.SHUT_RDWR)
            await asyncio.wait([bank])

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "calls"))
        listening.listen(CUT)
        assert asyncio.run(live(listening)) == 200
