"""Many rows in one step are the rows that one by one would be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from huitong.store.sqlite.rows import ROWS_MAX, insert_rows, read_entries


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.execute("CREATE TABLE entry (name BLOB PRIMARY KEY, value BLOB NOT NULL)")
        yield made


def entries(count: int) -> list[tuple[bytes, bytes]]:
    return [(number.to_bytes(3, "big"), bytes([number % 256]) * (number % 5)) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, ROWS_MAX - 1, ROWS_MAX, ROWS_MAX + 1, 3 * ROWS_MAX + 31])
def test_rows_of_any_number_are_written_and_read_whole(connection: sqlite3.Connection, count: int) -> None:
    insert_rows(connection, "entry", entries(count))
    assert connection.execute("SELECT name, value FROM entry ORDER BY name").fetchall() == entries(count)
    assert sorted(read_entries(connection, "SELECT name, value FROM entry WHERE name >= ?", (b"",))) == entries(count)


def test_a_row_that_is_there_is_an_error_unless_it_is_said_what_becomes_of_it(connection: sqlite3.Connection) -> None:
    insert_rows(connection, "entry", [(b"a", b"1")])
    with pytest.raises(sqlite3.IntegrityError):
        insert_rows(connection, "entry", [(b"b", b"2"), (b"a", b"3")])
    assert connection.execute("SELECT name FROM entry").fetchall() == [(b"a",)]
    insert_rows(connection, "entry", [(b"b", b"2"), (b"a", b"3")], "ON CONFLICT DO UPDATE SET value = excluded.value")
    assert connection.execute("SELECT name, value FROM entry ORDER BY name").fetchall() == [(b"a", b"3"), (b"b", b"2")]
