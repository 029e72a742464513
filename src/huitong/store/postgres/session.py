"""The writer's side of a log in PostgreSQL.

The key: small calls write to ``Pending`` and are sent together, by COPY, when the group commits, for a way to the server and back for
each of them would take longer than the disk. Whether an id is taken is then known only when it is sent. Where one is, the session asks
which, and has the group run once more (``AgainError``); this time it knows, and each call hears of its own ids.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg.pq import TransactionStatus

from huitong.kernel import HuitongError
from huitong.store.merkle import Tile
from huitong.store.postgres import errors, lock
from huitong.store.postgres.address import Address, Connection, Cursor
from huitong.store.postgres.arrays import Array, ArrayDumper
from huitong.store.postgres.notices import Notifier
from huitong.store.postgres.pending import Change, Insert, KeyChange, Pending
from huitong.store.postgres.reading import SIZE, kept_in, stored_in
from huitong.store.postgres.schema import prepare
from huitong.store.postgres.sending import send
from huitong.store.segments.manifest import Segment
from huitong.store.storage import AgainError, Head, Records, Stored, TakenError, UncertainError

DIRECT_ROWS = 1_024
"""Records from which on an insert is sent at once, so that it hears at once of an id that is taken."""
PENDING_ROWS_MAX = 16_384
ID_BYTES_MAX = 2_600
"""Longest id, kind or subject; an entry of PostgreSQL's index holds little more."""
IDLE_S_MAX = 120
"""A transaction that stands still longer is ended by the server: a writer whose machine sleeps must not hold the log."""
SCRUB_WAIT_S = 5
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_ID_TABLES = ("event_id", "decision_id")


