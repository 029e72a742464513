"""A row whose id is in the log with other content is set aside, told by what differs, and holds up no other row."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

import huitong
from huitong.cli import main

COLUMNS: dict[str, list[float]] = {
    "transaction_id": [1, 2, 3, 4],
    "ts": [31, 130, 476, 569],
    "customer_id": [596, 4961, 2, 4128],
    "terminal_id": [3156, 3412, 1365, 8737],
    "amount": [57.16, 81.51, 146.0, 64.49],
    "fraud": [0, 0, 0, 0],
    "scenario": [0, 0, 0, 0],
}


def table(*, amounts: list[float] | None = None, rows: int = 4) -> pa.Table:
    columns = {name: values[:rows] for name, values in COLUMNS.items()}
    return pa.table(columns | ({} if amounts is None else {"amount": amounts}))


def test_the_other_rows_go_in_and_what_differs_is_told(tmp_path: Path) -> None:
    with huitong.open(tmp_path / "bank") as bank:
        bank.ingest(table(rows=2), mapping="handbook")
        taken, appended = bank.ingest(table(amounts=[57.16, 99.99, 146.0, 64.49]), mapping="handbook")
        found, label = taken.conflicts
        assert (found.where, label.where) == ("hb-2", "hb-2:label")  # the book's labels repeat the amount
        assert "amount 81.51 ≠ 99.99" in found.text["en"]
        assert "81.51 ≠ 99.99" in found.text["zh"]
        assert appended.new == 4  # two payments and their labels
        assert taken.conflicts_kept is not None
        line, _ = taken.conflicts_kept.read_text().splitlines()
        assert (json.loads(line)["given"]["data"]["amount"], json.loads(line)["there"]["data"]["amount"]) == (9999, 8151)
        again, nothing = bank.ingest(table(amounts=[57.16, 99.99, 146.0, 64.49]), mapping="handbook")
        assert (len(again.conflicts), nothing.new) == (2, 0)
        assert bank.check_log() == ()


def test_the_command_ends_with_the_code_for_data_and_says_what_went_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, bank = tmp_path / "p.csv", str(tmp_path / "bank")
    pa_csv.write_csv(table(), file)
    with pytest.raises(SystemExit) as done:
        main(["ingest", "--input", str(file), "--mapping", "handbook", "--bank", bank])
    assert done.value.code in (0, None)
    pa_csv.write_csv(table(amounts=[1.0, 81.51, 146.0, 64.49]), file)
    with pytest.raises(SystemExit) as done:
        main(["ingest", "--input", str(file), "--mapping", "handbook", "--bank", bank, "--lang", "zh"])
    assert done.value.code == 3
    said = capsys.readouterr()
    assert "57.16 ≠ 1.00" in said.out + said.err
