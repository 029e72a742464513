"""The log as its keeper handles it: moved to another database and back, backed up, restored, folded again, brought up to date."""

import json
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.app.moving import use_log
from huitong.kernel import DataError
from huitong.store import make_key, open_log, public_pem
from tests.app.test_stored_files import file_in, opened_case
from tests.cli.conftest import Run
from tests.store.build import event
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.schema_1 import write_schema_1

CHINESE = re.compile(r"[\u4e00-\u9fff]")
Decide = Callable[..., None]


@pytest.fixture
def decide(run: Run, root: Path) -> Decide:
    """Decides payments by number."""

    def some(*numbers: int) -> None:
        for number in numbers:
            payment = {"id": f"P-{number}", "time": f"2025-10-01T12:00:{number:02}+08:00", "customer": "C1", "amount": "2500"}
            more = {"currency": "CNY", "channel": "transfer", "terminal": "T000009", "counterparty": "A2", "account": "A1"}
            assert run("decide", json.dumps(payment | more), "--policy", "small", "--bank", root).code == 0

    return some


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield schema_of(tmp_path)
    drop_schemas()


def head_of(root: Path) -> tuple[int, str]:
    """How many records the bank's log has, and its last signed head."""
    with Bank(root) as bank, open_log(bank.logbook.address, writable=False) as log:
        head = log.head()
        assert head is not None
        return log.end(), head.note


def test_the_log_moves_to_another_database_and_back_with_the_same_head(run: Run, root: Path, decide: Decide, url: str) -> None:
    decide(1, 2)
    before = head_of(root)
    there = run("log", "copy", "--to", url, "--use", "--bank", root, "--json").document
    assert (there["records"], there["head"]) == before
    assert tomllib.loads((root / "bank.toml").read_text("utf-8"))["log"]["url"] == url
    assert head_of(root) == before
    decide(3)
    assert run("log", "check", "--bank", root).code == 0
    moved = head_of(root)
    assert moved[0] == before[0] + 2
    file = root / "log" / "log.sqlite"
    back = run("log", "copy", "--to", file, "--use", "--bank", root, "--json").document
    assert (back["records"], back["new"], back["head"]) == (moved[0], 2, moved[1])
    assert head_of(root) == moved
    decide(4)
    assert tomllib.loads((root / "bank.toml").read_text("utf-8")) == {"log": {}}, "its own file needs no word"
    told = run("log", "copy", "--to", url, "--bank", root, "--lang", "zh")
    assert (told.code, "条记录" in told.out, "签名头" in told.out) == (0, True, True)


def test_no_password_is_written_down_or_told(run: Run, root: Path, decide: Decide, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(1)
    secret = url.replace("root@", "root:s3cret@")
    refused = run("log", "copy", "--to", secret, "--use", "--bank", root, "--lang", "en")
    assert (refused.code, "bank.toml" in refused.err, "s3cret" in refused.err) == (2, True, False)
    variable = url.replace("root@", "root:${BANK_PASSWORD}@")
    assert run("log", "copy", "--to", variable, "--use", "--bank", root).code == 2
    monkeypatch.setenv("BANK_PASSWORD", "s3cret")
    done = run("log", "copy", "--to", variable, "--use", "--bank", root)
    assert (done.code, "s3cret" in done.out) == (0, False)
    assert "s3cret" not in (root / "bank.toml").read_text("utf-8")
    decide(2)
    assert head_of(root)[0] == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '[log]\nurl = "/x/y.sqlite"\n'),
        ('# ours\n[keys]\nmaster = "env:M"\n', '# ours\n[keys]\nmaster = "env:M"\n\n[log]\nurl = "/x/y.sqlite"\n'),
        ('[log] # where\nwitness = ["w"]\n[keys]\n', '[log] # where\nurl = "/x/y.sqlite"\nwitness = ["w"]\n[keys]\n'),
        ('[keys]\n[log]\nurl = "a" # old\nwitness = []\n', '[keys]\n[log]\nurl = "/x/y.sqlite"\nwitness = []\n'),
        ('log = { url = "a" }\n', None),
        ('[log]\nurl = """\na"""\n', None),
    ],
)
def test_settings_keep_all_but_the_address(tmp_path: Path, text: str, expected: str | None) -> None:
    (tmp_path / "bank.toml").write_text(text, "utf-8")
    if expected is None:
        with pytest.raises(DataError, match="in a way"):
            use_log(tmp_path, "/x/y.sqlite")
        expected = text
    else:
        use_log(tmp_path, "/x/y.sqlite")
    assert (tmp_path / "bank.toml").read_text("utf-8") == expected


