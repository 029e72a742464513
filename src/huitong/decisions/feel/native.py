"""A checked, typed expression, ready to be compiled."""

from dataclasses import dataclass, replace

from huitong.decisions.feel.algebra import Algebra
from huitong.decisions.feel.graph import Graph, Logic, Number
from huitong.decisions.feel.lower import Lowering, Value
from huitong.decisions.feel.parser import parse_expression, parse_unary_tests
from huitong.decisions.feel.place import NOWHERE, Place
from huitong.decisions.feel.tree import Expr, UnaryTests
from huitong.decisions.feel.types import BOOLEAN, Kind, Scope, Type


@dataclass(frozen=True, slots=True)
class NativeExpression:
    """One expression of the native subset.

    Attributes:
        graph: Its operations.
        node: The one that gives the result: a float64, with null as NaN.
        type: Type of the result; ``values.decode`` turns the float64 back.
        exact: Whether scaled arithmetic in it surely stays within 2**53 units, given the variables' ``magnitude_max``.
        place: Where it stands.
        text: As written.
    """

    graph: Graph
    node: int
    type: Type
    exact: bool
    place: Place
    text: str


def native_expression(source: str | Expr, scope: Scope, place: Place = NOWHERE, *, expected: Kind | None = None) -> NativeExpression:
    """Parses (where it is text) and types an expression.

    Args:
        source: FEEL text, or its tree.
        scope: Variables it may name.
        place: Its place in the policy, for errors.
        expected: Kind that the result must have; a null literal fits any.

    Raises:
        PolicyError: If it is not FEEL, names something unknown, mixes types, or lies outside the native subset.
    """
    tree = parse_expression(source, scope.known, place) if isinstance(source, str) else source
    lowering = Lowering(scope, place)
    value = lowering.lower(tree)
    kind = Kind.BOOLEAN if isinstance(value, Logic) else value.type.kind
    if expected is not None and kind not in (expected, Kind.NULL):
        lowering.mismatch(tree.at, (expected,), kind)
    return _finished(lowering, value, place, source if isinstance(source, str) else "")


def native_test(source: str | UnaryTests, subject: NativeExpression, scope: Scope, place: Place = NOWHERE) -> NativeExpression:
    """Types the unary tests of an input cell against the column's expression: a boolean, true where the cell matches.

    Raises:
        PolicyError: As ``native_expression``.
    """
    tests = parse_unary_tests(source, scope.known, place) if isinstance(source, str) else source
    graph = Graph()
    node = graph.absorb(subject.graph)[subject.node]
    lowering = Lowering(scope, place, graph=graph)
    lowering.subject = lowering.value_of(node, subject.type)
    return _finished(lowering, lowering.cell(tests), place, source if isinstance(source, str) else "")


def literal_value(expression: NativeExpression) -> float | None:
    """The result of an expression that is constant, as a float64; None if it depends on variables."""
    return expression.graph.number_at(expression.node)


def with_type(expression: NativeExpression, kind_of: Type) -> NativeExpression:
    """The same expression in another scale, or as a float; a null takes any type.

    The wanted scale is not smaller than the expression's.
    """
    if expression.type == kind_of or expression.type.kind is Kind.NULL or kind_of.kind is not Kind.NUMBER:
        return replace(expression, type=kind_of)
    graph = Graph()
    node = graph.absorb(expression.graph)[expression.node]
    algebra = Algebra(graph)
    number = Number(node, expression.type)
    changed = algebra.as_float(number) if kind_of.scale is None else algebra.rescaled(number, kind_of.scale)
    return replace(expression, graph=graph, node=changed.node, type=kind_of)


def _finished(lowering: Lowering, value: Value, place: Place, text: str) -> NativeExpression:
    node, kind_of = (lowering.algebra.as_number(value), BOOLEAN) if isinstance(value, Logic) else (value.node, value.type)
    return NativeExpression(lowering.graph, node, kind_of, lowering.algebra.exact, place, text)
