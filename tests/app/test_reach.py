"""Health and metrics of a bank whose log does not answer: within a second, and well again as soon as it does."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import httpx
import pytest

from huitong.app import Bank, Source
from huitong.app.beside import ANSWERS_SECONDS
from huitong.app.reach import LogReach
from huitong.app.rounds import Rounds
from huitong.app.server import Served
from huitong.app.serving import BankService
from huitong.kernel import ExternalError
from huitong.risk.disposition import Ledger
from huitong.store.errors import gone
from tests.app.test_rollouts import People, first_live, people

__all__ = ["people"]


@contextmanager
def frozen(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The log's storage says nothing, whoever asks for the end; gives the threads that wait."""
    back, waiting, end = threading.Event(), list[int](), bank.log.end

    def hang() -> int:
        waiting.append(threading.get_ident())
        back.wait()
        return end()

    monkeypatch.setattr(bank.log, "end", hang)
    try:
        yield waiting
    finally:
        back.set()


def test_health_and_metrics_answer_within_a_second_though_the_log_says_nothing(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    service = BankService(bank, "small")
    assert service.health().fit
    with frozen(bank, monkeypatch) as waiting:
        started = time.monotonic()
        asking = [threading.Thread(target=service.health) for _ in range(8)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        health = service.health()
        assert time.monotonic() - started < ANSWERS_SECONDS + 0.9
        assert (health.fit, health.findings[0].code, health.log_end) == (False, "store.gone", -1)
        text = service.metrics().decode()
        assert 'huitong_health{code="store.gone",severity="error"} 1.0' in text
        assert "huitong_alerts" not in text
        assert len(set(waiting)) == 1, "whoever waits shares one question"
    until = time.monotonic() + 5
    while not service.health().fit:
        assert time.monotonic() < until
    assert "huitong_alerts" in service.metrics().decode()


def test_health_does_not_ask_a_log_that_says_nothing_which_version_decides(
    people: People, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each act the log has to say it."""
    service = BankService(people.bank, "small")
    first_live(people, sources)
    with frozen(people.bank, monkeypatch):
        asking = threading.Thread(target=service.metrics, daemon=True)
        asking.start()
        asking.join(ANSWERS_SECONDS + 9)
        assert not asking.is_alive()
        health = service.health()
        assert ([one.code for one in health.findings], health.policies, health.waiting) == (["store.gone"], {}, 0)
        assert "huitong_waiting_calls" not in service.metrics().decode()
    people.bank.close()


def test_neither_health_nor_metrics_wait_for_books_that_are_folded(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    service, folded, ask = BankService(bank, "small"), threading.Event(), bank.measures.ask

    def fold(question: Callable[[Ledger], object]) -> object:
        folded.wait()
        return ask(question)

    monkeypatch.setattr(bank.measures, "ask", fold)
    started = time.monotonic()
    text = service.metrics().decode()
    assert time.monotonic() - started < ANSWERS_SECONDS + 0.9
    assert 'huitong_health{code="health.books",severity="warning"} 1.0' in text
    assert "huitong_alerts" not in text
    health = service.health()
    assert (health.fit, health.log_end, list(health.policies)) == (True, bank.log.end(), ["small"])
    folded.set()
    until = time.monotonic() + 20
    while service.health().findings:
        assert time.monotonic() < until
    assert "huitong_alerts" in service.metrics().decode()


def test_a_thread_that_could_not_be_started_troubles_nobody_afterwards(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    reach = LogReach(lambda: bank.log)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            reach.end()
    assert reach.end() == bank.log.end()


def no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_metrics_do_not_wait_for_a_name_that_would_have_to_be_looked_up(bank: Bank) -> None:
    with Served(bank, policy="small", authenticate=lambda *_: Future()) as address, httpx.Client(base_url=address, timeout=20) as client:
        refused = client.get("/metrics")
        assert (refused.status_code, refused.json()["code"]) == (503, "access.away")
        assert client.get("/v1/health").status_code == 200


def test_what_the_log_says_is_said(bank: Bank) -> None:
    def away() -> int:
        raise gone("the address", "refused")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bank.log, "end", away)
        with pytest.raises(ExternalError, match="refused"):
            LogReach(lambda: bank.log).end()
    assert LogReach(lambda: bank.log).end() == bank.log.end()


def test_a_group_that_a_log_that_was_away_did_not_take_troubles_nobody_once_it_answers(bank: Bank) -> None:
    """Else no balancer would send anybody again, and no decision would ever show that it is over."""
    service = BankService(bank, "small")
    bank.live("small")
    bank.lives.meter.fell(gone("the address", "refused"))
    assert service.health().fit


def test_a_round_that_failed_is_gone_through_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.app.rounds.AGAIN_SECONDS", 0.01)
    well = threading.Event()

    def work() -> None:
        if rounds.failed == 0:
            raise gone("the address", "refused")
        well.set()

    rounds = Rounds("any", work, pause_seconds=600)
    with rounds:
        assert well.wait(20)
    assert (rounds.gone, rounds.error) == (1, None)