def test_the_bank_s_own_file_is_not_written_down(tmp_path: Path) -> None:
    for address in (str(tmp_path / "log" / "log.sqlite"), f"sqlite:///{tmp_path / 'log' / 'log.sqlite'}"):
        use_log(tmp_path, "postgresql://db/x")
        use_log(tmp_path, address)
        assert (tmp_path / "bank.toml").read_text("utf-8") == "[log]\n"
    (tmp_path / "bank.toml").unlink()
    use_log(tmp_path, str(tmp_path / "log" / "log.sqlite"))
    assert (tmp_path / "bank.toml").read_text("utf-8") == ""


def test_a_backup_is_made_while_the_bank_is_in_use_brought_up_to_date_and_restored(
    run: Run, root: Path, decide: Decide, tmp_path: Path
) -> None:
    decide(1, 2)
    with Bank(root) as busy:
        assert busy.log.end() == 4
        first = run("log", "backup", tmp_path, "--bank", root, "--json").document
    assert first["where"] == str(tmp_path / f"{first['log']}.sqlite")
    decide(3)
    told = run("log", "backup", tmp_path / "kept" / "backup.sqlite", "--bank", root, "--lang", "en")
    assert (told.code, "6 records" in told.out, "keys/" in told.out) == (0, True, True)
    second = run("log", "backup", tmp_path, "--bank", root, "--json").document
    assert (second["records"], second["new"]) == (6, 2)
    before = head_of(root)
    decide(4)
    content = bytearray((root / "log" / "log.sqlite").read_bytes())
    place = content.rindex(b'"amount":250000', 0, content.index(b'"id":"P-1"'))  # of a record that the backup holds
    content[place : place + 15] = b'"amount":950000'
    (root / "log" / "log.sqlite").write_bytes(content)
    assert run("log", "check", "--bank", root).code == 3
    restored = run("log", "restore", second["where"], "--bank", root, "--json").document
    assert (restored["records"], restored["rescued"], restored["gave_up"]) == (9, 3, False), "a payment of 250,000 also raises an alert"
    assert Path(restored["aside"]).exists()
    assert run("log", "check", "--bank", root).code == 0
    assert run("decide", "{}", "--policy", "small", "--bank", root).code == 2, "the bank opens"
    assert head_of(root)[0] == 9 > before[0]


def test_a_log_that_would_lose_records_is_replaced_only_on_request_and_says_what_that_means(
    run: Run, root: Path, decide: Decide, tmp_path: Path
) -> None:
    decide(1)
    kept = tmp_path / "backup.sqlite"
    assert run("log", "backup", kept, "--bank", root).code == 0
    decide(2)
    (root / "log" / "log.sqlite").write_bytes(b"\xff" * 5_000)
    for language in ("zh", "en"):
        refused = run("log", "restore", kept, "--bank", root, "--lang", language)
        assert refused.code == 3
        assert "--replace" in refused.err
        assert bool(CHINESE.search(refused.err)) == (language == "zh")
    persons = tmp_path / "persons.txt"
    persons.write_text("00112233445566778899aabb nobody\n", "utf-8")
    told = run("log", "restore", kept, "--replace", "--forgotten", persons, "--bank", root, "--lang", "en")
    assert told.code == 0
    for part in ("2 records restored", "is kept as", "send it again", "could not be read"):
        assert part in told.out
    assert head_of(root)[0] == 2


def test_older_records_are_sealed_and_everything_reads_as_before(run: Run, root: Path, decide: Decide) -> None:
    decide(1, 2, 3)
    before = head_of(root)
    done = run("log", "seal", "--keep", "2", "--bank", root, "--json")
    assert json.loads(done.out)["records"] == before[0] - 2
    assert list((root / "log" / "segments").rglob("*.parquet"))
    assert head_of(root) == before
    assert run("log", "check", "--bank", root).code == 0
    assert run("explain", "P-1", "--bank", root).code == 0
    decide(1)
    assert head_of(root) == before
    assert "0" in run("log", "seal", "--keep", "2", "--bank", root, "--lang", "zh").out


