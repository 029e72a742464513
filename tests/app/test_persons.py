"""Persons in a bank: forgotten on every file, kept by holds and statutes; heads witnessed; keys turned."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import huitong
from huitong.app import Bank
from huitong.app.sweeping import UPLOADS, still_named
from huitong.kernel import MICROSECONDS_PER_DAY, DataError, FixedClock, InputError, time_us
from huitong.store import Hold, kept_heads
from huitong.verifier import BadProofError, read_keys, verify

NOW_US = time_us("2026-11-26T08:00:00Z")
NAMES = ("Customer-Li", "Account-Li", "Device-Li")


def payment(number: int, customer: str = "Li") -> dict[str, object]:
    return {
        "id": f"e{number}",
        "time": f"2026-11-2{number % 5}T08:00:00Z",
        "customer": f"Customer-{customer}",
        "account": f"Account-{customer}",
        "device": f"Device-{customer}",
        "counterparty": "Account-Chen",
        "amount": f"{number + 1}.50",
        "currency": "CNY",
        "channel": "transfer",
    }


def a_bank(folder: Path) -> Bank:
    return huitong.open(folder, clock=FixedClock(NOW_US))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bank"


def files_with(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_forgotten_person_is_on_no_file_and_decisions_stay_provable_and_explained(folder: Path) -> None:
    with a_bank(folder) as bank:
        for number in range(5):
            bank.decide(payment(number))
        bank.decide(payment(7, "Chen"))
        before = bank.explain("e2").decision
        proof = bank.prove("e2")
    (folder / "quarantine" / "old.jsonl").write_text('{"customer": "Customer-Li"}\n{"customer": "Customer-Zhao"}\n')
    assert files_with(folder, "Customer-Li") != []  # the kept state, the rows set aside
    (folder / UPLOADS / "one").mkdir(parents=True)
    (folder / UPLOADS / "one" / "table.csv").write_text("customer\nCustomer-Li\n")
    with a_bank(folder) as bank:
        done = bank.persons.forget("Customer-Li", "GDPR 17(1)(a)")
        assert (done.forgotten.names, done.states, done.quarantined, done.findings) == (3, 2, 1, ()), "a state, a book"
        assert [files_with(folder, name) for name in NAMES] == [[], [], []]
        explained = bank.explain("e2")
        assert explained.erased is not None
        assert "GDPR 17" in explained.erased["zh"]
        assert not re.search("account|customer", explained.erased["zh"]), "fields are called as the contract calls them"
        assert (explained.decision.outcome, explained.decision.score) == (before.outcome, before.score)
        assert verify(proof, read_keys(bank.logbook.custody.public_file.read_bytes())).records[0][1]["outcome"] == before.outcome
        assert bank.check_log() == ()
        assert bank.decide(payment(2)).id == before.id  # the same, as far as anyone can still tell
        with pytest.raises(DataError):
            bank.decide(payment(2) | {"amount": "99.00"})
        assert bank.decide(payment(8)).evidence.features != {}
    assert "old.jsonl" in files_with(folder, "Customer-Zhao")


def test_what_still_names_a_person_is_told(folder: Path) -> None:
    with a_bank(folder) as bank:
        bank.decide(payment(1))
        (folder / "policies" / "card_payments" / "note.csv").write_text("Customer-Li")
        (found,) = bank.persons.forget("Customer-Li", "GDPR 17").findings
        assert found.where == "policies/card_payments/note.csv"


def test_a_hold_and_a_statute_keep_a_person(folder: Path) -> None:
    folder.mkdir()
    (folder / "policies").mkdir()
    (folder / "bank.toml").write_text('[retention]\n"payment.requested" = { days = 3, ground = "AML law" }\n')
    with a_bank(folder) as bank:
        bank.decide(payment(4))  # on the 24th: kept to the 27th
        with pytest.raises(InputError, match=r"2026-11-27.*AML law"):
            bank.persons.forget("Customer-Li", "GDPR 17")
    with huitong.open(folder, clock=FixedClock(NOW_US + MICROSECONDS_PER_DAY)) as bank:
        bank.persons.hold("Customer-Li", Hold(NOW_US + 2 * MICROSECONDS_PER_DAY, "investigation"))
        with pytest.raises(InputError, match="investigation"):
            bank.persons.forget("Customer-Li", "GDPR 17")
        bank.persons.hold("Customer-Li", None)
        assert bank.persons.forget("Customer-Li", "GDPR 17").forgotten.names == 3


def test_a_name_of_nobody_and_of_several_is_refused(folder: Path) -> None:
    with a_bank(folder) as bank:
        bank.decide(payment(1) | {"account": "Same", "customer": "Same"})
        with pytest.raises(InputError, match="knows nobody"):
            bank.persons.forget("Nobody", "x")
        with pytest.raises(InputError, match="--as customer"):
            bank.persons.forget("Same", "x")
        assert bank.persons.forget("Same", "x", space="customer").forgotten.names == 3


def test_keys_turn_and_everything_before_stays_verifiable(folder: Path) -> None:
    with a_bank(folder) as bank:
        bank.decide(payment(1))
        old, first_keys = bank.prove("e1"), read_keys(bank.logbook.custody.public_file.read_bytes())
        bank.logbook.rotate_signing_key()
        assert bank.logbook.rotate_master_key() == 4
        bank.decide(payment(2))
        new, keys = bank.prove("e2"), read_keys(bank.logbook.custody.public_file.read_bytes())
        assert len(keys) == 2
        assert verify(old, keys).head.size < verify(new, keys).head.size
        with pytest.raises(BadProofError):
            verify(new, first_keys)
    with a_bank(folder) as bank:
        assert bank.explain("e1").event.keys["customer"] == "Customer-Li"
        assert bank.check_log() == ()


@pytest.mark.parametrize("gone", ["master.key", "signing.pem"])
def test_a_lost_key_is_told_and_none_is_made_in_its_place(folder: Path, gone: str) -> None:
    with a_bank(folder) as bank:
        bank.decide(payment(1))
    (folder / "keys" / gone).rename(folder / "elsewhere")
    with a_bank(folder) as bank, pytest.raises(InputError, match=gone):
        bank.decide(payment(2))
    assert not (folder / "keys" / gone).exists()


def test_the_master_key_may_come_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "policies").mkdir()
    (folder / "bank.toml").write_text('[keys]\nmaster = "env:A_BANKS_MASTER"\n')
    with a_bank(folder) as bank, pytest.raises(InputError, match="A_BANKS_MASTER"):
        bank.decide(payment(1))
    monkeypatch.setenv("A_BANKS_MASTER", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    with a_bank(folder) as bank:
        bank.decide(payment(1))
        assert not (folder / "keys" / "master.key").exists()


@pytest.fixture
def heads_posted() -> Iterator[tuple[str, list[str]]]:
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


def test_witnesses_receive_heads_and_convict_a_rewritten_history(folder: Path, tmp_path: Path, heads_posted: tuple[str, list[str]]) -> None:
    url, received = heads_posted
    kept = tmp_path / "kept.jsonl"
    folder.mkdir()
    (folder / "policies").mkdir()
    (folder / "bank.toml").write_text(f"[log]\nwitness = {json.dumps([str(kept), url, 'http://127.0.0.1:9/'])}\n")
    with a_bank(folder) as bank:
        for number in range(3):
            bank.decide(payment(number))
            bank.log.sign_head()
        keys = read_keys(bank.logbook.custody.public_file.read_bytes())
        log = bank.log
    heads = kept_heads(kept)
    assert heads == received
    assert {trouble.code for trouble in log.witness_troubles} == {"witness.unreachable"}
    with a_bank(folder) as bank:
        assert bank.log.check_witnessed(heads, keys) == []
    for path in (*(folder / "log").iterdir(), *(folder / "state").iterdir(), folder / "keys" / "master.key"):
        path.unlink()  # of all that says that there was a log
    with a_bank(folder) as bank:  # the operator begins history anew, with the same signing key
        bank.decide(payment(4))
        assert {found.code for found in bank.log.check_witnessed(heads, keys)} == {"witness.rewritten"}


def test_a_file_that_still_names_somebody_comes_with_what_can_be_done_there(tmp_path: Path) -> None:
    for folder in ("log", "policies"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_text("…/of/customer/Customer-Li…", "utf-8")
    in_log, in_list = still_named(tmp_path, "Customer-Li")
    assert (in_log.code, in_list.code) == ("person.named.log", "person.named")
    assert "no record is ever changed" in in_log.remedy["en"]
    assert "不可更改" in in_log.remedy["zh"]
    assert "take the name out there" in in_list.remedy["en"]
