"""Rows in the binary form of PostgreSQL's COPY: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"."""

from collections.abc import Iterable, Sequence
from struct import Struct

from huitong.store.storage import Records

_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"
_RECORD = Struct(">hiq").pack
_REST = Struct(">iqi?i").pack
_ROW = Struct(">hi").pack
_BIGINT = Struct(">iq").pack
_LENGTH = Struct(">i").pack


def record_rows(first: int, records: Records, *, relaxed: bool) -> Iterable[bytes]:
    """Rows of ``record (position, kind, latency_ns, relaxed, payload)``, in pieces."""
    kinds = {kind: _text(kind) for kind in set(records.kinds)}
    columns = zip(records.kinds, records.latency_ns, records.payloads, strict=True)
    for position, (kind, latency_ns, payload) in enumerate(columns, first):
        yield _RECORD(5, 8, position) + kinds[kind] + _REST(8, latency_ns, 1, relaxed, len(payload)) + payload


def event_rows(first: int, ids: Sequence[str]) -> Iterable[bytes]:
    """Rows of ``event_id (id, position)``."""
    for position, one in enumerate(ids, first):
        text = one.encode()
        yield _ROW(2, len(text)) + text + _BIGINT(8, position)


def decision_rows(first: int, ids: Sequence[str], subjects: Sequence[str]) -> Iterable[bytes]:
    """Rows of ``decision_id (id, position, subject)``."""
    for position, (one, subject) in enumerate(zip(ids, subjects, strict=True), first):
        text = one.encode()
        yield _ROW(3, len(text)) + text + _BIGINT(8, position) + _text(subject)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _LENGTH(len(encoded)) + encoded


def whole(rows: Iterable[bytes]) -> bytes:
    """Rows as one stream."""
    return b"".join((_HEAD, *rows, _TAIL))
