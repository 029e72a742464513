"""Many events of one kind as columns: what files become and what the compiled kernels read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts.event import Event, Value
from huitong.contracts.fields import DataContract, FieldType

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]

NULL_INT = -(2**63)
"""Stands for "not given" in an int64 column."""
NULL_CODE = -1
"""Stands for "not given" in a column of codes."""


@dataclass(frozen=True, slots=True)
class Codes:
    """A text column: a dictionary and a code for each row.

    Attributes:
        codes: Position in ``values`` for each row, shape ``(n,)``; ``NULL_CODE`` where not given.
        values: The distinct texts, in any order; an Arrow string array.
    """

    codes: Int32Array
    values: pa.StringArray

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> "Codes":
        """Encodes texts."""
        encoded = pa.array(texts, pa.string()).dictionary_encode()
        return cls.of_arrow(encoded)

    @classmethod
    def of_arrow(cls, array: "pa.DictionaryArray | pa.StringArray") -> "Codes":
        """Takes over an Arrow array (dictionary-encoded or plain text)."""
        encoded = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
        codes = encoded.indices.fill_null(NULL_CODE).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        return cls(codes, encoded.dictionary.cast(pa.string()))

    @classmethod
    def none(cls, length: int) -> "Codes":
        """``length`` rows that are not given."""
        return cls(np.full(length, NULL_CODE, np.int32), pa.array([], pa.string()))

    @classmethod
    def concat(cls, pieces: Sequence["Codes"]) -> "Codes":
        """One column from several, with one dictionary."""
        arrays = [piece.dictionary() for piece in pieces]
        if not arrays:
            return cls.none(0)
        return cls.of_arrow(pa.chunked_array(arrays).unify_dictionaries().combine_chunks())

    def dictionary(self) -> pa.DictionaryArray:
        """The rows as a dictionary-encoded Arrow array."""
        return pa.DictionaryArray.from_arrays(pa.array(self.codes, mask=self.codes == NULL_CODE), self.values)

    def take(self, rows: npt.NDArray[np.intp]) -> "Codes":
        """The same dictionary, other rows."""
        return Codes(self.codes[rows], self.values)

    def text(self, row: int) -> str | None:
        """The text of one row."""
        code = self.codes[row]
        return None if code == NULL_CODE else str(self.values[int(code)])

    def arrow(self) -> pa.StringArray:
        """The rows as Arrow text."""
        return self.dictionary().cast(pa.string())


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one kind as columns of equal length ``n``, in the source's order.

    Attributes:
        kind: Kind of all the events.
        ids: Event ids, an Arrow string array without nulls.
        time_us: Event times, µs UTC, shape ``(n,)``.
        keys: A text column for each key role.
        data: For each other field an int64 column (money in minor units, decimals scaled, booleans 0/1, time in µs, dates in days;
            ``NULL_INT`` where not given) or a text column.
    """

    kind: str
    ids: pa.StringArray
    time_us: Int64Array
    keys: Mapping[str, Codes]
    data: Mapping[str, Int64Array | Codes]

    def __len__(self) -> int:
        return len(self.time_us)

    def take(self, rows: npt.NDArray[np.intp]) -> "EventBatch":
        """The same events in another order, or some of them."""
        return EventBatch(
            self.kind,
            self.ids.take(pa.array(rows)),
            self.time_us[rows],
            {role: column.take(rows) for role, column in self.keys.items()},
            {name: column.take(rows) if isinstance(column, Codes) else column[rows] for name, column in self.data.items()},
        )

    def slice(self, start: int, rows: int) -> "EventBatch":
        """At most ``rows`` events from ``start``, without copying."""
        stop = start + rows
        return EventBatch(
            self.kind,
            self.ids.slice(start, rows),
            self.time_us[start:stop],
            {role: Codes(column.codes[start:stop], column.values) for role, column in self.keys.items()},
            {
                name: Codes(column.codes[start:stop], column.values) if isinstance(column, Codes) else column[start:stop]
                for name, column in self.data.items()
            },
        )

    def in_time_order(self) -> "EventBatch":
        """Sorted by time, equal times by id (as text): the one documented order, whatever order the file had."""
        return self.take(time_order(self.time_us, self.ids))

    def events(self, contract: DataContract) -> Iterator[Event]:
        """The rows one by one, as facts; fields not given are left out."""
        booleans = {spec.name for spec in contract.fields if spec.type is FieldType.BOOLEAN}
        keys = {role: column.arrow().to_pylist() for role, column in self.keys.items()}
        data = {name: _values(column, boolean=name in booleans) for name, column in self.data.items()}
        for row, (event_id, time_us) in enumerate(zip(self.ids.to_pylist(), self.time_us.tolist(), strict=True)):
            yield Event(
                event_id,
                self.kind,
                time_us,
                {role: texts[row] for role, texts in keys.items() if texts[row] is not None},
                {name: values[row] for name, values in data.items() if values[row] is not None},
            )

    @classmethod
    def concat(cls, batches: Sequence["EventBatch"]) -> "EventBatch":
        """One batch from several of the same kind and contract, at least one, in their order."""
        first = batches[0]
        data: dict[str, Int64Array | Codes] = {}
        for name, column in first.data.items():
            columns = [batch.data[name] for batch in batches]
            if isinstance(column, Codes):
                data[name] = Codes.concat([one for one in columns if isinstance(one, Codes)])
            else:
                data[name] = np.concatenate([one for one in columns if not isinstance(one, Codes)])
        return cls(
            first.kind,
            pa.concat_arrays([batch.ids for batch in batches]),
            np.concatenate([batch.time_us for batch in batches]),
            {role: Codes.concat([batch.keys[role] for batch in batches]) for role in first.keys},
            data,
        )

    @classmethod
    def of_events(cls, events: Sequence[Event], contract: DataContract) -> "EventBatch":
        """Columns from events that are valid under ``contract``."""
        keys: dict[str, Codes] = {}
        data: dict[str, Int64Array | Codes] = {}
        for spec in contract.fields:
            if spec.key is not None:
                keys[spec.key] = Codes.of([event.keys.get(spec.key) for event in events])
            elif spec.type is FieldType.STRING:
                data[spec.name] = Codes.of([_text(event.data.get(spec.name)) for event in events])
            else:
                data[spec.name] = np.array([_integer(event.data.get(spec.name)) for event in events], np.int64)
        ids = pa.array([event.id for event in events], pa.string())
        return cls(contract.kind, ids, np.array([event.time_us for event in events], np.int64), keys, data)


def _values(column: Int64Array | Codes, *, boolean: bool) -> list[Value]:
    if isinstance(column, Codes):
        texts: list[Value] = column.arrow().to_pylist()
        return texts
    return [None if value == NULL_INT else bool(value) if boolean else value for value in column.tolist()]


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _integer(value: Value) -> int:
    return NULL_INT if value is None else int(value)


def time_order(time_us: Int64Array, ids: pa.StringArray) -> npt.NDArray[np.intp]:
    """Rows sorted by time, then by id as text; ids are looked at only where times are equal."""
    in_order = bool((time_us[1:] >= time_us[:-1]).all())  # as most files are
    order = np.arange(len(time_us)) if in_order else np.argsort(time_us, kind="stable")
    times = time_us if in_order else time_us[order]
    equal = times[1:] == times[:-1]
    if not equal.any():
        return order
    tied = np.flatnonzero(np.concatenate([[False], equal]) | np.concatenate([equal, [False]]))
    rows = order[tied]
    table = pa.table({"time_us": times[tied], "id": ids.take(pa.array(rows))})
    ranks = pc.sort_indices(table, sort_keys=[("time_us", "ascending"), ("id", "ascending")])
    order[tied] = rows[ranks.to_numpy()]
    return order
