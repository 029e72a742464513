"""Bad input on the command line: an exit code, a cause and a remedy in both languages; the good rows go in, nothing is lost."""

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from huitong.app import Bank
from tests.app.small_world import changed, full_disk
from tests.cli.conftest import Ran, Run

INPUT, DATA, POLICY, EXTERNAL = 2, 3, 4, 5

PAYMENT: Mapping[str, object] = {
    "id": "P-1",
    "time": "2025-10-01T12:00:00+08:00",
    "customer": "C1",
    "amount": "123.45",
    "currency": "CNY",
    "terminal": "T9",
    "channel": "card_present",
}


@pytest.fixture(scope="module")
def payments(trained_bank: Path) -> pa.Table:
    """Two hundred payments."""
    return pq.read_table(trained_bank / "tables" / "payments.parquet").slice(0, 200)


def refused(ran: Ran, exit_code: int, code: str, *words: str) -> None:
    """The command ended with the code; one JSON document says why and what to do, in both languages."""
    assert ran.code == exit_code, ran.out + ran.err
    error = ran.document["error"]
    assert error["code"] == code
    assert all(error[part][language] for part in ("cause", "remedy") for language in ("zh", "en"))
    assert [word for word in words if word not in error["cause"]["en"]] == [], error["cause"]["en"]


def decided(run: Run, root: Path, changes: Mapping[str, object] | None = None, **more: object) -> Ran:
    event = {name: value for name, value in {**PAYMENT, **(changes or {}), **more}.items() if value is not None}
    return run("decide", json.dumps(event), "--policy", "small", "--bank", root, "--json")


