"""The database file: its tables, its settings, and the checks before it is trusted."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from huitong.store import errors
from huitong.store.check import Told
from huitong.store.merkle import Frontier
from huitong.store.sqlite.errors import of_sqlite
from huitong.store.sqlite.place import require_kept
from huitong.store.sqlite.rows import STATEMENTS_KEPT
from huitong.verifier import leaf_hash

APPLICATION_ID = 0x48544C47
"""Marks the file as Huitong's log ("HTLG")."""
SCHEMA_VERSION = 4
BUSY_TIMEOUT_S = 5.0
_CACHE_KIB = 65_536
_CHECKPOINT_PAGES = 8_192
_WAL_BYTES_KEPT = 128 * 2**20
"""What the write-ahead file keeps once it begins anew, however long a reader had kept it growing."""
_GROW_ROWS = 32_768
_APPEND_ONLY = """
CREATE TRIGGER {table}_never_changes BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER {table}_never_goes BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
"""
_TILE_ROOT = "CREATE INDEX tile_root ON tile(level, place, root);"
"""Roots of neighbouring tiles, side by side: in its own row each lies behind 8 KiB of hashes."""
_RECORD_KIND = "CREATE INDEX record_kind ON record(kind);"
"""Records of a kind in their order: whoever follows a few of them need not read through all decisions."""
_TABLES = """
CREATE TABLE log (log_id TEXT NOT NULL) STRICT;
CREATE TABLE migration (version INTEGER PRIMARY KEY, applied_us INTEGER NOT NULL) STRICT;
CREATE TABLE record (
  position INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  latency_ns INTEGER NOT NULL,
  relaxed INTEGER NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE TABLE event_id (id TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE decision_id (id TEXT PRIMARY KEY, position INTEGER NOT NULL, subject TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX decision_subject ON decision_id(subject);
CREATE TABLE tile (
  level INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  root BLOB NOT NULL,
  PRIMARY KEY (level, place)
) STRICT;
CREATE TABLE keyring (space TEXT NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, name)) STRICT, WITHOUT ROWID;
CREATE TABLE head (size INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE segment (stop INTEGER PRIMARY KEY, first INTEGER NOT NULL, files TEXT NOT NULL, CHECK (first < stop)) STRICT;
CREATE TRIGGER segment_in_order BEFORE INSERT ON segment WHEN NEW.first <> (SELECT coalesce(max(stop), 0) FROM segment)
BEGIN SELECT RAISE(ABORT, 'segments follow one another'); END;
CREATE TRIGGER record_never_changes BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER record_goes_when_sealed BEFORE DELETE ON record WHEN OLD.position >= (SELECT coalesce(max(stop), 0) FROM segment)
BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
"""
_GUARDED = ("event_id", "decision_id", "tile", "head", "segment")
_SCHEMA = _TABLES + _TILE_ROOT + _RECORD_KIND + "".join(_APPEND_ONLY.format(table=table) for table in _GUARDED)

_FROM_1 = """
ALTER TABLE record RENAME TO record_1;
DROP TRIGGER record_never_changes;
DROP TRIGGER record_never_goes;
DROP INDEX event_id;
DROP INDEX decision_id;
DROP INDEX decision_subject;
{schema}
INSERT INTO record SELECT position - 1, kind, latency_ns, 0, payload FROM record_1 ORDER BY position;
INSERT INTO event_id SELECT id, position - 1 FROM record_1 WHERE subject IS NULL ORDER BY id;
INSERT INTO decision_id SELECT id, position - 1, subject FROM record_1 WHERE subject IS NOT NULL ORDER BY id;
DROP TABLE record_1;
"""
"""Schema 1 had neither a tree nor heads; its positions counted from 1."""


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


