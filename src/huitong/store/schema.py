"""The database file: its tables, its settings, and the checks before it is trusted."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from huitong.store import errors

APPLICATION_ID = 0x48544C47
"""Marks the file as Huitong's log ("HTLG")."""
SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 5.0
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 8_192

# An event's id and a decision's id live in two name spaces: nobody's event id may ever block a decision.
_SCHEMA = """
CREATE TABLE record (
  position INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  subject TEXT,
  latency_ns INTEGER NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_id ON record(id) WHERE subject IS NULL;
CREATE UNIQUE INDEX decision_id ON record(id) WHERE subject IS NOT NULL;
CREATE INDEX decision_subject ON record(subject) WHERE subject IS NOT NULL;
CREATE TRIGGER record_never_changes BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER record_never_goes BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """A connection that may write; makes the database where there is none.

    Raises:
        DataError: If the file is no database, of another program, damaged, or of a later version.
        ExternalError: If the disk refuses.
    """
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise errors.of_sqlite(error, path) from error
    try:
        _check(connection, path, fresh_allowed=True)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        if connection.execute("PRAGMA application_id").fetchone()[0] == 0:
            connection.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            )
    except sqlite3.Error as error:
        connection.close()
        raise errors.of_sqlite(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads; beside a writer, or from a folder that may not be written.

    Raises:
        InputError: If there is no file.
        DataError: As ``open_writer``.
        ExternalError: As ``open_writer``.
    """
    try:
        if not path.exists():
            raise errors.missing(path)
        try:
            return _reader(path, "mode=ro")
        except sqlite3.OperationalError as error:
            # Without a writer's files beside it, in a folder where none can be made, the file cannot change: say so to SQLite.
            sealed = error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))
            if not sealed or path.with_name(path.name + "-wal").exists():
                raise
            return _reader(path, "mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise errors.of_sqlite(error, path) from error
    except OSError as error:
        raise errors.refused(path, error.strerror or str(error)) from error


def _reader(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{options}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _check(connection, path, fresh_allowed=False)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path, *, fresh_allowed: bool) -> None:
    """Whether the file is ours and of a version that we know; nothing is written."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        if tables or application or not fresh_allowed:
            raise errors.foreign(path)
        return
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise errors.newer(path, version, SCHEMA_VERSION)
