"""Changes on their way to the server: many rows by COPY; few by statements that go out together, with one answer to wait for.

A COPY is an exchange of its own. For the few hundred rows of a group of decisions its waiting would take longer than its rows.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import LiteralString

from huitong.store.merkle import Tile
from huitong.store.pending import Change, Insert, KeyChanges
from huitong.store.postgres import copying
from huitong.store.postgres.address import Connection, Cursor
from huitong.store.postgres.arrays import Array, bigints, booleans, bytes_of, texts
from huitong.store.storage import Head

COPY_ROWS = 1_024
"""Records from which on they go by COPY."""


def send(connection: Connection, changes: Sequence[Change], then: LiteralString = "") -> Cursor:
    """Sends changes, and then a statement whose answer it returns.

    Raises:
        psycopg.Error: As the server says; then nothing was sent after what it refuses.
    """
    inserts = [change for change in changes if isinstance(change, Insert)]
    if sum(len(insert.records) for insert in inserts) >= COPY_ROWS:
        _copy(connection, inserts)
        inserts = []
    with connection.pipeline():
        _insert(connection, inserts)
        _others(connection, changes)
        return connection.execute(then or "SELECT 1")


def _copy(connection: Connection, inserts: Sequence[Insert]) -> None:
    rows: dict[str, list[Iterator[memoryview]]] = {
        "event_id": [copying.event_rows(one.first, one.records.ids) for one in inserts if one.records.subjects is None],
        "decision_id": [
            copying.decision_rows(one.first, one.records.ids, one.records.subjects) for one in inserts if one.records.subjects is not None
        ],
        "record": [copying.record_rows(one.first, one.records, relaxed=one.relaxed) for one in inserts],
    }
    with connection.cursor() as cursor:
        for table, pieces in rows.items():
            if pieces:
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode()) as copy:
                    for piece in copying.whole(chain.from_iterable(pieces)):
                        copy.write(piece)


def _insert(connection: Connection, inserts: Sequence[Insert]) -> None:
    for decisions in (False, True):
        given = [one for one in inserts if (one.records.subjects is not None) == decisions]
        if given:
            ids = texts([each for one in given for each in one.records.ids])
            if decisions:
                subjects = texts([each for one in given for each in one.records.subjects or ()])
                query: LiteralString = "INSERT INTO decision_id SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[])"
                connection.execute(query, (ids, _positions(given), subjects))
            else:
                connection.execute("INSERT INTO event_id SELECT * FROM unnest(%s::text[], %s::bigint[])", (ids, _positions(given)))
    if inserts:
        columns = (
            _positions(inserts),
            texts([kind for one in inserts for kind in one.records.kinds]),
            bigints([latency_ns for one in inserts for latency_ns in one.records.latency_ns]),
            booleans([one.relaxed for one in inserts for _ in one.records.ids]),
            bytes_of([payload for one in inserts for payload in one.records.payloads]),
        )
        query = "INSERT INTO record SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::boolean[], %s::bytea[])"
        connection.execute(query, columns)


def _positions(inserts: Sequence[Insert]) -> Array:
    return bigints([position for one in inserts for position in range(one.first, one.first + len(one.records))])


def _others(connection: Connection, changes: Sequence[Change]) -> None:
    tiles = [(change.level, change.index, change.hashes, change.root) for change in changes if isinstance(change, Tile)]
    heads = [(change.size, change.time_us, change.note) for change in changes if isinstance(change, Head)]
    entries = [(change.space, entry) for change in changes if isinstance(change, KeyChanges) for entry in change.entries.items()]
    keys = {(space, name): value for space, (name, value) in entries}
    with connection.cursor() as cursor:
        if tiles:
            cursor.executemany("INSERT INTO tile VALUES (%s, %s, %b, %b)", tiles)
        if heads:
            # A head alone may be there already: its commit got no answer, and the size does not tell.
            cursor.executemany("INSERT INTO head VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", heads)
        if keys:
            # Not a statement for each: the first day of a bank brings hundreds of thousands.
            gone: LiteralString = (
                "DELETE FROM keyring USING unnest(%s::text[], %s::bytea[]) AS gone(space, name)"
                " WHERE keyring.space = gone.space AND keyring.name = gone.name"
            )
            cursor.execute(gone, (texts([space for space, _ in keys]), bytes_of([name for _, name in keys])))
            kept = [(*key, value) for key, value in keys.items() if value is not None]
            if kept:
                spaces, names, values = zip(*kept, strict=True)
                columns = (texts(spaces), bytes_of(names), bytes_of(values))
                cursor.execute("INSERT INTO keyring SELECT * FROM unnest(%s::text[], %s::bytea[], %s::bytea[])", columns)
            if any(value is None for _, (_, value) in entries):  # also where something else took its place at once
                cursor.execute("UPDATE writer SET scrub = true")
