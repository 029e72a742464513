"""What a real policy decides, as people with less and more clearance see it."""

import asyncio
import errno
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from huitong.app import Bank
from huitong.app.grading import Grades, decision_grades
from huitong.app.serving import BankService
from huitong.contracts import Decision, Event
from huitong.decisions.policy import LoadedPolicy
from huitong.identity import Clearance, DecisionGrades, FieldGrades, shown_decision, shown_event
from huitong.kernel import ExternalError, InputError, Text


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


def test_grades_of_a_policy_that_decides_are_there_before_they_are_asked_for(bank: Bank, decided: tuple[Event, Decision]) -> None:
    _, decision = decided

    def unwanted(name: str) -> LoadedPolicy:
        raise AssertionError(name)

    grades = Grades(unwanted, bank.contracts, lambda: bank.log)
    assert bank.grades.known(decision)
    assert not grades.known(decision)
    grades.note(bank.load("small"))
    assert grades.known(decision)
    assert grades.of(decision) == bank.grades.of(decision)


def test_a_version_that_cannot_be_loaded_is_tried_once_and_one_whose_disk_refuses_again(
    bank: Bank, decided: tuple[Event, Decision]
) -> None:
    _, decision = decided
    tried = list[str]()

    def gone(name: str) -> LoadedPolicy:
        tried.append(name)
        text: Text = {"en": "gone", "zh": "不在"}
        raise (InputError if len(tried) == 2 else ExternalError)("bank.policy.unknown", text, text)

    grades = Grades(gone, bank.contracts, lambda: bank.log)
    for known, times in ((False, 1), (True, 2), (True, 2)):
        assert grades.of(decision).of_code("rule.huge") == max(FieldGrades.of(one).strongest() for one in bank.contracts.values())
        assert (grades.known(decision), len(tried)) == (known, times)


def test_a_reason_has_its_own_grade_once_its_version_can_be_read_and_its_decision_is_there(
    bank: Bank, decided: tuple[Event, Decision], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decision = decided
    grades = Grades(bank.load, bank.contracts, lambda: bank.log)
    strongest = max(FieldGrades.of(one).strongest() for one in bank.contracts.values())
    with monkeypatch.context() as away:
        away.setattr(type(bank.log), "decision", lambda *_: None)
        assert grades.of_code(decision.id, "features.late") == strongest
    with monkeypatch.context() as refusing:
        refusing.setattr("os.scandir", _refused)
        assert grades.of_code(decision.id, "features.late") == strongest
    assert grades.of_code(decision.id, "features.late") == 1


def _refused(folder: object) -> object:
    raise OSError(errno.EMFILE, "Too many open files", str(folder))


def test_a_repeated_call_to_a_version_before_has_its_grades_worked_out_beside_the_loop(bank: Bank, decided: tuple[Event, Decision]) -> None:
    service = BankService(bank, "small")
    of, threads = bank.grades.of, list[bool]()
    bank.grades._known.clear()  # as after a start with another version

    def grading(decision: Decision) -> DecisionGrades:
        threads.append(threading.current_thread() is threading.main_thread())
        return of(decision)

    async def repeated() -> tuple[Decision, Decision]:
        body = msgspec.json.encode(EVENT)
        told: asyncio.Future[Decision | BaseException] = asyncio.get_running_loop().create_future()
        service.ask(body, None, "small", None, time.perf_counter_ns(), told.set_result)
        heard = await told
        assert isinstance(heard, Decision)
        bank.grades._known.clear()
        return heard, await service.decide(body, None, "small", None, time.perf_counter_ns())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank.grades, "of", grading)
        assert asyncio.run(repeated()) == (decided[1], decided[1])
    assert threads == [False, False]
    assert bank.grades.known(decided[1])
