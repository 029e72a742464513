"""What the console counts: decisions by column and each customer's past, as the log has them."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from huitong.app import Bank, consoling
from huitong.app.decided import DecidedIndex
from huitong.app.pasts import Pasts
from huitong.app.serving import BankService
from huitong.cli.words import WORDS
from huitong.console.ports import DecisionSearch
from huitong.console.views.log import PHASES
from huitong.contracts import DataContract, Event, LogBatch
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
    offsets, total, before = index.page(DecisionSearch(limit=4), None)
    assert (total, before, len(offsets)) == (10, offsets[-1], 4)
    assert offsets == sorted(offsets, reverse=True)
    rest, _, before = index.page(DecisionSearch(before=offsets[-1], limit=100), None)
    assert (len(rest), before) == (6, None)
    found = index.of(index.page(DecisionSearch(subject="C2", limit=10), None)[0])
    assert [event.id for _, _, event in found] == ["C2-2", "C2-1", "C2-0"]
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


def test_what_was_read_before_all_was_let_go_does_not_come_back(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(bank, 5)
    log = bank.log
    pasts, read = Pasts(lambda: log, bank.contracts["payment.requested"]), log.read_batches

    def forgotten_between(contract: DataContract, start: int) -> Iterator[LogBatch]:
        for part in read(contract, start):
            pasts.forget()
            yield part

    monkeypatch.setattr(log, "read_batches", forgotten_between)
    pasts.follow()
    assert pasts.of("C1", 2**62, 10) == []
    monkeypatch.undo()
    pasts.follow()
    assert len(pasts.of("C1", 2**62, 10)) == 5


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
    told = console.story(record, Clearance(5))
    assert len(told.past) == 3
    settings = bank.load("small").program.settings
    assert len(told.changing) == len(settings.change_fields)
    assert not console.story(record, Clearance(1)).changing, "whether a smaller one helps would tell of its value"


def test_columns_grow_to_their_bound_and_no_further(bank: Bank) -> None:
    index = DecidedIndex(lambda: bank.log, span=40)
    index.follow()
    for number in range(6):
        decided(bank, 10, f"C{number}")
        index.follow()
        assert bank.log.end() - index.first <= 40 + 40 // 4
    assert 0 < len(index) < 60
    assert index.page(DecisionSearch(subject="C0"), None)[1] == 0
    kept, total, before = index.page(DecisionSearch(subject="C5", limit=100), None)
    assert (len(kept), total, before) == (10, 10, index.first)
    assert [event.id for _, _, event in index.of(kept)] == [f"C5-{number}" for number in reversed(range(10))]
    assert len(index.page(DecisionSearch(subject="T9", limit=100), None)[0]) == len(index), "names that are left keep their rows"
    flow = index.flow(BEGAN_US, BEGAN_US + MICROSECONDS_PER_DAY, 24)
    assert (flow.number(), flow.known_from_us) == (60, None), "what was counted stays counted"


def test_columns_that_were_all_let_go_begin_anew(bank: Bank) -> None:
    decided(bank, 5)
    index = DecidedIndex(lambda: bank.log, span=10)
    index.follow()
    label = Event("L", "payment.labelled", BEGAN_US, {"terminal": "T9"}, {"fraud": False})
    bank.log.append_events([replace(label, id=f"L-{number}") for number in range(40)])
    index.follow()
    assert len(index) == 0
    decided(bank, 2, "C2")
    index.follow()
    assert index.page(DecisionSearch(subject="C2"), None)[1] == 2


def test_a_long_log_is_read_from_where_its_last_stretch_begins(bank: Bank) -> None:
    decided(bank, 30)
    index = DecidedIndex(lambda: bank.log, span=20)
    index.follow()
    assert 0 < len(index) <= 20
    assert index.first == bank.log.end() - 20
    flow = index.flow(BEGAN_US, BEGAN_US + MICROSECONDS_PER_DAY, 24)
    assert flow.number() == len(index)
    assert flow.known_from_us == index.oldest_us()
    assert flow.known_from_us is not None
    assert flow.known_from_us > BEGAN_US
    bank.persons.forget("C1", "request 7")
    index.follow()
    assert index.page(DecisionSearch(subject="C1"), None)[1] == 0


def test_the_past_of_customers_is_kept_up_to_a_bound(bank: Bank) -> None:
    pasts = Pasts(lambda: bank.log, bank.contracts["payment.requested"], span=20)
    for number in range(4):
        decided(bank, 10, f"C{number}")
        pasts.follow()
    assert pasts.of("C0", 2**62, 100) == []
    latest = [pasts.of(f"C{number}", 2**62, 100) for number in (2, 3)]
    assert [len(one) for one in latest] == [10, 10]
    assert all([past.amount_minor for past in one] == [(10 + number) * 100 for number in range(10)] for one in latest)


def test_decisions_older_than_the_columns_are_found_in_the_log(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(bank, 20)
    decided(bank, 20, "C2")
    monkeypatch.setattr(consoling, "DecidedIndex", lambda log, forgotten: DecidedIndex(log, forgotten, span=30))
    console = consoling.ConsoleBank(bank, BankService(bank, "small"))
    found: list[str] = []
    newest = console.search(DecisionSearch(limit=3), Clearance(5)).found
    assert [one.event.id for one in newest] == ["C2-19", "C2-18", "C2-17"], "before all columns are folded"
    for _ in range(1_000):
        if console.counted()[0] == console.counted()[1]:
            break
        time.sleep(0.01)
    wanted = DecisionSearch(limit=7)
    while True:
        page = console.search(wanted, Clearance(5))
        found += [one.event.id for one in page.found]
        if page.before is None:
            break
        wanted = replace(wanted, before=page.before)
    assert found == [f"{customer}-{number}" for customer in ("C2", "C1") for number in reversed(range(20))]
    assert page.counted_from_us is not None
    assert page.total is not None
    assert page.total < 40
    mine = console.search(DecisionSearch(subject="C1", before=page_of_first(console), limit=50), Clearance(5))
    assert [one.event.id for one in mine.found] == [f"C1-{number}" for number in reversed(range(20))]


def page_of_first(console: consoling.ConsoleBank) -> int:
    """Where what has columns ends."""
    before = console.search(DecisionSearch(policy="small", limit=1_000), Clearance(5)).before
    assert before is not None
    return before


def test_every_phase_that_a_check_tells_of_has_words(bank: Bank) -> None:
    decided(bank, 2)
    told = set[str]()
    assert bank.check_log(lambda stage, _done, _total: told.add(stage)) == ()
    assert {"checking", "signatures", "books"} <= told <= set(PHASES)
    assert told <= set(WORDS)
