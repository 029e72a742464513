"""Batches that come all at once: what there is room for is taken in, who else comes is told to come again, and no room is lost."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from huitong.api.reading import BATCH_BYTES_MAX
from huitong.api.room import BYTES_MAX, Place, Room
from huitong.app import Bank
from huitong.app.server import Served
from huitong.kernel import LANGUAGES, BusyError
from tests.api.conftest import EVENT
from tests.app.small_world import clock

LINES = {"content-type": "application/x-ndjson"}
PATHS = ("/v1/decisions/batch", "/v1/events", "/v1/feedback")
KIB = 1024


@dataclass(frozen=True)
class House:
    """A small bank served by itself, with its room for large bodies."""

    room: Room
    client: httpx.Client
    place: tuple[str, int]


@pytest.fixture
def house(trained_bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    room = Room(bodies_max=64, bytes_max=1024 * KIB)
    monkeypatch.setattr("huitong.api.doors.Room", lambda: room)
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small") as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        host, _, port = address.removeprefix("http://").partition(":")
        yield House(room, client, (host, int(port)))


def until(reached: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if reached():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def lines(run: str, rows: int) -> bytes:
    return b"\n".join(msgspec.json.encode(EVENT | {"id": f"{run}-{row}"}) for row in range(rows))


def head(path: str, size: int) -> bytes:
    said = f"POST {path} HTTP/1.1", "host: localhost", f"content-type: {LINES['content-type']}", f"content-length: {size}"
    return "\r\n".join((*said, "", "")).encode()


def begun(house: House, path: str, size: int) -> socket.socket:
    """A request of which nothing came but its head, which declares a body."""
    caller = socket.create_connection(house.place, timeout=30)
    caller.sendall(head(path, size))
    return caller


def refused(answer: httpx.Response, language: str = "en") -> None:
    said = answer.json()
    assert (answer.status_code, said["code"], answer.headers["retry-after"]) == (429, "http.bulk.full", "1")
    assert answer.headers["content-language"] == language
    assert all(said[part][one] for part in ("cause", "remedy") for one in LANGUAGES)


def test_room_holds_two_of_the_largest() -> None:
    assert BYTES_MAX == 2 * BATCH_BYTES_MAX
    room = Room()
    places = [Place(room) for _ in range(3)]
    for place in places[:2]:
        place.take(BATCH_BYTES_MAX)
    with pytest.raises(BusyError):
        places[2].take(1)
    for place in places:
        place.leave()
    assert (room.bodies, room.bytes) == (0, 0)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_beyond_the_room_is_told_so_before_it_is_sent_and_room_comes_back_when_callers_go(house: House, path: str) -> None:
    with ExitStack() as callers:
        large = [callers.enter_context(begun(house, path, 500 * KIB)) for _ in range(2)]
        until(lambda: house.room.bodies == 2)
        for language in LANGUAGES:
            with begun(house, path, 500 * KIB) as third:
                third.settimeout(10)
                assert third.recv(KIB).startswith(b"HTTP/1.1 429 "), "nothing of its body was sent"
            refused(house.client.post(path, content=b" " * 500 * KIB, headers=LINES | {"accept-language": language}), language)
        small = house.client.post(path, content=b"\n", headers=LINES)
        assert small.status_code == 200, "what there is room for goes on"
        for caller in large:
            caller.close()
    until(lambda: house.room.bodies == 0)
    assert house.room.bytes == 0
    assert house.client.post(path, content=b"\n" * 500 * KIB, headers=LINES).status_code == 200
    figures = house.client.get("/metrics").text
    assert 'huitong_errors_total{code="http.bulk.full"} 4.0' in figures
    assert f'huitong_requests_total{{method="POST",route="{path}",status="429"}} 4.0' in figures


def test_a_body_that_declares_nothing_has_the_room_that_there_is(house: House) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"\n" * 64 * KIB

    refused(house.client.post(PATHS[0], content=pieces(), headers=LINES))
    assert (house.room.bodies, house.room.bytes) == (0, 0)


def test_a_request_that_fails_gives_its_room_back(house: House) -> None:
    for content, headers, status in (
        (b"nonsense", {"content-type": "application/vnd.apache.arrow.stream"}, 400),
        (b"\n", LINES | {"deadline-ms": "soon"}, 400),
        (b"\n" * 200_000 + b"x\n" * 100_001, LINES, 413),
    ):
        assert house.client.post(PATHS[0], content=content, headers=headers).status_code == status
        until(lambda: (house.room.bodies, house.room.bytes) == (0, 0))
    assert house.client.post(f"{PATHS[0]}?policy=nobody", content=lines("none", 1), headers=LINES).status_code == 404
    until(lambda: (house.room.bodies, house.room.bytes) == (0, 0))


def test_many_small_batches_at_once_are_all_decided_and_of_too_many_some_come_again(house: House) -> None:
    def asked(number: int) -> int:
        answer = httpx.post(f"{house.client.base_url}{PATHS[0]}", content=lines(f"small-{number}", 5), headers=LINES, timeout=120)
        assert answer.status_code == 429 or len(answer.text.splitlines()) == 5
        return answer.status_code

    with ThreadPoolExecutor(48) as pool:
        assert set(pool.map(asked, range(48))) == {200}
        house.room.bodies_max = 3
        found = list(pool.map(asked, range(48)))
    assert found.count(200) >= 3
    assert set(found) <= {200, 429}
    until(lambda: (house.room.bodies, house.room.bytes) == (0, 0))


def test_who_leaves_an_answer_unread_keeps_no_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.api.room.UNREAD_SECONDS_MAX", 0.5)
    body = b"x\n" * 40_000  # each line is answered by a problem document
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
        caller.connect(house.place)
        caller.sendall(head(PATHS[0], len(body)) + body)
        until(lambda: house.room.bodies == 1)
        until(lambda: house.room.bodies == 0)
    assert house.room.bytes == 0
