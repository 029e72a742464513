"""Many events at once: chunks in time order, each grouping's work side by side by key, keys shared out to threads."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huitong.contracts import NULL_CODE, NULL_INT, Codes, EventBatch, Float64Array, Int32Array, Int64Array, time_order
from huitong.cores import cores
from huitong.features.calendar import write_calendar
from huitong.features.columns import VALUE_MAX, CodeColumn, Equality, StreamColumns
from huitong.features.derived import derive
from huitong.features.edges import Edges
from huitong.features.graph import PROOF_SIZE
from huitong.features.grouping import Grouping
from huitong.features.late import LateEvent
from huitong.features.listed import ListColumn
from huitong.features.live import value_too_large
from huitong.features.nothing import Nothing
from huitong.features.own import write_fields
from huitong.features.plan import GroupingPlan
from huitong.features.resolve import ListRead
from huitong.features.steps import merge_order, side_by_side
from huitong.kernel import InputError

if TYPE_CHECKING:
    from huitong.features.engine import FeatureEngine

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FeatureChunk:
    """Features of some events of the decided kind.

    Attributes:
        rows: Their rows in the batch, shape ``(n,)``.
        features: Their features, shape ``(n, n_features)``, C-contiguous.
        patterns: What graph patterns left behind, for ``FeatureEngine.evidence``; ``None`` unless asked for.
    """

    rows: Rows
    features: Float64Array
    patterns: Int32Array | None = None


class Source(Protocol):
    """Events of one kind as the kernel reads them."""

    @property
    def times_us(self) -> Int64Array: ...
    @property
    def columns(self) -> StreamColumns: ...
    def id_of(self, row: int) -> str: ...
    def ids(self, rows: Rows) -> pa.StringArray: ...
    def codes(self, column: CodeColumn, rows: Rows) -> Int32Array: ...
    def numbers(self, name: str, is_key: bool, is_text: bool, rows: Rows) -> Int64Array: ...
    def listed(self, read: ListRead, rows: Rows, times_us: Int64Array) -> Float64Array: ...
    def matching(self, equality: Equality, rows: Rows) -> Mask: ...


class _BatchSource:
    """A batch in the order taken, with its columns as the kernel reads them."""

    def __init__(self, engine: "FeatureEngine", columns: StreamColumns, batch: EventBatch, arrival: Int64Array | None) -> None:
        self.batch = batch
        self._engine = engine
        self._columns = columns
        self.order = time_order(batch.time_us, batch.ids) if arrival is None else np.argsort(arrival, kind="stable")
        self.taken_at = (batch.time_us if arrival is None else arrival)[self.order]
        self._tables: dict[tuple[str, int], Int32Array] = {}
        self._symbols: dict[str, Int64Array] = {}
        self._lists: dict[int, ListColumn] = {}
        self._check()

    def _check(self) -> None:
        for number in self._columns.numbers.values():
            column = self.batch.data.get(number.name)
            if number.summed and isinstance(column, np.ndarray) and len(column):
                beyond = np.flatnonzero((np.abs(column) > VALUE_MAX) & (column != NULL_INT))
                if len(beyond):
                    raise value_too_large(number.name, int(column[beyond[0]]))

    def part(self, begin: int, end: int) -> "Part":
        """A stretch of it."""
        return Part(self, self.order[begin:end], self.taken_at[begin:end])

    @property
    def times_us(self) -> Int64Array:
        """Event times, shape ``(n,)``."""
        return self.batch.time_us

    def id_of(self, row: int) -> str:
        """The id of an event."""
        return str(self.batch.ids[row])

    def ids(self, rows: Rows) -> pa.StringArray:
        """Ids of events."""
        return self.batch.ids.take(pa.array(rows))

    def text(self, name: str, is_key: bool) -> Codes | None:
        """A text column, if the batch has it."""
        column = (self.batch.keys if is_key else self.batch.data).get(name)
        return column if isinstance(column, Codes) else None

    def codes(self, column: CodeColumn, rows: Rows) -> Int32Array:
        """Codes in the engine's space."""
        source = self.text(column.name, column.is_key)
        if source is None:
            return np.full(len(rows), NULL_CODE, np.int32)
        dictionary = column.space, id(source.values)  # roles of one space often share their dictionary
        if dictionary not in self._tables:
            self._tables[dictionary] = self._engine.space(column.space).table(source.values)
        return self._tables[dictionary][source.codes[rows]]

    def numbers(self, name: str, is_key: bool, is_text: bool, rows: Rows) -> Int64Array:
        """A column of numbers or symbols."""
        if not is_text:
            column = self.batch.data.get(name)
            return column[rows] if isinstance(column, np.ndarray) else np.full(len(rows), NULL_INT, np.int64)
        source = self.text(name, is_key)
        if source is None:
            return np.full(len(rows), NULL_INT, np.int64)
        if name not in self._symbols:
            table = [self._engine.symbols.code(text) for text in source.values.to_pylist()]
            self._symbols[name] = np.array([*table, NULL_INT], np.int64)
        return self._symbols[name][source.codes[rows]]

    def listed(self, read: ListRead, rows: Rows, times_us: Int64Array) -> Float64Array:
        """Which rows are on a list, each at its own time."""
        source = self.text(read.name, read.is_key)
        if source is None:
            return np.zeros(len(rows))
        if read.out not in self._lists:
            self._lists[read.out] = ListColumn(self._engine.lists[read.list], source.values)
        return self._lists[read.out].is_listed(source.codes[rows], times_us)

    def matching(self, equality: Equality, rows: Rows) -> Mask:
        """Which rows satisfy a condition."""
        if isinstance(equality.literal, str):
            source = self.text(equality.name, equality.is_key)
            if source is None:
                return np.zeros(len(rows), np.bool_)
            wanted = np.array([*(text == equality.literal for text in source.values.to_pylist()), False], np.bool_)
            return cast("Mask", wanted[source.codes[rows]])
        return cast("Mask", self.numbers(equality.name, False, False, rows) == equality.literal)

    @property
    def columns(self) -> StreamColumns:
        """Which columns the plan reads."""
        return self._columns


