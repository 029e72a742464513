"""Columns as PostgreSQL's arrays in their binary form, as ``array_send`` of the server writes them.

The driver makes them element by element, each by way of a lookup of its type; a column has one.
"""

from collections.abc import Sequence
from struct import Struct, pack

from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = Struct(">iiIii").pack
_LENGTH = Struct(">i").pack
_BOOLEAN, _BYTEA, _BIGINT, _TEXT = 16, 17, 20, 25
"""Numbers of the types: https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat"""


class Array(bytes):
    """An array as the server reads it; the statement says of what."""


class ArrayDumper(Dumper):
    """Hands an ``Array`` over as it is."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: Array) -> Buffer:
        """See ``psycopg.adapt.Dumper``."""
        return obj


def _array(of: int, elements: Sequence[bytes]) -> Array:
    lengths = map(_LENGTH, map(len, elements))
    return Array(b"".join([_HEAD(1, 0, of, len(elements), 1), *(part for pair in zip(lengths, elements, strict=True) for part in pair)]))


def texts(column: Sequence[str]) -> Array:
    """``text[]``."""
    return _array(_TEXT, [text.encode() for text in column])


def bytes_of(column: Sequence[bytes]) -> Array:
    """``bytea[]``."""
    return _array(_BYTEA, column)


def bigints(column: Sequence[int]) -> Array:
    """``bigint[]``."""
    return Array(_HEAD(1, 0, _BIGINT, len(column), 1) + b"".join([pack(">iq", 8, value) for value in column]))


def booleans(column: Sequence[bool]) -> Array:
    """``boolean[]``."""
    return Array(_HEAD(1, 0, _BOOLEAN, len(column), 1) + b"".join([pack(">i?", 1, value) for value in column]))
