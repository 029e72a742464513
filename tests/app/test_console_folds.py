"""What the console counts: decisions by column and each customer's past, as the log has them."""

import threading

import pytest

from huitong.app import Bank, consoling
from huitong.app.decided import DecidedIndex
from huitong.app.pasts import Pasts
from huitong.app.serving import BankService
from huitong.console.ports import DecisionSearch
from huitong.identity import Clearance
from huitong.kernel import MICROSECONDS_PER_DAY, time_text, time_us

BEGAN_US = time_us("2025-12-01T00:00:00Z")


def decided(bank: Bank, count: int, customer: str = "C1") -> None:
    for number in range(count):
        when = time_text(BEGAN_US + number * 60_000_000)
        event = {"id": f"{customer}-{number}", "time": when, "amount": f"{10 + number}.00", "currency": "CNY"}
        bank.decide({**event, "customer": customer, "terminal": "T9"}, policy="small")


def test_pages_of_decisions_are_those_of_the_log_newest_first(bank: Bank) -> None:
    decided(bank, 7)
    decided(bank, 3, "C2")
    index = DecidedIndex(lambda: bank.log)
    index.follow()
    offsets, total, older = index.page(DecisionSearch(limit=4), None)
    assert (total, older, len(offsets)) == (10, True, 4)
    assert offsets == sorted(offsets, reverse=True)
    rest, _, more = index.page(DecisionSearch(before=offsets[-1], limit=100), None)
    assert (len(rest), more) == (6, False)
    found = index.of(index.page(DecisionSearch(subject="C2", limit=10), None)[0])
    assert [event.id for _, event in found] == ["C2-2", "C2-1", "C2-0"]
    assert index.page(DecisionSearch(subject="C2"), frozenset({"terminal"}))[1] == 0
    assert index.page(DecisionSearch(subject="T9"), frozenset({"terminal"}))[1] == 10


def test_counts_and_sums_of_a_day_are_those_of_its_decisions(bank: Bank) -> None:
    decided(bank, 6)
    index = DecidedIndex(lambda: bank.log)
    index.follow()
    decided(bank, 2, "C2")
    index.follow()
    flow = index.flow(BEGAN_US, BEGAN_US + MICROSECONDS_PER_DAY, 24)
    assert flow.number() == 8
    assert flow.sum_minor() == sum((10 + number) * 100 for number in [*range(6), *range(2)])
    assert index.flow(BEGAN_US + MICROSECONDS_PER_DAY, BEGAN_US + 2 * MICROSECONDS_PER_DAY, 24).number() == 0


def test_the_past_of_a_customer_ends_before_the_moment_and_forgets_with_the_log(bank: Bank) -> None:
    decided(bank, 5)
    pasts = Pasts(lambda: bank.log, bank.contracts["payment.requested"])
    pasts.follow()
    seen = pasts.of("C1", BEGAN_US + 3 * 60_000_000 - 1, 10)
    assert [one.amount_minor for one in seen] == [1000, 1100, 1200]
    assert len(pasts.of("C1", 2**62, 2)) == 2
    assert pasts.of("nobody", 2**62, 10) == []
    pasts.forget()
    assert pasts.of("C1", 2**62, 10) == []


def test_whoever_is_forgotten_is_found_no_more(bank: Bank) -> None:
    decided(bank, 3)
    told: list[bool] = []
    index = DecidedIndex(lambda: bank.log, lambda: told.append(True))
    index.follow()
    assert index.page(DecisionSearch(subject="C1"), None)[1] == 3
    bank.persons.forget("C1", "request 7")
    index.follow()
    assert index.page(DecisionSearch(subject="C1"), None)[1] == 0
    assert index.page(DecisionSearch(), None)[1] == 3
    assert told == [True]
    index.follow()
    assert told == [True]


def test_a_decision_is_shown_before_what_its_customer_paid_is_folded(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(bank, 4)
    go_on = threading.Event()
    follow = Pasts.follow
    monkeypatch.setattr(Pasts, "follow", lambda pasts: go_on.wait(10) and follow(pasts))
    monkeypatch.setattr(consoling, "PAST_WAIT_SECONDS", 0.01)
    console = consoling.ConsoleBank(bank, BankService(bank, "small"))
    record = console.record("C1-3")
    assert console.story(record, Clearance(5)).past == ()
    go_on.set()
    monkeypatch.setattr(consoling, "PAST_WAIT_SECONDS", 10.0)
    assert len(console.story(record, Clearance(5)).past) == 3
