"""The writer's side of a log in PostgreSQL: an epoch that fences stale writers, a connection that may be lost, and what a group wrote."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain

import psycopg
from psycopg.pq import TransactionStatus

from huitong.kernel import HuitongError
from huitong.store.grouped import GroupedSession, Then
from huitong.store.pending import Change
from huitong.store.postgres import errors, lock
from huitong.store.postgres.address import Address, Connection
from huitong.store.postgres.arrays import Array, ArrayDumper
from huitong.store.postgres.notices import Notifier
from huitong.store.postgres.reading import SIZE, kept_in, stored_in
from huitong.store.postgres.schema import prepare
from huitong.store.postgres.sending import send
from huitong.store.segments.manifest import Segment
from huitong.store.storage import Records, Stored, TakenError, UncertainError

ID_BYTES_MAX = 2_600
"""Longest id, kind or subject; an entry of PostgreSQL's index holds little more."""
IDLE_S_MAX = 120
"""A transaction that stands still longer is ended by the server: a writer whose machine sleeps must not hold the log."""
SCRUB_WAIT_S = 5
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_ID_TABLES = ("event_id", "decision_id")


class PostgresSession(GroupedSession):
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
        super().__init__()
        self._address = address
        self._relaxed = relaxed
        self._fenced: HuitongError | None = None
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

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        if self._connection is None:
            raise UncertainError("the connection was lost")
        try:
            yield self._connection
        except psycopg.Error as error:
            if not errors.lost(error, self._connection):
                raise
            self._let_go()
            raise UncertainError(self._address.said(error)) from error

    def _let_go(self) -> None:
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
                self._let_go()
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
        super().commit()
        self._notifier.tell()

    def insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        """See ``Session``.

        Raises:
            InputError: If an id is one that PostgreSQL cannot hold.
            AgainError: If an id of an earlier insert turned out to be taken.
        """
        _require_indexable(chain(records.ids, records.subjects or (), set(records.kinds)))
        super().insert(first, records, relaxed=relaxed)

    def _run(self, changes: Sequence[Change], then: Then) -> None:
        try:
            with self._asking() as connection:
                if connection.info.transaction_status == TransactionStatus.IDLE:
                    raise errors.rolled_back(self._address.where, "a write outside a transaction")
                said = send(connection, changes, then).statusmessage
        except psycopg.errors.UniqueViolation as error:
            if error.diag.table_name not in _ID_TABLES:
                raise
            raise TakenError from None
        if then == "COMMIT" and said != "COMMIT":  # what had failed before, PostgreSQL rolls back without an error
            raise errors.rolled_back(self._address.where, said or "-")

    def _abandon(self) -> None:
        if self._connection is not None and self._connection.info.transaction_status != TransactionStatus.IDLE:
            try:
                self._connection.execute("ROLLBACK")
            except psycopg.Error:
                self._let_go()

    def _find(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        with self._asking() as connection:
            return stored_in(connection, ids, decisions=decisions)

    def _find_keys(self, space: str, names: Sequence[bytes] | None) -> dict[bytes, bytes]:
        with self._asking() as connection:
            return kept_in(connection, space, names)

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
                self._let_go()

    def error(self, error: Exception) -> HuitongError | None:
        """See ``Session``."""
        return errors.of_postgres(error, self._address.where, self._address.said(error)) if isinstance(error, psycopg.Error) else None

    def close(self) -> None:
        """See ``Session``."""
        self._notifier.close()
        if self._connection is not None:
            with suppress(psycopg.Error):  # closing lets go of the lock too, only a moment later
                self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._let_go()


def _require_indexable(texts: Iterable[str]) -> None:
    for one in texts:
        if "\x00" in one:
            raise errors.unindexable(one, "it contains a zero character", "含有空字符 (U+0000)")
        if len(one) > ID_BYTES_MAX // 4 and len(one.encode()) > ID_BYTES_MAX:
            raise errors.unindexable(one, f"it is longer than {ID_BYTES_MAX} bytes", f"长度超过 {ID_BYTES_MAX} 字节")
