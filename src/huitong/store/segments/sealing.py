"""Makes a segment of a range of records: every one of them, byte for byte, and none that the tree does not vouch for."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huitong.contracts import DataContract, Event, EventBatch, FieldType
from huitong.kernel import HuitongError
from huitong.store import errors
from huitong.store.columns import decode_batch, encode_batch
from huitong.store.merkle import HASH_BYTES, TILE_WIDTH
from huitong.store.records import decode
from huitong.store.segments.layout import METADATA, Layout
from huitong.store.segments.manifest import Segment, SegmentFile
from huitong.store.segments.places import UNFINISHED, Place
from huitong.store.segments.reading import SealedReader
from huitong.store.storage import DECISION_KIND, Stored
from huitong.verifier import leaf_hash

READ_ROWS = 16_384
GROUP_ROWS = 1_048_576
GROUP_BYTES = 64 << 20
"""A row group ends with whichever comes first: what one reading of a single record has to decode.

Groups of columns are long, since a text stands once in each: names under keys do not compress, and a replay reads every one.
"""
RECORDS_BYTES = 32 << 20
"""The same for canonical bytes, which gain little by it."""
WAITING_BYTES = 16 << 20
"""Tables that wait for a row group become one from here on, so that a text that many of them hold is held once."""
SEGMENT_BYTES_MAX = 256 << 20
"""Canonical bytes from which on a segment ends early: a file is read whole before it is trusted."""
ROWS_FOLDER = "records"


def make_segment(
    reader: SealedReader,
    first: int,
    stop: int,
    contracts: Mapping[str, DataContract],
    told: Callable[[int], None],
    *,
    unfinished: str = UNFINISHED,
) -> Segment:
    """Writes the files of the range from ``first`` to ``stop``, or of less where that is a lot of bytes, and reads them once more.

    Args:
        reader: Of the log, and of the place that takes the files.
        first: First position.
        stop: Position after the last one.
        contracts: By kind; kinds without one are kept as canonical bytes.
        told: Told the position that was reached.
        unfinished: Begins the name of each file that is being written.

    Raises:
        InputError: If nobody said where segments are.
        DataError: If a record is missing, or does not give the hash that the tree holds.
        ExternalError: If the place of segments refuses.
    """
    with _writing(reader.place, unfinished) as files:
        at, written = first, 0
        while at < stop and written < SEGMENT_BYTES_MAX:
            rows = reader.page(at, min(READ_ROWS, stop - at))
            _require_whole(at, rows, reader)
            files.add(rows, contracts)
            at += len(rows)
            written += sum(len(row.payload) for row in rows)
            told(at)
        segment = Segment(first, at, files.finished())
    for file in segment.files:
        reader.open(segment, file)  # rows are given up for it
    return segment


def drop_unfinished(place: Place, unfinished: str) -> None:
    """Deletes what a process that was killed left of files under way, by how their names begin."""
    for path in place.scratch().glob(f"{unfinished}*"):
        path.unlink(missing_ok=True)


@contextmanager
def _writing(place: Place, unfinished: str) -> Iterator["_Files"]:
    """Files under way; whatever happens, none of them stays behind unfinished."""
    files = _Files(place, unfinished)
    try:
        yield files
    except (OSError, pa.ArrowException) as error:
        raise errors.segments_failed(place.where, error) from error
    finally:
        files.drop()


def _require_whole(at: int, rows: Sequence[Stored], reader: SealedReader) -> None:
    if not rows:
        raise errors.unsealable(at, "the record is not there", "该记录不存在")
    for expected, row in enumerate(rows, at):
        if row.position != expected:
            raise errors.unsealable(expected, "the record is not there", "该记录不存在")
    leaves = [leaf_hash(row.payload) for row in rows]
    for index in range(at // TILE_WIDTH, (at + len(rows) - 1) // TILE_WIDTH + 1):
        held = reader.tile(0, index)
        start, stop = max(index * TILE_WIDTH, at), min((index + 1) * TILE_WIDTH, at + len(rows))
        for position in range(start, stop) if held is not None else ():
            place = position % TILE_WIDTH * HASH_BYTES
            if held is not None and held.hashes[place : place + HASH_BYTES] != leaves[position - at]:
                raise errors.unsealable(position, "its bytes do not give the hash that the tree holds", "其内容与证明树中的哈希不符")


class _Files:
    """The files of one segment."""

    def __init__(self, place: Place, unfinished: str) -> None:
        self._place, self._unfinished = place, unfinished
        self._columns: dict[str, _File] = {}
        self._layouts: dict[str, Layout] = {}
        self._records: dict[bool, _File] = {}
        """Canonical bytes of decisions, and of everything else: whoever looks for the one need not open the other."""

    def add(self, rows: Sequence[Stored], contracts: Mapping[str, DataContract]) -> None:
        """Takes records in order."""
        by_kind: dict[str, list[Stored]] = {}
        rest = []
        for row in rows:
            contract = contracts.get(row.kind)
            # A decision is no event, whatever a contract is called; an event has no latency.
            if contract is not None and row.latency_ns == 0:
                by_kind.setdefault(row.kind, []).append(row)
            else:
                rest.append(row)
        for kind, given in by_kind.items():
            rest += self._add_columns(given, contracts[kind])
        rest.sort(key=lambda row: row.position)
        for decisions in (True, False):
            if some := [row for row in rest if (row.kind == DECISION_KIND) == decisions]:
                if decisions not in self._records:
                    self._records[decisions] = _File(self._place, self._unfinished, {"kind"}, {}, RECORDS_BYTES)
                self._records[decisions].add(_records_table(some), [row.kind for row in some])

    def _add_columns(self, rows: Sequence[Stored], contract: DataContract) -> Iterable[Stored]:
        """Takes those records that the columns of the contract give back byte for byte; returns the others."""
        batch, rows, rest = _readable(rows, contract)
        if not rows:
            return rest
        same = np.asarray(pc.equal(encode_batch(batch, contract), pa.array([row.payload for row in rows], pa.binary())).fill_null(False))
        kept = np.flatnonzero(same)
        if len(kept):
            layout = self._layouts.setdefault(contract.kind, Layout.of(contract))
            if contract.kind not in self._columns:
                metadata = {METADATA: msgspec.json.encode(layout)}
                self._columns[contract.kind] = _File(self._place, self._unfinished, set(layout.texts), metadata, GROUP_BYTES)
            taken = [row for row, fits in zip(rows, same, strict=True) if fits]
            positions = np.array([row.position for row in taken], np.int64)
            table = layout.table(batch.take(kept), positions, [bool(row.relaxed) for row in taken])
            self._columns[contract.kind].add(table, [contract.kind] * len(kept))
        return [*rest, *(row for row, fits in zip(rows, same, strict=True) if not fits)]

    def finished(self) -> tuple[SegmentFile, ...]:
        """Hands the files over."""
        finished = [file.finish(f"kind={_plain(kind)}", columns=True) for kind, file in sorted(self._columns.items())]
        return (*finished, *(file.finish(ROWS_FOLDER, columns=False) for file in self._records.values()))

    def drop(self) -> None:
        """Deletes what was not handed over."""
        for file in (*self._columns.values(), *self._records.values()):
            file.drop()


class _File:
    """A file under way: tables in, row groups out."""

    def __init__(self, place: Place, unfinished: str, texts: set[str], metadata: dict[bytes, bytes], group_bytes: int) -> None:
        self._place = place
        self._texts = texts
        self._metadata = metadata
        self._group_bytes = group_bytes
        handle, name = tempfile.mkstemp(prefix=unfinished, dir=place.scratch())
        os.close(handle)
        self._path = Path(name)
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._joined_bytes = 0  # of the first that waits, which others were joined to
        self._kinds: dict[str, int] = {}

    def add(self, table: pa.Table, kinds: Sequence[str]) -> None:
        """Takes records after those before."""
        for kind in kinds:
            self._kinds[kind] = self._kinds.get(kind, 0) + 1
        self._waiting.append(table)
        if sum(one.nbytes for one in self._waiting) - self._joined_bytes >= WAITING_BYTES:
            self._joined_bytes = self._join().nbytes
        if sum(len(one) for one in self._waiting) >= GROUP_ROWS or self._joined_bytes >= self._group_bytes:
            self._flush()

    def _join(self) -> pa.Table:
        joined = pa.concat_tables(self._waiting).unify_dictionaries().combine_chunks()
        self._waiting = [joined]
        return joined

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = self._join()
        self._waiting, self._joined_bytes = [], 0
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path,
                table.schema,
                compression="zstd",
                use_dictionary=sorted(self._texts),
                dictionary_pagesize_limit=GROUP_BYTES,  # beyond it each row would hold its text
                column_encoding=dict.fromkeys({"position", "time_us"} & set(table.column_names), "DELTA_BINARY_PACKED"),
                store_schema=False,  # a program of data shall see texts, not our dictionaries
            )
            self._writer.add_key_value_metadata(self._metadata)
        self._writer.write_table(table, row_group_size=len(table))  # a second group would hold the whole dictionary once more

    def finish(self, folder: str, *, columns: bool) -> SegmentFile:
        """Hands the file over, named by its hash."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
        with self._path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        made = SegmentFile(f"{folder}/{digest}.parquet", digest, self._path.stat().st_size, self._kinds, columns)
        self._path.chmod(0o444)
        self._place.keep(self._path, made.name)
        return made

    def drop(self) -> None:
        """Deletes the file where it was not handed over."""
        with suppress(OSError):  # a full disk refuses the end of a file that nobody wants
            if self._writer is not None:
                self._writer.close()
        self._path.unlink(missing_ok=True)


