"""What a real policy decides, as people with less and more clearance see it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from huitong.app import Bank
from huitong.app.grading import decision_grades
from huitong.contracts import Decision, Event
from huitong.identity import Clearance, shown_decision, shown_event


@pytest.fixture(scope="module")
def bank(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("graded") / "bank"
    shutil.copytree(trained_bank / "bank", folder)
    with Bank(folder) as opened:
        yield opened


EVENT = {
    "id": "graded-1",
    "time": "2026-03-01T02:00:00+08:00",
    "amount": "987654.32",
    "currency": "CNY",
    "customer": "C-Zhang-Wei",
    "account": "A-Zhang-Wei",
    "counterparty": "A-Mule",
    "device": "D-Phone",
    "channel": "transfer",
    "terminal": "T-9",
}
PERSONAL = ("98765432", "987654.32", "987,654", "C-Zhang-Wei", "A-Zhang-Wei", "A-Mule", "D-Phone")


@pytest.fixture(scope="module")
def decided(bank: Bank) -> tuple[Event, Decision]:
    decision = bank.decide(EVENT, policy="small")
    event = bank.log.event("graded-1")
    assert event is not None
    assert decision.outcome == "decline"
    return event, decision


@pytest.mark.parametrize("grade", [1, 2, 3])
def test_a_decision_tells_nothing_of_a_customer_to_who_sees_up_to_two(bank: Bank, decided: tuple[Event, Decision], grade: int) -> None:
    event, decision = decided
    grades = decision_grades(bank.load(decision.policy), bank.contracts)
    shown = (shown_event(event, bank.contracts[event.kind], Clearance(grade)), shown_decision(decision, grades, Clearance(grade)))
    written = msgspec.json.encode(shown).decode()
    assert [text for text in PERSONAL if text in written] == ([] if grade < 3 else [text for text in PERSONAL if text in written])
    assert ("C-Zhang-Wei" in written) == (grade >= 3)
    assert ('"rule.huge"' in written) == (grade >= 3)
    assert ('"transfer"' in written) == (grade >= 2)
    assert "decline" in written


def test_features_rules_and_tables_are_graded_by_what_they_read(bank: Bank) -> None:
    grades = decision_grades(bank.load("small"), bank.contracts)
    assert grades.features["is_night"] == 1
    assert grades.features["channel"] == 2
    assert grades.features["customer_count_7d"] == 3
    assert grades.of_code("rule.large_transfer") == 3
    assert grades.of_code("table.velocity.2") == 3
    assert grades.lists["blocked"] == 2
    assert grades.of_code("list.blocked") == 2
    assert grades.of_code("features.late") == 1
    assert grades.of_code("something.else") == grades.other
