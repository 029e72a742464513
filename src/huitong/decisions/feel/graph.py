"""The typed expression as a graph of operations on float64 and bool: what the code generator reads.

A boolean of FEEL is a pair of bools, "is true" and "is false"; null is neither. So the three-valued logic becomes plain and/or/not
without branches: `a < b` is true when `a < b`, false when `b <= a`, and with a NaN neither holds. Equal nodes are one node, within
one expression and across all that are compiled together.
"""

from dataclasses import dataclass
from math import isnan, nan

from huitong.decisions.feel.types import Type

# Each operation as Python source over the names of its arguments. Bool-valued ones are marked.
NUMBER_OPERATIONS = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide_by": "{0} / {1}",
    "divide": "divide({0}, {1})",
    "negate": "-{0}",
    "absolute": "abs({0})",
    "power": "power({0}, {1})",
    "lesser": "lesser({0}, {1})",
    "greater": "greater({0}, {1})",
    "round_scaled": "round_scaled({0}, {1}, {2})",
    "round_float": "round_float({0}, {1}, {2})",
    "modulo": "modulo({0}, {1})",
    "square_root": "square_root({0})",
    "exponential": "exponential({0})",
    "logarithm": "logarithm({0})",
    "calendar": "calendar({0}, {1})",
    "select": "select({0}, {1}, {2})",
}
BOOL_OPERATIONS = {
    "equal": "{0} == {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "is_null": "{0} != {0}",
    "and": "{0} & {1}",
    "or": "{0} | {1}",
    "not": "not {0}",
}
_FOLDED = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide_by": lambda a, b: a / b,
    "divide": lambda a, b: a / b if b != 0.0 else nan,
}

Node = tuple[str, tuple[int, ...]] | tuple[str, float] | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Number:
    """A node that is a number, string code, date, date and time or duration.

    Attributes:
        node: Its index in the graph.
        type: Its type.
        bound: No absolute value beyond this, in units of the scale; None where nothing is known.
    """

    node: int
    type: Type
    bound: int | None = None


@dataclass(frozen=True, slots=True)
class Logic:
    """A three-valued boolean: a node that says whether it is true, and one that says whether it is false."""

    true: int
    false: int


class Graph:
    """Nodes in an order in which each follows its arguments."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._index: dict[object, int] = {}

    def constant(self, value: float) -> int:
        """A float64."""
        return self._add(("constant", value), ("constant", "null" if isnan(value) else value.hex()))

    def input(self, name: str) -> int:
        """A variable."""
        return self._add(("input", name), ("input", name))

    def truth(self, value: bool) -> int:
        """A constant bool."""
        return self._add(("truth", float(value)), ("truth", value))

    def number_at(self, node: int) -> float | None:
        """The value of a constant node, else None."""
        operation, value = self.nodes[node]
        return value if operation == "constant" and isinstance(value, float) else None

    def number(self, operation: str, *arguments: int) -> int:
        """An operation on numbers; on constants its result."""
        if operation == "select":
            return self._select(*arguments)
        folded = _FOLDED.get(operation)
        if folded is not None:
            values = [self.number_at(argument) for argument in arguments]
            if all(value is not None for value in values):
                return self.constant(float(folded(*values)))  # type: ignore[no-untyped-call]  # lambdas of two floats
        return self._add((operation, arguments), (operation, arguments))

    def _select(self, condition: int, then: int, otherwise: int) -> int:
        known = self._truth_of(condition)
        if known is not None:
            return then if known else otherwise
        return then if then == otherwise else self._add(("select", (condition, then, otherwise)), ("select", condition, then, otherwise))

    def _truth_of(self, node: int) -> bool | None:
        operation, value = self.nodes[node]
        return value == 1.0 if operation == "truth" else None

    def compare(self, operation: str, left: int, right: int) -> int:
        """``equal``, ``less`` or ``less_equal``; never true with a NaN."""
        a, b = self.number_at(left), self.number_at(right)
        if a is not None and b is not None:
            return self.truth(a == b if operation == "equal" else a < b if operation == "less" else a <= b)
        return self._add((operation, (left, right)), (operation, left, right))

    def is_null(self, node: int) -> int:
        """Whether a number is NaN."""
        value = self.number_at(node)
        return self.truth(isnan(value)) if value is not None else self._add(("is_null", (node,)), ("is_null", node))

    def both(self, left: int, right: int) -> int:
        """And of two bools."""
        for one, other in ((left, right), (right, left)):
            known = self._truth_of(one)
            if known is not None:
                return other if known else one
        return left if left == right else self._add(("and", (left, right)), ("and", left, right))

    def either(self, left: int, right: int) -> int:
        """Or of two bools."""
        for one, other in ((left, right), (right, left)):
            known = self._truth_of(one)
            if known is not None:
                return one if known else other
        return left if left == right else self._add(("or", (left, right)), ("or", left, right))

    def neither(self, node: int) -> int:
        """Not of a bool."""
        known = self._truth_of(node)
        return self.truth(not known) if known is not None else self._add(("not", (node,)), ("not", node))

    def absorb(self, other: "Graph") -> list[int]:
        """Adds another graph's nodes; the index here of each of them."""
        moved: list[int] = []
        for operation, content in other.nodes:
            if isinstance(content, tuple):
                arguments = tuple(moved[argument] for argument in content)
                moved.append(self._add((operation, arguments), (operation, *arguments)))
            elif isinstance(content, str):
                moved.append(self.input(content))
            else:
                moved.append(self.truth(content == 1.0) if operation == "truth" else self.constant(content))
        return moved

    def _add(self, node: Node, key: object) -> int:
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = len(self.nodes)
            self.nodes.append(node)
        return found
