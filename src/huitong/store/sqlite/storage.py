"""A log's rows, tiles and heads in one SQLite file."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import count, repeat
from pathlib import Path
from typing import Any, TypeVar

from huitong.kernel import HuitongError
from huitong.store import errors
from huitong.store.grouped import GroupedSession, Then
from huitong.store.merkle import Tile
from huitong.store.pending import Change, Insert, KeyChanges
from huitong.store.segments.manifest import Segment
from huitong.store.sqlite.checkpointing import Checkpointer
from huitong.store.sqlite.errors import dropped, of_sqlite
from huitong.store.sqlite.lock import WriterLock
from huitong.store.sqlite.place import Place
from huitong.store.sqlite.rows import insert_rows, read_entries
from huitong.store.sqlite.schema import BUSY_TIMEOUT_S, altered, open_reader
from huitong.store.storage import Head, Kept, Stored, TakenError

LOOK_EVERY_S = 0.005
"""How often a waiting reader looks."""
_NAMES_ASKED = 512
_BETWEEN_MAX = 2_048
"""Entries between the first and the last of so many names, from which on the names are asked for one by one."""
_COLUMNS = "position, kind, latency_ns, relaxed, payload"
_FOUND = "position, coalesce(kind, ''), coalesce(latency_ns, 0), coalesce(relaxed, 0), coalesce(payload, x'')"
"""The same by way of an index of ids, which knows of sealed records as well."""
T = TypeVar("T")


class SqliteSession(GroupedSession):
    """The ``Session`` on a connection that may write.

    Args:
        connection: Of ``open_writer``.
        path: The file.
        lock: Held while the session lives.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, lock: WriterLock) -> None:
        super().__init__()
        self.connection = connection
        self._path = path
        self._lock = lock
        self._place = Place(path)
        self._checkpointer = Checkpointer(path)
        self._scrubbed = False
        self._cut(wait_s=0)  # a crash may have come between a commit and its scrub

    def begin(self) -> int:
        """See ``Session``."""
        self._place.require()
        self._forget()
        self.connection.execute("BEGIN IMMEDIATE")
        return _size(self.connection)

    def commit(self) -> None:
        """See ``Session``."""
        super().commit()
        self._place.require()  # a file that went away meanwhile took the transaction with it
        if not self._scrubbed:
            self._cut(wait_s=0)
        self._checkpointer.committed(self.connection.total_changes)

    def _run(self, changes: Sequence[Change], then: Then) -> None:
        if not self.connection.in_transaction:  # SQLite drops it by itself after some errors
            raise dropped(self._path)
        if changes:
            _write(self.connection, changes)
        if then:
            self.connection.execute(then)

    def _abandon(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def _let_go(self) -> None:
        """There is no other connection."""

    def _find(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        return _stored(self.connection, ids, decisions=decisions)

    def _find_keys(self, space: str, names: Sequence[bytes] | None) -> dict[bytes, bytes]:
        return _kept(self.connection, space, names)

    def put_segment(self, segment: Segment) -> None:
        """See ``Session``."""
        self._settle()
        row = (segment.stop, segment.first, segment.manifest())
        if self.connection.execute("SELECT 1 FROM segment WHERE stop = ? AND first = ? AND files = ?", row).fetchone() is None:
            self.connection.execute("INSERT INTO segment VALUES (?, ?, ?)", row)

    def drop_sealed(self, first: int, stop: int) -> None:
        """See ``Session``. SQLite uses the pages again; the file does not shrink."""
        self._settle()
        # What was sealed is no secret that goes: to overwrite each of its pages would be to write it all once more.
        self.connection.execute("PRAGMA secure_delete=OFF")
        try:
            self.connection.execute("DELETE FROM record WHERE position >= ? AND position < ?", (first, stop))
        finally:
            self.connection.execute("PRAGMA secure_delete=ON")

    def scrub(self) -> None:
        """See ``Session``. The write-ahead file is taken over and cut to nothing: now or, where a reader is in the way, later.

        What was dropped is committed by now, so that a failure here is no failure of the call.
        """
        self._cut(BUSY_TIMEOUT_S)

    def _cut(self, wait_s: float) -> None:
        try:
            self.connection.execute(f"PRAGMA busy_timeout={round(1_000 * wait_s)}")
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._scrubbed = not busy
            self.connection.execute(f"PRAGMA busy_timeout={round(1_000 * BUSY_TIMEOUT_S)}")
        except sqlite3.Error:
            self._scrubbed = False

    def error(self, error: Exception) -> HuitongError | None:
        """See ``Session``."""
        return of_sqlite(error, self._path) if isinstance(error, sqlite3.Error) else None

    def close(self) -> None:
        """See ``Session``."""
        self._checkpointer.close()
        self.connection.close()
        self._lock.release()


class _Mine:
    """A thread's connection, and whether the thread uses it now: to close one that is in use ends the whole process."""

    __slots__ = ("connection", "in_use")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection, self.in_use = connection, threading.Lock()

    def close(self) -> None:
        """Waits for its thread, and closes it."""
        with self.in_use:
            self.connection.close()


class SqliteReader:
    """The ``Reader`` of a file: a connection for each thread.

    Args:
        path: The file.

    Raises:
        InputError: If there is no file.
        DataError: If it is no log, damaged, or of another version.
        ExternalError: If the system refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: dict[threading.Thread, _Mine] = {}
        self._opening = threading.Lock()
        self._closed = False
        self._place: Place | None = None
        self.log_id = str(self._ask("SELECT log_id FROM log")[0][0])
        self._place = Place(path)

    @property
    def where(self) -> str:
        """See ``Reader``."""
        return str(self._path)

    def _mine(self) -> "_Mine":
        mine: _Mine | None = getattr(self._local, "mine", None)
        if self._closed:
            raise errors.closed(self._path)
        if mine is None:
            self._require_there()
            mine = self._local.mine = _Mine(open_reader(self._path))
            with self._opening:
                for ended in [thread for thread in self._opened if not thread.is_alive()]:
                    self._opened.pop(ended).close()  # servers end threads that have nothing to do, and begin others
                self._opened[threading.current_thread()] = mine
        return mine

    def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """What is asked of this thread's connection, which nobody closes meanwhile."""
        mine = self._mine()
        with mine.in_use:
            if self._closed:
                raise errors.closed(self._path)
            try:
                return ask(mine.connection)
            except sqlite3.Error as error:
                raise of_sqlite(error, self._path) from error

    def _ask(self, query: str, parameters: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        return self._read(lambda connection: connection.execute(query, tuple(parameters)).fetchall())

    def _require_there(self) -> None:
        """Whoever asks how far the log goes hears where the file is gone; who has it open can still read what it holds."""
        if self._place is not None:
            self._place.require()

    def size(self) -> int:
        """See ``Reader``."""
        self._require_there()
        return self._read(_size)

    def page(self, first: int, rows: int, kinds: Sequence[str] | None = None) -> list[Stored]:
        """See ``Reader``."""
        if kinds is None:
            query = f"SELECT {_COLUMNS} FROM record WHERE position >= ? ORDER BY position LIMIT ?"  # noqa: S608 fixed columns
            return self._rows(query, (first, rows))
        # The first of each kind by the index alone, and only then the records of those that are the first of all.
        one = "SELECT * FROM (SELECT position FROM record WHERE kind = ? AND position >= ? ORDER BY position LIMIT ?)"
        found = f"SELECT position FROM ({' UNION ALL '.join([one] * len(kinds))}) ORDER BY position LIMIT ?"  # noqa: S608 fixed text
        query = f"SELECT {_COLUMNS} FROM record WHERE position IN ({found}) ORDER BY position"  # noqa: S608 fixed text
        return self._rows(query, (*(value for kind in kinds for value in (kind, first, rows)), rows)) if kinds else []

    def _rows(self, query: str, parameters: Iterable[object]) -> list[Stored]:
        return [Stored(*row) for row in self._ask(query, parameters)]

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """See ``Reader``."""
        return self._read(lambda connection: _stored(connection, ids, decisions=decisions))

    def decisions_of(self, event_id: str) -> list[Stored]:
        """See ``Reader``."""
        query = f"SELECT {_FOUND} FROM decision_id LEFT JOIN record USING (position) WHERE subject = ? ORDER BY position"  # noqa: S608 fixed columns
        return self._rows(query, (event_id,))

    def subjects(self, event_ids: Sequence[str]) -> set[tuple[str, int]]:
        """See ``Reader``."""
        query = "SELECT subject, position FROM decision_id WHERE subject"
        rows = self._ask(f"{query} IN (SELECT value FROM json_each(?))", (json.dumps(event_ids),))  # noqa: S608 fixed text
        for one in (one for one in event_ids if "\x00" in one):  # SQLite's JSON ends a text at a zero character
            rows += self._ask(f"{query} = ?", (one,))
        return set(rows)

    def altered(self) -> list[tuple[str, str]]:
        """See ``Reader``."""
        return self._read(altered)

    def ids(self) -> int:
        """See ``Reader``."""
        return int(self._ask("SELECT (SELECT count(*) FROM event_id) + (SELECT count(*) FROM decision_id)")[0][0])

    def segment(self, position: int) -> Segment | None:
        """See ``Reader``."""
        rows = self._ask("SELECT first, stop, files FROM segment WHERE stop > ? ORDER BY stop LIMIT 1", (position,))
        return next((Segment.of_manifest(*row) for row in rows), None)

    def tile(self, level: int, index: int) -> Tile | None:
        """See ``Reader``."""
        rows = self._ask("SELECT hashes, root FROM tile WHERE level = ? AND place = ?", (level, index))
        return next((Tile(level, index, hashes, root) for hashes, root in rows), None)

    def tile_roots(self, level: int, first: int) -> list[bytes]:
        """See ``Reader``."""
        return [root for (root,) in self._ask("SELECT root FROM tile WHERE level = ? AND place >= ? ORDER BY place", (level, first))]

    def heads(self, from_size: int = 0, *, limit: int = 1) -> list[Head]:
        """See ``Reader``."""
        return [
            Head(*row)
            for row in self._ask("SELECT size, time_us, note FROM head WHERE size >= ? ORDER BY size LIMIT ?", (from_size, limit))
        ]

    def last_head(self) -> Head | None:
        """See ``Reader``."""
        return next((Head(*row) for row in self._ask("SELECT size, time_us, note FROM head ORDER BY size DESC LIMIT 1")), None)

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """See ``Reader``."""
        return self._read(lambda connection: _kept(connection, space, names))

    def ring(self, after: tuple[str, bytes] = ("", b""), *, limit: int = 1) -> list[Kept]:
        """See ``Reader``."""
        query = "SELECT space, name, value FROM keyring WHERE (space, name) > (?, ?) ORDER BY space, name LIMIT ?"
        return [Kept(*row) for row in self._ask(query, (*after, limit))]

    def wait_for(self, size: int, timeout_s: float) -> bool:
        """See ``Reader``. Looks every few milliseconds: a file calls nobody."""
        until = time.monotonic() + timeout_s
        while self.size() < size:
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def hurry(self) -> None:
        """See ``Reader``. A file is not waited for."""

    def close(self) -> None:
        """See ``Reader``."""
        self._closed = True
        with self._opening:
            for mine in self._opened.values():
                mine.close()
            self._opened.clear()


def _write(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    inserts = [change for change in changes if isinstance(change, Insert)]
    try:
        insert_rows(
            connection,
            "event_id",
            [row for one in inserts if one.records.subjects is None for row in zip(one.records.ids, count(one.first))],
        )
        insert_rows(
            connection,
            "decision_id",
            [row for one in inserts if (subjects := one.records.subjects) for row in zip(one.records.ids, count(one.first), subjects)],
        )
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname == "SQLITE_CONSTRAINT_PRIMARYKEY":
            raise TakenError(str(error)) from None
        raise
    insert_rows(
        connection,
        "record",
        [
            row
            for one in inserts
            for row in zip(count(one.first), one.records.kinds, one.records.latency_ns, repeat(int(one.relaxed)), one.records.payloads)
        ],
    )
    for change in changes:
        if isinstance(change, Tile):
            connection.execute("INSERT INTO tile VALUES (?, ?, ?, ?)", (change.level, change.index, change.hashes, change.root))
        elif isinstance(change, Head):
            connection.execute("INSERT INTO head VALUES (?, ?, ?)", (change.size, change.time_us, change.note))
        elif isinstance(change, KeyChanges):
            _change_keys(connection, change)


def _change_keys(connection: sqlite3.Connection, change: KeyChanges) -> None:
    """What is deleted is overwritten with zeros (``secure_delete``)."""
    kept = [(change.space, name, value) for name, value in change.entries.items() if value is not None]
    insert_rows(connection, "keyring", kept, "ON CONFLICT DO UPDATE SET value = excluded.value")
    gone = ((change.space, name) for name, value in change.entries.items() if value is None)
    connection.executemany("DELETE FROM keyring WHERE space = ? AND name = ?", gone)


def _size(connection: sqlite3.Connection) -> int:
    rows = "(SELECT coalesce(max(position) + 1, 0) FROM record)"
    return int(connection.execute(f"SELECT max({rows}, (SELECT coalesce(max(stop), 0) FROM segment))").fetchone()[0])  # noqa: S608 fixed text


def _kept(connection: sqlite3.Connection, space: str, names: Sequence[bytes] | None) -> dict[bytes, bytes]:
    if names is None:
        return dict(connection.execute("SELECT name, value FROM keyring WHERE space = ?", (space,)).fetchall())
    found: dict[bytes, bytes] = {}
    ordered, wanted = sorted(names), set(names)
    dense = len(ordered) > _NAMES_ASKED
    for start in range(0, len(ordered), _NAMES_ASKED):
        some = ordered[start : start + _NAMES_ASKED]
        if dense:  # most of what is there between the two ends is asked for: to read it through takes a third of the time
            query = "SELECT name, value FROM keyring WHERE space = ? AND name BETWEEN ? AND ? LIMIT ?"
            rows = read_entries(connection, query, (space, some[0], some[-1], _BETWEEN_MAX))
            dense = len(rows) < _BETWEEN_MAX
        if not dense:
            query = f"SELECT name, value FROM keyring WHERE space = ? AND name IN ({','.join('?' * len(some))})"  # noqa: S608 only marks
            rows = read_entries(connection, query, (space, *some))
        found.update(row for row in rows if row[0] in wanted)
    return found


def _stored(connection: sqlite3.Connection, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
    table = "decision_id" if decisions else "event_id"
    query = f"SELECT id, {_FOUND} FROM {table} LEFT JOIN record USING (position) WHERE id"  # noqa: S608 two fixed tables
    rows = connection.execute(f"{query} IN (SELECT value FROM json_each(?))", (json.dumps(ids),)).fetchall()  # noqa: S608 fixed text
    for one in (one for one in ids if "\x00" in one):  # SQLite's JSON ends a text at a zero character
        rows += connection.execute(f"{query} = ?", (one,)).fetchall()
    return {row[0]: Stored(*row[1:]) for row in rows}
