"""An input cell as a set of values: half-open intervals of float64, and whether null belongs to it.

Every value in a column is a float64, and float64s are discrete: `<= 5` is `< nextafter(5)`, in a column of integers `< 6`. So each
cell is a union of half-open intervals, and one sorted list of ends cuts a column into the pieces that its rules can tell apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor, inf, nextafter

from huitong.decisions.feel import Kind, Place, Scope, Type
from huitong.decisions.feel.graph import Logic, Number
from huitong.decisions.feel.lower import Lowering
from huitong.decisions.feel.tree import Expr, ListLiteral, OpenRange, Range, UnaryTests

_EXACT_MAX = 2.0**53


@dataclass(frozen=True, slots=True)
class CellSet:
    """What a cell matches.

    Attributes:
        intervals: Sorted, disjoint ``[low, high)``; ``inf`` as an end includes infinity.
        null: Whether null matches.
    """

    intervals: tuple[tuple[float, float], ...]
    null: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing matches."""
        return not self.intervals and not self.null


ANYTHING = CellSet(((-inf, inf),), null=True)


@dataclass(frozen=True, slots=True)
class _Test:
    """What one test says: true inside ``intervals``, ``on_null`` for null, else false, or (``undecided``) perhaps null: `< null`."""

    intervals: tuple[tuple[float, float], ...]
    on_null: bool | None
    undecided: bool = False


def cell_set(tests: UnaryTests, column: Type, scope: Scope, place: Place) -> CellSet | None:
    """The values that pass ``tests``; None if that depends on more than the column's value, so that it must be computed.

    Raises:
        PolicyError: If the tests do not fit the column's type.
    """
    if not tests.tests:
        return ANYTHING
    lowering = Lowering(scope, place)
    lowering.subject = lowering.value_of(lowering.graph.input("?"), column)
    lowering.cell(tests)  # for its type errors, which know their position
    reader = _Reader(lowering, column)
    simple = [reader.test(test) for test in tests.tests]
    known = [test for test in simple if test is not None]
    if len(known) < len(simple) or lowering.subject_used:
        return None
    any_of = _any(known)
    if not tests.negated:
        return CellSet(any_of.intervals, null=any_of.on_null is True)
    if any_of.undecided:
        return None
    return CellSet(_complement(any_of.intervals), null=any_of.on_null is False)


def _any(tests: Sequence[_Test]) -> _Test:
    outcomes = {test.on_null for test in tests}
    on_null = True if True in outcomes else None if None in outcomes else False
    return _Test(_union(interval for test in tests for interval in test.intervals), on_null, any(test.undecided for test in tests))


class _Reader:
    """Reads single tests; None where an end is no constant."""

    def __init__(self, lowering: Lowering, column: Type) -> None:
        self.lowering = lowering
        self.column = column

    def test(self, test: Expr) -> _Test | None:
        if isinstance(test, OpenRange):
            end = self._constant(test.end)
            return None if end is None else self._open(test.operator, end)
        if isinstance(test, Range):
            low, high = self._constant(test.low), self._constant(test.high)
            if low is None or high is None:
                return None
            above = self._open(">=" if test.low_included else ">", low)
            below = self._open("<=" if test.high_included else "<", high)
            return _Test(_intersection(above.intervals, below.intervals), None, above.undecided or below.undecided)
        if isinstance(test, ListLiteral):
            items = [self.test(item) for item in test.items]
            known = [item for item in items if item is not None]
            return _any(known) if len(known) == len(items) else None
        value = self._constant(test)
        return None if value is None else self._open("=", value)

    def _constant(self, tree: Expr) -> Decimal | None:
        """The value in units of the column; NaN for null."""
        value = self.lowering.lower(tree)
        if isinstance(value, Logic):
            true, false = (self.lowering.graph.nodes[node] for node in (value.true, value.false))
            if self.column.kind is not Kind.BOOLEAN or true[0] != "truth" or false[0] != "truth":
                return None
            return Decimal(1) if true[1] == 1.0 else Decimal(0) if false[1] == 1.0 else Decimal("NaN")
        return self._in_units(value)

    def _in_units(self, value: Number) -> Decimal | None:
        number = self.lowering.graph.number_at(value.node)
        if number is None:
            return None
        exact = Decimal(number)
        if value.type.kind is Kind.NUMBER and self.column.scale is not None:
            scaled = exact.scaleb(self.column.scale - (value.type.scale or 0))
            return _unit_of(number, scaled, self.column.scale) if value.type.is_float else scaled
        if value.type.kind is Kind.NUMBER and value.type.scale:
            return Decimal(number / 10.0**value.type.scale)
        return exact

    def _open(self, operator: str, end: Decimal) -> _Test:
        if end.is_nan():
            if operator in ("=", "!="):
                return _Test(() if operator == "=" else ((-inf, inf),), operator == "=")
            return _Test((), None, undecided=True)
        at, after = self._cut(end)
        below, above = ((-inf, at),), ((after, inf),)
        point = ((at, after),) if at < after else ()
        if operator == "=":
            return _Test(point, False)
        if operator == "!=":
            return _Test(_complement(point), True)
        chosen = {"<": below, "<=": ((-inf, after),), ">": above, ">=": ((at, inf),)}[operator]
        return _Test(tuple(interval for interval in chosen if interval[0] < interval[1] or interval[0] == -inf), None)

    def _cut(self, end: Decimal) -> tuple[float, float]:
        """The first value at or above ``end`` and the first above it: equal where no value of the column is ``end``."""
        if self.column.is_float or abs(end) >= _EXACT_MAX:
            at = float(end)
            return at, nextafter(at, inf)
        low = floor(end)
        return float(low if low == end else low + 1), float(low + 1)


def _unit_of(end: float, scaled: Decimal, scale: int) -> Decimal:
    """The unit that is ``end`` once it is divided by 10**``scale`` as computed tests divide it: `1 / 10` is ten of a hundred."""
    if not scaled.is_finite() or abs(scaled) >= _EXACT_MAX:
        return scaled
    unit = round(scaled)
    return Decimal(unit) if unit / 10.0**scale == end else scaled


def _union(intervals: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    merged: list[tuple[float, float]] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _complement(intervals: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    gaps, start = [], -inf
    for low, high in intervals:
        if start < low:
            gaps.append((start, low))
        start = high
    if start < inf:
        gaps.append((start, inf))
    return tuple(gaps)


def _intersection(first: tuple[tuple[float, float], ...], second: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    return tuple((max(a, c), min(b, d)) for a, b in first for c, d in second if max(a, c) < min(b, d))
