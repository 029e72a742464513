"""The write-ahead file is taken over beside the writer."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from huitong.store.sqlite import SqliteLog, schema
from huitong.store.sqlite.checkpointing import ROWS_BETWEEN, Checkpointer
from tests.store.build import CONTRACT, batch


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


def taken_over(database: Path, rows: int) -> bool:
    """Whether the database alone, without its write-ahead file, holds so many rows, within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        alone = database.with_name("alone.sqlite")
        alone.write_bytes(database.read_bytes())
        with closing(sqlite3.connect(alone)) as copy:
            try:
                if copy.execute("SELECT count(*) FROM thing").fetchone() == (rows,):
                    return True
            except sqlite3.Error:
                pass  # half taken over, as it may be
        time.sleep(0.01)
    return False


def writer(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE thing (number INTEGER)")
    return connection


def test_what_was_committed_is_taken_over_without_the_writer(database: Path) -> None:
    checkpointer = Checkpointer(database)
    with closing(writer(database)) as connection:
        connection.executemany("INSERT INTO thing VALUES (?)", ((number,) for number in range(100)))
        checkpointer.committed(ROWS_BETWEEN)
        assert taken_over(database, 100)
        checkpointer.close()


def test_the_writer_goes_on_while_another_checkpoint_is_in_the_way(database: Path) -> None:
    checkpointer = Checkpointer(database)
    with closing(writer(database)) as connection, closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM thing").fetchone()  # what comes after it may not be taken over yet
        for number in range(3):
            connection.execute("INSERT INTO thing VALUES (?)", (number,))
            checkpointer.committed((number + 1) * ROWS_BETWEEN)
        reader.execute("COMMIT")
        checkpointer.committed(4 * ROWS_BETWEEN)
        assert taken_over(database, 3)
        checkpointer.close()


def test_few_rows_begin_no_thread_and_a_closed_one_leaves_none(database: Path) -> None:
    before = threading.active_count()
    checkpointer = Checkpointer(database)
    checkpointer.committed(ROWS_BETWEEN - 1)
    assert threading.active_count() == before
    with closing(writer(database)):
        checkpointer.committed(ROWS_BETWEEN)
        assert threading.active_count() == before + 1
        checkpointer.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("taken_over_again", [False, True])
def test_a_log_that_grows_while_it_is_opened_is_not_taken_for_one_that_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_over_again: bool
) -> None:
    path, looked = tmp_path / "log.sqlite", list[bool]()
    with SqliteLog(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:

        def take_over() -> None:
            assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0

        class Late(sqlite3.Connection):
            def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
                if "page_count" in sql:
                    log.append_batch(batch(2_000), CONTRACT)
                return super().execute(sql, *args)  # type: ignore[arg-type]

        def has_wal(where: Path) -> bool:
            if looked and taken_over_again:
                take_over()
            looked.append(schema_has_wal(where))
            return looked[-1]

        schema_has_wal = schema._has_wal
        monkeypatch.setattr(schema, "_has_wal", has_wal)
        take_over()
        with closing(sqlite3.connect(path, isolation_level=None, factory=Late)) as connection:
            schema._require_whole(connection, path)
        assert looked == [False, not taken_over_again]
