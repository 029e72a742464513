"""Records of many events at once: the same canonical bytes as ``records``, made from and turned back into columns."""

import io
from collections.abc import Collection, Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from huitong.contracts import NULL_CODE, NULL_INT, Codes, DataContract, EventBatch, FieldType, Int64Array
from huitong.kernel import DataError
from huitong.store.records import FORMAT, unknown_format

_NEEDS_ESCAPE = r'["\\\x00-\x1f]'


def encode_batch(batch: EventBatch, contract: DataContract) -> pa.BinaryArray:
    """Canonical bytes of each event, shape ``(n,)``; equal to ``encode_event`` of each."""
    return encode_columns(batch, {spec.name for spec in contract.fields if spec.type is FieldType.BOOLEAN})


def encode_columns(batch: EventBatch, booleans: Collection[str]) -> pa.BinaryArray:
    """The same where only the names of the fields that are true or false are known."""
    keys = {role: _texts(role, column) for role, column in batch.keys.items()}
    data = {
        name: _texts(name, column) if isinstance(column, Codes) else _integers(name, column, boolean=name in booleans)
        for name, column in batch.data.items()
    }
    pieces = ['{"data":{', *_members(data), '},"id":', _quoted(batch.ids), ',"keys":{', *_members(keys)]
    pieces += [f'}},"kind":{_json(batch.kind)},"time_us":', pa.array(batch.time_us).cast(pa.string())]
    pieces.append(f',"type":"event","v":{FORMAT}}}')
    return _join(pieces, len(batch)).cast(pa.binary())


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _join(pieces: Sequence[str | pa.StringArray], length: int) -> pa.StringArray:
    if length == 0:
        return pa.array([], pa.string())
    return pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")


def _members(columns: Mapping[str, pa.StringArray]) -> list[str | pa.StringArray]:
    """The members of an object in sorted order, with a comma wherever something was written before."""
    pieces: list[str | pa.StringArray] = []
    written: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None
    for name in sorted(columns):
        given = np.asarray(columns[name].is_valid())
        if written is not None:
            both = written & given
            pieces.append("," if both.all() else pc.if_else(pa.array(both), ",", ""))
        pieces.append(columns[name])
        written = given if written is None else written | given
    return pieces


def _texts(name: str, column: Codes) -> pa.StringArray:
    rows = pa.array(column.codes, mask=column.codes == NULL_CODE)
    if len(column.values) < len(rows):
        return pc.binary_join_element_wise(f"{_json(name)}:", _quoted(column.values), "").take(rows)
    return pc.binary_join_element_wise(f"{_json(name)}:", _quoted(column.values.take(rows)), "")


def _integers(name: str, column: Int64Array, *, boolean: bool) -> pa.StringArray:
    given = pa.array(column, mask=column == NULL_INT)
    digits = pc.if_else(pc.not_equal(given, 0), "true", "false") if boolean else given.cast(pa.string())
    return pc.binary_join_element_wise(f"{_json(name)}:", digits, "")


def _quoted(texts: pa.StringArray) -> pa.StringArray:
    if pc.any(pc.match_substring_regex(texts, _NEEDS_ESCAPE)).as_py():
        return pa.array([None if text is None else _json(text) for text in texts.to_pylist()], pa.string())
    return pc.binary_join_element_wise('"', texts, '"', "")


def decode_batch(payloads: Sequence[bytes], contract: DataContract) -> EventBatch:
    """The columns of records of one kind; fields that the contract no longer has are left out.

    Raises:
        DataError: If a record does not hold what the contract says, or is of a format that this version does not know.
    """
    data = {spec.name: _arrow_type(spec.type) for spec in contract.fields if spec.key is None}
    roles = {spec.key: pa.string() for spec in contract.fields if spec.key is not None}
    schema = [pa.field("id", pa.string()), pa.field("time_us", pa.int64()), pa.field("v", pa.int64())]
    schema += [pa.field(name, pa.struct(list(members.items()))) for name, members in (("data", data), ("keys", roles)) if members]
    joined = b"\n".join(payloads)
    options = arrow_json.ParseOptions(explicit_schema=pa.schema(schema), unexpected_field_behavior="ignore")
    reading = arrow_json.ReadOptions(block_size=max(len(joined) + 1, 1024))
    try:
        table = arrow_json.read_json(io.BytesIO(joined), reading, options).combine_chunks()
    except pa.ArrowInvalid as error:
        raise DataError(
            "record.contract",
            {
                "en": f"records of {contract.kind} do not fit version {contract.version} of its contract: {error}",
                "zh": f"{contract.kind} 的记录与契约第 {contract.version} 版不符：{error}",
            },
            {"en": "use the contract under which they were written", "zh": "请使用写入时的契约"},
        ) from None
    for found in pc.unique(_whole(table, "v")).to_pylist():
        if found != FORMAT:
            raise unknown_format(found)
    return EventBatch(
        contract.kind,
        _whole(table, "id"),
        _whole(table, "time_us").to_numpy(),
        {role: _codes(table, "keys", role) for role in roles},
        {name: _codes(table, "data", name) if kind == pa.string() else _ints(table, name) for name, kind in data.items()},
    )


def _arrow_type(kind: FieldType) -> pa.DataType:
    return {FieldType.STRING: pa.string(), FieldType.BOOLEAN: pa.bool_()}.get(kind, pa.int64())


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _member(table: pa.Table, outer: str, name: str) -> pa.Array:
    return pc.struct_field(_whole(table, outer), name)


def _codes(table: pa.Table, outer: str, name: str) -> Codes:
    return Codes.of_arrow(_member(table, outer, name))


def _ints(table: pa.Table, name: str) -> Int64Array:
    column: Int64Array = _member(table, "data", name).cast(pa.int64()).fill_null(NULL_INT).to_numpy(zero_copy_only=False)
    return column
