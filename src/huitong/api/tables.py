"""Arrow streams as rows: what they would take is known before it is taken, and what is wrong with one cell is wrong with its row alone.

A stream of a few kilobytes can stand for gigabytes: its buffers compressed, a dictionary's long value on every row, one buffer as many
columns, a column without any. So compressed buffers and nested columns are refused, and what the rest comes to is summed up from lengths.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.api.reading import BATCH_BYTES_MAX, BATCH_ROWS_MAX, EVENT_BYTES_MAX, refused, too_large, too_many, unreadable
from huitong.api.service import Document
from huitong.kernel import HuitongError, InputError

COLUMNS_MAX = 256
CELLS_MAX = 8_000_000
PIECES_MAX = 100_000
"""Most pieces of columns: each batch of a stream brings one of each."""
_EPOCH, _EPOCH_DAY = datetime(1970, 1, 1), date(1970, 1, 1)
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY_MS = 86_400_000
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_OLD_COMPRESSION = b"ARROW:experimental_compression"
_FLAT = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_null,
)


class TableRows:
    """Rows of a table whose size is known to be within limits.

    Args:
        table: The table.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._names: list[str] = table.column_names

    def __len__(self) -> int:
        rows: int = self._table.num_rows
        return rows

    def ids(self) -> list[str | None]:
        """The id that each row gives, as it is, also one that can be none."""
        if "id" not in self._names:
            return [None] * len(self)
        return [None if cell is None else _text(cell) for cell in _cells(self._table.column("id"))]

    def part(self, start: int, count: int) -> list[Document | HuitongError]:
        """Some rows, each as names and values, without those that are null; one that is larger than an event may be is its error.

        Args:
            start: The first one.
            count: How many at most.
        """
        piece = self._table.slice(start, count)
        if not self._names:
            return [{} for _ in range(piece.num_rows)]
        return [self._row(cells) for cells in zip(*map(_cells, piece.columns), strict=True)]

    def _row(self, cells: Sequence[object]) -> Document | HuitongError:
        if sum(len(cell) for cell in cells if isinstance(cell, str | bytes)) > EVENT_BYTES_MAX:
            return too_large(EVENT_BYTES_MAX)
        return {name: cell for name, cell in zip(self._names, cells, strict=True) if cell is not None}


def _require_once(names: Sequence[str]) -> None:
    """Refuses a table that has two columns of one name, as a JSON object that says a name twice: which of them holds, nobody has said."""
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise unreadable(f"two columns are called {twice[:64]!r}", f"有两列同名：{twice[:64]!r}")


def rows_of(body: bytes) -> TableRows:
    """The rows of an Arrow stream.

    Raises:
        InputError: If the bytes are none, if it holds what no event has, or if it is or would become too large.
    """
    try:
        for message in pa.ipc.MessageReader.open_stream(body):
            if _is_compressed(message.metadata.to_pybytes()):
                raise _compressed()
        with pa.ipc.open_stream(body) as stream:
            schema = stream.schema
            _require_flat(schema)
            _require_once(schema.names)
            batches = _batches(stream, len(schema))
        _require_room(batches)
        return TableRows(pa.Table.from_batches(batches, schema))
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        raise unreadable(f"it is no Arrow stream: {error}", "不是有效的 Arrow 流") from None


def _is_compressed(metadata: bytes) -> bool:
    """Whether a message says that its buffers are compressed; the library would expand them without asking.

    Source:
        Message.fbs of the Arrow columnar format, version 1; the older key is that of Arrow 0.17.
    """
    if _OLD_COMPRESSION in metadata:
        return True
    message = struct.unpack_from("<I", metadata)[0]
    kind, header = _field(metadata, message, 1), _field(metadata, message, 2)
    if not kind or not header or metadata[kind] not in (_DICTIONARY_BATCH, _RECORD_BATCH):
        return False
    batch = header + struct.unpack_from("<I", metadata, header)[0]
    if metadata[kind] == _DICTIONARY_BATCH:
        data = _field(metadata, batch, 1)
        if not data:
            return False
        batch = data + struct.unpack_from("<I", metadata, data)[0]
    return _field(metadata, batch, 3) > 0