class Part:
    """A stretch of a source: what one chunk takes of it."""

    def __init__(self, source: Source, rows: Rows, taken_at: Int64Array) -> None:
        self.source, self.rows, self.taken_at = source, rows, taken_at
        self.times = source.times_us[rows]
        self.fits = np.ones(len(rows), np.bool_)
        self.searched: Mask | None = None
        """Of which rows the graph patterns that they close are searched for; ``None``: of all."""
        columns = source.columns
        self.values = np.empty((len(rows), max(1, len(columns.numbers))), np.int64)
        for place, number in enumerate(columns.numbers.values()):
            self.values[:, place] = source.numbers(number.name, number.is_key, number.is_text, rows)
        self.codes = np.empty((len(rows), max(1, len(columns.codes))), np.int32)
        for place, code in enumerate(columns.codes.values()):
            self.codes[:, place] = source.codes(code, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def keys(self, grouping: Grouping, roles: Sequence[CodeColumn], mask: Mask, make: bool) -> Int32Array:
        """Keys of the rows in the mask, -1 elsewhere."""
        columns = [np.where(mask, self.source.codes(role, self.rows), np.int32(NULL_CODE)) for role in roles]
        return grouping.keys(columns, make)


class BatchRun:
    """One call of ``FeatureEngine.run``, whose arguments it takes.

    Args:
        edges_from_us: Edges that a pattern of an event of that time could reach stay known; by default those of the newest event.
    """

    def __init__(
        self,
        engine: "FeatureEngine",
        batches: Sequence[EventBatch],
        chunk_rows: int,
        threads: int | None,
        arrival: Sequence[Int64Array] | None,
        patterns: bool,
        edges_from_us: int | None = None,
    ) -> None:
        self._engine, self._plan, self._edges_from_us = engine, engine.plan, edges_from_us
        self._chunk_rows = max(1, chunk_rows)
        self._threads = threads or cores()
        self._patterns = patterns
        self._in_time_order = arrival is None
        self._sources: dict[str, _BatchSource] = {}
        for index, batch in enumerate(batches):
            if batch.kind in self._sources:
                raise InputError(
                    "features.batch.twice",
                    {"en": f"two batches of kind {batch.kind}", "zh": f"{batch.kind} 给出了两批"},
                    {"en": "join them into one", "zh": "请合并为一批"},
                )
            if batch.kind in self._plan.streams:
                columns = self._plan.streams[batch.kind]
                self._sources[batch.kind] = _BatchSource(engine, columns, batch, None if arrival is None else arrival[index])

    def chunks(self) -> Iterator[FeatureChunk]:
        """Takes the batches chunk by chunk."""
        done = dict.fromkeys(self._sources, 0)
        decided = self._sources.get(self._plan.decides)
        total = 0 if decided is None else len(decided.order)
        with ThreadPoolExecutor(self._threads) if self._threads > 1 else nullcontext() as executor:
            while any(done[kind] < len(source.order) for kind, source in self._sources.items()):
                begin = done.get(self._plan.decides, 0)
                end = min(begin + self._chunk_rows, total)
                parts = {}
                for kind in self._plan.kinds:
                    if kind in self._sources:
                        until = end if kind == self._plan.decides else self._until(kind, begin, end, total)
                        parts[kind] = self._sources[kind].part(done[kind], until)
                        done[kind] = until
                yield from self.chunk(parts, executor)

    def _until(self, kind: str, begin: int, end: int, total: int) -> int:
        """How far another kind is taken along with the decided rows up to ``end``: what comes before the last of them."""
        source, decided = self._sources[kind], self._sources.get(self._plan.decides)
        if decided is None or begin == total:
            return len(source.order)
        return int(np.searchsorted(source.taken_at, decided.taken_at[end - 1], side="right"))

    def chunk(self, parts: Mapping[str, Part], executor: Executor | None) -> Iterator[FeatureChunk]:
        """Takes one chunk, its parts in the order of the plan's kinds."""
        self._mark_late(parts)
        decided = parts.get(self._plan.decides)
        out = np.empty((0 if decided is None else len(decided), len(self._plan.features)))
        nothing = self._engine.nothing_said.now()
        if decided is not None:
            _say_nothing(nothing, decided, out)
        for place, (plan, state) in enumerate(zip(self._plan.groupings, self._engine.groupings, strict=True)):
            if place not in nothing.blank or parts.get(plan.key.kind):
                self._advance(plan, state, parts, out, executor)
        if decided is not None and len(decided):
            proofs = self._own(decided, out)
            yield FeatureChunk(decided.rows, out, proofs)

    def _mark_late(self, parts: Mapping[str, Part]) -> None:
        """Finds events beyond the lateness bound, in the order taken, and moves the watermark."""
        engine = self._engine
        filled = [part.times for part in parts.values() if len(part)]
        if not filled:
            return
        before_us = engine.watermark_us
        oldest_us, newest_us = min(int(times.min()) for times in filled), max(int(times.max()) for times in filled)
        engine.watermark_us = max(before_us, newest_us)
        # In time order nothing can be late behind its own chunk, only behind what was known before.
        if oldest_us >= (before_us if self._in_time_order else engine.watermark_us) - engine.lateness_us:
            return
        times = np.concatenate([part.times for part in parts.values()])
        kinds = np.concatenate([np.full(len(part), rank) for rank, part in enumerate(parts.values())])
        order = np.lexsort((kinds, np.concatenate([part.taken_at for part in parts.values()])))
        before = np.maximum.accumulate(np.concatenate([[before_us], times[order]]))[:-1]
        late = (before != NULL_INT) & (times[order] < before - engine.lateness_us)
        names, starts = list(parts), np.cumsum([0, *(len(part) for part in parts.values())])
        for place, newest in zip(order[late].tolist(), before[late].tolist(), strict=True):
            kind = names[int(kinds[place])]
            part, row = parts[kind], place - int(starts[kinds[place]])
            part.fits[row] = False
            event_id = part.source.id_of(int(part.rows[row]))
            engine.late.add(LateEvent(event_id, kind, int(times[place]), newest - int(times[place])))

    def _advance(
        self, plan: GroupingPlan, state: Grouping, parts: Mapping[str, Part], out: Float64Array, executor: Executor | None
    ) -> None:
        entries, asking = parts.get(plan.key.kind), parts.get(self._plan.decides)
        work, times, silent = self._work(plan, state, entries, asking)
        if len(silent):
            out[np.ix_(silent, np.array([read.out for read in plan.reads]))] = np.nan
        values, codes = (entries.values, entries.codes) if entries is not None else (_NO_VALUES, _NO_CODES)
        limit_us = self._engine.watermark_us - state.program.retention_us
        state.advance_many(work, times, limit_us, values, codes, out, executor, self._threads)

    def _work(self, plan: GroupingPlan, state: Grouping, entries: Part | None, asking: Part | None) -> tuple[Int32Array, Int64Array, Rows]:
        """Steps, their times, and the rows that cannot ask because a key is missing or the event is too late."""
        appends = _NO_MASK
        if entries is not None:
            appends = entries.fits.copy()
            for equality in plan.key.where:
                appends &= entries.source.matching(equality, entries.rows)
        append_keys = _NO_KEYS if entries is None else entries.keys(state, plan.key.roles, appends, True)
        if entries is asking and plan.key.roles == plan.key.asked:
            if asking is None:
                return np.empty((0, 4), np.int32), np.empty(0, np.int64), np.empty(0, np.intp)
            if not appends.all():
                append_keys = np.where(appends, append_keys, asking.keys(state, plan.key.asked, asking.fits & ~appends, False))
            rows = np.arange(len(asking), dtype=np.int32)
            return *side_by_side(append_keys, rows, rows, appends, asking.times, len(state.key32)), np.flatnonzero(append_keys < 0)
        ask_keys = _NO_KEYS if asking is None else asking.keys(state, plan.key.asked, asking.fits, False)
        silent = np.flatnonzero(ask_keys < 0)
        entry_at, ask_at = (_NO_TIMES if part is None else part.taken_at for part in (entries, asking))
        n, m = len(append_keys), len(ask_keys)
        nothing = np.int32(-1)
        answers = np.full(n, nothing)
        if entries is asking:  # an event comes before it asks, and after every question before it
            entry_at = ask_at = np.arange(m)
            own = (append_keys == ask_keys) & (append_keys >= 0)  # one step where both parties are the same
            answers, ask_keys = np.where(own, np.arange(m, dtype=np.int32), nothing), np.where(own, nothing, ask_keys)
        merged = merge_order(entry_at, ask_at)
        rows = np.concatenate([np.arange(n, dtype=np.int32), np.full(m, nothing)])[merged]
        outs = np.concatenate([answers, np.arange(m, dtype=np.int32)])[merged]
        times = np.concatenate([_NO_TIMES if part is None else part.times for part in (entries, asking)])[merged]
        keys = np.concatenate([append_keys, ask_keys])[merged]
        return *side_by_side(keys, rows, outs, rows >= 0, times, len(state.key32)), silent

    def _own(self, part: Part, out: Float64Array) -> Int32Array | None:
        """Everything that needs no window: fields, calendar, lists, the graph, features of features."""
        plan, engine = self._plan, self._engine
        if plan.fields:
            write_fields(engine.field_program, part.times, part.values, out)
        if plan.calendar:
            write_calendar(part.times, engine.offsets.column(part.times), engine.calendar_program, out)
        for read in plan.lists:
            out[:, read.out] = part.source.listed(read, part.rows, part.times)
        for column in plan.holds:
            out[:, column] = out[:, column] > 0.0
        proofs = self._graph(part, out)
        if len(plan.derived):
            derive(plan.derived, out)
        return proofs

    def _graph(self, part: Part, out: Float64Array) -> Int32Array | None:
        plan, state = self._plan.graph, self._engine.graph
        if plan is None or state is None:
            return None
        source, target = (part.source.codes(end, part.rows) for end in (plan.source, plan.target))
        rows = np.empty((len(part), len(plan.spec.columns)))
        proofs = np.zeros((len(part), PROOF_SIZE), np.int32) if self._patterns else None
        amounts = np.ascontiguousarray(part.values[:, plan.amount])
        state.run(np.where(part.fits, source, np.int32(NULL_CODE)), target, part.times, amounts, rows, proofs, part.searched)
        for column, place in plan.columns:
            out[:, place] = rows[:, column]
        newest_us = self._engine.watermark_us if self._edges_from_us is None else self._edges_from_us
        self._engine.edges.extend(Edges(part.source.ids(part.rows), source, target, part.times, amounts), newest_us)
        return proofs


def _say_nothing(nothing: Nothing, asking: Part, out: Float64Array) -> None:
    """Begins the rows with what blank groupings say; late events are told nothing by any."""
    row, some_know = nothing.row.copy(), []
    for roles, columns in nothing.asked:
        known = np.ones(len(asking), np.bool_)
        for role in roles:
            known &= asking.source.codes(role, asking.rows) != NULL_CODE
        if not known.any():  # a table without devices: many columns, and the same of every row
            row[columns] = np.nan
        elif not known.all():
            some_know.append((known, columns))
    out[:] = row
    for known, columns in some_know:
        out[np.ix_(~known, columns)] = np.nan
    if not asking.fits.all():
        out[~asking.fits] = np.nan


_NO_VALUES = np.zeros((0, 1), np.int64)
_NO_CODES = np.zeros((0, 1), np.int32)
_NO_TIMES = np.zeros(0, np.int64)
_NO_KEYS = np.zeros(0, np.int32)
_NO_MASK = np.zeros(0, np.bool_)
