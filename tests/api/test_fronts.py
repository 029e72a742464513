"""Fronts before a bank: what is killed comes back, nothing acknowledged is lost or doubled, and answers are those of the bank itself."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from tests.api.conftest import EVENT
from tests.api.serving import JSON, Callers, killed, processes_under, served, there

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no shared sockets on Windows")
BANK, FRONT, WRITER = "huitong.cli.behind", "huitong.fronts.front", "huitong.store.apart.process"


@pytest.fixture
def root(trained_bank: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_bank / "bank", tmp_path / "bank")


def test_bank_and_front_killed_under_load_are_back_by_themselves_and_nothing_is_lost_or_doubled(root: Path) -> None:
    with served(root, "--no-console", "--fronts", "2") as (process, address):
        callers = Callers(address, "front", again=True)
        callers.wait_for(60)
        killed(processes_under(process.pid, FRONT)[0])
        callers.wait_for(len(callers.told) + 60)
        assert callers.broken > 0, "whoever was connected there had to connect again"
        broken, (bank,) = callers.broken, processes_under(process.pid, BANK)
        killed(bank)
        callers.wait_for(len(callers.told) + 60)
        assert processes_under(process.pid, BANK) != [bank]
        assert len(processes_under(process.pid, FRONT)) == 2
        assert callers.broken == broken, "fronts hold what is asked until the bank is back"
        process.send_signal(signal.SIGTERM)
        callers.again = False
        callers.join()
        assert process.wait(timeout=60) == 0
    events, decisions = there(root)
    assert max(events.values()) == 1
    assert callers.told == decisions, "who was answered was decided once, who was not was not decided"


def test_the_process_that_writes_killed_under_load_is_back_by_itself_and_nothing_is_lost_or_doubled(root: Path) -> None:
    with served(root, "--no-console", "--fronts", "1") as (process, address):
        callers = Callers(address, "writer", again=True, patient=True)
        callers.wait_for(60)
        (bank,) = processes_under(process.pid, BANK)
        (writer,) = processes_under(bank, WRITER)
        killed(writer)
        callers.wait_for(len(callers.told) + 60)
        assert processes_under(bank, WRITER) not in ([], [writer])
        assert callers.broken == 0, "no connection ends for it"
        killed(bank)
        callers.wait_for(len(callers.told) + 60)
        callers.end()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    events, decisions = there(root)
    assert max(events.values()) == 1
    assert callers.told == decisions, "who was told to send again did so"


def answered(address: str, event: dict[str, object]) -> httpx.Response:
    """The answer to an event that is sent again as long as its connection ends without one."""
    for _ in range(10):
        with suppress(httpx.TransportError):
            return httpx.post(address, json=event, timeout=60)
    raise AssertionError("no connection came to an answer")


def test_a_bank_that_hangs_under_load_is_started_again_and_nothing_is_lost_or_doubled(root: Path) -> None:
    with (root / "bank.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[service]\nhung_seconds = 12\n")
    with served(root, "--no-console", "--fronts", "2") as (process, address):
        callers = Callers(address, "hung", again=True)
        callers.wait_for(60)
        (bank,), fronts = processes_under(process.pid, BANK), processes_under(process.pid, FRONT)
        os.kill(bank, signal.SIGSTOP)
        told = len(callers.told)
        impatient = EVENT | {"id": "impatient", "customer": "C99", "account": "A99"}
        answer = httpx.post(f"{address}/v1/decisions", json=impatient, headers={"deadline-ms": "300"}, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (503, "fronts.away"), "a bank that says nothing is away"
        assert int(answer.headers["retry-after"]) > 0
        assert processes_under(process.pid, BANK) == [bank], "the caller heard it before the supervisor lost patience"
        assert len(callers.told) <= told + 8, "each caller may have had one answer on its way"
        callers.wait_for(told + 60)
        assert processes_under(process.pid, BANK) not in ([], [bank])
        counted = ""
        for _ in range(300):
            counted = httpx.get(f"{address}/metrics", timeout=60).text
            if "fronts.away" in counted:
                break
            time.sleep(0.1)
        assert 'huitong_errors_total{code="fronts.away"} 1.0' in counted, "the bank hears of what was refused while it was away"
        assert 'huitong_requests_total{method="POST",route="/v1/decisions",status="503"} 1.0' in counted
        os.kill(fronts[0], signal.SIGSTOP)
        again = answered(f"{address}/v1/decisions", impatient)
        assert again.status_code == 200
        process.send_signal(signal.SIGTERM)
        callers.again = False
        callers.join()
        assert process.wait(timeout=60) == 0, "a front that hangs does not hold up the end either"
    events, decisions = there(root)
    assert max(events.values()) == 1
    told_in_all = {**callers.told, "impatient": again.json()["id"]}
    assert told_in_all.items() <= decisions.items()
    assert len(decisions) <= len(told_in_all) + 8, "whose front hung while all ended asks no more: each may miss the answer to one decision"


def test_what_a_supervisor_started_ends_when_it_is_gone(root: Path) -> None:
    with served(root, "--no-console", "--fronts", "1") as (process, address):
        killed(processes_under(process.pid, BANK)[0])
        headers = {"deadline-ms": "60000"}
        assert httpx.get(f"{address}/v1/health", headers=headers, timeout=90).json()["fronts"] == 1, "also where one was started again"
        started = [*processes_under(process.pid, BANK), *processes_under(process.pid, FRONT)]
        assert len(started) == 2
        process.kill()
        process.wait()
        ended = threading.Event()
        for _ in range(3_000):
            if not any(map(is_there, started)):
                return
            ended.wait(0.02)
    raise AssertionError("they are still there")


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True)
class Fronted:
    """A bank with its console behind two fronts."""

    client: httpx.Client
    process: int

    @property
    def place(self) -> tuple[str, int]:
        """Where it listens."""
        url = self.client.base_url
        return str(url.host), int(url.port or 0)

    def raw(self, request: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
        """Status line, headers without the date, and body of the answer to what is sent as it is."""
        with socket.create_connection(self.place, timeout=60) as caller:
            caller.sendall(request)
            answer = caller.makefile("rb")
            status, headers = answer.readline(), dict[bytes, bytes]()
            while (line := answer.readline().strip()) and line:
                name, _, value = line.partition(b": ")
                headers[name] = value
            body = answer.read(int(headers[b"content-length"]))
        return status, {name: value for name, value in headers.items() if name not in (b"date", b"x-request-id")}, body


@pytest.fixture(scope="module")
def fronted(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("fronted") / "bank")
    with served(root, "--console", "--fronts", "2") as (process, address), httpx.Client(base_url=address, timeout=60) as client:
        yield Fronted(client, process.pid)


def request(body: bytes, *headers: bytes, chunked: bool = False, path: bytes = b"/v1/decisions") -> bytes:
    """A request that a front reads itself, or one in pieces, which it passes on to the bank's own server."""
    lines = [b"POST " + path + b" HTTP/1.1", b"host: localhost", b"content-type: application/json", *headers]
    if chunked:
        return b"\r\n".join([*lines, b"transfer-encoding: chunked", b"", b"%x" % len(body), body, b"0", b"", b""])
    return b"\r\n".join([*lines, b"content-length: %d" % len(body), b"", body])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (msgspec.json.encode(EVENT | {"id": "same"}), ()),
        (msgspec.json.encode(EVENT | {"id": "same", "amount": "1.00"}), (b"accept-language: zh",)),
        (msgspec.json.encode(EVENT | {"amount": "-1", "channel": "x"}), (b"accept-language: en;q=0.1, zh",)),
        (b"no json", ()),
        (b"{}", (b"deadline-ms: soon",)),
        (b"{}", (b"idempotency-key: ",)),
        (b"{}", (b"content-encoding: gzip",)),
        (b"{}", (b"x-forwarded-for: 127.0.0.1",)),
        (b"{}", (b"authorization: Bearer none",)),
        (b"{}", (b"origin: http://elsewhere.example",)),
    ],
)
def test_an_answer_through_a_front_is_the_banks_own_byte_for_byte(fronted: Fronted, body: bytes, headers: tuple[bytes, ...]) -> None:
    assert fronted.raw(request(body, *headers)) == fronted.raw(request(body, *headers, chunked=True))


