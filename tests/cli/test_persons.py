"""What a data protection officer types: hold, forget, and the master key turned, here or elsewhere."""

import base64
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

EVENT = {"id": "P-1", "time": "2025-10-01T12:00:00+08:00", "customer": "Customer-77", "account": "A1", "counterparty": "A2"}
PAYMENT = json.dumps(EVENT | {"amount": "25.00", "currency": "CNY", "channel": "transfer", "terminal": "T000009"})


@pytest.fixture
def bank(run: Run, root: Path) -> Path:
    assert run("decide", PAYMENT, "--policy", "small", "--bank", root).code == 0
    return root


def test_a_held_person_is_forgotten_once_the_hold_is_lifted(run: Run, bank: Path) -> None:
    held = ("hold", "Customer-77", "--as", "customer", "--bank", bank)
    assert run(*held, "--until", "2125-06-30").code == 2  # a hold needs a ground
    ran = run(*held, "--until", "2125-06-30", "--ground", "case 7", "--json")
    assert ran.document == {"space": "customer", "until": "2125-06-30T00:00:00Z"}, "a day begins at midnight UTC"
    assert run(*held, "--until", "2125-06-30T00:00:00+08:00", "--ground", "case 8", "--json").document["until"] == "2125-06-29T16:00:00Z"
    forget = ("forget", "Customer-77", "--ground", "request 5", "--bank", bank)
    for language, said in (("en", "must be kept until 2125-06-30T00:00:00Z: case 7"), ("zh", "须保留至 2125-06-30T00:00:00Z：case 7")):
        ran = run(*forget, "--lang", language)
        assert ran.code == 2
        assert said in ran.err
    assert run("hold", "Customer-77", "--lift", "--bank", bank).code == 0
    done = run(*forget, "--json").document
    assert (done["names"], done["shared"], done["still_named"]) == (2, 0, [])
    ran = run(*forget, "--json")
    assert (ran.code, ran.document["error"]["code"]) == (2, "vault.person.unknown")


def test_a_statute_that_counts_from_no_known_kind_is_refused_and_keeps_nobody_in_silence(run: Run, bank: Path) -> None:
    (bank / "bank.toml").write_text('[retention."payment.requsted"]\ndays = 9\nground = "law"\n')
    ran = run("forget", "Customer-77", "--ground", "request 5", "--bank", bank, "--json")
    assert (ran.code, ran.document["error"]["code"]) == (2, "contract.unknown")


def test_a_master_key_that_is_kept_elsewhere_is_turned_there(run: Run, bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, byte in (("A_FIRST_MASTER", b"1"), ("A_SECOND_MASTER", b"2")):
        monkeypatch.setenv(name, base64.b64encode(32 * byte).decode())
    turned = run("keys", "rotate-master", "--to", "env:A_FIRST_MASTER", "--bank", bank, "--lang", "en")
    assert turned.code == 0
    assert 'master = "env:A_FIRST_MASTER"' in turned.out
    assert run("explain", "P-1", "--bank", bank).code == 3  # the key in the bank's folder opens nothing now
    (bank / "bank.toml").write_text('[keys]\nmaster = "env:A_FIRST_MASTER"\n')
    assert "Customer-77" in run("explain", "P-1", "--bank", bank).out
    ran = run("keys", "rotate-master", "--bank", bank, "--json")
    assert (ran.code, ran.document["error"]["code"]) == (3, "bank.master.elsewhere")
    assert run("keys", "rotate-master", "--to", "env:A_SECOND_MASTER", "--bank", bank).code == 0
    (bank / "bank.toml").write_text('[keys]\nmaster = "env:A_SECOND_MASTER"\n')
    assert "Customer-77" in run("explain", "P-1", "--bank", bank).out
    assert run("keys", "rotate-master", "--to", "env:A_THIRD_MASTER", "--bank", bank).code == 2
