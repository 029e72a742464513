"""Health: what is wrong, with cause and remedy, and whether the bank can still decide."""

import shutil
import threading
import time
from collections import namedtuple
from collections.abc import Mapping

import httpx
import pytest

from huitong.app import Bank, health
from huitong.app.bank import Bank as _Bank
from huitong.app.meter import FAILING_SECONDS, DecisionMeter
from huitong.app.server import Served
from huitong.app.serving import BankService
from huitong.kernel import LANGUAGES, ExternalError, FixedClock, HuitongError

_Usage = namedtuple("_Usage", "total used free")


class _Part:
    """A part in trouble."""

    name = "messages"
    error: HuitongError | None = ExternalError(
        "message.away", {"en": "NATS is away", "zh": "NATS 无应答"}, {"en": "start it", "zh": "请启动"}
    )

    def counts(self) -> Mapping[str, int]:
        return {"taken": 3}

    def __enter__(self) -> object:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _payment(bank: _Bank, id_: str, later_s: int = 0) -> dict[str, object]:
    time_us = bank.clock.now_us() + later_s * 1_000_000
    return {"id": id_, "time": time_us, "customer": "C", "amount": "1", "currency": "CNY"}


def _codes(bank: _Bank, *parts: _Part) -> tuple[bool, list[str]]:
    found = BankService(bank, "small", parts).health()
    for one in found.findings:
        assert all(one.text[language] and one.remedy[language] for language in LANGUAGES)
    return found.fit, [one.code for one in found.findings]


def test_what_is_wrong_is_said_and_only_what_keeps_from_deciding_is_an_error(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    plenty = shutil.disk_usage
    assert _codes(bank) == (True, [])
    assert _codes(bank, _Part()) == (True, ["message.away"])
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(10**12, 0, health.DISK_LOW_BYTES - 1))
    assert _codes(bank) == (True, ["health.disk"])
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(10**12, 0, health.DISK_FULL_BYTES - 1))
    assert _codes(bank) == (False, ["health.disk"])
    monkeypatch.setattr("shutil.disk_usage", plenty)
    key = bank.logbook.custody.folder / "signing.pem"
    key.rename(key.with_suffix(".away"))
    assert _codes(bank) == (True, ["store.key.missing"])
    key.with_suffix(".away").rename(key)
    bank.lives.meter.fell(ExternalError("store.refused", {"en": "no space", "zh": "磁盘已满"}, {"en": "make room", "zh": "请清理"}))
    assert _codes(bank) == (False, ["store.refused"])
    bank.decide(_payment(bank, "h-1"), policy="small")
    assert _codes(bank) == (True, [])


def test_a_group_that_does_not_get_to_the_disk_is_told_while_its_callers_wait(bank: Bank) -> None:
    live, now_ns, held = bank.live("small"), [0], threading.Event()
    live.decider._now_ns = lambda: now_ns[0]

    def asked() -> tuple[bool, list[str]]:
        now_ns[0] += 6_000_000_000
        return _codes(bank)

    holding = bank.log.queue(lambda _: held.wait(60))
    waiting = threading.Thread(target=lambda: bank.decide(_payment(bank, "h-2"), policy="small"))
    waiting.start()
    try:
        while not live.decider._ahead:
            time.sleep(0.01)
        assert asked() == (False, ["health.unwritten"])
    finally:
        held.set()
        waiting.join()
    assert holding.result()
    assert asked() == (True, [])


def test_an_event_that_lies_ahead_of_the_clock_is_told_where_it_makes_others_late(bank: Bank) -> None:
    bank.decide(_payment(bank, "h-3"), policy="small")
    assert _codes(bank) == (True, [])
    assert isinstance(bank.clock, FixedClock)
    bank.clock.advance_us(-bank.live("small").loaded.plan.lateness_us - 1)
    assert _codes(bank) == (True, ["health.ahead"])


def test_a_failure_keeps_callers_away_for_a_while_only_since_none_of_them_could_show_that_it_is_over(bank: Bank) -> None:
    now_s = [1_000.0]
    meter = bank.lives.meter = DecisionMeter(lambda: now_s[0])
    for error, code in (
        (ExternalError("store.full", {"en": "full", "zh": "满"}, {"en": "wait", "zh": "等"}), "store.full"),
        (OSError(), "health.writer"),
    ):
        meter.fell(error)
        now_s[0] += FAILING_SECONDS - 1
        assert _codes(bank) == (False, [code])
        meter.fell(error)
        now_s[0] += FAILING_SECONDS - 1
        assert _codes(bank) == (False, [code]), "it failed again meanwhile"
        now_s[0] += 1
        assert _codes(bank) == (True, [code]), "the next decision may try"


def test_the_status_is_503_where_it_cannot_decide_and_200_where_it_can(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    with Served(bank, policy="small") as address, httpx.Client(base_url=address, timeout=60) as client:
        for free, status, word in ((health.DISK_LOW_BYTES, 200, "ok"), (health.DISK_LOW_BYTES - 1, 200, "warning"), (1, 503, "troubled")):
            monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: _Usage(10**12, 0, free))
            said = client.get("/v1/health")
            assert (said.status_code, said.json()["status"]) == (status, word)
