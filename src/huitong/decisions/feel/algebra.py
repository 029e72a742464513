"""Arithmetic and three-valued logic on graph nodes, with the scales of exact numbers kept by.

Scaled numbers stay integers through + - * min max abs and whole powers, so `0.1 + 0.2 = 0.3` holds. Division, roots and declared
floats give float64, each operation rounded once (IEEE 754). Beyond 2**53 units a scaled result is rounded to the nearest float64
instead of wrapping round: comparisons keep their sense, and ``bound`` tells at load where that can happen.
"""

from decimal import Decimal
from math import nan

from huitong.decisions.feel.graph import Graph, Logic, Number
from huitong.decisions.feel.symbols import UNKNOWN
from huitong.decisions.feel.types import EXACT_MAX, FLOAT, NULL, SCALE_MAX, Kind, Type

_POWER_EXACT_MAX = 4


class Algebra:
    """Builds nodes of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.exact = True
        """Whether every scaled number met so far surely stays within 2**53."""

    # Numbers ---------------------------------------------------------------------------------------------------------

    def decimal(self, value: Decimal) -> Number:
        """A number literal: scaled where float64 has its integer, else a float."""
        exponent = value.normalize().as_tuple().exponent
        scale = max(0, -exponent) if isinstance(exponent, int) else 0
        if scale <= SCALE_MAX and abs(value) < EXACT_MAX:
            scaled = int(value.scaleb(scale))
            if abs(scaled) <= EXACT_MAX:
                return Number(self.graph.constant(float(scaled)), Type(Kind.NUMBER, scale), abs(scaled))
        return Number(self.graph.constant(float(value)), FLOAT)

    def whole(self, value: int, kind_of: Type) -> Number:
        """A constant that is an integer in its type's own unit."""
        return Number(self.graph.constant(float(value)), kind_of, abs(value))

    def null(self) -> Number:
        """The null literal."""
        return Number(self.graph.constant(nan), NULL)

    def rescaled(self, number: Number, scale: int) -> Number:
        """The same number with more decimals."""
        assert number.type.scale is not None and scale >= number.type.scale  # noqa: S101, PT018
        if scale == number.type.scale:
            return number
        factor = 10 ** (scale - number.type.scale)
        node = self.graph.number("multiply", number.node, self.graph.constant(float(factor)))
        return self._scaled(node, scale, None if number.bound is None else number.bound * factor)

    def as_float(self, number: Number) -> Number:
        """The same number as a float: one correctly rounded division."""
        if number.type.scale is None:
            return number
        if number.type.scale == 0:
            return Number(number.node, FLOAT)
        return Number(self.graph.number("divide_by", number.node, self.graph.constant(10.0**number.type.scale)), FLOAT)

    def _scaled(self, node: int, scale: int, bound: int | None) -> Number:
        if bound is not None and bound > EXACT_MAX:
            self.exact = False
        return Number(node, Type(Kind.NUMBER, scale), bound)

    def aligned(self, left: Number, right: Number) -> tuple[Number, Number]:
        """Both in one scale, or both floats; a null takes the other's type."""
        if left.type.kind is Kind.NULL:
            return Number(left.node, right.type, 0), right
        if right.type.kind is Kind.NULL:
            return left, Number(right.node, left.type, 0)
        if left.type.kind is not Kind.NUMBER:
            return left, right
        if left.type.scale is None or right.type.scale is None:
            return self.as_float(left), self.as_float(right)
        scale = max(left.type.scale, right.type.scale)
        return self.rescaled(left, scale), self.rescaled(right, scale)

    def combined(self, operation: str, left: Number, right: Number) -> Number:
        """``add``, ``subtract``, ``lesser`` or ``greater``."""
        left, right = self.aligned(left, right)
        node = self.graph.number(operation, left.node, right.node)
        bound = None
        if left.bound is not None and right.bound is not None:
            bound = max(left.bound, right.bound) if operation in ("lesser", "greater") else left.bound + right.bound
        if left.type.scale is None or left.type.kind is not Kind.NUMBER:
            return Number(node, left.type, bound)
        return self._scaled(node, left.type.scale, bound)

    def product(self, left: Number, right: Number) -> Number:
        """The product; scales add up."""
        left, right = self._nulls_as_counts(left, right)
        scale = None if left.type.scale is None or right.type.scale is None else left.type.scale + right.type.scale
        if scale is None or scale > SCALE_MAX:
            return Number(self.graph.number("multiply", self.as_float(left).node, self.as_float(right).node), FLOAT)
        bound = None if left.bound is None or right.bound is None else left.bound * right.bound
        return self._scaled(self.graph.number("multiply", left.node, right.node), scale, bound)

    def quotient(self, left: Number, right: Number) -> Number:
        """The quotient as a float; null where the divisor is zero."""
        left, right = self._nulls_as_counts(left, right)
        if left.type.scale is not None and right.type.scale is not None:
            # One rounding only: both as integers of the same scale.
            left, right = self.aligned(left, right)
            return Number(self.graph.number("divide", left.node, right.node), FLOAT)
        return Number(self.graph.number("divide", self.as_float(left).node, self.as_float(right).node), FLOAT)

    def power(self, left: Number, right: Number) -> Number:
        """A power: exact for a small whole exponent that is a literal, else a float."""
        left, right = self._nulls_as_counts(left, right)
        exponent = self.graph.number_at(right.node)
        if exponent is not None and right.type.scale == 0 and left.type.scale is not None and 1 <= exponent <= _POWER_EXACT_MAX:
            result = left
            for _ in range(int(exponent) - 1):
                result = self.product(result, left)
            return result
        return Number(self.graph.number("power", self.as_float(left).node, self.as_float(right).node), FLOAT)

    def _nulls_as_counts(self, left: Number, right: Number) -> tuple[Number, Number]:
        count = Type(Kind.NUMBER, 0)
        return (
            Number(left.node, count, 0) if left.type.kind is Kind.NULL else left,
            Number(right.node, count, 0) if right.type.kind is Kind.NULL else right,
        )

    def unary(self, operation: str, number: Number) -> Number:
        """``negate`` or ``absolute``."""
        value = self.graph.number_at(number.node)
        if value is not None:
            return Number(self.graph.constant(-value if operation == "negate" else abs(value)), number.type, number.bound)
        return Number(self.graph.number(operation, number.node), number.type, number.bound)

    def rounded(self, number: Number, scale: int, mode: int) -> Number:
        """The number with ``scale`` decimals (negative: tens, hundreds); already exact ones stay."""
        kind_of = Type(Kind.NUMBER, max(scale, 0))
        if number.type.scale is None:
            node = self.graph.number("round_float", number.node, self.graph.constant(10.0**scale), self.graph.constant(float(mode)))
        elif number.type.scale <= scale:
            return number
        else:
            unit = self.graph.constant(10.0 ** (number.type.scale - scale))
            node = self.graph.number("round_scaled", number.node, unit, self.graph.constant(float(mode)))
        if scale < 0:
            node = self.graph.number("multiply", node, self.graph.constant(10.0**-scale))
        return Number(node, kind_of, number.bound)

    # Logic -----------------------------------------------------------------------------------------------------------

    def truth(self, value: bool | None) -> Logic:
        """A constant."""
        return Logic(self.graph.truth(value is True), self.graph.truth(value is False))

    def decided(self, true: int) -> Logic:
        """A boolean that is never null."""
        return Logic(true, self.graph.neither(true))

    def boolean(self, node: int) -> Logic:
        """The boolean that a float64 of 0, 1 or NaN holds."""
        graph = self.graph
        return Logic(graph.compare("equal", node, graph.constant(1.0)), graph.compare("equal", node, graph.constant(0.0)))

    def as_number(self, logic: Logic) -> int:
        """A boolean as 0, 1 or NaN."""
        graph = self.graph
        unknown = graph.number("select", logic.false, graph.constant(0.0), graph.constant(nan))
        return graph.number("select", logic.true, graph.constant(1.0), unknown)

    def both(self, left: Logic, right: Logic) -> Logic:
        """Conjunction: false wins over null."""
        return Logic(self.graph.both(left.true, right.true), self.graph.either(left.false, right.false))

    def either(self, left: Logic, right: Logic) -> Logic:
        """Disjunction: true wins over null."""
        return Logic(self.graph.either(left.true, right.true), self.graph.both(left.false, right.false))

    def less(self, left: Number, right: Number, *, or_equal: bool) -> Logic:
        """``left < right`` or ``left <= right``."""
        left, right = self.aligned(left, right)
        true, false = ("less_equal", "less") if or_equal else ("less", "less_equal")
        return Logic(self.graph.compare(true, left.node, right.node), self.graph.compare(false, right.node, left.node))

    def equal(self, left: Number, right: Number) -> Logic:
        """Equality: never null; null equals null only; the ``UNKNOWN`` string equals nothing."""
        graph = self.graph
        left, right = self.aligned(left, right)
        same = graph.compare("equal", left.node, right.node)
        if left.type.kind is Kind.STRING and graph.number_at(left.node) is None and graph.number_at(right.node) is None:
            same = graph.both(same, graph.neither(graph.compare("equal", left.node, graph.constant(float(UNKNOWN)))))
        return self.decided(graph.either(same, graph.both(graph.is_null(left.node), graph.is_null(right.node))))

    def equal_logic(self, left: Logic, right: Logic) -> Logic:
        """Equality of two booleans."""
        graph = self.graph
        nulls = [graph.neither(graph.either(side.true, side.false)) for side in (left, right)]
        same = graph.either(graph.both(left.true, right.true), graph.both(left.false, right.false))
        return self.decided(graph.either(same, graph.both(*nulls)))

    def choice(self, condition: Logic, then: Number, otherwise: Number) -> Number:
        """``then`` where the condition is true, else ``otherwise`` (also where it is null)."""
        then, otherwise = self.aligned(then, otherwise)
        bound = None if then.bound is None or otherwise.bound is None else max(then.bound, otherwise.bound)
        return Number(self.graph.number("select", condition.true, then.node, otherwise.node), then.type, bound)

    def choice_logic(self, condition: Logic, then: Logic, otherwise: Logic) -> Logic:
        """The same for booleans."""
        graph = self.graph
        refused = graph.neither(condition.true)

        def chosen(yes: int, no: int) -> int:
            return graph.either(graph.both(condition.true, yes), graph.both(refused, no))

        return Logic(chosen(then.true, otherwise.true), chosen(then.false, otherwise.false))
