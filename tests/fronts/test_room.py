"""What a front holds of its callers' requests: little of each, little of all, and nothing of a body that the bank has to let in first."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec
import pytest

from huitong.fronts.connection import BODY_BYTES_MAX, Doorway, connections_of
from huitong.fronts.frames import PASSED_SOCKET
from huitong.fronts.link import Link

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no Unix sockets on Windows")
Place = tuple[str, int]
HEAD = b"POST /v1/events HTTP/1.1\r\nhost: localhost\r\ndeadline-ms: 100\r\ncontent-length: %d\r\n\r\n"


def fronted(folder: Path, callers: Callable[[Place], None]) -> int:
    """Lets callers at a front of a bank that takes nothing but connections; how many bytes the front holds in the end."""

    async def live() -> int:
        doorway = Doorway(folder, Link(folder / "calls"), Link(folder / "calls"))
        async with await asyncio.get_running_loop().create_server(connections_of(doorway), "127.0.0.1", 0) as server:
            await asyncio.to_thread(callers, server.sockets[0].getsockname()[:2])
            while doorway.connections:
                await asyncio.sleep(0.01)
        for link in (doorway.hot, doorway.rest):
            await link.close()
        return doorway.parts_bytes

    return asyncio.run(live())


def told(caller: socket.socket) -> tuple[int, str]:
    """Status and code of a refusal."""
    heard = b""
    while b"\r\n\r\n" not in heard or not heard.endswith(b"}"):
        part = caller.recv(65_536)
        assert part, heard
        heard += part
    head, _, body = heard.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), msgspec.json.decode(body)["code"]


def test_parts_of_requests_have_room_up_to_a_bound_and_whole_ones_need_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.fronts.connection.PARTS_BYTES_MAX", 60_000)

    def callers(place: Place) -> None:
        with ExitStack() as open_ones:
            first, second, third, whole = (open_ones.enter_context(socket.create_connection(place, timeout=30)) for _ in range(4))
            first.sendall(HEAD % 30_000 + b" " * 29_999)
            second.sendall(HEAD % 30_000 + b" " * 29_000)
            third.sendall(HEAD % 30_000 + b" " * 20_000)
            assert told(third) == (429, "fronts.full")
            whole.sendall(HEAD % 30_000 + b" " * 30_000)
            assert told(whole) == (503, "fronts.away"), "it is asked"
            first.sendall(b" ")
            assert told(first) == (503, "fronts.away")

    assert fronted(tmp_path, callers) == 0


@pytest.mark.parametrize("sent", [0, 10_000])
def test_a_large_body_goes_to_the_bank_before_it_is_there(tmp_path: Path, sent: int) -> None:
    def callers(place: Place) -> None:
        with socket.socket(socket.AF_UNIX) as bank, socket.create_connection(place, timeout=30) as caller:
            bank.bind(str(tmp_path / PASSED_SOCKET))
            bank.listen()
            request = HEAD % (BODY_BYTES_MAX + 1) + b" " * sent
            caller.sendall(request)
            passed, _ = bank.accept()
            with passed:
                heard = b""
                while not heard.endswith(request):
                    heard += passed.recv(65_536)
                passed.sendall(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
                assert caller.recv(65_536).startswith(b"HTTP/1.1 401 ")

    assert fronted(tmp_path, callers) == 0


@pytest.mark.parametrize("together", [True, False])
def test_a_head_beyond_its_limit_is_refused_also_with_its_end(tmp_path: Path, together: bool) -> None:
    def heard(place: Place, head: bytes) -> tuple[int, str] | None:
        """``None`` where the system threw the answer away, as it may where more was sent than was read."""
        with socket.create_connection(place, timeout=30) as caller, suppress(ConnectionResetError, BrokenPipeError):
            caller.sendall(head if together else head[:60_000])
            caller.sendall(b"" if together else head[60_000:])
            return told(caller)
        return None

    def callers(place: Place) -> None:
        for size, code in ((60_000, (503, "fronts.away")), (66_000, (400, "http.header")), (70_000, (400, "http.header"))):
            head = b"GET /v1/health HTTP/1.1\r\ndeadline-ms: 100\r\nx: %b\r\n\r\n" % (b"x" * size)
            assert next(filter(None, (heard(place, head) for _ in range(20))), None) == code

    assert fronted(tmp_path, callers) == 0


def answer_and_close(folder: Path, answer: bytes, stop: threading.Event) -> None:
    """A bank that reads the head of each request, answers, and closes at once, whatever more there is to read."""
    with socket.socket(socket.AF_UNIX) as bank:
        bank.bind(str(folder / PASSED_SOCKET))
        bank.listen()
        bank.settimeout(0.05)
        while not stop.is_set():
            with suppress(TimeoutError):
                caller, _ = bank.accept()
                with caller:
                    caller.recv(4_096)
                    caller.sendall(answer)


@pytest.mark.parametrize("pause_s", [0.0, 0.05])
def test_who_is_refused_before_the_whole_body_is_there_hears_that_and_nothing_else(tmp_path: Path, pause_s: float) -> None:
    body = b'{"code":"no.way"}'
    answer = b"HTTP/1.1 403 \r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    size = 4 * BODY_BYTES_MAX
    stop, heard = threading.Event(), list[bytes]()
    bank = threading.Thread(target=answer_and_close, args=(tmp_path, answer, stop))
    bank.start()

    def callers(place: Place) -> None:
        for _ in range(20):
            with socket.create_connection(place, timeout=30) as caller:
                caller.sendall(HEAD % size)
                for _ in range(8):
                    time.sleep(pause_s)
                    with suppress(OSError):  # closed by now
                        caller.sendall(b" " * (size // 8))
                text = b""
                with suppress(OSError):
                    while part := caller.recv(65_536):
                        text += part
                heard.append(text)

    try:
        fronted(tmp_path, callers)
    finally:
        stop.set()
        bank.join()
    assert {text for text in heard if text} == {answer}, "where a caller goes on sending the kernel may drop what it was sent"
