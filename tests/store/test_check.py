"""A check reads every record and says what is wrong and where."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from huitong.kernel import DataError, FixedClock, InputError
from huitong.store import FileSigner, SqliteLog, check_log, make_key
from huitong.store.check import check_signatures
from tests.store.build import CONTRACT, batch, decision, event

CHANGED = "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':1250', ':1251') AS BLOB)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    signer = make_key(tmp_path / "key.pem")
    with SqliteLog(tmp_path / "log.sqlite", signer=signer, clock=FixedClock(1_000_000)) as log:
        log.append_batch(batch(300), CONTRACT)
    with SqliteLog(tmp_path / "log.sqlite", signer=signer, clock=FixedClock(9_000_000)) as log:
        log.append_decision(event(1_000), decision(1_000))
    return tmp_path / "log.sqlite"


def tamper(path: Path, statement: str) -> None:
    """Changes what triggers guard, and covers the traces."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    for _, made in triggers:
        connection.execute(made)
    connection.commit()
    connection.close()


def test_a_whole_log_has_no_findings(path: Path) -> None:
    assert check_log(path) == ()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE record SET payload = x'7b7d' WHERE position = 2", {("log.record", "offset 2")}),
        (
            "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':', ': ') AS BLOB) WHERE position = 3",
            {("log.record", "offset 3")},
        ),
        ("UPDATE event_id SET id = 'other' WHERE position = 4", {("log.record", "offset 4")}),
        ("UPDATE record SET kind = 'other' WHERE position = 5", {("log.record", "offset 5")}),
        ("DELETE FROM record WHERE position = 7", {("log.gap", "offset 7")}),
        ("UPDATE head SET time_us = 0 WHERE size = 302", {("log.head", "head 302"), ("log.head.time", "head 302")}),
        ("UPDATE head SET time_us = time_us + 1 WHERE size = 302", {("log.head", "head 302")}),
        ("UPDATE head SET note = replace(note, 'time 1970', 'time 1971') WHERE size = 300", {("log.head", "head 300")}),
        ("UPDATE log SET log_id = 'another'", {("log.head", "head 300"), ("log.head", "head 302")}),
        ("UPDATE decision_id SET subject = 'p7'", {("log.record", "offset 301")}),
        ("UPDATE head SET note = 'huitong/x' WHERE size = 300", {("log.head", "head 300")}),
        ("DELETE FROM record WHERE position = 301", {("log.head", "head 302"), ("log.index", "index")}),
        (f"{CHANGED} WHERE position = 3", {("log.record", "offset 3")}),
        (f"{CHANGED} WHERE position = 299", {("log.head", "head 300"), ("log.head", "head 302")}),
        (
            "UPDATE tile SET hashes = zeroblob(8192)",
            {("log.record", f"offset {offset}") for offset in range(256)}
            | {("log.head", "head 300"), ("log.head", "head 302"), ("log.tree", "tile 0/0")},
        ),
        ("UPDATE tile SET root = zeroblob(32)", {("log.tree", "tile 0/0")}),
        ("DELETE FROM tile", {("log.tree", "tile 0/0")}),
    ],
)
def test_what_was_tampered_with_is_found(path: Path, statement: str, expected: set[tuple[str, str]]) -> None:
    tamper(path, statement)
    findings = check_log(path)
    assert {(found.code, found.where) for found in findings} == expected
    assert not [found.place("zh") for found in findings if re.search("[a-z]", found.place("zh"))]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DROP TRIGGER head_never_goes", "trigger head_never_goes"),
        ("DROP INDEX decision_subject", "index decision_subject"),
        ("DROP TABLE keyring", "table keyring"),
        ("CREATE TRIGGER more AFTER INSERT ON record BEGIN DELETE FROM keyring; END", "trigger more"),
    ],
)
def test_a_schema_that_was_changed_is_found(path: Path, statement: str, expected: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    (found,) = check_log(path)
    assert (found.code, found.text["en"]) == ("log.schema", f"the {expected} of the schema is missing, was changed, or is none of ours")
    assert expected.split()[1] in found.text["zh"]


def test_a_file_that_no_longer_says_which_log_it_is_is_damaged(path: Path) -> None:
    tamper(path, "DELETE FROM log")
    with pytest.raises(DataError, match="which log it is") as caught:
        check_log(path)
    assert caught.value.code == "store.damaged"


def test_a_record_of_a_later_version_is_left_to_the_later_version(path: Path) -> None:
    tamper(path, "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), '\"v\":1}', '\"v\":2}') AS BLOB) WHERE position = 290")
    (found,) = [one for one in check_log(path) if one.code == "log.record"]
    assert found.text == {"en": "a record cannot be read: format 2", "zh": "有一条记录无法读取：格式 2"}
    assert found.remedy["en"] == "a later version wrote it: update Huitong"
    assert "请升级" in found.remedy["zh"]


def test_whoever_reads_a_record_of_a_later_version_hears_which_it_is(path: Path) -> None:
    tamper(path, "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), '\"v\":1}', '\"v\":2}') AS BLOB) WHERE position = 290")
    with SqliteLog(path, writable=False) as log:
        for reading in (lambda: log.event("p290"), lambda: list(log.read()), lambda: list(log.read_batches(CONTRACT))):
            with pytest.raises(DataError, match="offset 290, record 'p290': a record cannot be read: format 2") as caught:
                reading()
            assert "偏移 290，记录 'p290'" in caught.value.cause["zh"]
            assert "log check" not in caught.value.remedy["en"]


def test_a_head_that_none_of_the_keys_signed_is_found(path: Path, tmp_path: Path) -> None:
    keys, other = [FileSigner(tmp_path / "key.pem").public_key], [make_key(tmp_path / "other.pem").public_key]
    with SqliteLog(path, writable=False) as log:
        assert list(check_signatures(log.reader, keys)) == []
        assert [one.where for one in check_signatures(log.reader, other)] == ["head 300", "head 302"]
    tamper(path, "UPDATE head SET note = substr(note, 1, length(note) - 10) || 'AAAAAAAA=' || char(10) WHERE size = 302")
    with SqliteLog(path, writable=False) as log:
        (found,) = check_signatures(log.reader, keys)
    assert (found.code, found.where, found.text["zh"]) == ("log.head.signature", "head 302", "签名头的签名是假的")


def test_a_damaged_page_is_found(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8_000] = b"\xff" * 8_000
    path.write_bytes(content)
    assert check_log(path)


def test_there_must_be_a_log(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_log(tmp_path / "none.sqlite")