def test_a_witness_s_heads_are_held_against_the_log(run: Run, root: Path, decide: Decide, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    (root / "bank.toml").write_text(f"[log]\nwitness = [{json.dumps(str(kept))}]\n")
    decide(1, 2)
    assert run("log", "check", "--witness", kept, "--bank", root).code == 0
    for path in (*(root / "log").iterdir(), *(root / "state").iterdir(), root / "keys" / "master.key"):
        path.unlink()  # of all that says that there was a log
    decide(3)
    for language in ("en", "zh"):
        done = run("log", "check", "--witness", kept, "--bank", root, "--lang", language)
        assert done.code == DataError.exit_code
    assert run("log", "check", "--witness", tmp_path / "none", "--bank", root).code == 2


def test_state_is_folded_again_on_request(run: Run, root: Path, decide: Decide) -> None:
    decide(1, 2)
    for path in (root / "state").iterdir():
        path.write_bytes(b"damaged")
    warned = run("log", "check", "--bank", root, "--lang", "en")
    assert (warned.code, "huitong log rebuild" in warned.out) == (0, True)
    done = run("log", "rebuild", "small", "--bank", root, "--json").document
    assert [(one["policy"], one["offset"]) for one in done] == [("small", 4)]
    assert "没有发现问题" in run("log", "check", "--bank", root, "--lang", "zh").out
    everyone = run("log", "rebuild", "--bank", root, "--lang", "zh")
    assert (everyone.code, "card_payments" in everyone.out) == (0, True)
    assert run("log", "rebuild", "nobody", "--bank", root).code == 2


def test_a_log_of_an_earlier_version_is_brought_up_to_date_once_and_one_of_a_later_version_is_left(run: Run, root: Path) -> None:
    file = root / "log" / "log.sqlite"
    for command in (("upgrade",), ("copy", "--to", "x.sqlite"), ("copy", "--to", "x.sqlite", "--use"), ("backup", "x.sqlite")):
        assert run("log", *command, "--bank", root).code == 2, "there is no log, and none is made"
    assert not file.exists()
    write_schema_1(file, [event(1), event(2)], [])
    assert run("log", "check", "--bank", root).code == 3
    done = run("log", "upgrade", "--bank", root, "--lang", "zh")
    assert (done.code, "已升级" in done.out) == (0, True)
    assert run("log", "check", "--bank", root).code == 0
    assert run("log", "upgrade", "--bank", root, "--json").document == {"upgraded": False}
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    before = file.read_bytes()
    later = run("log", "upgrade", "--bank", root, "--lang", "en")
    assert (later.code, "schema 99" in later.err) == (3, True)
    assert file.read_bytes() == before


def test_a_place_that_cannot_be_reached_is_an_error_with_a_remedy(run: Run, root: Path, decide: Decide) -> None:
    decide(1)
    ran = run("log", "copy", "--to", "postgresql://root@127.0.0.1:1/none", "--bank", root, "--lang", "en")
    assert (ran.code, "Remedy" in ran.err) == (5, True)
    assert run("log", "copy", "--to", "ftp://x/y", "--bank", root).code == 2


def test_a_check_finds_heads_that_an_outsider_would_refuse(run: Run, root: Path, decide: Decide) -> None:
    decide(1)
    public = root / "keys" / "public.pem"
    kept = public.read_bytes()
    public.write_bytes(public_pem(make_key(root / "other.pem").public_key))
    done = run("--lang", "zh", "log", "check", "--bank", root)
    assert done.code == 3
    assert "签名头不是用密钥文件中的密钥签署的" in done.out
    assert "全部公钥" in done.out
    public.unlink()
    done = run("log", "check", "--bank", root)
    assert done.code == 0
    assert "no head's signature can be checked" in done.out
    public.write_bytes(b"nothing")
    assert "holds no public key" in run("log", "check", "--bank", root).out
    public.write_bytes(kept)
    assert "nothing found" in run("log", "check", "--bank", root).out


def test_files_of_cases_go_with_the_backup_and_a_lost_one_is_told(run: Run, root: Path, decide: Decide, tmp_path: Path) -> None:
    decide(1)
    with Bank(root) as bank:
        case = opened_case(bank, "C-1")
        file = file_in(bank, case, "file-1", b"what was said")
    kept = tmp_path / "log.sqlite"
    told = run("log", "backup", kept, "--bank", root, "--lang", "en")
    assert (told.code, "1 copied now" in told.out) == (0, True)
    content = file.read_bytes()
    file.unlink()
    assert "已有 1 个" in run("log", "backup", kept, "--bank", root, "--lang", "zh").out
    missed = run("log", "check", "--bank", root, "--lang", "zh")
    assert (missed.code, file.name in missed.out) == (3, True)
    restored = run("log", "restore", kept, "--bank", root, "--json")
    assert (restored.code, restored.document["case_files"]) == (0, {"new": 1, "there": 0, "findings": []})
    assert file.read_bytes() == content
    file.unlink()
    (tmp_path / "log.sqlite.case-files" / file.name).unlink()
    failed = run("log", "restore", kept, "--bank", root, "--json")
    (finding,) = failed.document["case_files"]["findings"]
    assert (failed.code, finding["code"]) == (3, "case.file.lost")
