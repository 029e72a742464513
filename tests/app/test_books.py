"""A bank's books: work on somebody who was forgotten meanwhile is finished, and a kept book is held against the log."""

import os
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.books import Labels, labels_from
from huitong.contracts import Actor, Command, Event
from huitong.kernel import InputError, ulid
from huitong.operations import cases
from tests.app.small_world import clock

LI = Actor("li", frozenset({"investigator"}))
NAME, ACCOUNT = "Customer-Zhang-Wei", "Account-Zhang-Wei"
PAYMENT = {"id": "F-1", "customer": NAME, "account": ACCOUNT, "amount": "250000", "currency": "CNY", "channel": "transfer"}


def command(bank: Bank) -> Command:
    return Command(ulid(bank.clock.now_us(), os.urandom), LI, bank.clock.now_us())


def test_an_alert_on_somebody_forgotten_is_closed_and_its_payment_labelled(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        decision = bank.decide({**PAYMENT, "time": bank.clock.now_us()}, policy="small")
        assert decision.outcome != "approve"
        alert = f"alert:{decision.id}"
        assert bank.books.desk.ask(lambda desk: desk.alerts[alert].subject) == NAME
        bank.persons.forget(NAME, "request 7", space="customer")
        assert NAME not in bank.books.desk.ask(lambda desk: desk.alerts[alert].subject)
        labels_of = labels_from(bank.log, {}, Labels(bank.contracts["payment.labelled"], "fraud"))
        done = bank.books.desk.carry_out(command(bank), cases.close, alert, "fraud", "confirmed by the police", labels_of)
        assert [event.kind for event in done] == ["alert.closed", "payment.labelled"]
        assert bank.books.desk.ask(lambda desk: desk.alerts[alert].verdict) == "fraud"
        assert bank.check_log() == ()
    texts = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    assert NAME.encode() not in texts
    assert ACCOUNT.encode() not in texts


def test_a_token_of_somebody_who_is_known_is_no_name_to_act_on(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        bank.decide({**PAYMENT, "time": bank.clock.now_us()}, policy="small")
        token = (
            next(row for row in bank.log.payloads(0, ["payment.requested"]) if b"enc:" in row)
            .split(b'"customer":"')[1]
            .split(b'"')[0]
            .decode()
        )
        assert token.startswith("enc:")
        event = Event("c1", "alert.assigned", bank.clock.now_us(), {"alert": "x", "customer": token}, {"to": "li", "by": "li"})
        with pytest.raises(InputError):
            bank.books.desk.act("c1", lambda _desk: [event])


def test_a_kept_book_that_is_not_what_the_log_gives_is_found_and_folded_again(root: Path) -> None:
    with Bank(root, clock=clock(), threads=2) as bank:
        bank.decide({**PAYMENT, "time": bank.clock.now_us()}, policy="small")
        bank.books.desk.ask(len_of_alerts)
    assert (root / "state" / "desk.book").exists()
    with Bank(root, clock=clock(), threads=2) as bank:
        assert bank.check_log() == ()
        bank.books.desk.ask(lambda desk: desk.alerts.clear())  # what a bug of ours would do
    with Bank(root, clock=clock(), threads=2) as bank:
        assert [(one.code, one.where) for one in bank.check_log()] == [("state.differs", "desk")]
        assert [one.name for one in bank.rebuild("desk")] == ["desk"]
        assert bank.check_log() == ()
        assert bank.books.desk.ask(len_of_alerts) == 1


def len_of_alerts(desk: cases.Desk) -> int:
    return len(desk.alerts)
