"""A slow and obvious FEEL interpreter over the tree: exact numbers are fractions, declared floats are floats, null is None."""

import math
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from huitong.decisions.feel.tree import (
    And,
    Arithmetic,
    AtLiteral,
    Between,
    BooleanLiteral,
    Call,
    Comparison,
    Expr,
    If,
    In,
    ListLiteral,
    Name,
    Negation,
    NullLiteral,
    NumberLiteral,
    OpenRange,
    Or,
    Range,
    StringLiteral,
    UnaryTests,
)

Result = None | bool | str | float | Fraction
"""Dates are fractions too: days."""
Environment = Mapping[str, Result]
Number = float | Fraction
FLOATS = frozenset(["z-score"])
"""Variables declared as floats."""


def evaluate(tree: Expr, environment: Environment) -> Result:  # noqa: PLR0911, PLR0912 - one branch per construct
    match tree:
        case NumberLiteral(value=value):
            return Fraction(value)
        case StringLiteral(value=text):
            return text
        case BooleanLiteral(value=truth):
            return truth
        case NullLiteral():
            return None
        case AtLiteral(text=text):
            return _call("date", [text])
        case Name(name=name):
            return environment[name]
        case Negation(operand=operand):
            negated = evaluate(operand, environment)
            return None if negated is None else -_number(negated)
        case Arithmetic(operator=operator, left=left, right=right):
            return _arithmetic(operator, evaluate(left, environment), evaluate(right, environment))
        case Comparison(operator=operator, left=left, right=right):
            return compare(operator, evaluate(left, environment), evaluate(right, environment))
        case And(left=left, right=right):
            return conjunction(evaluate(left, environment), evaluate(right, environment))
        case Or(left=left, right=right):
            return disjunction(evaluate(left, environment), evaluate(right, environment))
        case Between(value=value, low=low, high=high):
            subject = evaluate(value, environment)
            above = compare(">=", subject, evaluate(low, environment))
            return conjunction(above, compare("<=", subject, evaluate(high, environment)))
        case In(value=subject, tests=tests):
            return any_test(evaluate(subject, environment), tests, environment)
        case If(condition=condition, then=then, otherwise=otherwise):
            chosen = evaluate(then if evaluate(condition, environment) is True else otherwise, environment)
            return float(chosen) if isinstance(chosen, Fraction) and is_float(tree) else chosen
        case Call(function=Name(name=name), arguments=arguments):
            return _call(name, [evaluate(value, environment) for _, value in arguments])
    raise AssertionError(tree)


def is_float(tree: Expr) -> bool:
    """Whether a numeric expression is a float by its form, whichever branch is taken."""
    match tree:
        case Name(name=name):
            return name in FLOATS
        case Negation(operand=operand):
            return is_float(operand)
        case Arithmetic(operator=operator, left=left, right=right):
            return operator == "/" or is_float(left) or is_float(right)
        case If(then=then, otherwise=otherwise):
            return is_float(then) or is_float(otherwise)
        case Call(function=Name(name=name), arguments=arguments):
            return name in ("abs", "min", "max", "sum") and any(is_float(value) for _, value in arguments)
    return False


def any_test(subject: Result, tests: tuple[Expr, ...], environment: Environment, *, boolean: bool = False) -> Result:
    """``boolean``: the subject's type, which a null does not show."""
    result: Result = False
    for test in tests:
        result = disjunction(result, _test(subject, test, environment, boolean=boolean))
    return result


def cell(tests: UnaryTests, subject: Result, environment: Environment, *, boolean: bool = False) -> bool:
    """Whether a decision table's cell matches."""
    if not tests.tests:
        return True
    result = any_test(subject, tests.tests, {**environment, "?": subject}, boolean=boolean)
    return result is (not tests.negated)


def _test(subject: Result, test: Expr, environment: Environment, *, boolean: bool) -> Result:
    if isinstance(test, OpenRange):
        return compare(test.operator, subject, evaluate(test.end, environment))
    if isinstance(test, Range):
        above = compare(">=" if test.low_included else ">", subject, evaluate(test.low, environment))
        return conjunction(above, compare("<=" if test.high_included else "<", subject, evaluate(test.high, environment)))
    if isinstance(test, ListLiteral):
        return any_test(subject, test.items, environment, boolean=boolean)
    value = evaluate(test, environment)
    if isinstance(value, bool) and not boolean:
        return value
    return compare("=", subject, value)


def conjunction(left: Result, right: Result) -> Result:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def disjunction(left: Result, right: Result) -> Result:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def compare(operator: str, left: Result, right: Result) -> Result:
    if operator in ("=", "!="):
        same = left is right if left is None or right is None else _pair(left, right)[0] == _pair(left, right)[1]
        return same == (operator == "=")
    if left is None or right is None:
        return None
    one, other = _pair(left, right)
    assert not isinstance(one, str | bool)
    assert not isinstance(other, str | bool)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def _pair(left: Result, right: Result) -> tuple[bool | str | Number, bool | str | Number]:
    """Two values side by side: floats as soon as one is."""
    assert left is not None
    assert right is not None
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def _number(value: Result) -> Number:
    assert isinstance(value, float | Fraction)
    return value


def _arithmetic(operator: str, left: Result, right: Result) -> Result:
    if left is None or right is None:
        return None
    one, other = _number(left), _number(right)
    if isinstance(one, float) or isinstance(other, float):
        one, other = float(one), float(other)
    if operator == "/":
        return None if other == 0 else float(one / other)
    if operator == "**":
        powered: Number = one ** int(other)
        return powered
    if operator == "+":
        return one + other
    return one - other if operator == "-" else one * other


def _call(name: str, values: list[Result]) -> Result:
    if name == "not":
        return None if values[0] is None else not values[0]
    if any(value is None for value in values):
        return None
    if name == "date":
        return Fraction(date.fromisoformat(str(values[0])).toordinal() - date(1970, 1, 1).toordinal())
    numbers = [_number(value) for value in values]
    if name in ("min", "max", "sum"):
        return _folded(name, numbers)
    if name == "abs":
        return numbers[0] if numbers[0] >= 0 else -numbers[0]
    scale = int(numbers[1]) if len(numbers) > 1 else 0
    # A float is scaled as a float: the product may already be the half that the decimal text suggests.
    shifted = numbers[0] * float(10**scale) if isinstance(numbers[0], float) else numbers[0] * 10**scale
    return Fraction(_rounded(name, Fraction(shifted)), 10**scale)


def _folded(name: str, numbers: list[Number]) -> Result:
    if any(isinstance(number, float) for number in numbers):
        numbers = [float(number) for number in numbers]
    total: Result = numbers[0]
    for number in numbers[1:]:
        if name == "sum":
            total = _arithmetic("+", total, number)
        elif compare("<" if name == "min" else ">", number, total):
            total = number
    return total


def _rounded(name: str, number: Fraction) -> int:
    sign = 1 if number > 0 else -1
    magnitude = abs(number)
    return {
        "floor": lambda: math.floor(number),
        "ceiling": lambda: math.ceil(number),
        "round up": lambda: sign * math.ceil(magnitude),
        "round down": lambda: sign * math.floor(magnitude),
        "round half up": lambda: sign * math.floor(magnitude + Fraction(1, 2)),
        "round half down": lambda: sign * math.ceil(magnitude - Fraction(1, 2)),
        "decimal": lambda: round(number),
    }[name]()