def _field(metadata: bytes, table: int, number: int) -> int:
    """Where a field of a table of a flat buffer is; 0 where it has none."""
    fields = table - struct.unpack_from("<i", metadata, table)[0]
    at = 4 + 2 * number
    if at >= struct.unpack_from("<H", metadata, fields)[0]:
        return 0
    offset: int = struct.unpack_from("<H", metadata, fields + at)[0]
    return table + offset if offset else 0


def _compressed() -> InputError:
    return refused(
        "http.media_type",
        "the buffers of the Arrow stream are compressed",
        "Arrow 流的缓冲区经过压缩",
        {"en": "write it without compression", "zh": "请写入时不压缩"},
    )


def _require_flat(schema: pa.Schema) -> None:
    if len(schema) > COLUMNS_MAX:
        raise unreadable(f"it has {len(schema):,} columns, beyond {COLUMNS_MAX}", f"共 {len(schema):,} 列，超过 {COLUMNS_MAX} 列")
    for column in schema:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not any(is_one(kind) for is_one in _FLAT):
            said = str(kind)[:80]
            raise unreadable(
                f"column {column.name[:80]!r} is {said}, which no field is", f"列 {column.name[:80]!r} 的类型为 {said}，没有此类字段"
            )


def _batches(stream: pa.RecordBatchReader, columns: int) -> list[pa.RecordBatch]:
    batches: list[pa.RecordBatch] = []
    rows = 0
    for batch in stream:
        rows += batch.num_rows
        if rows > BATCH_ROWS_MAX:
            raise too_many(rows)
        if batch.num_rows:
            batches.append(batch)
        if len(batches) * columns > PIECES_MAX:
            raise unreadable("it comes in too many small batches", "批次过多且过小")
    if rows * columns > CELLS_MAX:
        raise too_large(BATCH_BYTES_MAX)
    return batches


def _require_room(batches: Iterable[pa.RecordBatch]) -> None:
    """Checks that all is as it says, and that its texts come to no more than a body may."""
    size, known = 0, dict[tuple[object, ...], "np.ndarray[tuple[int], np.dtype[np.int64]]"]()
    for batch in batches:
        for column in batch.columns:
            if not pa.types.is_dictionary(column.type):
                column.validate(full=True)
                size += int(_lengths(column).sum())
                continue
            values, indices = column.dictionary, column.indices
            held = tuple((one.address, one.size) for one in values.buffers() if one is not None)
            if (held, values.offset, len(values)) not in known:  # many batches share one
                values.validate(full=True)
                known[held, values.offset, len(values)] = _lengths(values)
            indices.validate(full=True)
            places = indices.drop_null().to_numpy(zero_copy_only=False)
            if len(places) and not 0 <= int(places.min()) <= int(places.max()) < len(values):
                raise unreadable("an index is outside its dictionary", "索引超出字典范围")
            size += int(known[held, values.offset, len(values)][places].sum())
        if size > BATCH_BYTES_MAX:
            raise too_large(BATCH_BYTES_MAX)


def _lengths(column: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Bytes of each text."""
    if not any(is_one(column.type) for is_one in _FLAT[:5]):
        return np.zeros(len(column), np.int64)
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]]
    lengths = pc.fill_null(pc.binary_length(column).cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return lengths


def _cells(column: pa.ChunkedArray) -> list[object]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_timestamp(kind):
        return [None if at is None else _moment(at, kind.unit, zoned=kind.tz is not None) for at in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_date32(kind):
        return [None if day is None else _day(day) for day in column.cast(pa.int32()).to_pylist()]
    if pa.types.is_date64(kind):
        return [None if at is None else _day(at // _DAY_MS) for at in column.cast(pa.int64()).to_pylist()]
    cells: list[object] = column.to_pylist()
    return cells


def _text(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _moment(at: int, unit: str, *, zoned: bool) -> object:
    """A moment, to the µs below it; one that no calendar has as a text, which no field takes. The zone is how it was shown, not when."""
    try:
        moment = _EPOCH + timedelta(microseconds=at * 10**6 // _PER_SECOND[unit])
    except OverflowError:
        return f"{at} {unit}"
    return moment.replace(tzinfo=UTC) if zoned else moment


def _day(day: int) -> object:
    try:
        return _EPOCH_DAY + timedelta(days=day)
    except OverflowError:
        return f"day {day}"
