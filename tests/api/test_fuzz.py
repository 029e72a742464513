"""Whatever is sent is answered: as asked, or with what is wrong about it in both languages; nothing is ever the service's own fault."""

import http.client
import os
import re
import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from huitong.kernel import LANGUAGES
from tests.api.conftest import EVENT
from tests.api.nasty import Nasty, Request, operations_of
from tests.api.serving import JSON, served, there

pytestmark = pytest.mark.skipif(os.name == "nt", reason="skipped: no shared sockets on Windows")
FEW, MANY, CALLERS = 3_000, 100_000, 4
SEED = 5
IDS = re.compile(rb'"id":"([\w:/.-]{1,80})"')
PROBLEM = "application/problem+json"


class Wrong(msgspec.Struct, frozen=True):
    """A request whose answer was not one that it may get."""

    request: Request
    status: int
    answer: bytes


def wrong_with(status: int, headers: dict[str, str], body: bytes, method: str) -> bool:
    """Whether an answer is neither what was asked for nor a refusal that says why and what to do in both languages."""
    if 200 <= status < 300:
        return False
    if not 400 <= status < 500:
        return True
    if method == "HEAD":
        return False
    if headers.get("content-type") != PROBLEM:
        return True
    told = msgspec.json.decode(body)
    return not all(told[part].get(language) for part in ("cause", "remedy") for language in LANGUAGES)


class Caller(threading.Thread):
    """Sends requests over one connection, and notes what came of them."""

    def __init__(self, address: str, nasty: Nasty, count: int) -> None:
        super().__init__()
        self._place, self._nasty, self._count = address.removeprefix("http://"), nasty, count
        self.statuses: Counter[int] = Counter()
        self.codes: Counter[str] = Counter()
        self.wrong: list[Wrong] = []
        self.failed: BaseException | None = None
        self._connection = http.client.HTTPConnection(self._place, timeout=60)

    def run(self) -> None:
        try:
            for _ in range(self._count):
                self._send(self._nasty.request())
        except BaseException as error:
            self.failed = error
        finally:
            self._connection.close()

    def _send(self, request: Request) -> None:
        headers = {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in request.headers.items()}
        self._connection.request(request.method, request.path, request.body, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        self.statuses[answer.status] += 1
        if answer.status == http.HTTPStatus.OK:
            for found in IDS.findall(body[:20_000])[:3]:
                self._nasty.learn(found.decode())
        if answer.status >= 400 and answer.headers.get("content-type") == PROBLEM and body:
            self.codes[str(msgspec.json.decode(body)["code"])] += 1
        if wrong_with(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body, request.method):
            self.wrong.append(Wrong(request, answer.status, body[:500]))


def ask(address: str, count: int) -> list[Caller]:
    """Has several callers send so many requests in all."""
    with httpx.Client(base_url=address, timeout=60, headers=JSON) as client:
        document: dict[str, Any] = client.get("/v1/openapi.json").json()
        decided = client.post("/v1/decisions", content=msgspec.json.encode(EVENT)).json()
    known = ["small", "features.toml", "policy.toml", str(EVENT["id"]), decided["id"], "blocked", "payment.requested"]
    callers = [Caller(address, Nasty(SEED * 1_000 + number, operations_of(document), known), count // CALLERS) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
        if caller.failed is not None:
            raise caller.failed
    return callers


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.full)])
def test_whatever_is_sent_is_answered_or_refused_with_cause_and_remedy(trained_bank: Path, tmp_path: Path, count: int) -> None:
    root = shutil.copytree(trained_bank / "bank", tmp_path / "bank")
    with served(root, "--no-console", "--fronts", "1", quiet=True) as (process, address):
        callers = ask(address, count)
        wrong = [one for caller in callers for one in caller.wrong]
        assert not wrong, wrong[:5]
        statuses = sum((caller.statuses for caller in callers), Counter[int]())
        assert statuses.total() == count
        assert statuses[200] > count // 20, "enough of it means something"
        assert len(sum((caller.codes for caller in callers), Counter[str]())) > 20, "refused for many reasons"
        assert httpx.get(f"{address}/v1/health", timeout=60).json()["status"] in ("ok", "warning")
        process.terminate()
        assert process.wait(timeout=60) == 0
    there(root)
