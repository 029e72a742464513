"""Callers that drip: each is told after its time, or its connection ends, and nobody else waits for them."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from huitong.app import Bank
from huitong.app.server import Served
from huitong.fronts.connection import Doorway, connections_of
from huitong.fronts.front import _look
from huitong.fronts.link import Link
from huitong.kernel import LANGUAGES
from tests.app.small_world import clock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: httptools is not there on Windows")
SECONDS = 1.0
HEAD = b"POST %b HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 300\r\n"
PATHS = (b"/v1/decisions", b"/v1/events")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("app.patience.REQUEST_SECONDS_MAX", "api.reading.BODY_SECONDS_MAX", "fronts.connection.REQUEST_SECONDS_MAX"):
        monkeypatch.setattr(f"huitong.{name}", SECONDS)
    monkeypatch.setattr("huitong.fronts.connection.IDLE_SECONDS", SECONDS)
    monkeypatch.setattr("huitong.fronts.front.LOOK_SECONDS", 0.1)


@contextmanager
def bank_at(trained_bank: Path, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Where the small bank is served by itself."""
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    with Bank(root, clock=clock(), threads=2) as bank, Served(bank, policy="small") as address:
        host, _, port = address.removeprefix("http://").partition(":")
        yield host, int(port)


def dripped(place: tuple[str, int], at_once: bytes, then: bytes) -> tuple[bytes, float]:
    """What is heard of a request whose rest comes byte by byte, and after how long."""
    with socket.create_connection(place, timeout=60) as caller:
        began, heard = time.monotonic(), b""
        caller.sendall(at_once)
        caller.settimeout(0.05)
        for place_of in range(10_000):
            try:
                if place_of < len(then):
                    caller.sendall(then[place_of : place_of + 1])
                part = caller.recv(65_536)
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
            heard += part
            if not part:
                break
        return heard, time.monotonic() - began


def told_slow(heard: bytes) -> None:
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 "), heard[:200]
    told = msgspec.json.decode(body)
    assert told["code"] == "http.slow"
    assert all(told[part][language] for part in ("cause", "remedy") for language in LANGUAGES)


@pytest.mark.usefixtures("hurried")
def test_a_head_or_a_body_that_drips_is_told_after_its_time(trained_bank: Path, tmp_path: Path) -> None:
    with bank_at(trained_bank, tmp_path) as place:
        for path in PATHS:
            head = HEAD % path
            for at_once, then in ((head[:20], head[20:] * 9), (head + b"\r\n", b""), (head + b"\r\n", b" " * 299)):
                heard, seconds = dripped(place, at_once, then)
                told_slow(heard)
                assert 0.9 * SECONDS <= seconds < 20 * SECONDS


@pytest.mark.usefixtures("hurried")
def test_a_connection_that_says_nothing_ends_and_one_that_is_used_lives_longer(trained_bank: Path, tmp_path: Path) -> None:
    with bank_at(trained_bank, tmp_path) as place:
        assert dripped(place, b"", b"")[0] == b""
        with socket.create_connection(place, timeout=60) as caller:
            for _ in range(4):
                time.sleep(SECONDS / 2)
                caller.sendall(b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
                assert caller.recv(65_536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.usefixtures("hurried")
def test_a_front_waits_no_longer(tmp_path: Path) -> None:
    async def heard_of(at_once: bytes, then: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        doorway = Doorway(tmp_path, Link(tmp_path / "calls"), Link(tmp_path / "calls"))
        looking = loop.create_task(_look(doorway))
        async with await loop.create_server(connections_of(doorway), "127.0.0.1", 0) as server:
            heard, _ = await asyncio.to_thread(dripped, server.sockets[0].getsockname()[:2], at_once, then)
        looking.cancel()
        for link in (doorway.hot, doorway.rest):
            await link.close()
        return heard

    for path in PATHS:
        head = HEAD % path
        for at_once, then in ((head[:20], head[20:] * 9), (head + b"\r\n", b""), (head + b"\r\n", b" " * 299)):
            told_slow(asyncio.run(heard_of(at_once, then)))
    assert asyncio.run(heard_of(b"", b"")) == b"", "one that says nothing ends"
