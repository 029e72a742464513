"""The graph's state: arrays that grow as needed, one compiled function that moves them, a snapshot that is those arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from huitong.features.graph import layout
from huitong.features.graph.cycles import WORK_SIZE
from huitong.features.graph.kernel import run_edges
from huitong.features.graph.layout import EDGE, EXTRA, LOST, NONE, PROOF_SIZE, TALLY, Codes, Floats, Ints, Mask, Records
from huitong.features.graph.lists import rebuild_buckets
from huitong.features.graph.plan import plan_of, settings_of
from huitong.features.graph.spec import GraphSpec
from huitong.features.graph.words import as_records, as_words, held_of
from huitong.kernel import DataError, InputError

VERSION = 1
"""Of the snapshot's layout; a snapshot of another version is refused."""
CHUNK = 1 << 20
"""Rows between two looks at the counters that must not overflow."""
NUMBER_MAX = 1 << 30
"""Edge numbers are given away again beyond this; links are 32 bits wide."""
CODE_MAX = (1 << 31) - 2


class GraphState:
    """Graph features of a stream of payments, one edge at a time; not safe for two threads at once.

    An edge has a source and a target (account codes from one space, ``-1`` where missing), a time in microseconds and an amount in minor
    units (``NULL_INT`` where unknown). Edges come in the order of the stream, by (time, id). Fans, degrees and amounts of a window count
    the edges with time in ``(t - window, t]`` that came before, and this one. Patterns are made of edges strictly older than this one, so
    that the order of equal time stamps changes no pattern. A self-transfer counts in fans and degrees and is part of no pattern.

    An edge up to ``lateness_us`` older than the newest is answered as of its own time and takes its place: later answers are as if it
    had come in order, answers already given stay. An older one, or one without an end or a time, gets a row of NaN and no place.

    Args:
        spec: What to compute and the limits.
        nodes: Accounts to make room for at first; grows.
        edges: Edges to make room for at first; grows until no window reaches what would be forgotten.
    """

    def __init__(self, spec: GraphSpec, nodes: int = 1024, edges: int = 1024) -> None:
        self.spec = spec
        self._settings = settings_of(spec)
        self._plan, self._searches = plan_of(spec)
        self._header: Ints = np.zeros(layout.HEADER_SIZE, np.int64)
        self._header[[layout.NEWEST, layout.CUT_SHORT]] = layout.LONG_AGO
        self._work: Ints = np.zeros(WORK_SIZE, np.int64)
        self._aside: Records = np.zeros(4, TALLY)
        self._unproved: Codes = np.zeros(PROOF_SIZE, np.int32)
        self._newest: Codes = np.full((0, 2), NONE, np.int32)
        self._tallies: Records = empty_tallies(0, len(self._plan))
        self._scratch: Codes = np.zeros((0, layout.SCRATCH_SIZE), np.int32)
        self._grow_nodes(max(nodes, 1))
        self._edges: Records = np.zeros(0, EDGE)
        self._extras: Records = np.zeros(0, EXTRA)
        self._buckets: Codes = np.zeros(0, np.int32)
        self._hold(1 << max(edges - 1, 1).bit_length())
        self._one = (np.zeros(1, np.int32), np.zeros(1, np.int32), np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1, np.bool_))
        self._row: Floats = np.zeros((1, len(spec.columns)))
        self._proof: Codes = np.zeros((1, PROOF_SIZE), np.int32)
        self._peeked: tuple[Floats, Codes] = (np.zeros((1, len(spec.columns))), np.zeros((1, PROOF_SIZE), np.int32))

    @property
    def rows(self) -> int:
        """Rows seen so far, which is the number of the next edge."""
        return int(self._header[layout.BASE] + self._header[layout.NEXT])

    @property
    def edges_held(self) -> int:
        """Edges in memory now."""
        return int(self._header[layout.NEXT] - self._header[layout.FIRST])

    @property
    def rows_too_late(self) -> int:
        """Rows refused a place because they were older than the lateness bound."""
        return int(self._header[layout.TOO_LATE])

    @property
    def bytes_held(self) -> int:
        """Memory of the state's arrays."""
        held = (self._edges, self._extras, self._buckets, self._newest, self._tallies, self._scratch)
        return sum(array.nbytes for array in held)

    @property
    def evidence(self) -> Codes:
        """Evidence of the edge last added, for `read_evidence`; shape ``(24,)``, overwritten by the next."""
        proof: Codes = self._proof[0]
        return proof

    def add(self, source: int, target: int, time_us: int, amount_minor: int, *, searched: bool = True) -> Floats:
        """Take one edge.

        Args:
            source: Code of the account that pays.
            target: Code of the account that is paid.
            time_us: Time.
            amount_minor: Amount.
            searched: Whether to search for what it closes; without, the columns that only a search fills are NaN, the state is the same.

        Returns:
            Its columns, shape ``(len(spec.columns),)``; the array is the state's own and overwritten by the next edge.

        Raises:
            InputError: If a code is beyond 32 bits.
        """
        sources, targets, times, amounts, looks = self._one
        if source >= len(self._newest) or target >= len(self._newest):
            self._grow_nodes(max(source, target) + 1)
        self._keep_numbers_small()
        sources[0], targets[0], times[0], amounts[0], looks[0] = source, target, time_us, amount_minor, searched
        self._take(sources, targets, times, amounts, looks, self._row, self._proof)
        row: Floats = self._row[0]
        return row

    def peek(self, source: int, target: int, time_us: int, amount_minor: int, *, searched: bool = True) -> Floats:
        """The row that ``add`` would give, with nothing changed: the edge gets no place, and ``evidence`` stays that of the last one added.

        Returns:
            Its columns, shape ``(len(spec.columns),)``; the array is the state's own and overwritten by the next peek.

        Raises:
            InputError: If a code is beyond 32 bits.
        """
        sources, targets, times, amounts, looks = self._one
        if source >= len(self._newest) or target >= len(self._newest):
            self._grow_nodes(max(source, target) + 1)
        if self._header[layout.MARK] >= NUMBER_MAX:
            self._clear_marks()
        ends = [end for end in (source, target) if end >= 0]
        header, tallies = self._header.copy(), self._tallies[ends]
        sources[0], targets[0], times[0], amounts[0], looks[0] = source, target, time_us, amount_minor, searched
        row, proof = self._peeked
        self._take(sources, targets, times, amounts, looks, row, proof, links=False)
        header[layout.MARK] = self._header[layout.MARK]  # marks already given out lie about in scratch
        self._header[:] = header
        self._tallies[ends] = tallies
        peeked: Floats = row[0]
        return peeked

    def run(
        self,
        sources: Codes,
        targets: Codes,
        times_us: Ints,
        amounts_minor: Ints,
        out: Floats,
        evidence: Codes | None = None,
        searched: Mask | None = None,
    ) -> None:
        """Take many edges in order; the same bits as adding them one by one.

        Args:
            sources: Account codes, int32, shape ``(n,)``; so are ``targets``.
            targets: See ``sources``.
            times_us: int64, shape ``(n,)``.
            amounts_minor: int64, shape ``(n,)``.
            out: float64, shape ``(n, len(spec.columns))``; receives the rows.
            evidence: int32, shape ``(n, 24)``; receives each row's evidence for `read_evidence`.
            searched: Of which edges what they close is searched for, shape ``(n,)``; by default of all. See ``add``.

        Raises:
            InputError: If the arrays do not fit together or a code is beyond 32 bits.
        """
        count = len(times_us)
        check_columns(count, sources, targets, amounts_minor)
        check_table("out", out, np.dtype(np.float64), (count, len(self.spec.columns)))
        if evidence is not None:
            check_table("evidence", evidence, np.dtype(np.int32), (count, PROOF_SIZE))
        source, target = plain(sources, np.int32), plain(targets, np.int32)
        time, amount = plain(times_us, np.int64), plain(amounts_minor, np.int64)
        looks = np.ones(count, np.bool_) if searched is None else plain(searched, np.bool_)
        if count:
            self._grow_nodes(1 + int(max(source.max(), target.max())))
        for start in range(0, count, CHUNK):
            part = slice(start, min(start + CHUNK, count))
            self._keep_numbers_small()
            rows = out[part] if out.flags.c_contiguous else np.empty((part.stop - start, out.shape[1]))
            proofs = self._proof if evidence is None else np.ascontiguousarray(evidence[part])
            self._take(source[part], target[part], time[part], amount[part], looks[part], rows, proofs)
            if not out.flags.c_contiguous:
                out[part] = rows
            if evidence is not None and not evidence.flags.c_contiguous:
                evidence[part] = proofs

    def state(self) -> dict[str, np.ndarray]:
        """A snapshot: plain arrays, copies, only what is held; `restore` goes on from it bit for bit.

        Neither room to grow nor marks of past searches are in it.
        """
        first, after = (int(number) for number in self._header[[layout.FIRST, layout.NEXT]])
        header = self._header.copy()
        header[layout.MARK] = 0
        linked = np.flatnonzero((self._newest != NONE).any(axis=1))
        nodes = int(linked[-1]) + 1 if len(linked) else 0
        return {
            "version": np.array([VERSION], np.int64),
            "settings": self._settings.copy(),
            "plan": self._plan.copy(),
            "searches": self._searches.copy(),
            "header": header,
            "edges": as_words(*held_of(self._edges, first, after)),
            "extras": as_words(*held_of(self._extras, first, after)),
            "newest": self._newest[:nodes].copy(),
            "tallies": as_words(self._tallies[:nodes]),
        }

    @classmethod
    def restore(cls, spec: GraphSpec, arrays: Mapping[str, np.ndarray]) -> "GraphState":
        """The state that gave ``arrays``.

        Raises:
            DataError: If the snapshot is of another version or of another spec, or a part of it is missing.
        """
        graph = cls(spec)
        check_snapshot(arrays, {"settings": graph._settings, "plan": graph._plan, "searches": graph._searches})
        graph._grow_nodes(len(arrays["newest"]))
        graph._header[:] = arrays["header"]
        nodes = len(arrays["newest"])
        graph._newest[:nodes] = arrays["newest"]
        graph._tallies[:nodes] = as_records(arrays["tallies"], TALLY).reshape(nodes, 2 * len(graph._plan))
        held = as_records(arrays["edges"], EDGE)
        graph._hold(1 << max(len(held), 1024).bit_length(), (held, as_records(arrays["extras"], EXTRA)))
        return graph

    def _take(
        self, sources: Codes, targets: Codes, times: Ints, amounts: Ints, searched: Mask, out: Floats, evidence: Codes, links: bool = True
    ) -> None:
        done = 0
        while True:
            done = run_edges(
                sources,
                targets,
                times,
                amounts,
                searched,
                done,
                out,
                evidence,
                self._unproved,
                self._aside,
                self._settings,
                self._plan,
                self._searches,
                self._edges,
                self._extras,
                self._buckets,
                self._newest,
                self._tallies,
                self._scratch,
                self._header,
                self._work,
                links,
            )
            if done == len(times):
                return
            self._hold(2 * len(self._edges))

    def _hold(self, capacity: int, held: tuple[Records, Records] | None = None) -> None:
        """Move to a ring of ``capacity`` slots, a power of two, with what is held now or with ``held``."""
        first, after = (int(number) for number in self._header[[layout.FIRST, layout.NEXT]])
        numbers = np.arange(first, after)
        if held is None and after > first:
            slots = numbers & (len(self._edges) - 1)
            held = self._edges[slots], self._extras[slots]
        self._edges, self._extras = np.zeros(capacity, EDGE), np.zeros(capacity, EXTRA)
        self._buckets = np.full(2 * capacity, NONE, np.int32)
        if held is not None:
            self._edges[numbers & (capacity - 1)], self._extras[numbers & (capacity - 1)] = held
            rebuild_buckets(self._edges, self._extras, self._buckets, first, after)

    def _grow_nodes(self, needed: int) -> None:
        """Make room for codes below ``needed``, doubling."""
        had = len(self._newest)
        if needed <= had:
            return
        if needed > CODE_MAX:
            raise InputError(
                code="graph.account.code",
                cause={"en": f"account code {needed - 1} is beyond 32 bits", "zh": f"账户编码 {needed - 1} 超出 32 位"},
                remedy={"en": "number the accounts from 0", "zh": "请从 0 起为账户连续编号"},
            )
        more = max(needed, 2 * had) - had
        self._newest = np.vstack([self._newest, np.full((more, 2), NONE, np.int32)])
        self._tallies = np.vstack([self._tallies, empty_tallies(more, len(self._plan))])
        self._scratch = np.vstack([self._scratch, np.zeros((more, layout.SCRATCH_SIZE), np.int32)])

    def _keep_numbers_small(self) -> None:
        if self._header[layout.NEXT] >= NUMBER_MAX:
            self._renumber()
        if self._header[layout.MARK] >= NUMBER_MAX:
            self._clear_marks()

    def _clear_marks(self) -> None:
        self._scratch[:] = 0
        self._header[layout.MARK] = 0

    def _renumber(self) -> None:
        """Count edges from a lower number again; slots stay, so the shift is a multiple of the capacity."""
        shift = int(self._header[layout.FIRST]) & ~(len(self._edges) - 1)
        for links in (self._newest, self._buckets):
            lower(links, shift)
        for field in ("older_out", "older_in"):
            lower(self._edges[field], shift)
        for field in ("newer_out", "newer_in", "pair", "same"):
            lower(self._extras[field], shift)
        lower(self._tallies["oldest"], shift)
        self._header[[layout.FIRST, layout.NEXT]] -= shift
        self._header[layout.BASE] += shift


