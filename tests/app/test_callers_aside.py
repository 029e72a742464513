"""Who calls is asked beside the event loop: while one caller waits for the turn or the disk, the loop goes on for all others."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from huitong.api.hot import HandedDecisions
from huitong.app import Bank
from huitong.app.consoling import ConsoleBank
from huitong.app.demo_users import DEMO_PASSWORD, make_demo_users
from huitong.app.server import Served
from huitong.app.serving import BankService
from huitong.console.door import Door
from huitong.fronts.frames import Answer, Asked
from huitong.identity import Signed
from huitong.kernel import PolicyError
from tests.app.asgi import ask
from tests.app.test_access_over_http import EVENT, key
from tests.app.test_console_door import inside


@contextmanager
def held_up(bank: Bank) -> Iterator[None]:
    """Somebody else has the turn to write to the log."""
    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        with bank.turn:
            begun.set()
            over.wait(60)

    with ThreadPoolExecutor(1) as writer:
        writer.submit(hold)
        assert begun.wait(30)
        try:
            yield
        finally:
            over.set()


def called(bank: Bank, headers: dict[str, str]) -> "Signed | Future[Signed]":
    return bank.people.calling(headers, "192.0.2.1", "GET")


def test_a_key_that_is_known_is_answered_at_once_and_one_used_first_from_a_thread(bank: Bank) -> None:
    known, fresh = key(bank, "read"), key(bank, "read")
    for _ in range(2):
        first = called(bank, known)
        assert isinstance(first, Future)
        first.result(30)
    with held_up(bank):
        assert isinstance(called(bank, known), Signed)
        waiting, another = called(bank, fresh), called(bank, fresh)
        assert isinstance(waiting, Future)
        assert isinstance(another, Future)
        assert another.result(30).actor.id == "key:core"
        assert not waiting.done()
        assert isinstance(called(bank, fresh), Signed), "whose use is being noted is known meanwhile"
    assert waiting.result(30) == another.result(30)
    wrong = called(bank, {"authorization": "Bearer huitong_x"})
    assert isinstance(wrong, Future)
    with pytest.raises(PolicyError):
        wrong.result(30)


@pytest.mark.parametrize("path", ["/v1/policies", "/v1/decisions"])
def test_a_served_bank_goes_on_for_others_while_a_key_waits_for_its_first_use_to_be_noted(bank: Bank, path: str) -> None:
    with Served(bank, policy="small") as address, httpx.Client(base_url=address, timeout=30) as client, ThreadPoolExecutor(1) as other:
        known, fresh = key(bank, "decide", "read"), key(bank, "decide", "read")
        assert client.post("/v1/decisions", json=EVENT, headers=known).status_code == 200
        assert client.get("/v1/policies", headers=known).status_code == 200
        with held_up(bank):
            method, body = ("GET", None) if path == "/v1/policies" else ("POST", EVENT)
            waiting = other.submit(httpx.request, method, address + path, json=body, headers=fresh, timeout=30)
            for _ in range(5):
                assert client.get("/v1/policies", headers=known, timeout=5).status_code == 200
            assert not waiting.done()
        assert waiting.result(30).status_code == 200
        assert client.get("/v1/policies", headers={"authorization": "Bearer huitong_x"}).json()["code"] == "access.key.refused"


def test_what_fronts_hand_over_is_decided_once_it_is_known_who_calls_and_refused_for_nobody(bank: Bank) -> None:
    async def handed(headers: dict[str, str]) -> Answer:
        pairs = [(name.encode(), value.encode()) for name, value in (headers | {"content-type": "application/json"}).items()]
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        body, ends = msgspec.json.encode(EVENT), ("192.0.2.1", 1)
        service = BankService(bank, "small")
        asked = Asked(1, "POST", "/v1/decisions", b"", pairs, body, ends, ends, time.perf_counter_ns())
        HandedDecisions(service, bank.people.calling).take(asked, answered.set_result)
        assert not answered.done()
        return await answered

    fresh = key(bank, "decide")
    assert [asyncio.run(handed(fresh)).status for _ in range(3)] == [200, 200, 200]
    assert asyncio.run(handed(key(bank, "read"))).status == 403
    for status in [401] * 20 + [429]:
        assert asyncio.run(handed({"authorization": "Bearer huitong_x"})).status == status
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank.people.desk, "authenticate", lambda *_: 1 / 0)
        assert asyncio.run(handed(key(bank, "decide"))).status == 500


def test_the_console_s_account_page_asks_nothing_on_the_loop(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    make_demo_users(bank)
    door, host = Door(ConsoleBank(bank, BankService(bank, "small")), inside), "bank.example"
    form = urlencode({"user": "wang.fang", "password": DEMO_PASSWORD, "code": ""})
    cookie = ask(door, "POST", "/sign-in", body=form.encode(), host=host).headers["set-cookie"].partition(";")[0]
    keeper = bank.people.desk.registry.keeper
    asked, on_the_loop = keeper.ask, list[bool]()

    def asking(question: object) -> object:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            on_the_loop.append(False)
        else:
            on_the_loop.append(True)
        return asked(question)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(keeper, "ask", asking)
    assert ask(door, "GET", "/account", host=host, headers={"cookie": cookie}).status == 200
    assert on_the_loop
    assert not any(on_the_loop)