class PostgresSession:
    """The ``Session`` on a schema of a database.

    Args:
        address: The schema; made where there is none.
        now_us: The clock's reading, for the notes of who writes, and of when a schema was made.
        log_id: Identity, should the log be new.
        relaxed: Whether a commit may be acknowledged before it is on the disk.

    Raises:
        DataError: If the schema is of another program or a later version.
        ExternalError: If another process writes there, or the database cannot be reached or refuses.
    """

    def __init__(self, address: Address, now_us: int, log_id: str, *, relaxed: bool) -> None:
        self._address = address
        self._relaxed = relaxed
        self._fenced: HuitongError | None = None
        self._again = False
        self._forget()
        try:
            connection = self._connect()
        except psycopg.Error as error:
            raise errors.unreachable(address.where, address.said(error)) from None
        try:
            self._require_durable(connection)
            lock.lock(connection, address)
            prepare(connection, address, now_us, lambda: log_id)
            self._epoch = lock.take_over(connection, now_us)
            self._backend = lock.backend(connection)
        except psycopg.Error as error:
            connection.close()
            raise errors.of_postgres(error, address.where, address.said(error)) from error
        except BaseException:
            connection.close()
            raise
        self._connection: Connection | None = connection
        self._notifier = Notifier(address)
        self.scrub()

    def _connect(self) -> Connection:
        # A server or user may have it off; whatever waits for more than the local disk stays as it is.
        durable = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        idle = f"SET idle_in_transaction_session_timeout TO '{IDLE_S_MAX}s'"
        connection = self._address.connect([idle, "SET synchronous_commit TO off" if self._relaxed else durable])
        connection.adapters.register_dumper(Array, ArrayDumper)
        connection.prepare_threshold = None  # the driver takes for prepared what a pipeline that failed has left out
        return connection

    def _require_durable(self, connection: Connection) -> None:
        encoding, fsync = connection.execute("SELECT current_setting('server_encoding'), current_setting('fsync')").fetchall()[0]
        if encoding != "UTF8":
            raise errors.not_utf8(self._address.where, encoding)
        if fsync != "on" and not self._relaxed:
            raise errors.not_durable(self._address.where)

    def _forget(self) -> None:
        """A transaction leaves nothing behind, but for what the one that runs again has to know."""
        self._careful, self._again = self._again, False
        if not self._careful:
            self._known: tuple[dict[str, Stored | None], dict[str, Stored | None]] = ({}, {})
        self._pending = Pending()
        self._marks: list[int | None] = []  # where a mark stands in what is pending; None where it is a savepoint on the server

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        if self._connection is None:
            raise UncertainError("the connection was lost")
        try:
            yield self._connection
        except psycopg.Error as error:
            if not errors.lost(error, self._connection):
                raise
            self._drop()
            raise UncertainError(self._address.said(error)) from error

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def begin(self) -> int:
        """See ``Session``."""
        if self._fenced is not None:
            raise self._fenced
        if self._connection is None:
            self._reconnect()
        self._forget()
        with self._asking() as connection:
            # Each statement sees what is committed when it begins: the size, what is there once the row is locked.
            said = connection.execute(f"{_BEGIN}; SELECT epoch FROM writer FOR UPDATE; {SIZE}".encode(), prepare=False)  # noqa: S608 all fixed
            said.nextset()
            if said.fetchall() != [(self._epoch,)]:
                raise self._now_fenced(connection)
            said.nextset()
            return int(said.fetchall()[0][0])

    def _now_fenced(self, connection: Connection) -> HuitongError:
        self._fenced = errors.fenced(self._address.where, lock.holder(connection))
        return self._fenced

    def _reconnect(self) -> None:
        try:
            connection = self._connect()
        except psycopg.Error as error:
            raise UncertainError(self._address.said(error)) from error
        self._connection = connection
        with self._asking():
            if connection.execute("SELECT epoch FROM writer").fetchall() != [(self._epoch,)]:
                raise self._now_fenced(connection)
            if not lock.try_lock(connection, self._address):
                lock.end(connection, self._backend)
                self._drop()
                raise UncertainError("the server still holds the connection that was lost")
            self._backend = lock.backend(connection)
        self.scrub()
        self._notifier.tell()  # the last commit may have got through without an answer

    def commit(self) -> None:
        """See ``Session``.

        Raises:
            AgainError: If an id turned out to be taken.
            UncertainError: If the answer did not arrive.
        """
        said = self._send(self._pending.cut(0), "COMMIT").statusmessage
        if said != "COMMIT":  # what had failed before, PostgreSQL rolls back without an error
            raise errors.rolled_back(self._address.where, said or "-")
        self._notifier.tell()

    def roll_back(self) -> None:
        """See ``Session``."""
        self._pending = Pending()
        self._marks.clear()
        if self._connection is not None and self._connection.info.transaction_status != TransactionStatus.IDLE:
            try:
                self._connection.execute("ROLLBACK")
            except psycopg.Error:
                self._drop()

    def mark(self) -> None:
        """See ``Session``."""
        self._marks.append(len(self._pending.changes))

    def undo(self) -> None:
        """See ``Session``."""
        place = self._marks.pop()
        self._pending.cut(place or 0)
        if place is None:
            self._known = ({}, {})  # some of it may be undone by this
            with self._asking() as connection:
                connection.execute("ROLLBACK TO SAVEPOINT mark")
                connection.execute("RELEASE SAVEPOINT mark")

    def release(self) -> None:
        """See ``Session``."""
        if self._marks.pop() is None:
            with self._asking() as connection:
                connection.execute("RELEASE SAVEPOINT mark")

    def insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        """See ``Session``.

        Raises:
            InputError: If an id is one that PostgreSQL cannot hold.
            AgainError: If an id of an earlier insert turned out to be taken.
        """
        decisions = records.subjects is not None
        for texts in (records.ids, records.subjects or (), set(records.kinds)):
            _require_indexable(texts)
        if len(records) >= DIRECT_ROWS or self._pending.rows >= PENDING_ROWS_MAX:
            self._insert_directly(Insert(first, records, relaxed))
            return
        if self._careful:
            self._learn(records.ids, decisions=decisions)
        known, pending = self._known[decisions], self._pending.ids[decisions]
        if len(set(records.ids)) < len(records) or any(one in pending or known.get(one) is not None for one in records.ids):
            raise TakenError
        self._pending.add([Insert(first, records, relaxed)])

    def _insert_directly(self, insert: Insert) -> None:
        self._settle()
        self._careful = True  # what is sent is in no table of ours: from here on the server is asked
        try:
            with self._writing() as connection:
                send(connection, [insert])
        except psycopg.errors.UniqueViolation as error:
            if error.diag.table_name not in _ID_TABLES:
                raise
            raise TakenError from None
        self._unlearn([insert])

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """See ``Session``."""
        pending = self._pending.ids[decisions]
        self._learn([one for one in ids if one not in pending], decisions=decisions)
        known = self._known[decisions]
        found = ((one, pending.get(one) or known[one]) for one in ids)
        return {one: row for one, row in found if row is not None}

    def _learn(self, ids: Sequence[str], *, decisions: bool) -> None:
        known = self._known[decisions]
        new = [one for one in ids if one not in known]
        if new:
            with self._asking() as connection:
                found = stored_in(connection, new, decisions=decisions)
            known.update((one, found.get(one)) for one in new)

    def _unlearn(self, changes: Sequence[Change]) -> None:
        """What was known of ids ends when they are sent."""
        for change in changes:
            if isinstance(change, Insert) and (known := self._known[change.records.subjects is not None]):
                for one in change.records.ids:
                    known.pop(one, None)

    def _settle(self) -> None:
        """Sends what is pending, with a savepoint wherever a mark stands in it."""
        changes, sent = self._pending.cut(0), 0
        for number, place in enumerate(self._marks):
            if place is not None:
                self._send(changes[sent:place], "SAVEPOINT mark")
                sent, self._marks[number] = place, None
        self._send(changes[sent:], "SELECT 1")
        self._unlearn(changes)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._asking() as connection:
            if connection.info.transaction_status == TransactionStatus.IDLE:
                raise errors.rolled_back(self._address.where, "a write outside a transaction")
            yield connection

    def _send(self, changes: Sequence[Change], then: LiteralString) -> Cursor:
        """Sends changes and then a statement."""
        try:
            with self._writing() as connection:
                return send(connection, changes, then)
        except psycopg.errors.UniqueViolation as error:
            if error.diag.table_name not in _ID_TABLES:
                raise
            self._learn_taken(changes)
            raise AgainError from None

    def _learn_taken(self, changes: Sequence[Change]) -> None:
        """Drops the transaction and asks which ids of those changes are taken."""
        with self._asking() as connection:
            connection.execute("ROLLBACK")
        self._known = ({}, {})
        for decisions in (False, True):
            inserts = [change.records for change in changes if isinstance(change, Insert)]
            ids = [one for records in inserts if (records.subjects is not None) == decisions for one in records.ids]
            self._learn(ids, decisions=decisions)
        self._again = any(row is not None for known in self._known for row in known.values())
        if not self._again:
            self._drop()
            raise UncertainError("an id was taken and is not there")

    def put_tiles(self, tiles: Sequence[Tile]) -> None:
        """See ``Session``."""
        self._pending.add(tiles)

    def put_head(self, head: Head) -> None:
        """See ``Session``."""
        self._pending.add([head])

    def put_segment(self, segment: Segment) -> None:
        """See ``Session``."""
        self._settle()
        row = (segment.stop, segment.first, segment.manifest())
        with self._asking() as connection:
            if connection.execute("SELECT 1 FROM segment WHERE stop = %s AND first = %s AND files = %s", row).fetchone() is None:
                connection.execute("INSERT INTO segment VALUES (%s, %s, %s)", row)

    def drop_sealed(self, first: int, stop: int) -> None:
        """See ``Session``. PostgreSQL uses the space again once it has vacuumed the table; its file does not shrink."""
        self._settle()
        with self._asking() as connection:
            connection.execute("DELETE FROM record WHERE position >= %s AND position < %s", (first, stop))

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """See ``Session``."""
        pending = self._pending.keys
        wanted = [name for of, name in pending if of == space] if names is None else [name for name in names if (space, name) in pending]
        changed = {name: pending[space, name] for name in wanted}
        rest = None if names is None else [name for name in names if name not in changed]
        found: dict[bytes, bytes] = {}
        if rest is None or rest:
            with self._asking() as connection:
                found = kept_in(connection, space, rest)
        found |= {name: value for name, value in changed.items() if value is not None}
        return {name: value for name, value in found.items() if changed.get(name, value) is not None}

    def keep(self, space: str, entries: Mapping[bytes, bytes]) -> None:
        """See ``Session``."""
        self._pending.add([KeyChange(space, name, value) for name, value in entries.items()])

    def drop(self, space: str, names: Sequence[bytes]) -> None:
        """See ``Session``."""
        self._pending.add([KeyChange(space, name, None) for name in names])

    def scrub(self) -> None:
        """See ``Session``. The key ring is written anew without what was dropped, and its old file given up.

        ``VACUUM FULL`` would carry dropped rows along as long as any transaction in the database is older than the drop; a change of the
        table's type never does. Out of our reach: the server's write-ahead log until it is recycled, its archive, standbys, backups, and
        what the disk keeps of freed blocks. What was dropped is committed by now, so that a failure here is no failure of the call: the
        note stays that it is to be done, and it is when the database is opened or reached again.
        """
        if self._connection is None:
            return
        try:
            if self._connection.execute("SELECT scrub FROM writer").fetchall() == [(True,)]:
                with self._connection.transaction():
                    self._connection.execute(f"SET LOCAL lock_timeout TO '{SCRUB_WAIT_S}s'".encode())
                    self._connection.execute("ALTER TABLE keyring ALTER value TYPE bytea USING substring(value FROM 1)")
                    self._connection.execute("UPDATE writer SET scrub = false")
        except psycopg.Error as error:
            if errors.lost(error, self._connection):
                self._drop()

    def error(self, error: Exception) -> HuitongError | None:
        """See ``Session``."""
        return errors.of_postgres(error, self._address.where, self._address.said(error)) if isinstance(error, psycopg.Error) else None

    def close(self) -> None:
        """See ``Session``."""
        self._notifier.close()
        if self._connection is not None:
            with suppress(psycopg.Error):  # closing lets go of the lock too, only a moment later
                self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._drop()


def _require_indexable(texts: Collection[str]) -> None:
    for one in texts:
        if "\x00" in one:
            raise errors.unindexable(one, "it contains a zero character", "含有空字符 (U+0000)")
        if len(one) > ID_BYTES_MAX // 4 and len(one.encode()) > ID_BYTES_MAX:
            raise errors.unindexable(one, f"it is longer than {ID_BYTES_MAX} bytes", f"长度超过 {ID_BYTES_MAX} 字节")
