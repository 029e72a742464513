"""The tree of a FEEL expression: one frozen value per construct of DMN 1.5, chapter 10.3, each with its position.

The tree says what was written, not what it means: names are unresolved, types unchecked. Both back ends read it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from huitong.decisions.feel.place import Position

ArithmeticOperator = Literal["+", "-", "*", "/", "**"]
ComparisonOperator = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    at: Position
    value: Decimal


@dataclass(frozen=True, slots=True)
class StringLiteral:
    at: Position
    value: str


@dataclass(frozen=True, slots=True)
class BooleanLiteral:
    at: Position
    value: bool


@dataclass(frozen=True, slots=True)
class NullLiteral:
    at: Position


@dataclass(frozen=True, slots=True)
class AtLiteral:
    """``@"2026-01-31"``: a date, time, date and time or duration, by its text."""

    at: Position
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a function, blanks normalised; ``?`` is the value under test."""

    at: Position
    name: str


@dataclass(frozen=True, slots=True)
class Path:
    at: Position
    source: "Expr"
    member: str


@dataclass(frozen=True, slots=True)
class Filter:
    at: Position
    source: "Expr"
    condition: "Expr"


@dataclass(frozen=True, slots=True)
class Negation:
    at: Position
    operand: "Expr"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    at: Position
    operator: ArithmeticOperator
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Comparison:
    at: Position
    operator: ComparisonOperator
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class And:
    at: Position
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Or:
    at: Position
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Between:
    at: Position
    value: "Expr"
    low: "Expr"
    high: "Expr"


@dataclass(frozen=True, slots=True)
class In:
    """``value in test`` or ``value in (test, test)``."""

    at: Position
    value: "Expr"
    tests: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class OpenRange:
    """``< 5``, ``>= x``, ``= 3``, ``!= 3``: a test with one end; also a range value in brackets."""

    at: Position
    operator: ComparisonOperator
    end: "Expr"


@dataclass(frozen=True, slots=True)
class Range:
    """``[1..5]``, ``(a..b]``."""

    at: Position
    low: "Expr"
    high: "Expr"
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class If:
    at: Position
    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


@dataclass(frozen=True, slots=True)
class Iteration:
    """``name in source`` or ``name in low..high`` (then ``until`` is the end)."""

    name: str
    source: "Expr"
    until: "Expr | None"


@dataclass(frozen=True, slots=True)
class For:
    at: Position
    iterations: tuple[Iteration, ...]
    result: "Expr"


@dataclass(frozen=True, slots=True)
class Quantified:
    at: Position
    quantifier: Literal["some", "every"]
    iterations: tuple[Iteration, ...]
    condition: "Expr"


@dataclass(frozen=True, slots=True)
class ListLiteral:
    at: Position
    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral:
    at: Position
    entries: tuple[tuple[str, "Expr"], ...]


@dataclass(frozen=True, slots=True)
class TypeName:
    """``number``, ``list<string>``, ``context<a: number>``, ``function<number> -> string``."""

    at: Position
    name: str
    arguments: tuple["TypeName", ...] = ()
    members: tuple[tuple[str, "TypeName"], ...] = ()
    result: "TypeName | None" = None


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: TypeName | None


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    at: Position
    parameters: tuple[Parameter, ...]
    body: "Expr"
    external: bool


@dataclass(frozen=True, slots=True)
class Call:
    """Positional arguments have ``None`` for a name."""

    at: Position
    function: "Expr"
    arguments: tuple[tuple[str | None, "Expr"], ...]


@dataclass(frozen=True, slots=True)
class InstanceOf:
    at: Position
    value: "Expr"
    type: TypeName


Expr = (
    NumberLiteral
    | StringLiteral
    | BooleanLiteral
    | NullLiteral
    | AtLiteral
    | Name
    | Path
    | Filter
    | Negation
    | Arithmetic
    | Comparison
    | And
    | Or
    | Between
    | In
    | OpenRange
    | Range
    | If
    | For
    | Quantified
    | ListLiteral
    | ContextLiteral
    | FunctionDefinition
    | Call
    | InstanceOf
)


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """A cell: it matches when any test does, or, negated, when none does. No tests: ``-``, anything matches."""

    at: Position
    tests: tuple[Expr, ...]
    negated: bool
