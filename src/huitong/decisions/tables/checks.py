"""What is wrong with a table as a whole, told before it decides anything: overlaps, conflicts, unreachable rows, gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from huitong.decisions.feel import Kind, Place, Symbols, Type, Value, decode
from huitong.decisions.tables.arrays import BoolArray, IntArray
from huitong.decisions.tables.cells import CellSet
from huitong.decisions.tables.cover import STEPS_MAX, TABLE_STEPS_MAX, HoleSearch, OutOfStepsError, masks_of, overlapping_pairs
from huitong.decisions.tables.index import ColumnIndex
from huitong.kernel import Finding, Severity, Text

FINDINGS_MAX = 50
"""Most findings of one kind for one table."""


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """A column as the checks see it: its pieces, and those that can occur."""

    name: str
    type: Type
    index: ColumnIndex
    allowed: CellSet

    def possible(self, *, null: bool) -> list[int]:
        """Pieces that some allowed value, or null, falls into."""
        breaks = [-inf, *self.index.breaks.tolist(), inf]
        pieces = [
            piece
            for piece in range(len(breaks) - 1)
            if any(low < breaks[piece + 1] and breaks[piece] < high for low, high in self.allowed.intervals)
        ]
        return [*pieces, len(breaks) - 1] if null else pieces

    def example(self, piece: int, symbols: Symbols) -> Value:
        """A value in ``piece``; for strings that no row names, None stands for any other."""
        breaks = self.index.breaks
        if piece > len(breaks):
            return None
        low, high = (breaks[piece - 1] if piece else -inf), (breaks[piece] if piece < len(breaks) else inf)
        for allowed_low, allowed_high in self.allowed.intervals:
            if allowed_low < high and low < allowed_high:
                low, high = max(low, allowed_low), min(high, allowed_high)
                break
        value = float(low) if low > -inf else float(high) - 1.0 if high < inf else 0.0
        try:
            return decode(value, self.type, symbols)
        except (OverflowError, ValueError):  # before the first date that can be written, or after the last
            return None


def overlap_findings(columns: Sequence[BoolArray], rows_computed: BoolArray, groups: IntArray, policy: str, place: Place) -> list[Finding]:
    """Rows of a unique table that hit together, or rows of an any-table that hit together and disagree.

    Rows with computed cells are left out: whether they meet is known only when they are computed.
    """
    pairs = overlapping_pairs(columns)
    pairs = pairs[(groups[pairs[:, 0]] != groups[pairs[:, 1]]) & ~rows_computed[pairs].any(axis=1)]
    code, cause, cause_zh = {
        "U": ("table.overlap", "overlaps row {0}, but the hit policy is unique", "与第 {0} 行重叠，但命中策略为唯一（U）"),
        "A": ("table.conflict", "overlaps row {0} and says something else", "与第 {0} 行重叠，且输出不同"),
    }[policy]
    return [
        _finding(
            code,
            place.at(row=int(later) + 1),
            {"en": cause.format(earlier + 1), "zh": cause_zh.format(earlier + 1)},
            {"en": "make the ranges disjoint, or choose another hit policy", "zh": "请使区间互不重叠，或改用其他命中策略"},
            Severity.ERROR,
        )
        for earlier, later in pairs[:FINDINGS_MAX].tolist()
    ]


def unreachable_findings(
    columns: Sequence[CheckedColumn], rows_computed: BoolArray, order: IntArray, policy: str, place: Place
) -> list[Finding]:
    """Rows that rows of higher priority cover wholly."""
    pairs = overlapping_pairs([column.index.members for column in columns])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    masks = [masks_of(column.index.members) for column in columns]
    possible = [set(column.possible(null=True)) for column in columns]
    earlier = [0] * len(order)
    for one, other in pairs.tolist():
        low, high = (one, other) if rank[one] < rank[other] else (other, one)
        if not rows_computed[low]:
            earlier[high] |= 1 << low
    findings: list[Finding] = []
    steps_left = TABLE_STEPS_MAX
    for row, coverers in enumerate(earlier):
        if coverers == 0 or len(findings) >= FINDINGS_MAX or steps_left <= 0:
            continue
        options = [
            [(int(piece), mask[piece]) for piece in np.nonzero(column.index.members[:, row])[0] if piece in allowed]
            for column, mask, allowed in zip(columns, masks, possible, strict=True)
        ]
        search = HoleSearch(min(STEPS_MAX, steps_left))
        try:
            covered = not all(options) or search.hole(options, coverers) is None
        except OutOfStepsError:
            covered = False
        steps_left -= min(STEPS_MAX, steps_left) - max(search.steps_left, 0)
        if covered:
            findings.append(_unreachable(place.at(row=row + 1), policy))
    return findings


def _unreachable(place: Place, policy: str) -> Finding:
    redundant = policy == "A"
    return _finding(
        "table.row.redundant" if redundant else "table.row.unreachable",
        place,
        {
            "en": "earlier rows cover this one wholly, so it never " + ("adds anything" if redundant else "decides"),
            "zh": "前面的行已完全覆盖本行，" + ("它不起任何作用" if redundant else "它永远不会生效"),
        },
        {"en": "delete it, or move it up and narrow it", "zh": "请删除，或上移并缩小其范围"},
        Severity.WARNING if redundant else Severity.ERROR,
    )


def gap_findings(columns: Sequence[CheckedColumn], rows_computed: BoolArray, symbols: Symbols, place: Place) -> list[Finding]:
    """An input that no row hits, as a warning; null inputs are not looked at."""
    rows = sum(1 << int(row) for row in np.nonzero(~rows_computed)[0])
    options = []
    for column in columns:
        masks = masks_of(column.index.members)
        options.append([(piece, masks[piece]) for piece in column.possible(null=False)])
    if not all(options):
        return []
    try:
        hole = HoleSearch().hole(options, rows)
    except OutOfStepsError:
        text: Text = {"en": "the search for gaps was too long and stopped", "zh": "缺口检查过长，已停止"}
        remedy: Text = {"en": "give the table default outputs", "zh": "请为该表设置默认输出"}
        return [_finding("table.gap.unknown", place, text, remedy, Severity.WARNING)]
    if hole is None:
        return []
    examples = [(column, column.example(piece, symbols)) for column, piece in zip(columns, hole, strict=True)]
    english = ", ".join(f"{column.name} = {_shown(column, value, 'any other')}" for column, value in examples)
    chinese = "，".join(f"{column.name} = {_shown(column, value, '其他值')}" for column, value in examples)
    return [
        _finding(
            "table.gap",
            place,
            {"en": f"no row hits {english}", "zh": f"没有任何行命中 {chinese}"},
            {"en": "add a row, or default outputs", "zh": "请增加一行，或设置默认输出"},
            Severity.WARNING,
        )
    ]


def _shown(column: CheckedColumn, value: Value, other: str) -> str:
    if value is None and column.type.kind is Kind.STRING:
        return other
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _finding(code: str, place: Place, text: Text, remedy: Text, severity: Severity) -> Finding:
    where = place.text()
    return Finding(code, where["en"], text, remedy, severity, where["zh"])
