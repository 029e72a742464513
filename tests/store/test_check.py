"""A check reads every record and says what is wrong and where."""

import sqlite3
from pathlib import Path

import pytest

from huitong.kernel import FixedClock, InputError
from huitong.store import SqliteLog, check_log, make_key
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
    connection = sqlite3.connect(path)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(statement)
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
        ("UPDATE head SET time_us = 0 WHERE size = 302", {("log.head.time", "head 302")}),
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
    assert {(found.code, found.where) for found in check_log(path)} == expected


def test_a_damaged_page_is_found(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8_000] = b"\xff" * 8_000
    path.write_bytes(content)
    assert check_log(path)


def test_there_must_be_a_log(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_log(tmp_path / "none.sqlite")
