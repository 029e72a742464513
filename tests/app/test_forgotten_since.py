"""Decisions after somebody was forgotten rest on what the log can still read, and can be made again from it; as lives of a bank found."""

from pathlib import Path

import pyarrow as pa

import huitong
from huitong.app import Bank
from huitong.contracts import Event, Value
from huitong.kernel import FixedClock, time_us
from huitong.store import encode_decision

NOW_US = time_us("2026-11-26T08:00:00Z")


def payment(number: int, customer: str = "Li", amount: int = 1_250) -> Event:
    keys = {"customer": f"Customer-{customer}", "account": f"Account-{customer}", "terminal": "T1"}
    data: dict[str, Value] = {"amount": amount, "currency": "CNY", "channel": "online"}
    return Event(f"e{number}", "payment.requested", NOW_US - 3_600_000_000 + number * 1_000_000, keys, data)


def a_bank(folder: Path) -> Bank:
    return huitong.open(folder, clock=FixedClock(NOW_US))


def require_reproduced(bank: Bank, decisions: int) -> None:
    done = bank.replay("card_payments").reproduced
    assert done is not None
    assert (done.decisions, done.differing) == (decisions, ())


def test_a_decision_that_waited_while_somebody_was_forgotten_does_not_know_them_by_name(tmp_path: Path) -> None:
    with a_bank(tmp_path / "bank") as bank:
        live = bank.live()
        for number in range(4):
            live.decide(payment(number))
        bank.persons.forget("Customer-Li", "asked")
        decision = live.decide(payment(9))  # had asked before, and waited
        assert decision.evidence.features["customer_count_24h"] == 1.0
        require_reproduced(bank, 5)


def test_a_state_that_a_crash_brought_back_is_not_taken_up(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    with a_bank(folder) as bank:
        for number in range(4):
            bank.decide(payment(number))
    (state,) = (folder / "state").glob("*.state")
    content = state.read_bytes()
    with a_bank(folder) as bank:
        bank.persons.forget("Customer-Li", "asked")
    state.write_bytes(content)
    with a_bank(folder) as bank:
        assert [finding.code for finding in bank.check_log()] in ([], ["state.unusable"])
        assert bank.decide(payment(9)).evidence.features["customer_count_24h"] == 1.0
        require_reproduced(bank, 5)


def test_a_payment_that_was_written_down_is_decided_without_the_name_of_who_was_forgotten(tmp_path: Path) -> None:
    with a_bank(tmp_path / "bank") as bank:
        for number in range(4):
            bank.decide(payment(number))
        bank.log.append_events([payment(5)])
        bank.persons.forget("Customer-Li", "asked")
        decision = bank.decide(payment(5))
        assert decision.evidence.features["customer_count_24h"] == 5.0
        assert b"Customer-Li" not in encode_decision(decision) + b"".join(bank.log.payloads())
        require_reproduced(bank, 5)


def test_who_is_forgotten_while_a_written_payment_is_decided_does_not_come_back(tmp_path: Path) -> None:
    with a_bank(tmp_path / "bank") as bank:
        for number in range(4):
            bank.decide(payment(number))
        wanted = payment(5, amount=50_000_000)
        bank.log.append_events([wanted])
        begun: list[Event | None] = []

        def clock() -> int:
            if not begun:  # the payment was read by name; now somebody is forgotten, before the answer is written
                begun.append(bank.log.event("e5"))
                bank.persons.forget("Customer-Li", "asked")
            return 0

        decision = bank.live().decide_known(wanted, clock)
        assert begun == [wanted]
        assert decision.measures[0].subject != "Customer-Li"
        assert b"Customer-Li" not in encode_decision(decision) + b"".join(bank.log.payloads())
        assert bank.check_log() == ()
        require_reproduced(bank, 5)


def test_rows_of_the_forgotten_are_no_conflicts_beside_one(tmp_path: Path) -> None:
    table = pa.table(
        {
            **{"transaction_id": [1, 2], "ts": [31, 130], "customer_id": [596, 4_961], "terminal_id": [3_156, 3_412]},
            **{"amount": [57.16, 81.51], "fraud": [0, 0], "scenario": [0, 0]},
        }
    )
    other = table.set_column(4, "amount", pa.array([57.16, 99.99]))
    with a_bank(tmp_path / "bank") as bank:
        bank.ingest(table, mapping="handbook")
        customer = bank.log.event("hb-1").keys["customer"]  # type: ignore[union-attr]  # it is there
        bank.persons.forget(customer, "asked", space="customer")
        taken, done = bank.ingest(other, mapping="handbook")
        assert [finding.where for finding in taken.conflicts] == ["hb-2", "hb-2:label"]
        assert (done.new, done.repeated) == (0, 2)