def test_a_csv_of_other_column_order_with_one_broken_row_goes_in_but_for_that_row(
    run: Run, root: Path, payments: pa.Table, tmp_path: Path
) -> None:
    shuffled = payments.select(sorted(payments.column_names, reverse=True)).to_pylist()
    shuffled[17]["amount_minor"] = "twelve"
    with (tmp_path / "shuffled.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(shuffled[0]))
        writer.writeheader()
        writer.writerows(shuffled)
    ran = run("ingest", "--input", tmp_path / "shuffled.csv", "--mapping", "synthetic", "--bank", root, "--json")
    assert (ran.code, ran.document["new"], ran.document["quarantined"]) == (0, 199, 1)
    (kept,) = (json.loads(line) for line in Path(ran.document["quarantine"][0]).read_text("utf-8").splitlines())
    assert kept["original"]["id"] == shuffled[17]["id"]
    assert kept["original"]["amount_minor"] == "twelve"
    assert kept["row"] == 18
    assert [(one["where"], "twelve" in one["text"]["zh"]) for one in kept["findings"]] == [("row 18, amount", True)]
    pq.write_table(payments.filter(pa.array([one["id"] != shuffled[17]["id"] for one in payments.to_pylist()])), tmp_path / "same.parquet")
    again = run("ingest", "--input", tmp_path / "same.parquet", "--mapping", "synthetic", "--bank", root, "--json")
    assert (again.document["new"], again.document["repeated"]) == (0, 199), "the same payments, whatever the file's shape"
    assert run("log", "check", "--bank", root, "--json").document == []


BROKEN_FILES = {
    "truncated Parquet": ("cut.parquet", DATA),
    "no Parquet at all": ("text.parquet", DATA),
    "another schema": ("other.parquet", INPUT),
    "missing": ("missing.parquet", INPUT),
    "a folder": ("folder.parquet", INPUT),
    "unknown kind of file": ("table.xyz", INPUT),
    "empty": ("empty.csv", INPUT),
}


@pytest.fixture
def broken(payments: pa.Table, tmp_path: Path) -> Path:
    """A folder of files that cannot be read as payments."""
    pq.write_table(payments, tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.parquet").write_text("id,amount\n", "utf-8")
    pq.write_table(pa.table({"name": ["x"], "speed": [1.5]}), tmp_path / "other.parquet")
    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "table.xyz").write_text("id\n", "utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_a_file_that_is_not_what_it_should_be_is_told_by_name(run: Run, root: Path, broken: Path, kind: str) -> None:
    name, exit_code = BROKEN_FILES[kind]
    ran = run("replay", "small", "--input", broken / name, "--mapping", "synthetic", "--bank", root, "--json")
    assert ran.code in (INPUT, DATA), ran.out
    assert ran.code == exit_code
    refused(ran, exit_code, ran.document["error"]["code"], name)
    spoken = run("ingest", "--input", broken / name, "--mapping", "synthetic", "--bank", root, "--lang", "zh")
    assert (spoken.code, spoken.out) == (exit_code, "")
    assert "错误" in spoken.err
    assert "处理" in spoken.err


def test_broken_utf_8_sets_its_row_aside(run: Run, root: Path, payments: pa.Table, tmp_path: Path) -> None:
    pacsv.write_csv(payments, tmp_path / "broken.csv")
    lines = (tmp_path / "broken.csv").read_bytes().split(b"\n")
    customer = payments["customer"][4].as_py().encode()
    assert customer in lines[5]
    lines[5] = lines[5].replace(customer, b"\xff\xfe" + customer)
    (tmp_path / "broken.csv").write_bytes(b"\n".join(lines))
    ran = run("ingest", "--input", tmp_path / "broken.csv", "--mapping", "synthetic", "--bank", root, "--json")
    assert (ran.code, ran.document["new"], ran.document["quarantined"]) == (0, 199, 1)
    spoken = run("ingest", "--input", tmp_path / "broken.csv", "--mapping", "synthetic", "--bank", root)
    assert "quarantined 1" in spoken.out
    assert ": 1 · row " in spoken.out, "each kind of finding comes with an example"
    assert "broken.csv" in spoken.out


def test_every_kind_of_bad_value_sets_its_row_aside_and_the_others_go_in(run: Run, root: Path, payments: pa.Table, tmp_path: Path) -> None:
    rows = payments.to_pylist()
    bad: dict[int, dict[str, object]] = {
        3: {"amount_minor": -1},
        5: {"amount_minor": "NaN"},
        7: {"amount_minor": 10**17},
        9: {"amount_minor": ""},
        11: {"currency": "XXQ"},
        13: {"currency": "EUR"},
        15: {"time_us": 32_503_680_000_000_000},
        17: {"time_us": -1},
        19: {"id": ""},
        21: {"id": rows[20]["id"]},  # another payment under the id of the one before
    }
    for row, change in bad.items():
        rows[row] |= change
    rows.append(dict(rows[0]))  # the same payment once more is no fault
    with (tmp_path / "bad.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    ran = run("ingest", "--input", tmp_path / "bad.csv", "--mapping", "synthetic", "--bank", root, "--json")
    document = ran.document
    kept = [json.loads(line) for line in Path(document["quarantine"][0]).read_text("utf-8").splitlines()]
    numbers = {one["row"] for one in kept}
    assert {row + 1 for row in bad} <= numbers
    assert numbers <= {row + 1 for row in bad} | {21}, "both who share an id, at most"
    assert document["new"] == 200 - len(numbers)
    assert document["repeated"] == 1
    assert all(one["text"]["zh"] and one["text"]["en"] and one["remedy"]["zh"] for line in kept for one in line["findings"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "-5"}, ["amount"]),
        ({"amount": "NaN"}, ["amount"]),
        ({"amount": 1e300}, ["amount"]),
        ({"amount": None}, ["amount"]),
        ({"amount": "1.234"}, ["amount"]),
        ({"currency": "XYZ"}, ["currency"]),
        ({"time": "2999-01-01T00:00:00Z"}, ["time"]),
        ({"time": "1970-01-01T00:00:00Z"}, ["time"]),
        ({"time": "noon"}, ["time"]),
        ({"time": "2025-10-01T12:00:00"}, ["time"]),
        ({"id": "x" * 5_000}, ["id"]),
        ({"amuont": "5"}, ["amuont", "amount"]),
        ({"customer": {"first": "C"}}, ["customer"]),
        ({"amount": "-5", "currency": "XYZ"}, ["amount", "currency"]),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_an_event_that_breaks_its_contract_is_refused_with_every_finding(
    run: Run, root: Path, change: dict[str, object], words: list[str]
) -> None:
    refused(decided(run, root, change), INPUT, "event.refused", *words)
    assert run("log", "check", "--bank", root).code == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "no JSON"),
        ('{"id": "P-1",}', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "JSON object"),
        ('"P-1"', "JSON object"),
        ("42", "JSON object"),
        ("null", "JSON object"),
        ("no-such-file.json", "no file"),
        ("x{", "no file"),
        ("a\0b", "no file"),
        (" ", "empty"),
        ("", "empty"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_event_is_told(run: Run, root: Path, text: str, word: str) -> None:
    ran = run("decide", text, "--policy", "small", "--bank", root, "--json")
    refused(ran, INPUT, "cli.event.unreadable", word)
    assert not re.search("[a-z]{3,} [a-z]{2,}", ran.document["error"]["cause"]["zh"]), "no English sentence in a Chinese one"


def test_the_same_event_gets_the_same_answer_and_another_of_its_id_is_refused(run: Run, root: Path) -> None:
    first = decided(run, root)
    assert first.code == 0
    assert decided(run, root).document == first.document
    ran = decided(run, root, amount="123.46")
    assert ran.code == DATA
    assert "12345" in ran.document["error"]["cause"]["zh"]
    assert "12346" in ran.document["error"]["cause"]["zh"]


UNKNOWN = {
    "mapping": (("ingest", "--input", "TABLE", "--mapping", "sinthetic"), INPUT, "bank.mapping.unknown"),
    "policy": (("replay", "smal", "--input", "TABLE", "--mapping", "synthetic"), INPUT, "bank.policy.unknown"),
    "version": (("replay", "small", "--input", "TABLE", "--mapping", "synthetic", "--against", "small@0000"), INPUT, "bank.policy.unknown"),
    "moment": (("replay", "small", "--input", "TABLE", "--mapping", "synthetic", "--from", "soon"), INPUT, None),
    "event": (("explain", "P-0"), INPUT, "event.unknown"),
    "table": (("ingest",), INPUT, "source.none"),
    "mappings": (
        ("ingest", "--input", "TABLE", "--input", "TABLE", "--input", "TABLE", "--mapping", "a", "--mapping", "b"),
        INPUT,
        "cli.mappings.count",
    ),
    "language": (("features", "list", "--lang", "fr"), INPUT, "cli.language.unknown"),
    "option": (("replay", "small", "--agianst", "x"), INPUT, "cli.usage"),
    "command": (("repaly",), INPUT, "cli.usage"),
    "argument": (("explain",), INPUT, "cli.usage"),
    "policy of several": (("decide", "{}"), INPUT, "bank.policy.which"),
    "empty log": (("replay", "small"), INPUT, "log.empty"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_name_is_told_in_one_json_document(run: Run, root: Path, trained_bank: Path, what: str) -> None:
    arguments, exit_code, code = UNKNOWN[what]
    table = str(trained_bank / "tables" / "payments.parquet")
    given = [table if argument == "TABLE" else argument for argument in arguments]
    ran = run(*given, "--json", *(() if what == "command" else ("--bank", root)))
    refused(ran, exit_code, code or ran.document["error"]["code"])
    assert not ran.out.strip().count("\n")


def test_a_policy_that_cannot_be_meant_ends_with_its_own_code(run: Run, root: Path) -> None:
    changed(root / "policies" / "small" / "policy.toml", ("amount > 200000", "amuont > 200000"))
    for command in (
        ("policy", "check", "small"),
        ("features", "list", "small"),
        ("replay", "small"),
        ("decide", "{}", "--policy", "small"),
    ):
        ran = run(*command, "--bank", root, "--json")
        assert ran.code == POLICY
        assert "amuont" in ran.document["error"]["cause"]["zh"]
    changed(root / "policies" / "small" / "policy.toml", ("amuont > 200000", "amount > 200000"))
    text = (root / "policies" / "small" / "features.toml").read_text("utf-8")
    cycle = 'a_b = { ratio = ["b_a", "amount"] }\nb_a = { ratio = ["a_b", "amount"] }\n'
    (root / "policies" / "small" / "features.toml").write_text(text + cycle, "utf-8")
    ran = run("policy", "check", "small", "--bank", root, "--json")
    assert ran.code == POLICY
    assert "a_b" in ran.document["error"]["cause"]["en"]


def test_a_bank_that_another_process_writes_to_is_told_and_can_still_be_read(run: Run, root: Path) -> None:
    with Bank(root, threads=1) as other:
        assert other.log.end() == 0
        ran = decided(run, root)
        assert ran.code == EXTERNAL
        assert ran.document["error"]["code"] == "bank.held"
        assert "process" in ran.document["error"]["cause"]["en"]
        assert "`explain`" in ran.document["error"]["remedy"]["en"]
        for command in (
            ("log", "check"),
            ("replay", "small"),
            ("explain", "P-0"),
            ("features", "list", "small"),
            ("policy", "check", "small"),
        ):
            read = run(*command, "--bank", root, "--json")
            assert read.code == (0 if "check" in command or "list" in command else INPUT), "what only reads needs no turn"
            assert "held" not in read.out
    assert decided(run, root).code == 0


def test_a_disk_that_fills_up_while_deciding_loses_nothing_and_counts_nothing(run: Run, root: Path) -> None:
    first = decided(run, root)
    with full_disk(512):
        ran = decided(run, root, id="P-2", amount="200.00")
        assert ran.code == EXTERNAL, ran.out
        assert all(ran.document["error"][part][language] for part in ("cause", "remedy") for language in ("zh", "en"))
    assert run("log", "check", "--bank", root, "--json").document == []
    assert decided(run, root).document == first.document, "what was answered is still there"
    third = decided(run, root, id="P-3", amount="300.00").document
    assert third["evidence"]["features"]["customer_count_1h"] == 2, "the payment that was not answered does not count"
    second = decided(run, root, id="P-2", amount="200.00").document
    assert second["evidence"]["features"]["customer_count_1h"] == 3


def test_a_disk_that_fills_up_while_writing_down_a_table_can_be_gone_on_with(
    run: Run, root: Path, tables: list[str], tmp_path: Path
) -> None:
    with full_disk(2_000_000):
        ran = run("ingest", *tables, "--bank", root, "--json")
        assert ran.code == EXTERNAL
    done = run("ingest", *tables, "--bank", root, "--json").document
    assert done["new"] + done["repeated"] == 46_420
    assert run("log", "check", "--bank", root, "--json").document == []
    with full_disk(20_000):
        report = run("replay", "small", "--bank", root, "--report", tmp_path / "out.html", "--json")
        assert report.code == EXTERNAL
    assert list(tmp_path.glob("*.html")) == [], "a report is whole or not there"


def test_ctrl_c_ends_with_130_and_lets_go_of_the_bank(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("huitong.app.decider.Decider.ask", interrupted)
        ran = decided(run, root)
        assert (ran.code, ran.out) == (130, "")
    first = decided(run, root)
    assert first.code == 0
    assert first.document["evidence"]["features"]["customer_count_1h"] == 1


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
