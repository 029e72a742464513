"""The readers' side of a log in PostgreSQL."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from huitong.store.merkle import Tile
from huitong.store.postgres import errors
from huitong.store.postgres.address import Address, Connection
from huitong.store.postgres.notices import Listener
from huitong.store.postgres.pool import Pool
from huitong.store.postgres.schema import altered, require_ready
from huitong.store.segments.manifest import Segment
from huitong.store.storage import Head, Kept, Stored

SIZE = "SELECT greatest((SELECT max(position) + 1 FROM record), (SELECT max(stop) FROM segment), 0)"
"""Asks how many records there are."""
_COLUMNS = "position, kind, latency_ns, relaxed, payload"
_FOUND = "position, coalesce(kind, ''), coalesce(latency_ns, 0), coalesce(relaxed, false), coalesce(payload, '')"
"""The same by way of an index of ids, which knows of sealed records as well."""


class PostgresReader:
    """The ``Reader`` of a schema: a few connections for any number of threads; waits for a database that went away.

    Args:
        address: The schema.
        patience_s: How long a question waits.

    Raises:
        InputError: If there is no log.
        DataError: If the schema is of another program or another version.
        ExternalError: If the database cannot be reached, or refuses.
    """

    def __init__(self, address: Address, patience_s: float) -> None:
        self._address = address
        try:
            with address.connect() as connection:
                require_ready(connection, address)
                self.log_id = str(_rows(connection, "SELECT log_id FROM log")[0][0])
        except psycopg.OperationalError as error:
            raise errors.unreachable(address.where, address.said(error)) from None
        except psycopg.Error as error:
            raise errors.of_postgres(error, address.where, address.said(error)) from error
        self._pool = Pool(address, patience_s)
        self._listener = Listener(address)

    @property
    def where(self) -> str:
        """See ``Reader``."""
        return self._address.where

    def _ask(self, query: str, parameters: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        return self._pool.ask(lambda connection: _rows(connection, query, parameters))

    def size(self) -> int:
        """See ``Reader``."""
        return int(self._ask(SIZE)[0][0])

    def page(self, first: int, rows: int, kinds: Sequence[str] | None = None) -> list[Stored]:
        """See ``Reader``."""
        if kinds is None:
            query = f"SELECT {_COLUMNS} FROM record WHERE position >= %s ORDER BY position LIMIT %s"  # noqa: S608 fixed columns
            return self._stored(query, (first, rows))
        # The first of each kind by the index alone, and only then the records of those that are the first of all.
        found = """SELECT position FROM unnest(%s::text[]) wanted, LATERAL (
            SELECT position FROM record WHERE kind = wanted COLLATE "C" AND position >= %s ORDER BY position LIMIT %s
        ) of_kind ORDER BY position LIMIT %s"""
        query = f"SELECT {_COLUMNS} FROM record WHERE position = ANY(ARRAY({found})) ORDER BY position"  # noqa: S608 fixed text
        return self._stored(query, (list(dict.fromkeys(kinds)), first, rows, rows))

    def _stored(self, query: str, parameters: Iterable[object]) -> list[Stored]:
        return [Stored._make(row) for row in self._ask(query, parameters)]

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """See ``Reader``."""
        return self._pool.ask(lambda connection: stored_in(connection, ids, decisions=decisions))

    def decisions_of(self, event_id: str) -> list[Stored]:
        """See ``Reader``."""
        query = f"SELECT {_FOUND} FROM decision_id LEFT JOIN record USING (position) WHERE subject = %s ORDER BY position"  # noqa: S608 fixed columns
        return [] if "\x00" in event_id else self._stored(query, (event_id,))

    def subjects(self, event_ids: Sequence[str]) -> set[tuple[str, int]]:
        """See ``Reader``."""
        asked = [one for one in event_ids if "\x00" not in one]  # PostgreSQL knows no such text
        return {(subject, at) for subject, at in self._ask("SELECT subject, position FROM decision_id WHERE subject = ANY(%s)", (asked,))}

    def altered(self) -> list[tuple[str, str]]:
        """See ``Reader``."""
        return self._pool.ask(lambda connection: altered(connection, self._address.schema))

    def ids(self) -> int:
        """See ``Reader``."""
        return int(self._ask("SELECT (SELECT count(*) FROM event_id) + (SELECT count(*) FROM decision_id)")[0][0])

    def segment(self, position: int) -> Segment | None:
        """See ``Reader``."""
        rows = self._ask("SELECT first, stop, files FROM segment WHERE stop > %s ORDER BY stop LIMIT 1", (position,))
        return next((Segment.of_manifest(*row) for row in rows), None)

    def tile(self, level: int, index: int) -> Tile | None:
        """See ``Reader``."""
        rows = self._ask("SELECT hashes, root FROM tile WHERE level = %s AND place = %s", (level, index))
        return next((Tile(level, index, hashes, root) for hashes, root in rows), None)

    def tile_roots(self, level: int, first: int) -> list[bytes]:
        """See ``Reader``."""
        return [root for (root,) in self._ask("SELECT root FROM tile WHERE level = %s AND place >= %s ORDER BY place", (level, first))]

    def heads(self, from_size: int = 0, *, limit: int = 1) -> list[Head]:
        """See ``Reader``."""
        rows = self._ask("SELECT size, time_us, note FROM head WHERE size >= %s ORDER BY size LIMIT %s", (from_size, limit))
        return [Head(*row) for row in rows]

    def last_head(self) -> Head | None:
        """See ``Reader``."""
        return next((Head(*row) for row in self._ask("SELECT size, time_us, note FROM head ORDER BY size DESC LIMIT 1")), None)

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """See ``Reader``."""
        return self._pool.ask(lambda connection: kept_in(connection, space, names))

    def ring(self, after: tuple[str, bytes] = ("", b""), *, limit: int = 1) -> list[Kept]:
        """See ``Reader``."""
        query = "SELECT space, name, value FROM keyring WHERE (space, name) > (%s, %s) ORDER BY space, name LIMIT %s"
        return [Kept(*row) for row in self._ask(query, (*after, limit))]

    def wait_for(self, size: int, timeout_s: float) -> bool:
        """See ``Reader``. Hears of a commit by NOTIFY, at most 5 ms and a way through the network after it."""
        until = time.monotonic() + timeout_s
        while True:
            heard = self._listener.heard()
            if self.size() >= size:
                return True
            rest = until - time.monotonic()
            if rest <= 0:
                return False
            self._listener.wait(heard, rest)

    def hurry(self) -> None:
        """See ``Reader``."""
        self._pool.hurry()

    def close(self) -> None:
        """See ``Reader``."""
        self._listener.close()
        self._pool.close()


def _rows(connection: Connection, query: str, parameters: Iterable[object] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(query.encode(), tuple(parameters)).fetchall()


def stored_in(connection: Connection, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
    """Rows of these ids that a connection sees."""
    table = "decision_id" if decisions else "event_id"
    query = f"SELECT id, {_FOUND} FROM {table} LEFT JOIN record USING (position) WHERE id = ANY(%s)"  # noqa: S608 two fixed tables
    asked = [one for one in ids if "\x00" not in one]  # PostgreSQL knows no such text, so none is there
    return {row[0]: Stored._make(row[1:]) for row in _rows(connection, query, (asked,))}


def kept_in(connection: Connection, space: str, names: Sequence[bytes] | None) -> dict[bytes, bytes]:
    """Entries of the key ring that a connection sees."""
    if names is None:
        return dict(_rows(connection, "SELECT name, value FROM keyring WHERE space = %s", (space,)))
    return dict(_rows(connection, "SELECT name, value FROM keyring WHERE space = %s AND name = ANY(%s)", (space, list(names))))
