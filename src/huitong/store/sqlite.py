"""The log in one SQLite file: append-only, idempotent by id, durable before it answers."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from huitong.contracts import Appended, Decision, Event, EventBatch, LogBatch, Recorded
from huitong.contracts.fields import DataContract
from huitong.kernel import Clock, DecisionId, EventId, SystemClock
from huitong.store import errors
from huitong.store.columns import decode_batch, encode_batch
from huitong.store.lock import WriterLock
from huitong.store.records import decode, encode_decision, encode_event
from huitong.store.schema import open_reader, open_writer
from huitong.store.writer import GroupCommit, Writer

DECISION_KIND = "decision"
"""Kind of the records that are decisions."""
SLICE_ROWS = 32_768
"""Records made at once when many are appended: bounds the memory of a call of any size."""
PAGE_ROWS = 4_096
BATCH_ROWS = 262_144

_Row = tuple[str, str, str | None, int, bytes]
_INSERT = "INSERT INTO record (kind, id, subject, latency_ns, payload) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


class SqliteLog:
    """The ``Log`` in a SQLite file. Offsets count from 0 in the order of the writer.

    Any number of threads may call it: one thread writes, each other thread reads on its own connection.
    Use it as a context manager, or ``close`` it.

    Args:
        path: The file. Beside it lie ``-wal`` and ``-shm`` while it is open, and ``.lock``.
        writable: Whether this process writes. One process may; any number may read meanwhile.
        bounds: Of a group commit.
        clock: For the note of who writes.

    Raises:
        InputError: If there is nothing to read.
        DataError: If the file is no log, damaged, or written by a later version.
        ExternalError: If another process writes there, or the system refuses.
    """

    def __init__(self, path: Path, *, writable: bool = True, bounds: GroupCommit | None = None, clock: Clock | None = None) -> None:
        self._path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        self._closed = False
        self._writer: Writer | None = None
        self._lock: WriterLock | None = None
        if not writable:
            self._connection()
            return
        self._lock = WriterLock(path, (clock or SystemClock()).now_us())
        try:
            self._writer = Writer(open_writer(path), path, bounds or GroupCommit())
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Waits for what is under way and lets go of the file."""
        self._closed = True
        with self._readers_lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
        if self._writer is not None:
            self._writer.close()
        if self._lock is not None:
            self._lock.release()

    def append_events(self, events: Sequence[Event]) -> Appended:
        """See ``Log``."""
        rows: list[_Row] = [(event.kind, event.id, None, 0, encode_event(event)) for event in events]
        return self._append(rows)

    def append_batch(self, batch: EventBatch, contract: DataContract) -> Appended:
        """See ``Log``. One commit, whatever the size; between two calls decisions get their turn."""
        return self._append(_rows(batch, contract))

    def _append(self, rows: Iterable[_Row]) -> Appended:
        return self._writing().submit(lambda connection: _append(connection, rows)).result()

    def append_decision(self, event: Event | None, decision: Decision) -> Decision:
        """See ``Log``."""
        row: _Row = (DECISION_KIND, decision.id, decision.event, decision.latency_ns, encode_decision(decision))
        event_rows: list[_Row] = [] if event is None else [(event.kind, event.id, None, 0, encode_event(event))]

        def work(connection: sqlite3.Connection) -> Decision:
            _append(connection, event_rows)
            _append(connection, [row])
            latency_ns = connection.execute(
                "SELECT latency_ns FROM record WHERE id = ? AND subject IS NOT NULL", (decision.id,)
            ).fetchone()[0]
            stored = decode(row[4], latency_ns)
            return stored if isinstance(stored, Decision) else decision

        return self._writing().submit(work).result()

    def _writing(self) -> Writer:
        if self._writer is None:
            raise errors.read_only(self._path)
        return self._writer

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if self._closed:
            raise errors.closed(self._path)
        if connection is None:
            connection = open_reader(self._path)
            self._local.connection = connection
            with self._readers_lock:
                self._readers.append(connection)
        return connection

    def _select(self, query: str, parameters: Sequence[object]) -> list[tuple[int, int, bytes]]:
        try:
            return self._connection().execute(query, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            raise errors.of_sqlite(error, self._path) from error

    def event(self, event_id: EventId) -> Event | None:
        """See ``Log``."""
        rows = self._select("SELECT position, latency_ns, payload FROM record WHERE id = ? AND subject IS NULL", (event_id,))
        return next((content for row in rows if isinstance(content := decode(row[2]), Event)), None)

    def decision(self, decision_id: DecisionId) -> Decision | None:
        """See ``Log``."""
        return next(iter(self._decisions("id = ? AND subject IS NOT NULL", decision_id)), None)

    def decisions_of(self, event_id: EventId) -> list[Decision]:
        """See ``Log``."""
        return self._decisions("subject = ?", event_id)

    def _decisions(self, condition: str, value: str) -> list[Decision]:
        query = f"SELECT position, latency_ns, payload FROM record WHERE {condition} ORDER BY position"  # noqa: S608 two fixed conditions
        found = [decode(payload, latency_ns) for _, latency_ns, payload in self._select(query, (value,))]
        return [content for content in found if isinstance(content, Decision)]

    def read(self, from_offset: int = 0, kinds: Sequence[str] | None = None) -> Iterator[Recorded]:
        """See ``Log``. Sees what is appended while it reads; holds no lock between pages."""
        for position, latency_ns, payload in self._pages(from_offset, kinds, PAGE_ROWS):
            yield Recorded(position - 1, payload, decode(payload, latency_ns))

    def payloads(self, from_offset: int = 0) -> Iterator[bytes]:
        """Canonical bytes of every record in order: the leaves of the tree of proofs."""
        return (payload for _, _, payload in self._pages(from_offset, None, PAGE_ROWS))

    def read_batches(self, contract: DataContract, from_offset: int = 0, rows: int = BATCH_ROWS) -> Iterator[LogBatch]:
        """See ``Log``."""
        records = self._pages(from_offset, [contract.kind], rows)
        while page := list(islice(records, rows)):
            offsets = np.array([position - 1 for position, _, _ in page], np.int64)
            yield LogBatch(page[-1][0], decode_batch([payload for _, _, payload in page], contract), offsets)

    def _pages(self, from_offset: int, kinds: Sequence[str] | None, rows: int) -> Iterator[tuple[int, int, bytes]]:
        marks = "" if kinds is None else f"AND kind IN ({','.join('?' * len(kinds))}) AND subject IS NULL"
        query = f"SELECT position, latency_ns, payload FROM record WHERE position > ? {marks} ORDER BY position LIMIT ?"  # noqa: S608 only marks
        position = from_offset
        while page := self._select(query, (position, *(kinds or ()), rows)):
            yield from page
            position = page[-1][0]

    def end(self) -> int:
        """See ``Log``."""
        return int(self._select("SELECT coalesce(max(position), 0), 0, x'' FROM record", ())[0][0])


def _rows(batch: EventBatch, contract: DataContract) -> Iterator[_Row]:
    for start in range(0, len(batch), SLICE_ROWS):
        piece = batch.slice(start, SLICE_ROWS)
        yield from zip(
            repeat(batch.kind), piece.ids.to_pylist(), repeat(None), repeat(0), encode_batch(piece, contract).to_pylist(), strict=False
        )


def _append(connection: sqlite3.Connection, rows: Iterable[_Row]) -> Appended:
    """The one place where records are written: in order, each once. What hashes them into a tree hooks in here."""
    first = int(connection.execute("SELECT coalesce(max(position), 0) FROM record").fetchone()[0])
    given = written = 0
    remaining = iter(rows)
    while piece := list(islice(remaining, SLICE_ROWS)):
        before = connection.total_changes
        connection.executemany(_INSERT, piece)
        new = connection.total_changes - before
        if new < len(piece):
            _require_same(connection, piece)
        given, written = given + len(piece), written + new
    return Appended(first, written, given - written)


def _require_same(connection: sqlite3.Connection, rows: list[_Row]) -> None:
    """Whether every row is in the log as it was given.

    Raises:
        DataError: If an id is there with other content.
    """
    for _, record_id, subject, _, payload in rows:
        which = "IS NULL" if subject is None else "IS NOT NULL"
        query = f"SELECT payload FROM record WHERE id = ? AND subject {which}"  # noqa: S608 two fixed conditions
        stored = connection.execute(query, (record_id,)).fetchone()[0]
        if stored != payload:
            raise errors.conflict(record_id, stored, payload)
