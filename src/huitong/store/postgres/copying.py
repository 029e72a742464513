"""Rows in the binary form of PostgreSQL's COPY: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".

The key: the bytes of a piece of rows are made by Arrow, column by column, and handed over piece by piece, so that the server already works
on one while the next is made.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from struct import pack
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huitong.store.storage import Records

HEAD, TAIL = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
PIECE_ROWS = 2_048
_BYTES = pa.large_binary()
Column: TypeAlias = pa.LargeBinaryArray | pa.LargeBinaryScalar


def record_rows(first: int, records: Records, *, relaxed: bool) -> Iterator[memoryview]:
    """Rows of ``record (position, kind, latency_ns, relaxed, payload)``, in pieces.

    Between two pieces it hashes the leaves of the one before: the server is at work on it meanwhile.
    """
    for start in range(0, len(records), PIECE_ROWS):
        piece = slice(start, min(start + PIECE_ROWS, len(records)))
        yield _rows(
            5,
            *_bigints(np.arange(first + start, first + piece.stop)),
            *_texts(records.kinds[piece]),
            *_bigints(np.array(records.latency_ns[piece], np.int64)),
            _fixed(pack(">i?", 1, relaxed)),
            *_bytes_of(pa.array(records.payloads[piece], _BYTES)),
        )
        records.leaves(piece.stop)


def event_rows(first: int, ids: Sequence[str]) -> Iterator[memoryview]:
    """Rows of ``event_id (id, position)``, in pieces."""
    for start in range(0, len(ids), PIECE_ROWS):
        piece = ids[start : start + PIECE_ROWS]
        yield _rows(2, *_texts(piece), *_bigints(np.arange(first + start, first + start + len(piece))))


def decision_rows(first: int, ids: Sequence[str], subjects: Sequence[str]) -> Iterator[memoryview]:
    """Rows of ``decision_id (id, position, subject)``, in pieces."""
    for start in range(0, len(ids), PIECE_ROWS):
        piece = ids[start : start + PIECE_ROWS]
        positions = _bigints(np.arange(first + start, first + start + len(piece)))
        yield _rows(3, *_texts(piece), *positions, *_texts(subjects[start : start + PIECE_ROWS]))


def _rows(fields: int, *columns: Column) -> memoryview:
    joined = pc.binary_join_element_wise(_fixed(pack(">h", fields)), *columns, _fixed(b""))
    _, offsets, content = joined.buffers()
    return memoryview(content)[: int(np.frombuffer(offsets, np.int64)[len(joined)])]


def _fixed(content: bytes) -> pa.LargeBinaryScalar:
    return pa.scalar(content, _BYTES)


def _bigints(values: npt.NDArray[np.int64]) -> tuple[Column, Column]:
    return _fixed(pack(">i", 8)), _big_endian(values.astype(">i8"))


def _texts(texts: Sequence[str]) -> tuple[Column, ...]:
    if len(set(texts)) == 1:
        content = texts[0].encode()
        return (_fixed(pack(">i", len(content)) + content),)
    return _bytes_of(pa.array(texts, pa.large_string()).cast(_BYTES))


def _bytes_of(values: pa.LargeBinaryArray) -> tuple[Column, Column]:
    return _big_endian(pc.binary_length(values).to_numpy().astype(">i4")), values


def _big_endian(values: npt.NDArray[np.int64] | npt.NDArray[np.int32]) -> pa.LargeBinaryArray:
    offsets = np.arange(0, (len(values) + 1) * values.itemsize, values.itemsize, dtype=np.int64)
    return pa.LargeBinaryArray.from_buffers(_BYTES, len(values), [None, pa.py_buffer(offsets), pa.py_buffer(values)])


def whole(rows: Iterator[memoryview]) -> Iterator[bytes | memoryview]:
    """Rows as one stream, in pieces."""
    return chain([HEAD], rows, [TAIL])