def plain(column: npt.NDArray[Any], dtype: type[np.generic]) -> npt.NDArray[Any]:
    """The column as the one kind of array that the kernel is compiled for: a read-only one (Arrow's) would compile it anew."""
    return np.require(column, dtype, ("C", "A", "W"))


def lower(links: Codes, shift: int) -> None:
    """Subtract ``shift`` from every link; one that would fall below zero leads to a forgotten edge."""
    led = links[links >= 0]
    links[links >= 0] = np.where(led < shift, LOST, led - shift)


def empty_tallies(nodes: int, windows: int) -> Records:
    """Tallies of accounts without edges; shape ``(nodes, 2 * windows)``."""
    tallies = np.zeros((nodes, 2 * windows), TALLY)
    tallies["oldest"] = NONE
    return tallies


def check_columns(count: int, *columns: np.ndarray) -> None:
    """Raise unless every column is whole numbers, one per row."""
    for column in columns:
        if column.shape != (count,) or column.dtype.kind != "i":
            raise InputError(
                code="graph.columns.shape",
                cause={
                    "en": f"a column has shape {column.shape} and type {column.dtype} for {count} times",
                    "zh": f"共 {count} 个时间，而某一列的形状为 {column.shape}、类型为 {column.dtype}",
                },
                remedy={"en": "pass integer arrays of equal length", "zh": "请传入等长的整数数组"},
            )


