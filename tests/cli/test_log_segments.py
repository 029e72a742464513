"""Where ``bank.toml`` says that sealed records are: a folder, or S3; in a file's log and in a database's."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.store import open_log
from tests.cli.conftest import Run
from tests.store.postgres_server import drop_schemas, schema_of
from tests.store.s3_server import lead_to, s3_server

Decide = Callable[..., None]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")
    with s3_server() as address:
        yield address


@pytest.fixture
def decide(run: Run, root: Path) -> Decide:
    """Decides payments by number."""

    def some(*numbers: int) -> None:
        for number in numbers:
            payment = {"id": f"P-{number}", "time": f"2025-10-01T12:00:{number:02}+08:00", "customer": "C1", "amount": "2500"}
            more = {"currency": "CNY", "channel": "transfer", "terminal": "T000009", "counterparty": "A2", "account": "A1"}
            assert run("decide", json.dumps(payment | more), "--policy", "small", "--bank", root).code == 0

    return some


def files_of(root: Path) -> list[str]:
    """Files in the place of segments, as the bank reaches it."""
    with Bank(root) as bank, bank.logbook.reading() as log:
        assert log is not None
        return log.reader.place.names()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | None]:
    """Where the bank's log is; ``None`` for its own folder."""
    yield None if request.param == "sqlite" else schema_of(tmp_path)
    drop_schemas()


def test_a_bank_seals_into_s3_and_everything_reads_as_before(
    run: Run, root: Path, decide: Decide, server: str, url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(server, monkeypatch)
    monkeypatch.setenv("BUCKET", "bank")
    own = "" if url is None else f"url = {json.dumps(url)}\n"
    prefix = "a" if url is None else "b"
    (root / "bank.toml").write_text(f'[log]\n{own}segments = "s3://${{BUCKET}}/{prefix}"\n', "utf-8")
    decide(1, 2, 3)
    assert run("log", "seal", "--keep", "2", "--bank", root, "--json").document["records"] == 4
    names = files_of(root)
    assert names
    assert not (root / "log" / "segments").exists()
    assert run("log", "check", "--bank", root).code == 0
    assert run("explain", "P-1", "--bank", root).code == 0
    decide(1)
    kept = tmp_path / "backup.sqlite"
    assert run("log", "backup", kept, "--bank", root, "--json").document["records"] == 6
    if url is None:
        decide(4)
    restored = run("log", "restore", kept, "--bank", root, "--json").document
    assert restored["records"] == (9 if url is None else 6), "what is there beside the backup is read from its segments, too"
    assert run("log", "check", "--bank", root).code == 0
    with Bank(root) as bank, bank.logbook.reading() as log:
        assert log is not None
        log.reader.place.remove(names[0])
    found = run("log", "check", "--bank", root, "--lang", "en")
    assert (names[0] in found.out + found.err) == (url is not None), "in a file a restored log is rows again"


def test_a_folder_is_taken_from_the_bank_s_own(run: Run, root: Path, decide: Decide, tmp_path: Path) -> None:
    (root / "bank.toml").write_text('[log]\nsegments = "sealed/here"\n', "utf-8")
    decide(1, 2)
    assert run("log", "seal", "--keep", "0", "--bank", root).code == 0
    assert list((root / "sealed" / "here").rglob("*.parquet"))
    (root / "bank.toml").write_text(f"[log]\nsegments = {json.dumps(str(tmp_path / 'elsewhere'))}\n", "utf-8")
    assert run("log", "check", "--bank", root).code == 3
    (root / "sealed" / "here").rename(tmp_path / "elsewhere")
    assert run("log", "check", "--bank", root).code == 0


def test_a_place_in_the_database_s_own_address_goes_first(root: Path, tmp_path: Path) -> None:
    url = "postgresql://root@127.0.0.1:1/test?schema=x"
    (root / "bank.toml").write_text(f'[log]\nurl = "{url}&segments=s3://their/own"\nsegments = "s3://other/place"\n', "utf-8")
    with Bank(root) as bank:
        assert bank.logbook.address == f"{url}&segments=s3://their/own"
    (root / "bank.toml").write_text(f'[log]\nurl = "{url}"\nsegments = "s3://other/a place"\n', "utf-8")
    with Bank(root) as bank:
        assert bank.logbook.address == f"{url}&segments=s3%3A%2F%2Fother%2Fa%20place"
    (root / "bank.toml").write_text(f'[log]\nurl = {json.dumps(str(tmp_path / "x.sqlite"))}\nsegments = "s3://other/place"\n', "utf-8")
    with Bank(root) as bank:
        assert bank.logbook.address == str(tmp_path / "x.sqlite")
        assert bank.logbook.segments == "s3://other/place"
        with pytest.raises(Exception, match="there is no log"):
            open_log(bank.logbook.address, writable=False)


@pytest.mark.parametrize(("language", "said"), [("en", "segments"), ("zh", "须为文本")])
def test_a_place_that_is_no_text_is_refused(run: Run, root: Path, language: str, said: str) -> None:
    (root / "bank.toml").write_text("[log]\nsegments = 7\n", "utf-8")
    refused = run("log", "check", "--bank", root, "--lang", language)
    assert refused.code == 3
    assert said in refused.err


def test_a_backup_makes_good_for_a_segment_that_is_gone_or_altered(run: Run, root: Path, decide: Decide, tmp_path: Path) -> None:
    decide(1, 2)
    assert run("log", "seal", "--keep", "0", "--bank", root).code == 0
    kept = tmp_path / "backup.sqlite"
    assert run("log", "backup", kept, "--bank", root).code == 0
    decide(3)
    gone, altered = sorted((root / "log" / "segments").rglob("*.parquet"))[:2]
    gone.unlink()
    altered.write_bytes(altered.read_bytes()[:-1] + b"?")
    for language, words in (("en", "a backup holds sealed records as rows"), ("zh", "备份以行的形式包含已封存的记录")):
        found = run("log", "check", "--bank", root, "--lang", language)
        assert (found.code, words in found.out, "log check" in found.out) == (3, True, False), found.out
    restored = run("log", "restore", kept, "--bank", root, "--json").document
    assert (restored["records"], restored["rescued"]) == (6, 2), "what came after the backup is there, too"
    assert run("log", "check", "--bank", root).code == 0
    assert run("log", "seal", "--keep", "0", "--bank", root, "--json").document["records"] == 6


def test_how_many_rows_are_kept_is_a_number_said_in_the_reader_s_language(run: Run, root: Path) -> None:
    for language, words in (("en", "is no whole number from 0"), ("zh", "不是 0 到")):
        refused = run("log", "seal", "--keep", "-3", "--bank", root, "--lang", language)
        assert (refused.code, words in refused.err) == (2, True), refused.err
