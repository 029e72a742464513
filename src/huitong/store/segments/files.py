"""A file of a segment, opened: rows by number, as records or as columns. What does not give its hash is never decoded."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import repeat
from threading import Lock
from typing import Generic, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from huitong.contracts import DataContract, EventBatch, Int64Array
from huitong.kernel import DataError
from huitong.store import errors
from huitong.store.columns import decode_batch
from huitong.store.records import FORMAT
from huitong.store.segments.layout import LAYOUT_FORMAT, METADATA, Layout, completed
from huitong.store.segments.manifest import Segment, SegmentFile
from huitong.store.segments.places import Place
from huitong.store.storage import Stored

FILES_OPEN_MAX = 4
GROUPS_KEPT_MAX = 4
"""Row groups kept decoded: neighbours are asked for one after the other."""

_EVENTS = pa.schema({"position": pa.int64(), "id": pa.string(), "time_us": pa.int64(), "relaxed": pa.bool_()})
_RECORDS = pa.schema({"position": pa.int64(), "kind": pa.string(), "latency_ns": pa.int64(), "relaxed": pa.bool_(), "payload": pa.string()})
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last few of many things that cost time to make; for any number of threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The thing of that key, made where it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class OpenFile:
    """A file whose content gave its hash.

    Args:
        content: All of it.
        segment: The segment that it is of.
        file: What the segment says of it.
        where: The place of segments, for messages.
        groups: Keeps decoded row groups.

    Raises:
        DataError: If it is not what this version writes.
    """

    def __init__(
        self, content: bytes, segment: Segment, file: SegmentFile, where: str, groups: "Recent[tuple[str, int], pa.Table]"
    ) -> None:
        self._content = pa.py_buffer(content)
        self._segment, self._file, self._where = segment, file, where
        self._groups = groups
        with self._decoding():
            self._metadata = pq.read_metadata(pa.BufferReader(self._content))
            self._layout = msgspec.json.decode((self._metadata.metadata or {}).get(METADATA, b""), type=Layout) if file.columns else None
            self._refuse(_misfit(self._metadata.schema.to_arrow_schema(), self._layout))
        self._texts = ["kind"] if self._layout is None else self._layout.texts
        counts = [self._metadata.row_group(group).num_rows for group in range(self._metadata.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self.positions: Int64Array = self._read(range(len(counts)), ["position"])["position"].to_numpy()
        self._refuse(_disorder(self.positions, segment, file))
        self._codes: tuple[Int64Array, list[str]] | None = None

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, msgspec.DecodeError, OSError, ValueError, KeyError) as error:
            self._refuse(" ".join(str(error).split()) or type(error).__name__)

    def _refuse(self, why: str | None) -> None:
        """Its hash is right, so whoever altered it altered the hash too."""
        if why is not None:
            raise _altered_error(self._where, self._segment, self._file, f"it cannot be read: {why}", f"无法读取：{why}")

    def _read(self, groups: Sequence[int], columns: list[str] | None = None) -> pa.Table:
        with self._decoding():
            # A reader of its own for each reading: they are not for several threads.
            parquet = pq.ParquetFile(pa.BufferReader(self._content), metadata=self._metadata, read_dictionary=self._texts)
            return parquet.read_row_groups(list(groups), columns)

    def _group(self, group: int) -> pa.Table:
        return self._groups.get((self._file.name, group), lambda: self._read([group]))

    def _kind_codes(self) -> tuple[Int64Array, list[str]]:
        if self._codes is None:
            column = self._read(range(len(self._starts) - 1), ["kind"])["kind"].unify_dictionaries()
            codes = np.concatenate([chunk.indices.to_numpy().astype(np.int64) for chunk in column.chunks] or [np.zeros(0, np.int64)])
            self._codes = codes, (column.chunk(0).dictionary.to_pylist() if column.num_chunks else [])
        return self._codes

    def rows_from(self, position: int, rows: int, kinds: Sequence[str] | None) -> Int64Array:
        """Numbers of at most ``rows`` rows from a position on, of some kinds; those of columns end where a row group does, if one does."""
        first = int(np.searchsorted(self.positions, position))
        if kinds is not None and not set(self._file.kinds) <= set(kinds):
            codes, names = self._kind_codes()
            wanted = [code for code, name in enumerate(names) if name in kinds]
            return first + np.flatnonzero(np.isin(codes[first:], wanted))[:rows]
        stop = min(first + rows, len(self.positions))
        border = int(self._starts[np.searchsorted(self._starts, stop, side="right") - 1])
        return np.arange(first, border if border > first else stop)

    def stored(self, rows: Int64Array) -> list[Stored]:
        """Records by their numbers, in order."""
        found: list[Stored] = []
        for group, start in enumerate(self._starts[:-1]):
            inside = rows[slice(*np.searchsorted(rows, [start, self._starts[group + 1]]))] - start
            if len(inside):
                found += self._stored(self._group(group), inside)
        return found

    def _stored(self, group: pa.Table, rows: Int64Array) -> list[Stored]:
        table = group.slice(rows[0], len(rows)) if rows[-1] - rows[0] == len(rows) - 1 else group.take(pa.array(rows))
        positions, relaxed = table["position"].to_pylist(), table["relaxed"].to_pylist()
        if self._layout is not None:
            kind = self._layout.kind
            payloads = self._layout.payloads(table)
            return list(map(Stored._make, zip(positions, repeat(kind), repeat(0), relaxed, payloads, strict=False)))
        kinds, latency_ns = table["kind"].to_pylist(), table["latency_ns"].to_pylist()
        payloads = table["payload"].cast(pa.binary()).to_pylist()
        return list(map(Stored._make, zip(positions, kinds, latency_ns, relaxed, payloads, strict=True)))

    def texts(self) -> Iterator[pa.StringArray]:
        """The distinct texts of each column of the events, in the order of their first row; one row group after the other."""
        for column in [] if self._layout is None else self._layout.texts:
            for group in range(len(self._starts) - 1):
                for chunk in self._read([group], [column])[column].unify_dictionaries().chunks[:1]:
                    yield chunk.dictionary

    def batch(self, contract: DataContract, rows: Int64Array) -> EventBatch:
        """Events of the contract's kind by their numbers, in order.

        Raises:
            DataError: If one does not fit the contract.
        """
        columns = None if self._layout is None else self._layout.under(contract)
        if self._layout is None or columns is None:
            return decode_batch([row.payload for row in self.stored(rows)], contract)
        first, last = (int(np.searchsorted(self._starts, row, side="right")) - 1 for row in (rows[0], rows[-1]))
        if first == last and len(rows) < self._starts[first + 1] - self._starts[first]:
            table = self._group(first)
        else:
            table = self._read(range(first, last + 1), ["id", "time_us", *(column.column for column in columns)])
        table = table.slice(rows[0] - self._starts[first], len(rows))
        return completed(self._layout.batch(table, columns), contract)


def open_file(place: Place, segment: Segment, file: SegmentFile, groups: "Recent[tuple[str, int], pa.Table]") -> OpenFile:
    """Reads a file whole and checks it against its hash.

    Raises:
        DataError: If it is missing, or not what was sealed.
        ExternalError: If the place of segments cannot be read.
    """
    try:
        content = place.read(file.name)
    except FileNotFoundError:
        raise errors.segment_missing(place.where, file.name, segment.first, segment.stop) from None
    altered = _altered(content, file)
    if altered is not None:
        raise _altered_error(place.where, segment, file, *altered)
    return OpenFile(content, segment, file, place.where, groups)


def _altered_error(where: str, segment: Segment, file: SegmentFile, en: str, zh: str) -> DataError:
    return errors.segment_altered(where, file.name, segment.first, segment.stop, en, zh)


def _altered(content: bytes, file: SegmentFile) -> tuple[str, str] | None:
    if len(content) != file.bytes:
        return f"it has {len(content)} bytes, not {file.bytes}", f"其长度为 {len(content)} 字节，应为 {file.bytes}"
    found = sha256(content).hexdigest()
    if found != file.sha256:
        return f"its hash is {found}, not {file.sha256}", f"其哈希为 {found}，应为 {file.sha256}"
    return None


def _misfit(found: pa.Schema, layout: Layout | None) -> str | None:
    """What of a file is not as this version writes it."""
    if layout is not None and (layout.format, layout.record) != (LAYOUT_FORMAT, FORMAT):
        return f"format {layout.format} of records of format {layout.record}"
    for field in _RECORDS if layout is None else _EVENTS:
        if found.field(field.name).type != field.type:
            return f"{field.name} is {found.field(field.name).type}, not {field.type}"
    return None


def _disorder(positions: Int64Array, segment: Segment, file: SegmentFile) -> str | None:
    if len(positions) != file.rows or positions.dtype != np.int64:
        return f"{len(positions)} positions, not {file.rows}"
    if len(positions) and not (segment.first <= positions[0] and positions[-1] < segment.stop and (np.diff(positions) > 0).all()):
        return "its positions are not those of the segment in order"
    return None
