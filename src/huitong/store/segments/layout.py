"""How events of one kind stand in a file as columns, and which bytes they give.

The columns are ``position``, ``id``, ``time_us``, one for each field of the contract under its name, and ``relaxed``. The file says of
each field's column which key role or datum it is (metadata ``huitong``), so that it gives the canonical bytes back without the contract.
"""

from collections.abc import Collection, Sequence
from typing import Self

import msgspec
import numpy as np
import pyarrow as pa

from huitong.contracts import NULL_INT, Codes, DataContract, EventBatch, FieldType, Int64Array
from huitong.store.columns import encode_columns
from huitong.store.records import FORMAT

LAYOUT_FORMAT = 1
METADATA = b"huitong"
TEXT, INTEGER, BOOLEAN = "text", "integer", "boolean"
_BESIDE = ("position", "id", "time_us", "relaxed")


class Column(msgspec.Struct, frozen=True):
    """A column of a field.

    Attributes:
        column: Its name in the file.
        part: ``"keys"`` or ``"data"``.
        name: The key's role, or the name of the datum.
        type: ``"text"``, ``"integer"`` or ``"boolean"``.
    """

    column: str
    part: str
    name: str
    type: str


class Layout(msgspec.Struct, frozen=True):
    """What a file of columns holds.

    Attributes:
        format: Version of this description.
        record: Version of the canonical bytes.
        kind: Kind of the events.
        columns: Those of the fields.
    """

    format: int
    record: int
    kind: str
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, contract: DataContract) -> Self:
        """That of events under a contract."""
        taken, columns = list(_BESIDE), []
        for spec in contract.fields:
            name = spec.name
            while name in taken:
                name += "_"
            taken.append(name)
            part, called = ("data", spec.name) if spec.key is None else ("keys", spec.key)
            columns.append(Column(name, part, called, _type(spec.type)))
        return cls(LAYOUT_FORMAT, FORMAT, contract.kind, tuple(columns))

    @property
    def texts(self) -> list[str]:
        """Names of the columns of text, which are kept by dictionary."""
        return [column.column for column in self.columns if column.type == TEXT]

    def table(self, batch: EventBatch, positions: Int64Array, relaxed: Sequence[bool]) -> pa.Table:
        """Events as they are written; the batch has every column of the layout."""
        arrays = {"position": pa.array(positions), "id": batch.ids, "time_us": pa.array(batch.time_us, pa.int64())}
        for column in self.columns:
            values = batch.keys[column.name] if column.part == "keys" else batch.data[column.name]
            arrays[column.column] = _array(values, boolean=column.type == BOOLEAN)
        arrays["relaxed"] = pa.array(relaxed, pa.bool_())
        return pa.table(arrays)

    def batch(self, table: pa.Table, columns: Collection[Column]) -> EventBatch:
        """Events as they are read, with some of the columns."""
        ids = table["id"].combine_chunks()
        keys = {one.name: Codes.of_arrow(_whole(table[one.column])) for one in columns if one.part == "keys"}
        data = {one.name: _values(table[one.column], one.type) for one in columns if one.part == "data"}
        return EventBatch(self.kind, ids, table["time_us"].to_numpy(), keys, data)

    def payloads(self, table: pa.Table) -> list[bytes]:
        """Canonical bytes of the events of a table that has every column."""
        booleans = {column.name for column in self.columns if column.type == BOOLEAN and column.part == "data"}
        payloads: list[bytes] = encode_columns(self.batch(table, self.columns), booleans).to_pylist()
        return payloads

    def under(self, contract: DataContract) -> list[Column] | None:
        """The columns that the contract has too; ``None`` where it has one of another type."""
        mine = {(column.part, column.name): column for column in self.columns}
        wanted = [mine.get(("data", spec.name) if spec.key is None else ("keys", spec.key)) for spec in contract.fields]
        for spec, column in zip(contract.fields, wanted, strict=True):
            if column is not None and column.type != _type(spec.type):
                return None
        return [column for column in wanted if column is not None]


def completed(batch: EventBatch, contract: DataContract) -> EventBatch:
    """The batch with every column of the contract, in its order; what was not there is not given."""
    count = len(batch)
    keys = {spec.key: batch.keys.get(spec.key, Codes.none(count)) for spec in contract.fields if spec.key is not None}
    data: dict[str, Int64Array | Codes] = {}
    for spec in contract.fields:
        if spec.key is None:
            none = Codes.none(count) if spec.type is FieldType.STRING else np.full(count, NULL_INT, np.int64)
            data[spec.name] = batch.data.get(spec.name, none)
    return EventBatch(batch.kind, batch.ids, batch.time_us, keys, data)


def _type(kind: FieldType) -> str:
    return {FieldType.STRING: TEXT, FieldType.BOOLEAN: BOOLEAN}.get(kind, INTEGER)


def _array(values: Codes | Int64Array, *, boolean: bool) -> pa.Array:
    if isinstance(values, Codes):
        return values.dictionary()
    array = pa.array(values, mask=values == NULL_INT)
    return array.cast(pa.bool_()) if boolean else array


def _values(column: pa.ChunkedArray, kind: str) -> Codes | Int64Array:
    if kind == TEXT:
        return Codes.of_arrow(_whole(column))
    column = column.cast(pa.int64())
    integers: Int64Array = (column.fill_null(NULL_INT) if column.null_count else column).to_numpy()
    return integers


def _whole(column: pa.ChunkedArray) -> pa.Array:
    column = column.unify_dictionaries()
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