def open_writer(path: Path, now_us: int, log_id: Callable[[], str], told: Told = silent, *, relaxed: bool = False) -> sqlite3.Connection:
    """A connection that may write; makes the database where there is none, and brings an older one up to date.

    Args:
        path: The file.
        now_us: The clock's reading, for the note of when a schema was made.
        log_id: Gives the identity of a new log.
        told: How many records of how many of an older one were walked through.
        relaxed: Whether a commit may be acknowledged before it is on the disk.

    Raises:
        DataError: If the file is no database, of another program, damaged, or of a later version.
        ExternalError: If the disk refuses, or the file is missing beside its write-ahead file.
    """
    require_kept(path)
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
        )
    except sqlite3.Error as error:
        raise of_sqlite(error, path) from error
    try:
        version = _check(connection, path, writable=True)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'NORMAL' if relaxed else 'FULL'}")
        connection.execute("PRAGMA secure_delete=ON")  # a destroyed key leaves no bytes behind
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit={_WAL_BYTES_KEPT}")
        if version != SCHEMA_VERSION:
            _bring_up_to_date(connection, version, now_us, log_id, told)
    except sqlite3.Error as error:
        connection.close()
        raise of_sqlite(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _bring_up_to_date(connection: sqlite3.Connection, version: int, now_us: int, log_id: Callable[[], str], told: Told) -> None:
    steps = (_SCHEMA, _FROM_1.format(schema=_SCHEMA), _TILE_ROOT + _RECORD_KIND, _RECORD_KIND)
    connection.executescript(
        f"BEGIN IMMEDIATE; {steps[version]} PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={SCHEMA_VERSION};"
    )
    if version < 2:
        _grow_tree(connection, told)
        connection.execute("INSERT INTO log VALUES (?)", (log_id(),))
    connection.execute("INSERT INTO migration VALUES (?, ?)", (SCHEMA_VERSION, now_us))
    connection.execute("COMMIT")


def _grow_tree(connection: sqlite3.Connection, told: Told) -> None:
    """The tiles over records that were written before there was a tree."""
    (total,) = connection.execute("SELECT count(*) FROM record").fetchone()
    frontier, rows = Frontier(), connection.execute("SELECT payload FROM record ORDER BY position")
    while page := rows.fetchmany(_GROW_ROWS):
        tiles = frontier.extend([leaf_hash(payload) for (payload,) in page])
        connection.executemany("INSERT INTO tile VALUES (?, ?, ?, ?)", [(t.level, t.index, t.hashes, t.root) for t in tiles])
        told(frontier.size, total)


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads; beside a writer, or from a folder that may not be written.

    Raises:
        InputError: If there is no file.
        DataError: As ``open_writer``; or if it is of an older version, which a writer has to bring up to date first.
        ExternalError: As ``open_writer``.
    """
    try:
        if not path.exists():
            require_kept(path)
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
        raise of_sqlite(error, path) from error
    except OSError as error:
        raise errors.refused(path, error) from error


def _reader(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{options}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _check(connection, path, writable=False)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path, *, writable: bool) -> int:
    """The file's schema version, 0 for a new file; refuses what is not ours or later than we know; nothing is written."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        if tables or application or not writable:
            raise errors.foreign(path)
        return 0
    _require_whole(connection, path)
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise errors.newer(path, version, SCHEMA_VERSION)
    if version < SCHEMA_VERSION and not writable:
        raise errors.older(path, version, SCHEMA_VERSION)
    if version == SCHEMA_VERSION and connection.execute("SELECT count(*) FROM log").fetchone()[0] != 1:
        raise errors.damaged(path, "it does not say which log it is")
    return version


def altered(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Tables, indices and triggers that are not as they were made: type and name of what is gone, was changed, or was added."""
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(_SCHEMA)
        expected, found = set(made.execute(query)), set(connection.execute(query))
    return sorted({(kind, name) for kind, name, _ in expected ^ found})


def _require_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Refuses a file that was cut off: its header tells its pages, and SQLite may never look at the last of them.

    SQLite is asked for them. To open the file beside it and to close it again would take away the locks of every connection of this process
    (POSIX), and the next program that looks at the log would think itself alone and delete what is not in the file yet.
    """
    if _has_wal(path):
        return  # pages may still be there only
    page_bytes, pages = (int(connection.execute(f"PRAGMA {what}").fetchone()[0]) for what in ("page_size", "page_count"))
    if path.stat().st_size >= page_bytes * pages or _has_wal(path):
        return  # or have come there meanwhile, from a writer who had just cut it
    there = path.stat().st_size  # again: what has left the write-ahead file by now is in this one
    if there < page_bytes * pages:
        raise errors.damaged(path, f"{there} of {page_bytes * pages} bytes are there")


def _has_wal(path: Path) -> bool:
    """Whether anything stands in the write-ahead file."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False