def _records_table(rows: Sequence[Stored]) -> pa.Table:
    named = [_named(row) for row in rows]
    return pa.table(
        {
            "position": pa.array([row.position for row in rows], pa.int64()),
            "kind": pa.array([row.kind for row in rows], pa.string()).dictionary_encode(),
            "id": pa.array([one.id for one in named], pa.string()),
            "subject": pa.array([one.event for one in named], pa.string()),
            "latency_ns": pa.array([row.latency_ns for row in rows], pa.int64()),
            "relaxed": pa.array([bool(row.relaxed) for row in rows], pa.bool_()),
            "payload": pa.array([row.payload for row in rows], pa.binary()).cast(pa.string()),
        }
    )


class _Named(msgspec.Struct):
    """What the columns beside a record's bytes repeat of them."""

    id: str
    event: str | None = None


_named_decoder = msgspec.json.Decoder(_Named)


def _named(row: Stored) -> _Named:
    try:
        row.payload.decode()
        return _named_decoder.decode(row.payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.unsealable(row.position, f"it is no record: {error}", f"它不是记录：{error}") from None


def _readable(rows: Sequence[Stored], contract: DataContract) -> tuple[EventBatch, Sequence[Stored], list[Stored]]:
    """The columns of records, those records, and the others, which do not fit the contract."""
    try:
        return decode_batch([row.payload for row in rows], contract), rows, []
    except HuitongError:
        fitting = [(row, event) for row in rows if (event := _fitting(row.payload, contract)) is not None]
    fit = {row.position for row, _ in fitting}
    batch = EventBatch.of_events([event for _, event in fitting], contract)
    return batch, [row for row, _ in fitting], [row for row in rows if row.position not in fit]


def _fitting(payload: bytes, contract: DataContract) -> Event | None:
    try:
        content = decode(payload)
    except HuitongError:
        return None
    if not isinstance(content, Event) or not _is(int, content.time_us) or not _is(str, content.id):
        return None
    for spec in contract.fields:
        value = content.keys.get(spec.key) if spec.key is not None else content.data.get(spec.name)
        if value is not None and not _is(str if spec.type is FieldType.STRING else int, value):
            return None
    return content


def _is(kind: type, value: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    return isinstance(value, kind) and (not isinstance(value, int) or -(2**63) <= value < 2**63)


def _plain(kind: str) -> str:
    """A kind as the name of a folder."""
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else f"%{one.encode().hex()}" for one in kind)[:200]
