"""Measures of a whole bank: imposed in the commit of the decision, by persons with four eyes, read by the policy, the same in a replay."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.labelling import labels_in_bank
from huitong.app.named import named_in_log
from huitong.app.server import rounds_of
from huitong.contracts import Actor, Decision, Event, Role, Value
from huitong.kernel import FixedClock, InputError, PolicyError, time_us
from huitong.operations import cases
from huitong.risk.disposition import Figures, Ledger, Subject, Wanted, in_force, measures_of, waiting
from tests.risk.disposition.core import Core
from tests.risk.disposition.policy import write_guarded

NOW = time_us("2026-03-02T02:00:00Z")
HOUR = 3_600_000_000
ACCOUNT = Subject("account", "A-17")
LI = Actor("li.wei", frozenset[Role]({"investigator"}))
WANG = Actor("wang.fang", frozenset[Role]({"approver"}))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_guarded(tmp_path / "bank" / "policies")
    return tmp_path / "bank"


@pytest.fixture
def bank(root: Path, clock: FixedClock) -> Iterator[Bank]:
    with Bank(root, clock=clock, threads=1) as opened:
        yield opened


def pay(bank: Bank, number: int, amount: str, account: str = "A-17") -> Decision:
    at = {"id": f"P{number}", "time": bank.clock.now_us(), "customer": "C-1", "account": account, "counterparty": "A-99"}
    return bank.decide({**at, "amount": amount, "currency": "CNY", "channel": "transfer"}, policy="guarded")


def kinds(bank: Bank) -> list[str]:
    return bank.measures.ask(lambda ledger: [one.kind for one in in_force(ledger, bank.clock.now_us(), ACCOUNT)])


def same(bank: Bank) -> int:
    """How many recorded decisions a replay of the log makes again; all of them, bit for bit."""
    done = bank.replay("guarded")
    assert done.reproduced is not None
    assert done.reproduced.differing == ()
    assert not any(finding.where.startswith("measure.") for finding in done.findings), "no measure was forgotten, there was none"
    return done.reproduced.decisions


def freeze(bank: Bank) -> str:
    command = bank.measures.command(LI)
    bank.measures.impose(command, Wanted(ACCOUNT, "freeze", command.now_us + 48 * HOUR, "customer_report", customer="C-1"))
    return command.id


def test_freeze_decline_release_as_a_bank_lives_it_and_the_replay_says_the_same(root: Path, clock: FixedClock) -> None:
    with Bank(root, clock=clock, threads=1) as bank:
        assert pay(bank, 1, "100").outcome == "approve"
        proposal = freeze(bank)
        clock.advance_us(HOUR)
        assert pay(bank, 2, "100").outcome == "approve", "one person freezes nothing"
        with pytest.raises(PolicyError):
            bank.measures.confirm(bank.measures.command(LI), proposal)
        bank.measures.confirm(bank.measures.command(WANG), proposal)
        clock.advance_us(HOUR)
        done = pay(bank, 3, "100")
        assert (done.outcome, done.reasons[0].code) == ("decline", "rule.account_frozen")
        assert pay(bank, 4, "100", account="A-18").outcome == "approve"
        (held,) = bank.measures.ask(lambda ledger: in_force(ledger, clock.now_us(), ACCOUNT))
        said = bank.measures.notice(held)
        assert said is not None
        assert said["zh"].startswith("应您的要求")
    clock.advance_us(HOUR)
    with Bank(root, clock=clock, threads=1) as bank:  # started anew: the state is what was kept, and what the log holds beyond it
        assert pay(bank, 5, "100").outcome == "decline"
        lifting = bank.measures.command(WANG)
        bank.measures.lift(lifting, held.id, "verified")
        other = Actor("chen.jie", frozenset[Role]({"approver"}))
        bank.measures.confirm(bank.measures.command(other), lifting.id)
        assert pay(bank, 6, "100").outcome == "approve"
        assert bank.books.measures.rebuilt() == bank.books.measures.ask(lambda ledger: ledger)
        assert same(bank) == 6
        assert [one.code for one in bank.check_log()] == []


def test_a_decisions_measure_is_in_force_with_the_answer_and_asked_twice_imposed_once(bank: Bank, clock: FixedClock) -> None:
    assert pay(bank, 1, "6000").outcome == "review"
    assert kinds(bank) == ["limit"]
    end = bank.log.end()
    assert pay(bank, 1, "6000").outcome == "review"
    assert bank.log.end() == end
    assert [pay(bank, number, amount).outcome for number, amount in ((2, "1500"), (3, "600"), (4, "500"), (5, "0.01"))] == [
        "approve",
        "decline",
        "approve",
        "decline",
    ]
    clock.advance_us(24 * HOUR)
    assert kinds(bank) == []
    assert pay(bank, 6, "1500").outcome == "approve"
    assert same(bank) == 6


def test_payments_at_once_draw_on_one_limit(bank: Bank) -> None:
    pay(bank, 0, "6000")
    outcomes: list[str] = []

    def paid(number: int) -> None:
        outcomes.append(pay(bank, number, "500").outcome)

    threads = [threading.Thread(target=paid, args=(number,)) for number in range(1, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approve"] * 4 + ["decline"] * 6, "2000 is four times 500, whoever comes first"
    assert same(bank) == 11


def test_no_name_stands_in_the_log_in_clear_and_a_forgotten_one_leaves_the_ledger(root: Path, bank: Bank) -> None:
    pay(bank, 1, "6000", account="A-4711")
    command = bank.measures.command(LI)
    wanted = Wanted(
        Subject("account", "A-4711"), "hold", command.now_us + HOUR, "investigation", note="Frau Merkwürdig rief an", customer="C-1"
    )
    bank.measures.impose(command, wanted)
    assert len(bank.measures.ask(lambda ledger: measures_of(ledger, wanted.subject))) == 2
    bank.persons.forget("C-1", "case 1", space="customer")
    assert bank.measures.ask(lambda ledger: measures_of(ledger, wanted.subject)) == []
    assert len(bank.measures.ask(lambda ledger: in_force(ledger, bank.clock.now_us()))) == 2, "what is in force stays, without the name"
    bank.close()
    with sqlite3.connect(root / "log" / "log.sqlite") as file:
        whole = "\n".join(file.iterdump())
    file.close()
    for name in ("A-4711", "Merkw", '"C-1"'):
        assert name not in whole


def test_figures_are_those_of_the_log_and_its_labels(bank: Bank, clock: FixedClock) -> None:
    pay(bank, 1, "6000")
    for number, fraud in enumerate((True, False)):
        label = Event(f"L{number}", "payment.labelled", NOW + number, {"customer": "C-1"}, {"payment": "P1", "fraud": fraud})
        bank.log.append_events([label])
    clock.advance_us(48 * HOUR)
    found = bank.measures.figures()
    assert isinstance(found, Figures)
    assert (found.innocent, found.release_median_hours, found.long_share) == (1, 24.0, 0.0)
    assert bank.measures.figures(since_us=NOW + 1).innocent == 0


@pytest.mark.parametrize(("verdict", "counts"), [("genuine", (1, 0, 0)), ("fraud", (0, 1, 0)), ("unclear", (0, 0, 1))])
def test_a_freeze_by_persons_counts_by_the_verdict_on_its_alert(bank: Bank, verdict: cases.Verdict, counts: tuple[int, int, int]) -> None:
    now_us = bank.clock.now_us()
    raised: dict[str, Value] = {"subject_role": "account", "pattern": "rule.x", "payment": "P1", "decision": "D1", "amount": 1}
    bank.log.append_events([Event("alert-1", "alert.raised", now_us, {"account": "A-17"}, {**raised, "expected_loss": 0, "due": now_us})])
    asked = Wanted(ACCOUNT, "freeze", now_us + HOUR, "investigation", alert="alert-1")
    (proposed,) = bank.measures.impose(bank.measures.command(LI), asked)
    bank.measures.confirm(bank.measures.command(WANG), proposed.id)
    assert bank.measures.figures().unjudged_by_persons == 1
    closing = bank.measures.command(LI)

    def closed(desk: cases.Desk) -> Sequence[Event]:
        return cases.close(desk, closing, "alert-1", verdict, "looked at", lambda *_: [])

    bank.books.desk.act(closing, closed)
    found = bank.measures.figures()
    assert (found.innocent, found.guilty, found.unjudged_by_persons) == counts


def test_figures_go_with_the_last_verdict_of_a_case_that_was_reopened(bank: Bank, clock: FixedClock) -> None:
    pay(bank, 1, "6000")
    alert = bank.books.desk.ask(lambda desk: next(iter(desk.alerts)))
    labels_of = labels_in_bank(bank, "guarded")

    def done(by: Actor, act: Callable[..., Sequence[Event]], *given: object) -> str:
        clock.advance_us(HOUR // 60)
        command = bank.measures.command(by)
        bank.books.desk.carry_out(command, act, *given)
        return command.id

    def closed_as(verdict: cases.Verdict) -> None:
        proposal = done(LI, cases.propose, case, verdict, "looked at", cases.DeskSettings(checklist=()))
        done(WANG, cases.close_case, case, proposal, labels_of)

    case = done(LI, cases.open_case, alert, "a mule")
    until_us = bank.clock.now_us() + HOUR
    of_alert = Wanted(Subject("account", "A-20"), "freeze", until_us, "investigation", alert=alert)
    of_case = Wanted(Subject("account", "A-21"), "freeze", until_us, "investigation", case=case)
    for asked in (of_alert, of_case):
        (proposed,) = bank.measures.impose(bank.measures.command(LI), asked)
        bank.measures.confirm(bank.measures.command(WANG), proposed.id)
    closed_as("fraud")
    found = bank.measures.figures()
    assert (found.innocent, found.guilty) == (0, 3)  # both freezes by persons, and the measure that fell on the payment
    done(LI, cases.reopen_case, case, "the customer complains")
    closed_as("genuine")
    found = bank.measures.figures()
    assert (found.innocent, found.guilty) == (3, 0)
    assert bank.books.desk.ask(lambda desk: desk.alerts[alert].verdict) == "genuine"


def test_labels_are_found_of_payments_that_are_asked_about_late_and_the_latest_counts(bank: Bank, clock: FixedClock) -> None:
    def label(number: int, payment: str, *, fraud: bool) -> None:
        told: dict[str, Value] = {"payment": payment, "fraud": fraud}
        bank.log.append_events([Event(f"L{number}", "payment.labelled", NOW + number, {"customer": "C-1"}, told)])

    pay(bank, 1, "6000")
    pay(bank, 2, "10")
    label(1, "P1", fraud=True)
    label(2, "P2", fraud=False)
    assert (bank.measures.figures().guilty, bank.measures.figures().innocent) == (1, 0)
    pay(bank, 3, "6000", account="A-3")
    label(3, "P3", fraud=False)
    pay(bank, 4, "6000", account="A-4")
    clock.advance_us(HOUR)
    assert (bank.measures.figures().guilty, bank.measures.figures().innocent, bank.measures.figures().unknown) == (1, 1, 1)
    label(4, "P1", fraud=False)
    assert bank.measures.figures().guilty == 0


def test_an_empty_bank_has_no_measures(tmp_path: Path) -> None:
    with Bank(tmp_path / "bank") as bank:
        assert bank.measures.ask(lambda ledger: ledger) == Ledger()
        assert bank.measures.ask(lambda ledger: waiting(ledger, 0)) == []
        assert (tmp_path / "bank" / "measures" / "notices.toml").is_file()


def test_a_policy_whose_measure_nothing_can_carry_out_is_told_so(bank: Bank, root: Path) -> None:
    assert [one.code for one in bank.check("guarded")] == []
    file = root / "policies" / "guarded" / "policy.toml"
    file.write_text(file.read_text("utf-8").replace('role = "account"\nfor', 'role = "region"\nfor'), "utf-8")
    assert [one.code for one in bank.check("guarded")] == ["measure.subject"]


def test_while_a_bank_is_served_its_core_system_is_told(root: Path, bank: Bank) -> None:
    core = Core()
    settings = root / "measures" / "measures.toml"
    settings.write_text(settings.read_text("utf-8") + f'\n[core]\naddress = "{core.address}"\n', "utf-8")
    bank.close()
    try:
        core.broken = True
        with Bank(root, threads=1) as again, rounds_of(again, 0.01)[1] as delivery:
            pay(again, 1, "6000")
            until(lambda: bool(core.calls))
            assert delivery.error is None
            core.broken = False  # it is tried again a second later
            until(lambda: bool(core.done))
        assert [(one["measure"], one["subject"], one["amount_minor"]) for one in core.done.values()] == [("limit", "A-17", 200_000)]
    finally:
        core.close()


def test_a_served_bank_ends_although_its_core_system_does_not_answer(root: Path, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.outgoing.ENDING_SECONDS", 0.05)
    bank.close()
    settings = root / "measures" / "measures.toml"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        core = f'[core]\naddress = "http://127.0.0.1:{silent.getsockname()[1]}"\ntimeout_seconds = 600\n'
        settings.write_text(f"{settings.read_text('utf-8')}\n{core}", "utf-8")
        with Bank(root, threads=1) as again:
            with rounds_of(again, 0.01)[1]:
                pay(again, 1, "6000")
                until(lambda: again.measures.ask(lambda ledger: [one.attempts for one in ledger.commands.values()]) == [1])
                began = time.monotonic()
            assert time.monotonic() - began < 60
            assert again.measures.ask(lambda ledger: [one.answer for one in ledger.commands.values()]) == [None]


def test_whom_the_core_system_holds_is_not_forgotten_before_it_was_told_to_let_go(root: Path, bank: Bank, clock: FixedClock) -> None:
    core = Core()
    settings = root / "measures" / "measures.toml"
    settings.write_text(settings.read_text("utf-8") + f'\n[core]\naddress = "{core.address}"\n', "utf-8")
    bank.close()
    try:
        with Bank(root, clock=clock, threads=1) as again:
            pay(again, 1, "6000")
            with pytest.raises(InputError) as told:
                again.persons.forget("A-17", "asked", space="account")
            assert told.value.code == "measure.core.holds"
            assert core.calls == []
            address = again.measures.core
            assert address is not None
            again.measures.deliver(address)
            (held,) = again.measures.ask(lambda ledger: in_force(ledger, again.clock.now_us()))
            with pytest.raises(InputError):
                again.persons.forget("A-17", "asked", space="account")
            again.measures.lift(again.measures.command(WANG), held.id, "verified")
            again.measures.deliver(address)
            assert again.persons.forget("A-17", "asked", space="account").forgotten.names > 0
    finally:
        core.close()


def until(true: Callable[[], bool]) -> None:
    """Waits up to ten seconds."""
    for _ in range(1_000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never happened")


def test_whom_an_event_names_is_told_from_a_slip_of_the_pen(bank: Bank) -> None:
    assert not named_in_log(bank, "customer", "C-1")
    pay(bank, 1, "10.00")
    assert named_in_log(bank, "customer", "C-1")
    assert not named_in_log(bank, "customer", "A-17"), "it is an account's name"
    assert named_in_log(bank, "terminal", "T-1"), "which terminals there are, nobody keeps"
