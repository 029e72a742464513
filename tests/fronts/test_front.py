"""A front whose bank is away, and callers that are slow or send too much."""

import base64
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from huitong.fronts.frames import PASSED_SOCKET
from huitong.fronts.front import FrontSpec
from huitong.fronts.sockets import sockets_at
from huitong.kernel import LANGUAGES, ExternalError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no shared sockets on Windows")
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def front(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]", int]]:
    """A front of a bank that is not there: its address, its process, and the end of the pipe that keeps it alive."""
    (listening,) = sockets_at("127.0.0.1", 0, 1)
    lifeline, alive = os.pipe()
    heard, pulse = os.pipe()
    spec = msgspec.json.encode(FrontSpec(str(folder), listening.fileno(), lifeline, pulse)).decode()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    numbers = (listening.fileno(), lifeline, pulse)
    with listening, subprocess.Popen([sys.executable, "-m", "huitong.fronts.front", spec], pass_fds=numbers, env=environment) as process:
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", process, alive
        finally:
            for number in (lifeline, heard, pulse):
                os.close(number)
            process.kill()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with front(tmp_path_factory.mktemp("nobody")) as (address, _, alive):
        yield address
        os.close(alive)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/events", "/page"])
def test_while_the_bank_is_away_a_request_is_held_until_its_deadline_and_then_told_when_to_come_again(
    address: str, path: str, language: str
) -> None:
    headers = {"deadline-ms": "150", "accept-language": language, "content-type": "application/json"}
    answer = httpx.post(address + path, content=b'{"id": "E-1"}', headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["content-language"]) == (503, "2", language)
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (said["code"], said["status"], said["type"]) == ("fronts.away", 503, "urn:huitong:problem:fronts.away")
    assert all(said["cause"][one] and said["remedy"][one] for one in LANGUAGES)
    assert said["cause"][language] in said["detail"]


@pytest.fixture(scope="module")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a front whose bank takes connections and never says anything."""
    folder = tmp_path_factory.mktemp("hanging")
    with socket.socket(socket.AF_UNIX) as passed, front(folder) as (address, _, alive):
        passed.bind(str(folder / PASSED_SOCKET))
        passed.listen()
        yield address
        os.close(alive)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("where", ["address", "hanging"])
def test_who_waits_for_a_page_of_a_bank_that_is_away_or_hangs_reads_that_it_starts_again(
    request: pytest.FixtureRequest, where: str, language: str
) -> None:
    place: str = request.getfixturevalue(where)
    headers = {"deadline-ms": "150", "accept-language": language, "accept": "text/html,*/*;q=0.8"}
    answer = httpx.get(place + "/decisions", headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["content-language"]) == (503, "2", language)
    assert answer.headers["content-type"].startswith("text/html")
    said = answer.text
    order = sorted(("服务正在重新启动", "The service is starting again"), key=said.rindex)
    assert order[0] == {"zh": "服务正在重新启动", "en": "The service is starting again"}[language], "their own language first"
    assert '<meta http-equiv="refresh" content="2">' in said
    style = said.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"], "the browser takes the page's style"


def test_what_was_sent_to_a_bank_that_hangs_is_not_sent_again_by_itself(hanging: str) -> None:
    headers = {"deadline-ms": "150", "accept-language": "en"}
    page = httpx.post(hanging + "/sign-in", data={"user": "x"}, headers={**headers, "accept": "text/html"}, timeout=30)
    assert (page.status_code, "http-equiv" in page.text) == (503, False)
    assert "not known" in page.text
    told = httpx.post(hanging + "/act/case.note", data={"note": "x"}, headers=headers, timeout=30)
    assert (told.status_code, told.json()["code"]) == (503, "fronts.away")


def test_headers_without_end_are_refused(address: str) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as caller:
        caller.sendall(b"GET /v1/health HTTP/1.1\r\nx: " + b"x" * 70_000)
        heard = b""
        while part := caller.recv(65_536):
            heard += part
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in heard


@pytest.mark.parametrize("how", ["signal", "supervisor"])
def test_a_front_ends_when_it_is_told_to_and_when_its_supervisor_is_gone(tmp_path: Path, how: str) -> None:
    with front(tmp_path) as (address, process, alive):
        assert httpx.get(address + "/v1/health", headers={"deadline-ms": "1"}, timeout=30).status_code == 503
        if how == "signal":
            process.send_signal(signal.SIGTERM)
        else:
            os.close(alive)
        assert process.wait(timeout=60) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(address + "/v1/health", headers={"deadline-ms": "1"}, timeout=1)
        if how == "signal":
            os.close(alive)


def test_an_address_that_is_taken_is_refused_whether_its_connections_are_shared_or_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        for count in (1, 2):
            with pytest.raises(ExternalError) as refused:
                sockets_at("127.0.0.1", other.getsockname()[1], count)
            assert refused.value.code == "fronts.address"
    first = sockets_at("127.0.0.1", 0, 2)
    port = first[0].getsockname()[1]
    with pytest.raises(ExternalError):
        sockets_at("127.0.0.1", port, 2)
    for one in first:
        assert one.getsockname()[1] == port
        one.close()