@pytest.mark.parametrize("chunked", [False, True])
def test_a_wish_for_http_2_is_no_reason_to_refuse(fronted: Fronted, chunked: bool) -> None:
    # as Java's own client, and curl --http2, send with every request
    wish = (b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c", b"http2-settings: AAMAAABkAAQAoAAAAAIAAAAA")
    whole = request(msgspec.json.encode(EVENT | {"id": f"wished-{chunked}"}), *wish, chunked=chunked)
    with socket.create_connection(fronted.place, timeout=60) as caller:
        for piece in (whole[:60], whole[60:-20], whole[-20:], b"GET /v1/policies HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"):
            caller.sendall(piece)
            time.sleep(0.05)
        heard = b"".join(iter(lambda: caller.recv(65_536), b""))
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert b'"event":"wished-%s"' % str(chunked).encode() in heard
    assert b"connection: close" in heard.lower()


def test_bodies_that_are_too_large_and_other_requests_are_answered_as_ever(fronted: Fronted) -> None:
    client = fronted.client
    assert client.post("/v1/decisions", content=b"x" * 70_000, headers=JSON).status_code == 413
    assert client.delete("/v1/decisions").headers["allow"] == "GET, HEAD, POST"
    assert client.get("/v1/nothing/at%20all").json()["cause"]["en"] == "there is nothing at /v1/nothing/at all"
    assert client.get("/v1/health").json()["fronts"] == 2
    rows = b"\n".join(msgspec.json.encode(EVENT | {"id": f"row-{row}"}) for row in range(20))
    for address in ("/v1/decisions?polcy=small", "/v1/decisions?policy=small&policy=small"):
        answer = client.post(address, content=msgspec.json.encode(EVENT | {"id": "misspelt"}), headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (422, "http.parameter")
    answer = client.post("/v1/decisions/batch", content=rows, headers={"content-type": "application/x-ndjson"})
    assert [msgspec.json.decode(line)["event"] for line in answer.content.splitlines()] == [f"row-{row}" for row in range(20)]
    assert client.get("/v1/decisions/row-7").json()["decision"]["event"] == "row-7"


def test_a_large_batch_is_answered_part_by_part_through_a_front(fronted: Fronted) -> None:
    rows = [f"large-{row}" for row in range(1_100)]
    lines = b"\n".join(msgspec.json.encode(EVENT | {"id": one}) for one in rows)
    assert len(lines) > 64 * 1024
    with fronted.client.stream("POST", "/v1/decisions/batch", content=lines, headers={"content-type": "application/x-ndjson"}) as answer:
        assert answer.headers["transfer-encoding"] == "chunked", "it begins before its length is known"
        assert [msgspec.json.decode(line)["event"] for line in answer.iter_lines()] == rows


def test_an_id_with_slashes_is_looked_up_through_a_front_and_in_the_console(fronted: Fronted) -> None:
    client, id_ = fronted.client, "2025/12/05/proof"
    decided = client.post("/v1/decisions", content=msgspec.json.encode(EVENT | {"id": id_}), headers=JSON).json()["id"]
    address = "2025%2F12%2F05%2Fproof"
    assert client.get(f"/v1/decisions/{address}").json()["decision"]["id"] == decided
    assert client.get(f"/v1/decisions/{address}/explanation").json()["decision"]["id"] == decided
    assert len(client.get(f"/v1/decisions/{address}/proof", headers={"x-purpose": "audit:tests"}).json()["records"]) == 2
    page = client.get(f"/decisions/{address}", follow_redirects=True, headers={"accept": "text/html"})
    assert (page.status_code, page.url.path, id_ in page.text) == (200, f"/decisions/{decided}", True)
    client.get("/?purpose=audit&reference=tests", headers={"accept": "text/html"})  # keeps the purpose for what follows
    assert len(client.get(f"/download/proof/{address}").json()["records"]) == 2


def test_requests_of_one_connection_are_answered_in_their_order(fronted: Fronted) -> None:
    bodies = [msgspec.json.encode(EVENT | {"id": f"line-{number}"}) for number in range(5)]
    with socket.create_connection(fronted.place, timeout=60) as caller:
        caller.sendall(b"".join(map(request, bodies))[:-7])
        caller.sendall(bodies[-1][-7:])
        heard = b""
        while heard.count(b"HTTP/1.1 200 OK") < 5 or not heard.endswith(b"}"):
            heard += caller.recv(65_536)
    found = [heard.index(b'"event":"line-%d"' % number) for number in range(5)]
    assert found == sorted(found)


def test_pages_and_websockets_are_passed_through(fronted: Fronted) -> None:
    page = fronted.client.get("/", follow_redirects=True)
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket&client_id=none"
    host = urlsplit(str(fronted.client.base_url)).netloc
    with socket.create_connection(fronted.place, timeout=60) as caller:
        caller.sendall(
            f"GET {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n".encode()
        )
        assert caller.recv(65_536).startswith(b"HTTP/1.1 101 ")
    for elsewhere in ("/v1/policies", "/"):
        answer = fronted.client.get(
            elsewhere,
            headers={
                "upgrade": "websocket",
                "connection": "Upgrade",
                "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
                "sec-websocket-version": "13",
            },
        )
        assert answer.status_code == 403, "there is no other websocket"


def test_nobody_says_by_a_header_or_a_line_of_their_own_who_they_are(fronted: Fronted) -> None:
    folder = next(Path(word) for word in command_line_of(fronted.process) if Path(word).name.startswith("huitong-") and Path(word).is_dir())
    assert folder.stat().st_mode & 0o077 == 0
    with socket.create_connection(fronted.place, timeout=60) as caller:
        caller.sendall(b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\nGET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert caller.recv(65_536).startswith(b"HTTP/1.1 400 ")
    for name in ("x-forwarded-for", "forwarded", "x-real-ip"):
        answer = fronted.client.get("/v1/policies", headers={name: "for=127.0.0.1"})
        assert answer.status_code == (200 if name == "x-real-ip" else 403), "a proxy's header opens nothing, whoever sends it"


def command_line_of(process: int) -> list[str]:
    bank = processes_under(process, BANK)[0]
    line = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(bank)], stdout=subprocess.PIPE, text=True, check=True).stdout
    return line.replace('"', " ").replace(",", " ").split()
