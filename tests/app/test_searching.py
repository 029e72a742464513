"""Decisions are found by columns as they are found in the log."""

from types import SimpleNamespace

import pytest

from huitong.api.service import Search
from huitong.app import Bank
from huitong.app.consoling import ConsoleBank
from huitong.app.decided import DecidedIndex
from huitong.app.searching import search, search_by
from huitong.app.serving import BankService
from huitong.console.ports import DecisionSearch
from huitong.identity import Clearance
from huitong.kernel import time_us
from huitong.store.segments import sealing
from tests.app.test_console_folds import BEGAN_US, decided

KIND = "payment.requested"
ROLES = {KIND: frozenset({"customer", "terminal"})}
MINUTE_US = 60_000_000


@pytest.fixture
def filled(bank: Bank) -> Bank:
    """A bank that decided on two customers at one terminal."""
    decided(bank, 7)
    decided(bank, 5, "C2")
    return bank


@pytest.mark.parametrize(
    "wanted",
    [
        Search(),
        Search(subject="C2", roles=ROLES),
        Search(subject="T9", roles=ROLES, limit=3),
        Search(subject="T9", roles={KIND: frozenset({"customer"})}),
        Search(subject="T9", roles={"loan.applied": frozenset({"terminal"})}),
        Search(since_us=BEGAN_US + 2 * MINUTE_US, until_us=BEGAN_US + 4 * MINUTE_US),
        Search(outcomes=("approve",), limit=2),
        Search(outcomes=("never",)),
        Search(policy="small", limit=5),
        Search(policy="other"),
        Search(until_us=time_us("2025-11-01T00:00:00Z")),
    ],
)
@pytest.mark.parametrize("span", [100, 12])
def test_pages_by_columns_are_those_of_the_log(filled: Bank, wanted: Search, span: int) -> None:
    index = DecidedIndex(lambda: filled.log, span=span)  # of 12 offsets: only the latest decisions have columns
    by_columns, by_log = (_all(filled, wanted, one) for one in (index, None))
    assert by_columns == by_log


def test_a_page_by_columns_is_full_where_the_log_holds_so_many(filled: Bank) -> None:
    page = search_by(DecidedIndex(lambda: filled.log), filled.log, Search(subject="C1", roles=ROLES, limit=4))
    assert [event.id for _, event in page.found] == ["C1-6", "C1-5", "C1-4", "C1-3"]
    assert page.looked_at == 4
    assert page.before is not None


def test_rows_that_fit_no_more_than_their_columns_cost_few_passes(filled: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    index, passes = DecidedIndex(lambda: filled.log), list[DecisionSearch]()
    page = index.page

    def counted(wanted: DecisionSearch, roles: frozenset[str] | None) -> tuple[list[int], int, int | None]:
        passes.append(wanted)
        return page(wanted, roles)

    monkeypatch.setattr(index, "page", counted)
    roles = {KIND: frozenset({"customer"}), "loan.applied": frozenset({"terminal"})}
    found = search_by(index, filled.log, Search(subject="T9", roles=roles, limit=1))
    assert (found.found, found.before, len(passes)) == ([], None, 2)


def test_columns_that_lag_behind_the_log_are_not_asked(filled: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    index = DecidedIndex(lambda: filled.log)
    monkeypatch.setattr(index, "follow", lambda: None)  # as while another thread folds them for the first time
    assert search_by(index, filled.log, Search()) == search(filled.log, Search())


def test_a_page_asked_for_while_the_log_is_counted_finds_what_has_no_columns_yet_and_tells_no_number(
    filled: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = ConsoleBank(filled, BankService(filled, "small"))
    with monkeypatch.context() as patched:
        patched.setattr(console, "_decided", DecidedIndex(lambda: filled.log))
        patched.setattr(console._decided, "follow", lambda **_: None)  # as while another thread folds them for the first time
        for wanted in (DecisionSearch(subject="C2"), DecisionSearch(limit=5)):
            page = console.search(wanted, Clearance(5))
            assert ([one.event.id for one in page.found], page.total) == ([f"C2-{number}" for number in (4, 3, 2, 1, 0)], None)
    assert console._folded.wait(60)
    page = console.search(DecisionSearch(subject="C2"), Clearance(5))
    assert (len(page.found), page.total) == (5, 5)


def test_what_is_sealed_is_found_as_before(filled: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _all(filled, Search(limit=100), None)
    for name in ("RECORDS_BYTES", "WAITING_BYTES"):
        monkeypatch.setattr(sealing, name, 1)  # a row group for each reading
    monkeypatch.setattr(sealing, "READ_ROWS", 4)
    assert len(filled.log.seal(filled.contracts, keep_rows=3, segment_rows=9)) > 1
    index = DecidedIndex(lambda: filled.log)
    index.follow()
    assert len(index) == len(before) == 12
    assert [_all(filled, Search(limit=100), one) for one in (index, None)] == [before, before]


def _all(bank: Bank, wanted: Search, index: DecidedIndex | None) -> list[str]:
    """Ids of all the decisions that fit, page after page."""
    found: list[str] = []
    before = None
    while True:
        asked = Search(wanted.since_us, wanted.until_us, wanted.subject, wanted.roles, wanted.outcomes, wanted.policy, before, wanted.limit)
        page = search(bank.log, asked) if index is None else search_by(index, bank.log, asked)
        assert len(page.found) <= wanted.limit
        found += [decision.id for decision, _ in page.found]
        if page.before is None:
            return found
        before = page.before


def test_what_stops_a_payment_is_told_by_each_policy_and_no_retired_word_is_the_gravest(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = ConsoleBank(bank, BankService(bank, "small"))
    one, other = (SimpleNamespace(outcomes=words) for words in (("approve", "review", "decline"), ("pass", "stop")))
    monkeypatch.setattr(console, "_settings", lambda: {"a": one, "b": other})
    monkeypatch.setattr(console._decided, "outcomes", lambda: ["challenge", "decline", "approve"])
    assert console.outcomes() == ["approve", "pass", "review", "challenge", "decline", "stop"]
    assert console.stopping() == ["review", "challenge", "decline", "stop"]
