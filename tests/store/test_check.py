"""A check reads every record and says what is wrong and where."""

import sqlite3
from pathlib import Path

import pytest

from huitong.kernel import InputError
from huitong.store import SqliteLog, check_log
from tests.store.build import CONTRACT, batch, decision, event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_batch(batch(50), CONTRACT)
        log.append_decision(event(100), decision(100))
    return tmp_path / "log.sqlite"


def tamper(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER record_never_changes")
    connection.execute("DROP TRIGGER record_never_goes")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_whole_log_has_no_findings(path: Path) -> None:
    assert check_log(path) == ()


@pytest.mark.parametrize(
    ("statement", "code", "where"),
    [
        ("UPDATE record SET payload = x'7b7d' WHERE position = 3", "log.record", "offset 2"),
        (
            "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), ':', ': ') AS BLOB) WHERE position = 4",
            "log.record",
            "offset 3",
        ),
        ("UPDATE record SET id = 'other' WHERE position = 5", "log.record", "offset 4"),
        ("UPDATE record SET kind = 'other' WHERE position = 6", "log.record", "offset 5"),
        ("UPDATE record SET subject = 'p7' WHERE position = 52", "log.record", "offset 51"),
        ("DELETE FROM record WHERE position = 7", "log.gap", "offset 7"),
    ],
)
def test_what_was_tampered_with_is_found(path: Path, statement: str, code: str, where: str) -> None:
    tamper(path, statement)
    (found,) = check_log(path)
    assert (found.code, found.where) == (code, where)


def test_a_damaged_page_is_found(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-2_000:-1_000] = b"\xff" * 1_000
    path.write_bytes(content)
    assert check_log(path)


def test_there_must_be_a_log(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_log(tmp_path / "none.sqlite")
