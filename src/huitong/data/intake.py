"""From a table to events: read, convert, check, set aside what is bad, drop what is repeated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import Codes, DataContract, EventBatch, Int64Array
from huitong.data import columns
from huitong.data.columns import BoolArray, Flaw
from huitong.data.csv_source import chunks_of_csv
from huitong.data.mapping import ColumnRule, TableMapping
from huitong.data.parts import Part, Whole, distinct, event_batch, joined, take_part, take_rows
from huitong.data.quarantine import Quarantine, bad_rows
from huitong.data.readers import Converted, FieldReader, flawed, missing
from huitong.data.scalars import DOTS, Held, to_id
from huitong.data.sources import Chunk, chunks_of_ipc, chunks_of_parquet, chunks_of_table, require_columns, table_kind
from huitong.kernel import ID_LENGTH_MAX, Clock, PolicyError

LABEL_PREFIX = "label."
"""Put before the names of a label's fields where findings name them."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a table.

    Attributes:
        events: The events, in the order of the table.
        labels: The labels that are known by now; ``None`` where the mapping makes none.
        quarantine: The rows that were not taken in.
        rows: Rows of the table.
        repeated: Rows dropped because an earlier row has the same id and content.
        labels_to_come: Labels left out because they will only be known later than the clock.
        findings: How many findings there are of each code.
    """

    events: EventBatch
    labels: EventBatch | None
    quarantine: Quarantine
    rows: int
    repeated: int
    labels_to_come: int
    findings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything that is fixed before the first row: readers of all fields."""

    contract: DataContract
    label_contract: DataContract | None
    mapping: TableMapping
    latest_us: int
    time: FieldReader
    fields: tuple[FieldReader, ...]
    labels: tuple[FieldReader, ...]


@dataclass(slots=True)
class _Taken:
    parts: list[Part] = field(default_factory=list)
    rows: int = 0


def read_table(
    source: Path | pa.Table, mapping: TableMapping, contract: DataContract, label_contract: DataContract | None, clock: Clock
) -> Intake:
    """Reads a table into events; bad rows go to quarantine and the rest goes on.

    Args:
        source: A ``.csv``, ``.csv.gz``, ``.tsv``, ``.parquet``, ``.arrow`` or ``.feather`` file, or a table in memory.
        mapping: Which column becomes which field.
        contract: What the events must be like.
        label_contract: What the labels must be like, where the mapping makes any.
        clock: Tells the present: times beyond it are findings, and labels beyond it are not known yet.

    Raises:
        InputError: If the file is missing, empty, of an unknown kind, or lacks a column.
        DataError: If the file is damaged or breaks off.
        PolicyError: If the mapping does not fit the contracts.
        ExternalError: If the system refuses to read the file.
    """
    mapping.check(contract, label_contract)
    plan = _plan(mapping, contract, label_contract, clock.now_us() + contract.ahead_max_us)
    quarantine = Quarantine(contract, label_contract, plan.latest_us, _columns_of(plan))
    taken = _Taken()
    for chunk in _chunks(source, mapping.columns(), quarantine):
        taken.rows += chunk.rows.num_rows
        part, flaws = _convert(chunk, plan)
        if flaws:
            quarantine.chunks.append(bad_rows(chunk, flaws))
            good = np.flatnonzero(~flawed(flaws, chunk.rows.num_rows))
            part = take_part(part, good)
        taken.parts.append(part)
    return _finish(taken, plan, quarantine, clock.now_us())


def _plan(mapping: TableMapping, contract: DataContract, label_contract: DataContract | None, latest_us: int) -> _Plan:
    time = FieldReader(mapping.time, None, contract, latest_us)
    fields = tuple(FieldReader(rule, contract.field(rule.field), contract, latest_us) for rule in mapping.fields)
    labels: tuple[FieldReader, ...] = ()
    if mapping.labels is not None and label_contract is not None:
        rules = [rule for rule in mapping.labels.fields if rule.copy_of is None]
        labels = tuple(FieldReader(rule, label_contract.field(rule.field), label_contract, latest_us) for rule in rules)
    for reader in (time, *fields, *labels):
        for value in (reader.rule.constant, reader.rule.default, *reader.rule.values.values()):
            _meaningful(reader, value, mapping.name)
    return _Plan(contract, label_contract, mapping, latest_us, time, fields, labels)


def _meaningful(reader: FieldReader, value: object, name: str) -> None:
    """Whether a value that the mapping itself writes down is valid: better known at load than at every row."""
    if value is None:
        return
    held = reader.judge(value)
    if held.flaw:
        raise PolicyError(
            "mapping.value",
            {
                "en": f"mapping {name}: {reader.rule.field} cannot be {value!r} ({held.flaw})",
                "zh": f"映射 {name}：{reader.rule.field} 不能为 {value!r}（{held.flaw}）",
            },
            {"en": "correct the constant, default or value map", "zh": "请更正常量、默认值或取值映射"},
        )


def _columns_of(plan: _Plan) -> dict[str, str]:
    rules = [("id", plan.mapping.id), ("time", plan.mapping.time)]
    rules += [(rule.field, rule) for rule in plan.mapping.fields]
    rules += [(LABEL_PREFIX + rule.field, rule) for rule in (plan.mapping.labels.fields if plan.mapping.labels else ())]
    return {name: rule.column for name, rule in rules if rule.column is not None}


def _chunks(source: Path | pa.Table, wanted: list[str], quarantine: Quarantine) -> Iterator[Chunk]:
    if isinstance(source, pa.Table):
        require_columns(wanted, source.schema.names, "table")
        return chunks_of_table(source)
    kind = table_kind(source)
    if kind == "csv":
        return chunks_of_csv(source, wanted, quarantine.broken)
    return chunks_of_parquet(source, wanted) if kind == "parquet" else chunks_of_ipc(source, wanted)


