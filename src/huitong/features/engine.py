"""The feature engine: events in, feature vectors out, the same bits live, in replays and in training."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import numpy as np

from huitong.contracts import NULL_CODE, NULL_INT, Event, EventBatch, Float64Array, Int64Array
from huitong.features.batch import BatchRun, FeatureChunk
from huitong.features.calendar import ZoneOffsets, write_calendar
from huitong.features.columns import CodeColumn, Equality, NumberColumn, StreamColumns
from huitong.features.derived import derive
from huitong.features.graph import GraphState
from huitong.features.grouping import Grouping
from huitong.features.late import LateEvent, LateEvents
from huitong.features.own import field_program, write_fields
from huitong.features.plan import FeaturePlan, GroupingPlan
from huitong.features.program import build_program
from huitong.features.symbols import Interner, Symbols
from huitong.kernel import InputError, PolicyError

VALUE_MAX = 10**15
"""Greatest size of a number that is added up, as held; sums and squares stay exact up to it."""

CHUNK_ROWS = 131_072

ListEntries = Mapping[str, str]
"""Texts on a list, each with its note."""


class FeatureEngine:
    """State of a plan's features. Not safe for two threads at once; it holds no global state.

    Args:
        plan: What to compute.
        lists: For each list that the plan needs, its texts with their notes.
        lateness_us: How late an event may come and still be put in its place; by default the plan's.

    Raises:
        PolicyError: If a list that the plan needs is not given.
    """

    def __init__(self, plan: FeaturePlan, lists: Mapping[str, ListEntries] | None = None, lateness_us: int | None = None) -> None:
        self.plan = plan
        self.lists = dict(lists or {})
        for name in plan.lists_needed:
            if name not in self.lists:
                raise PolicyError(
                    "features.list.missing",
                    {"en": f"list {name!r} is not given", "zh": f"缺少名单 {name!r}"},
                    {"en": f"add lists/{name}.csv to the policy", "zh": f"请在策略中加入 lists/{name}.csv"},
                )
        self.lateness_us = plan.lateness_us if lateness_us is None else lateness_us
        self.symbols = Symbols()
        self.spaces: dict[str, Interner] = {}
        self.watermark_us = NULL_INT
        self.late = LateEvents()
        self.offsets = ZoneOffsets(plan.zone)
        self.field_program = field_program(plan.fields)
        self.calendar_program = np.array(plan.calendar, np.int32).reshape(-1, 2)
        self.groupings = [self._grouping(grouping) for grouping in plan.groupings]
        self.graph = GraphState(plan.graph.spec) if plan.graph else None
        self._streams = {kind: _LiveStream(columns, self) for kind, columns in plan.streams.items()}
        self._live = [_LiveGrouping(each, state, self) for each, state in zip(plan.groupings, self.groupings, strict=True)]
        self._out = np.full((1, len(plan.features)), np.nan)
        self._times = np.zeros(1, np.int64)
        self._offset = np.zeros(1, np.int64)

    def space(self, name: str) -> Interner:
        """The interner of a space of keys or texts."""
        return self.spaces.setdefault(name, Interner())

    def update(self, event: Event) -> Float64Array | None:
        """Takes one event.

        Args:
            event: Valid under its kind's data contract.

        Returns:
            Its features, shape ``(n_features,)``, if it is of the decided kind; else ``None``. The array is the caller's.

        Raises:
            InputError: If a number that is added up is beyond ``VALUE_MAX``; nothing has changed then.
        """
        stream = self._streams.get(event.kind)
        if stream is None:
            return None
        decided = event.kind == self.plan.decides
        stream.load(event)
        time_us = event.time_us
        late = time_us < self.watermark_us - self.lateness_us if self.watermark_us != NULL_INT else False
        if late:
            self.late.add(LateEvent(event.id, event.kind, time_us, self.watermark_us - time_us))
        else:
            self.watermark_us = max(self.watermark_us, time_us)
        out = self._out
        if decided:
            out[:] = np.nan
        if not late:
            for grouping in self._live:
                grouping.take(event, decided, stream, out, self.watermark_us)
        if not decided:
            return None
        self._own(event, stream, late)
        return cast("Float64Array", out[0].copy())

    def run(
        self,
        batches: Sequence[EventBatch],
        chunk_rows: int = CHUNK_ROWS,
        threads: int | None = None,
        arrival: Sequence[Int64Array] | None = None,
        patterns: bool = False,
    ) -> Iterator[FeatureChunk]:
        """Takes many events; the same bits as ``update`` one by one.

        Args:
            batches: At most one batch of each kind, in any order of rows.
            chunk_rows: Rows of the decided kind in a chunk.
            threads: Threads that share out the keys; by default one per core. The bits do not depend on it.
            arrival: For each batch the place of each row in the log. By default rows are taken by time, equal times by kind (the decided
                kind last) and id, whatever order the batches have.
            patterns: Whether to keep the edges of graph patterns, for ``evidence``.

        Yields:
            Chunks of features of the decided kind, in the order taken.

        Raises:
            InputError: If a kind comes twice, or a number that is added up is beyond ``VALUE_MAX``.
        """
        yield from BatchRun(self, batches, chunk_rows, threads, arrival, patterns).chunks()

    def _grouping(self, plan: GroupingPlan) -> Grouping:
        pair = len(plan.key.roles) > 1
        return Grouping(build_program(plan.reads, self.lateness_us), pair, pair and not plan.remembers)

    def _own(self, event: Event, stream: "_LiveStream", late: bool) -> None:
        """Everything that needs no window: fields, calendar, lists, the graph, features of features."""
        plan, out = self.plan, self._out
        self._times[0] = event.time_us
        if plan.fields:
            write_fields(self.field_program, self._times, stream.values, out)
        if plan.calendar:
            self._offset[0] = self.offsets.of(event.time_us)
            write_calendar(self._times, self._offset, self.calendar_program, out)
        for read in plan.lists:
            text = (event.keys if read.is_key else event.data).get(read.name)
            out[0, read.out] = 1.0 if text in self.lists[read.list] else 0.0
        if plan.graph is not None and self.graph is not None:
            source, target = (self.space(end.space).code(event.keys.get(end.name)) for end in (plan.graph.source, plan.graph.target))
            row = self.graph.add(NULL_CODE if late else source, target, event.time_us, int(stream.values[0, plan.graph.amount]))
            for column, place in plan.graph.columns:
                out[0, place] = row[column]
        if len(plan.derived):
            derive(plan.derived, out)


class _LiveStream:
    """One event of a kind as a row of numbers and a row of codes."""

    def __init__(self, columns: StreamColumns, engine: FeatureEngine) -> None:
        self._numbers: list[NumberColumn] = list(columns.numbers.values())
        self._codes: list[tuple[CodeColumn, Interner]] = [(code, engine.space(code.space)) for code in columns.codes.values()]
        self._symbols = engine.symbols
        self.values = np.zeros((1, max(1, len(self._numbers))), np.int64)
        self.codes = np.zeros((1, max(1, len(self._codes))), np.int32)

    def load(self, event: Event) -> None:
        """Writes the event into the rows."""
        for place, number in enumerate(self._numbers):
            value = (event.keys if number.is_key else event.data).get(number.name)
            if value is None:
                self.values[0, place] = NULL_INT
            elif number.is_text:
                self.values[0, place] = self._symbols.code(str(value))
            else:
                if number.summed and not -VALUE_MAX <= int(value) <= VALUE_MAX:
                    raise value_too_large(number.name, int(value))
                self.values[0, place] = value
        for place, (code, interner) in enumerate(self._codes):
            value = (event.keys if code.is_key else event.data).get(code.name)
            self.codes[0, place] = NULL_CODE if value is None else interner.code(str(value))


class _LiveGrouping:
    """How one live event meets a grouping: whether it becomes an entry, whether it asks, under which keys."""

    def __init__(self, plan: GroupingPlan, state: Grouping, engine: FeatureEngine) -> None:
        self._plan, self._state = plan, state
        self._roles = [(role.name, engine.space(role.space)) for role in plan.key.roles]
        self._asked = [(role.name, engine.space(role.space)) for role in plan.key.asked]
        self._kind, self._decides = plan.key.kind, engine.plan.decides
        self._same = plan.key.roles == plan.key.asked
        self._retention_us = state.program.retention_us

    def take(self, event: Event, decided: bool, stream: _LiveStream, out: Float64Array, watermark_us: int) -> None:
        """Takes the event."""
        own = event.kind == self._kind
        appends = own and all(matches(event, equality) for equality in self._plan.key.where)
        if not appends and not decided:
            return
        limit_us = watermark_us - self._retention_us
        if appends:
            key = self._key(event, self._roles, True)
            asks = decided and self._same
            if key >= 0:
                self._state.advance_one(key, event.time_us, asks, True, limit_us, stream.values, stream.codes, out)
            if asks:
                return
        if decided:
            key = self._key(event, self._asked, False)
            if key >= 0:
                self._state.advance_one(key, event.time_us, True, False, limit_us, stream.values, stream.codes, out)

    def _key(self, event: Event, roles: list[tuple[str, Interner]], make: bool) -> int:
        codes = [interner.code(event.keys.get(name)) for name, interner in roles]
        return self._state.key(codes, make)


def matches(event: Event, equality: Equality) -> bool:
    """Whether an event satisfies a condition."""
    return bool((event.keys if equality.is_key else event.data).get(equality.name) == equality.literal)


def value_too_large(name: str, value: int) -> InputError:
    """The error for a number whose sums might not be exact."""
    return InputError(
        "features.value.too_large",
        {"en": f"{name} is {value} as held, beyond {VALUE_MAX}", "zh": f"{name} 的存储值为 {value}，超过 {VALUE_MAX}"},
        {
            "en": "set min and max in the data contract, so that such a row is quarantined",
            "zh": "请在数据契约中设置 min 与 max，使此类记录进入隔离区",
        },
    )
