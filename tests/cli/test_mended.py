"""Rows set aside come back by the command line alone."""

from pathlib import Path

from huitong.app import Bank
from tests.cli.conftest import Run

ROWS = """id,time,customer,terminal,amount,currency,channel
P1,2025-09-15T09:30:00+08:00,C1,T1,12.50,CNY,card_present
P2,2025-09-15T09:31:00+08:00,C2,T1,1O.00,CNY,card_present
P3,2025-09-15T09:32:00+08:00,C3,T1,x,CNY,card_present
"""
MAPPING = """kind = "payment.requested"
[id]
column = "id"
[time]
column = "time"
[fields]
customer = { column = "customer" }
terminal = { column = "terminal" }
amount = { column = "amount" }
currency = { column = "currency" }
channel = { column = "channel" }
"""


def test_a_mended_quarantine_file_is_taken_in_as_a_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    (tmp_path / "own.toml").write_text(MAPPING, "utf-8")
    bank, mapping = tmp_path / "bank", ("--mapping", tmp_path / "own.toml")
    first = run("ingest", "--input", tmp_path / "rows.csv", *mapping, "--bank", bank, "--lang", "en")
    assert (first.code, "give that file to the same command as --input" in first.out) == (0, True)
    (aside,) = (bank / "quarantine").glob("*.jsonl")
    aside.write_text(aside.read_text("utf-8").replace('"1O.00"', '"10.00"').replace('"P3"', '"P\u2028"'), "utf-8")
    again = run("ingest", "--input", aside, *mapping, "--bank", bank, "--json").document
    assert (again["new"], again["quarantined"]) == (1, 1)
    with Bank(bank) as opened:
        event = opened.log.event("P2")
    assert event is not None
    assert event.data["amount"] == 1000
    assert "请更正其中 original 下的值" in run("ingest", "--input", aside, *mapping, "--bank", bank, "--lang", "zh").out


def test_a_quarantine_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    ran = run("ingest", "--input", tmp_path / "no.jsonl", "--mapping", "synthetic", "--bank", tmp_path / "bank", "--json")
    assert (ran.code, ran.document["error"]["code"]) == (2, "table.missing")