def _source(chunk: Chunk, rule: ColumnRule) -> pa.Array | None:
    return None if rule.column is None else chunk.rows.column(rule.column)


def _convert(chunk: Chunk, plan: _Plan) -> tuple[Part, list[Flaw]]:
    length = chunk.rows.num_rows
    flaws = list(chunk.flaws)
    unread = flawed(flaws, length)
    ids = _ids(chunk, plan.mapping, unread, flaws)
    time_us, found = plan.time.column(_source(chunk, plan.mapping.time), length)
    flaws += _with_missing(found, time_us, plan.time, ~unread, "time")
    fields: dict[str, Converted] = {}
    for reader in plan.fields:
        fields[reader.rule.field], found = reader.column(_source(chunk, reader.rule), length)
        flaws += _with_missing(found, fields[reader.rule.field], reader, ~unread, reader.rule.field)
    labels, labelled = _labels(chunk, plan, unread, flaws)
    return Part(ids, np.asarray(time_us), fields, labels, labelled, chunk), flaws


def _labels(chunk: Chunk, plan: _Plan, unread: BoolArray, flaws: list[Flaw]) -> tuple[dict[str, Converted], BoolArray]:
    length = chunk.rows.num_rows
    from_columns = [reader for reader in plan.labels if reader.rule.column is not None]
    labels: dict[str, Converted] = {}
    found_by_field: dict[str, list[Flaw]] = {}
    labelled = np.full(length, plan.mapping.labels is not None and not from_columns)
    for reader in plan.labels:
        name = reader.rule.field
        labels[name], found_by_field[name] = reader.column(_source(chunk, reader.rule), length)
        if reader in from_columns:
            labelled |= ~missing(labels[name]) | flawed(found_by_field[name], length)
    for reader in plan.labels:
        name = reader.rule.field
        for flaw in _with_missing(found_by_field[name], labels[name], reader, labelled & ~unread, name):
            flaws.append(Flaw(flaw.code, LABEL_PREFIX + flaw.field, flaw.rows))
    return labels, labelled


def _with_missing(found: list[Flaw], held: Converted, reader: FieldReader, expected: BoolArray, name: str) -> list[Flaw]:
    if reader.required:
        absent = missing(held) & ~flawed(found, len(expected)) & expected
        if absent.any():
            found.append(Flaw("field.missing", name, np.flatnonzero(absent)))
    return [flaw for flaw in found if len(flaw.rows)]


def _ids(chunk: Chunk, mapping: TableMapping, unread: BoolArray, flaws: list[Flaw]) -> pa.StringArray:
    rule = mapping.id
    length_max = ID_LENGTH_MAX - (len(mapping.labels.id_suffix) if mapping.labels else 0)
    source = columns.flat(chunk.rows.column(rule.column)) if rule.column is not None else pa.nulls(chunk.rows.num_rows, pa.string())

    def to_held(value: object) -> Held:
        return to_id(value, length_max, rule.prefix)

    ids, found = columns.texts(source, to_held, "id", rule.prefix, length_max, "id.length")
    dots = np.asarray(pc.is_in(ids, value_set=pa.array(sorted(DOTS))))
    if dots.any():
        found.append(Flaw("id.dots", "id", np.flatnonzero(dots)))
        ids = pc.if_else(pa.array(dots), None, ids)
    absent = columns.null_mask(ids) & ~flawed(found, len(ids)) & ~unread
    if absent.any():
        found.append(Flaw("field.missing", "id", np.flatnonzero(absent)))
    flaws += found
    return ids


def _finish(taken: _Taken, plan: _Plan, quarantine: Quarantine, now_us: int) -> Intake:
    parts = taken.parts
    keep, repeated = distinct(parts, quarantine)
    whole = joined(parts, plan.fields, plan.labels)
    parts.clear()  # by now only copies are needed
    if keep is not None:
        whole = take_rows(whole, keep)
    labels, to_come = None, 0
    if plan.mapping.labels is not None and plan.label_contract is not None:
        label_times = whole.time_us + plan.mapping.labels.delay_us
        known = whole.labelled & (label_times <= now_us + plan.label_contract.ahead_max_us)
        to_come = int(np.count_nonzero(whole.labelled & ~known))
        labels = _label_batch(whole, plan, plan.mapping.labels.id_suffix, label_times, np.flatnonzero(known))
    events = event_batch(plan.contract, whole.ids, whole.time_us, whole.fields)
    rows = taken.rows + len(quarantine.broken)
    return Intake(events, labels, quarantine, rows, repeated, to_come, quarantine.counts())


def _label_batch(whole: Whole, plan: _Plan, suffix: str, times: Int64Array, rows: Int64Array) -> EventBatch | None:
    mapping, contract = plan.mapping.labels, plan.label_contract
    if mapping is None or contract is None:
        return None
    fields = dict(whole.labels)
    for spec in contract.fields:
        twin = plan.contract.role(spec.key) if spec.key else None
        if twin is not None and twin.name in whole.fields:
            fields.setdefault(spec.name, whole.fields[twin.name])
    for rule in mapping.fields:
        if rule.copy_of == "id":
            fields[rule.field] = Codes(np.arange(len(whole.ids), dtype=np.int32), whole.ids)
        elif rule.copy_of is not None and rule.copy_of in whole.fields:
            fields[rule.field] = whole.fields[rule.copy_of]
    ids = pc.binary_join_element_wise(whole.ids, suffix, "")
    batch = event_batch(contract, ids, times, fields)
    return batch if len(rows) == len(batch) else batch.take(rows)