def check_table(name: str, table: np.ndarray, dtype: np.dtype[np.generic], shape: tuple[int, int]) -> None:
    """Raise unless an output table has the type and shape that the spec asks for."""
    if table.dtype != dtype or table.shape != shape:
        raise InputError(
            code="graph.table.shape",
            cause={
                "en": f"{name} has shape {table.shape} and type {table.dtype}",
                "zh": f"{name} 的形状为 {table.shape}、类型为 {table.dtype}",
            },
            remedy={"en": f"pass {dtype} of shape {shape}", "zh": f"请传入形状为 {shape} 的 {dtype} 数组"},
        )


def check_snapshot(arrays: Mapping[str, np.ndarray], expected: Mapping[str, Ints]) -> None:
    """Raise unless a snapshot is whole, of this version, and of the expected plan."""
    parts = ("version", *expected, "header", "edges", "extras", "newest", "tallies")
    missing = [part for part in parts if part not in arrays]
    if missing:
        raise DataError(
            code="graph.snapshot.incomplete",
            cause={"en": f"the snapshot lacks {', '.join(missing)}", "zh": f"快照缺少 {'、'.join(missing)}"},
            remedy={"en": "rebuild the state from the log", "zh": "请由日志重建状态"},
        )
    if int(arrays["version"][0]) != VERSION:
        raise DataError(
            code="graph.snapshot.version",
            cause={"en": f"the snapshot has version {arrays['version'][0]}", "zh": f"快照版本为 {arrays['version'][0]}"},
            remedy={"en": f"this release reads {VERSION}: rebuild the state from the log", "zh": f"本版本只读 {VERSION}，请由日志重建状态"},
        )
    if not all(np.array_equal(arrays[part], table) for part, table in expected.items()):
        raise DataError(
            code="graph.snapshot.other_spec",
            cause={"en": "the snapshot was taken with other graph features or limits", "zh": "快照所用的图特征或限额与当前不同"},
            remedy={
                "en": "use the features it was taken with, or rebuild the state from the log",
                "zh": "请使用快照当时的特征，或由日志重建状态",
            },
        )
