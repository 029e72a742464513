"""The feature engine: events in, feature vectors out, the same bits live, in replays and in training."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_CODE, NULL_INT, Event, EventBatch, Float64Array, Int64Array
from huitong.features.batch import BatchRun, FeatureChunk
from huitong.features.calendar import ZoneOffsets, write_calendar
from huitong.features.derived import derive
from huitong.features.edges import EdgeLog, Patterns
from huitong.features.graph import GraphSpec, GraphState
from huitong.features.graph.room import copy_of
from huitong.features.graphs import GraphPlan
from huitong.features.grouping import Grouping
from huitong.features.late import LateEvent, LateEvents, too_late_us
from huitong.features.listed import ListEntries, is_listed
from huitong.features.live import LiveGrouping, LiveStream, text_of
from huitong.features.nothing import NothingSaid
from huitong.features.own import field_program, write_fields
from huitong.features.plan import FeaturePlan, GroupingPlan
from huitong.features.program import build_program
from huitong.features.rows import TakenEvents, take_events
from huitong.features.snapshot import Arrays, Header, Snapshot, read_snapshot, unusable, write_snapshot
from huitong.features.symbols import Interner, Symbols
from huitong.kernel import InputError, PolicyError

CHUNK_ROWS_MIN, CHUNK_ROWS_MAX = 32_768, 1_048_576
CHUNK_BYTES = 1 << 27
"""Features of a chunk take about this much memory, unless that were fewer or more rows than the bounds."""


class FeatureEngine:
    """State of a plan's features. Not safe for two threads at once; it holds no global state.

    Args:
        plan: What to compute.
        lists: For each list that the plan needs, its texts, each with the time for which it counts.
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
        self.graph_spec = replace(plan.graph.spec, lateness_us=self.lateness_us) if plan.graph else GraphSpec(())
        self.graph = GraphState(self.graph_spec) if plan.graph else None
        ends = (plan.graph.source, plan.graph.target) if plan.graph else ()
        payers, payees = [self.space(end.space) for end in ends] or (Interner(), Interner())
        self.edges = EdgeLog(self.graph_spec.window_us_max + self.lateness_us, (payers, payees))
        self._streams = {kind: LiveStream(columns, self.space, self.symbols) for kind, columns in plan.streams.items()}
        pairs = zip(plan.groupings, self.groupings, strict=True)
        self._live = [LiveGrouping(each, state, plan.decides, self.space) for each, state in pairs]
        self.nothing_said = NothingSaid(plan, self.groupings)
        self._live_own = [live for live, each in zip(self._live, plan.groupings, strict=True) if each.key.kind == plan.decides]
        self._proved = 0
        self._out = np.full((1, len(plan.features)), np.nan)
        self._times = np.zeros(1, np.int64)
        self._offset = np.zeros(1, np.int64)

    def space(self, name: str) -> Interner:
        """The interner of a space of keys or texts."""
        return self.spaces.setdefault(name, Interner())

    def update(self, event: Event, *, searched: bool = True) -> Float64Array | None:
        """Takes one event.

        Args:
            event: Valid under its kind's data contract.
            searched: Whether to search for the graph patterns that it closes; without, the plan's ``searched`` columns are NaN. What the
                state is afterwards does not depend on it.

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
        behind_us = self.too_late_us(time_us)
        late = behind_us > 0
        if late:
            self.late.add(LateEvent(event.id, event.kind, time_us, behind_us))
        else:
            self.watermark_us = max(self.watermark_us, time_us)
        out = self._out
        blank = self._say_nothing(event, late) if decided else ()
        if not late:
            for place, grouping in enumerate(self._live):
                if place not in blank:
                    grouping.take(event, stream, out, self.watermark_us)
        if not decided:
            return None
        self._own(event, stream, late, searched)
        return cast("Float64Array", out[0].copy())

    def update_many(self, events: Sequence[Event], searched: Sequence[bool] | None = None) -> TakenEvents:
        """Takes events of any kinds in their order; the same bits as ``update`` of each, in a fraction of the time.

        Args:
            events: Valid under the data contracts of their kinds; those that the plan does not read are passed over.
            searched: For each event as for ``update``; by default all are.
        """
        return take_events(self, events, searched)

    def preview(self, event: Event, *, searched: bool = True, like: Float64Array | None = None) -> Float64Array:
        """The features that ``update`` would give, with the state unchanged to the last bit: for questions that begin with "what if".

        Args:
            event: An event of the decided kind, valid under its data contract.
            searched: As for ``update``.
            like: Features that this gave, on the same state, for an event that differs from this one in numbers alone: what is known by
                events of other kinds is taken from there, so that it need not be looked up again.

        Returns:
            Its features, shape ``(n_features,)``; the array is the caller's.

        Raises:
            InputError: If the event is of another kind, or as ``update``.
        """
        if event.kind != self.plan.decides:
            raise InputError(
                "features.preview.kind",
                {"en": f"{event.kind} is not the decided kind {self.plan.decides}", "zh": f"{event.kind} 不是被决策的 {self.plan.decides}"},
                {"en": "preview events of the decided kind", "zh": "请只预览被决策种类的事件"},
            )
        stream, out = self._streams[event.kind], self._out
        stream.load(event, keep=False)
        late = self.too_late_us(event.time_us) > 0
        if like is not None:
            out[:], asked = like, self._live_own
        else:
            blank = self._say_nothing(event, late)
            asked = [grouping for place, grouping in enumerate(self._live) if place not in blank]
        for grouping in () if late else asked:
            grouping.preview(event, stream, out)
        self._own(event, stream, late, searched, keep=False)
        return cast("Float64Array", out[0].copy())

    def run(
        self,
        batches: Sequence[EventBatch],
        chunk_rows: int | None = None,
        threads: int | None = None,
        arrival: Sequence[Int64Array] | None = None,
        patterns: bool = False,
    ) -> Iterator[FeatureChunk]:
        """Takes many events; the same bits as ``update`` one by one.

        Args:
            batches: At most one batch of each kind, in any order of rows.
            chunk_rows: Rows of the decided kind in a chunk; by default as many as fill ``CHUNK_BYTES``.
            threads: Threads that share out the keys; by default one per core. The bits do not depend on it.
            arrival: For each batch the place of each row in the log. By default rows are taken by time, equal times by kind (the decided
                kind last) and id, whatever order the batches have.
            patterns: Whether to keep the edges of graph patterns, for ``evidence``.

        Yields:
            Chunks of features of the decided kind, in the order taken.

        Raises:
            InputError: If a kind comes twice, or a number that is added up is beyond ``VALUE_MAX``.
        """
        fitting = CHUNK_BYTES // (8 * max(1, len(self.plan.features)))
        rows = min(max(fitting, CHUNK_ROWS_MIN), CHUNK_ROWS_MAX) if chunk_rows is None else chunk_rows
        yield from BatchRun(self, batches, rows, threads, arrival, patterns).chunks()

    def too_late_us(self, time_us: int) -> int:
        """How far an event of that time, were it the next one, would lie behind the newest, where that is beyond the bound; else 0."""
        return too_late_us(time_us, self.watermark_us, self.lateness_us)

    def evidence(self) -> Patterns:
        """The payments that make the graph patterns which the last decided event of ``update`` closed, by pattern."""
        if self.graph is None or self.graph.rows == 0 or self.graph.rows != self._proved:
            return {}
        return self.edges.patterns(self.graph.rows - 1, self.graph.evidence)

    def snapshot(self, path: Path, log_offset: int, log_root: str = "") -> None:
        """Writes the state to a file, in place by one rename.

        Args:
            path: Where.
            log_offset: Offset of the first log record not yet taken.
            log_root: What tells the log up to there from any other; see ``restore``.

        Raises:
            ExternalError: If the disk refuses; what was at ``path`` is still there.
        """
        header, arrays = self._laid_out(log_offset)
        header.log_root = log_root
        write_snapshot(path, header, arrays)

    def copied(self, log_offset: int) -> Snapshot:
        """A copy of the state as it is now, to be written while the engine goes on.

        Args:
            log_offset: Offset of the first log record not yet taken.
        """
        return Snapshot(*self._laid_out(log_offset, copy_of))

    def _laid_out(
        self, log_offset: int, taken: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] = lambda array: array
    ) -> tuple[Header, Arrays]:
        """What is kept; ``taken`` makes of an array that goes on changing what stands for it. Those of the graph are copies."""
        header = Header(
            plan=self.plan.version,
            lateness_us=self.lateness_us,
            log_offset=log_offset,
            watermark_us=self.watermark_us,
            late_count=self.late.count,
            late_shown=[(event.id, event.kind, event.time_us, event.behind_us) for event in self.late.shown],
            spaces={name: interner.texts() for name, interner in self.spaces.items()},
            symbols=self.symbols.texts(),
            edges_first=self.edges.first,
            arrays=[],
        )
        arrays = {f"grouping.{n}.{name}": taken(array) for n, state in enumerate(self.groupings) for name, array in state.state().items()}
        if self.graph is not None:
            arrays |= {f"graph.{name}": array for name, array in self.graph.state().items()}
            arrays |= {f"edges.{name}": array for name, array in self.edges.state().items()}
        return header, arrays

    @classmethod
    def restore(
        cls,
        path: Path,
        plan: FeaturePlan,
        lists: Mapping[str, ListEntries] | None = None,
        lateness_us: int | None = None,
        log_root: Callable[[int], str | None] | None = None,
    ) -> tuple["FeatureEngine", int]:
        """The engine that wrote the file, bit for bit, and the log offset from which to go on.

        Args:
            path: The file.
            plan: The plan it was written under.
            lists: As for a new engine.
            lateness_us: As for a new engine.
            log_root: Tells the log up to an offset from any other, ``None`` beyond its end; without it any log will do.

        Raises:
            DataError: If there is no file, it is damaged, was written under another plan, kernel or lateness bound, or from another log.
        """
        header, arrays = read_snapshot(path)
        bound_us = plan.lateness_us if lateness_us is None else lateness_us
        if header.plan != plan.version or header.lateness_us != bound_us:
            raise unusable(path, "was written under another feature plan, kernel or lateness", "由另一特征方案、内核或迟到上限写成")
        if log_root is not None and header.log_root != log_root(header.log_offset):
            raise unusable(
                path, "was folded from another log, or from records that it no longer has", "由另一日志、或日志中已不存在的记录构建"
            )
        return cls(plan, lists, lateness_us)._went_on_from(header, arrays), header.log_offset

    def twin(self) -> "FeatureEngine":
        """Another engine in the same state, which goes its own way from here on."""
        return FeatureEngine(self.plan, self.lists, self.lateness_us)._went_on_from(*self._laid_out(0))

    def _went_on_from(self, header: Header, arrays: Arrays) -> Self:
        """This fresh engine, in a state that was laid out."""
        for name, texts in header.spaces.items():
            self.space(name).learn(texts)
        for text in header.symbols:
            self.symbols.code(text)
        self.watermark_us = header.watermark_us
        self.late = LateEvents(header.late_count, [LateEvent(*shown) for shown in header.late_shown])
        for number, state in enumerate(self.groupings):
            state.load(_under(arrays, f"grouping.{number}."))
        if self.plan.graph is not None:
            self.graph = GraphState.restore(self.graph_spec, _under(arrays, "graph."))
            self.edges.load(header.edges_first, _under(arrays, "edges."))
        return self

    def _grouping(self, plan: GroupingPlan) -> Grouping:
        return Grouping(build_program(plan.reads, self.lateness_us), len(plan.key.roles), not plan.remembers)

    def _say_nothing(self, event: Event, late: bool) -> frozenset[int]:
        """Begins the row of a decided event with what blank groupings say; which these are. A late event is told nothing by any."""
        nothing, out = self.nothing_said.now(), self._out
        out[:] = np.nan if late else nothing.row
        for roles, columns in () if late else nothing.asked:
            if any(text_of(event, role) is None for role in roles):
                out[0, columns] = np.nan
        return nothing.blank

    def _own(self, event: Event, stream: LiveStream, late: bool, searched: bool, keep: bool = True) -> None:
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
            out[0, read.out] = is_listed(self.lists[read.list], text, event.time_us)
        for column in plan.holds:
            out[0, column] = float(out[0, column] > 0.0)
        if plan.graph is not None and self.graph is not None:
            amount = int(stream.values[0, plan.graph.amount])
            row = (self._add_edge if keep else self._peek_edge)(plan.graph, self.graph, event, amount, late, searched)
            for column, place in plan.graph.columns:
                out[0, place] = row[column]
        if len(plan.derived):
            derive(plan.derived, out)

    def _add_edge(self, plan: GraphPlan, graph: GraphState, event: Event, amount: int, late: bool, searched: bool) -> Float64Array:
        """Puts the event into the graph; a late one as a row that is no edge."""
        source, target = (self.space(end.space).code(event.keys.get(end.name)) for end in (plan.source, plan.target))
        row = graph.add(NULL_CODE if late else source, target, event.time_us, amount, searched=searched)
        self._proved = graph.rows
        self.edges.add(event.id, source, target, event.time_us, amount, self.watermark_us)
        return row

    def _peek_edge(self, plan: GraphPlan, graph: GraphState, event: Event, amount: int, late: bool, searched: bool) -> Float64Array:
        """The row that ``_add_edge`` would give; ends never seen before get codes for this question only."""
        source, target = (event.keys.get(end.name) for end in (plan.source, plan.target))
        space = self.spaces.get(plan.source.space) or Interner()
        codes = [NULL_CODE if text is None else space.passing(text) for text in (source, target)]
        if source != target and codes[0] == codes[1] == len(space):
            codes[1] += 1
        return graph.peek(NULL_CODE if late else codes[0], codes[1], event.time_us, amount, searched=searched)


def _under(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
