"""Many rows in few steps.

Python's ``sqlite3`` lets go of the interpreter's lock in each step of a statement, and ``executemany`` and a query's rows take a step each.
Where other threads compute meanwhile, to get the lock back takes up to its switch interval, each time: beside a thread that never rests, a
group of 150 rows took 391 ms so and 63 ms in few statements. So rows are written many in a statement, which is faster alone as well, and
small entries are read as one text, which costs a fifth more alone and a seventh beside such a thread.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

ROWS_MAX = 256
"""Most rows of one statement: SQLite has limits for what stands in one, and what is prepared takes memory."""
_STEP = 16
"""Statements are prepared for multiples of so many rows, and for the fewer ones that remain, so that there are few to keep."""
STATEMENTS_KEPT = 256
"""Prepared statements that a connection keeps: those of three tables, and all others."""


def insert_rows(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]], otherwise: str = "") -> None:
    """Inserts rows in their order.

    Args:
        connection: In a transaction.
        table: The table.
        rows: A value for each of its columns.
        otherwise: What becomes of a row that is there already; by default it is an error.
    """
    start = 0
    while (left := len(rows) - start) > 0:
        size = min(left, ROWS_MAX)
        size -= size % _STEP if size > _STEP else 0
        part = rows[start : start + size]
        connection.execute(_insert(table, len(part[0]), size, otherwise), list(chain.from_iterable(part)))
        start += size


@lru_cache(STATEMENTS_KEPT)
def _insert(table: str, columns: int, rows: int, otherwise: str) -> str:
    row = f"({','.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {','.join([row] * rows)} {otherwise}"  # noqa: S608 names of our own tables


def read_entries(connection: sqlite3.Connection, query: str, parameters: Sequence[object]) -> list[tuple[bytes, bytes]]:
    """Reads rows of two blobs as one text.

    Args:
        connection: Any.
        query: Gives the rows, as ``name`` and ``value``.
        parameters: Its parameters.
    """
    packed = f"SELECT group_concat(hex(name) || ':' || hex(value), ' ') FROM ({query})"  # noqa: S608 queries of our own
    ((text,),) = connection.execute(packed, parameters).fetchall()
    if text is None:
        return []
    pairs = (entry.split(":") for entry in text.split(" "))
    return [(bytes.fromhex(name), bytes.fromhex(value)) for name, value in pairs]
