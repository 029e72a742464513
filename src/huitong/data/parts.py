"""The good rows of a table: chunks joined into columns, repeats dropped, columns made into events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from huitong.contracts import NULL_INT, Codes, DataContract, EventBatch, FieldType, Int64Array
from huitong.data.columns import BoolArray, Flaw
from huitong.data.quarantine import Quarantine, bad_rows
from huitong.data.readers import Converted, FieldReader
from huitong.data.sources import Chunk


@dataclass(slots=True)
class Part:
    """The good rows of a chunk: ids, times, fields and labels as held, which rows carry a label, and the rows as the source had them."""

    ids: pa.StringArray
    time_us: Int64Array
    fields: dict[str, Converted]
    labels: dict[str, Converted]
    labelled: BoolArray
    source: Chunk


@dataclass(frozen=True, slots=True)
class Whole:
    """The good rows of the whole table, as ``Part`` without the source."""

    ids: pa.StringArray
    time_us: Int64Array
    fields: dict[str, Converted]
    labels: dict[str, Converted]
    labelled: BoolArray


def joined(parts: list[Part], fields: Sequence[FieldReader], labels: Sequence[FieldReader]) -> Whole:
    """One set of columns from the good rows of every chunk."""
    return Whole(
        pa.concat_arrays([part.ids for part in parts]) if parts else pa.array([], pa.string()),
        np.concatenate([np.empty(0, np.int64), *(part.time_us for part in parts)]),
        {reader.rule.field: _join([part.fields[reader.rule.field] for part in parts], reader) for reader in fields},
        {reader.rule.field: _join([part.labels[reader.rule.field] for part in parts], reader) for reader in labels},
        np.concatenate([np.empty(0, np.bool_), *(part.labelled for part in parts)]),
    )


def _join(pieces: list[Converted], reader: FieldReader) -> Converted:
    if reader.is_text:
        return Codes.concat([piece for piece in pieces if isinstance(piece, Codes)])
    return np.concatenate([np.empty(0, np.int64), *(piece for piece in pieces if not isinstance(piece, Codes))])


def take_part(part: Part, rows: Int64Array) -> Part:
    """Some rows of a chunk."""

    def of(held: Converted) -> Converted:
        return held.take(rows) if isinstance(held, Codes) else held[rows]

    return Part(
        part.ids.take(pa.array(rows)),
        part.time_us[rows],
        {name: of(held) for name, held in part.fields.items()},
        {name: of(held) for name, held in part.labels.items()},
        part.labelled[rows],
        Chunk(part.source.rows.take(pa.array(rows)), part.source.numbers[rows]),
    )


def take_rows(whole: Whole, rows: Int64Array) -> Whole:
    """Some rows of the table."""

    def of(held: Converted) -> Converted:
        return held.take(rows) if isinstance(held, Codes) else held[rows]

    return Whole(
        whole.ids.take(pa.array(rows)),
        whole.time_us[rows],
        {name: of(held) for name, held in whole.fields.items()},
        {name: of(held) for name, held in whole.labels.items()},
        whole.labelled[rows],
    )


def distinct(parts: list[Part], quarantine: Quarantine) -> tuple[Int64Array | None, int]:
    """Rows to keep where ids repeat (``None`` for all): a repeat with other content goes to quarantine, with the same it is dropped."""
    ids = pa.chunked_array([part.ids for part in parts], pa.string())
    if pa.table({"id": ids}).group_by("id", use_threads=False).aggregate([]).num_rows == len(ids):  # seven times as fast as count_distinct
        return None, 0
    codes = ids.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first_of = np.unique(codes, return_index=True)
    rows = np.arange(len(codes))
    first = first_of[codes]
    later = np.flatnonzero(first != rows)
    ends = np.cumsum([len(part.ids) for part in parts])
    differing = np.array([_content(parts, ends, row) != _content(parts, ends, int(first[row])) for row in later.tolist()], np.bool_)
    other = later[differing]
    starts = ends - [len(part.ids) for part in parts]
    for part, start, end in zip(parts, starts, ends, strict=True):
        here = other[(other >= start) & (other < end)] - start
        if len(here):
            quarantine.chunks.append(bad_rows(part.source, [Flaw("id.duplicate", "id", here)]))
    return np.delete(rows, later), len(later) - len(other)


def _content(parts: list[Part], ends: Int64Array, row: int) -> tuple[object, ...]:
    position = int(np.searchsorted(ends, row, side="right"))
    part = parts[position]
    inner = row - int(ends[position]) + len(part.ids)
    held = [*part.fields.values(), *part.labels.values()]
    values = [one.text(inner) if isinstance(one, Codes) else int(one[inner]) for one in held]
    return (int(part.time_us[inner]), bool(part.labelled[inner]), *values)


def event_batch(contract: DataContract, ids: pa.StringArray, time_us: Int64Array, fields: Mapping[str, Converted]) -> EventBatch:
    """The events of these columns; what the source does not have is not given."""
    keys: dict[str, Codes] = {}
    data: dict[str, Converted] = {}
    for spec in contract.fields:
        held = fields.get(spec.name)
        if held is None:
            held = Codes.none(len(ids)) if spec.type is FieldType.STRING else np.full(len(ids), NULL_INT, np.int64)
        if spec.key is not None and isinstance(held, Codes):
            keys[spec.key] = held
        else:
            data[spec.name] = held
    return EventBatch(contract.kind, ids, time_us, keys, data)
