"""The scope, random expressions and random rows that the language's property tests share."""

from fractions import Fraction
from math import isnan

from hypothesis import strategies as st

from huitong.decisions.feel import BOOLEAN, COUNT, DATE, FLOAT, MONEY, STRING, Kind, Scope, Symbols, Type, Variable
from tests.decisions.feel.reference import Result

VARIABLES = (
    Variable("amount", MONEY),
    Variable("count 1h", COUNT),
    Variable("z-score", FLOAT),
    Variable("country", STRING),
    Variable("home", STRING),
    Variable("known", BOOLEAN),
    Variable("opened", DATE),
)
WORDS = ("CN", "US", "FR")


def scope() -> Scope:
    return Scope(VARIABLES, Symbols(WORDS))


def to_float(value: Result, kind_of: Type, symbols: Symbols) -> float:
    """A row's value as compiled code gets it."""
    if value is None:
        return float("nan")
    if isinstance(value, str):
        return float(symbols.code(value))
    if isinstance(value, Fraction):
        return float(value * 10 ** (kind_of.scale or 0))
    return float(value)


def from_float(value: float, kind_of: Type, symbols: Symbols) -> Result:
    """A compiled result as the reference has it."""
    if isnan(value):
        return None
    if kind_of.kind is Kind.STRING:
        return symbols.text(int(value))
    if kind_of.kind is Kind.BOOLEAN:
        return value == 1.0
    return float(value) if kind_of.is_float else Fraction(int(value), 10 ** (kind_of.scale or 0))


def rows() -> st.SearchStrategy[dict[str, Result]]:
    cents = st.integers(-1_000, 1_000).map(lambda cents: Fraction(cents, 100))
    return st.fixed_dictionaries(
        {
            "amount": st.none() | cents,
            "count 1h": st.none() | st.integers(-3, 9).map(Fraction),
            "z-score": st.none() | st.floats(-5, 5, allow_subnormal=False) | st.sampled_from([0.0, 0.5, 1.5]),
            "country": st.none() | st.sampled_from(WORDS),
            "home": st.none() | st.sampled_from(WORDS),
            "known": st.none() | st.booleans(),
            "opened": st.none() | st.integers(19_000, 19_010).map(Fraction),
        }
    )


_LITERALS = st.sampled_from(["0", "1", "2", "0.1", "0.5", "1.25", "3", "7.5", "-2", "-0.3"])
_NUMBERS = st.sampled_from(["amount", "count 1h", "z-score"])
_ROUNDINGS = st.sampled_from(["round up", "round down", "round half up", "round half down", "decimal", "floor", "ceiling"])
_DATES = st.sampled_from(["opened", '@"2022-01-08"', '@"2022-01-12"', 'date("2022-01-10")'])
_STRINGS = st.sampled_from(["country", "home", '"CN"', '"US"', '"elsewhere"'])
_ORDERS = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])


@st.composite
def numbers(draw: st.DrawFn, depth: int = 3) -> str:  # noqa: PLR0911 - one return per form
    """Text of a numeric expression."""
    if depth == 0:
        return draw(_LITERALS | _NUMBERS)
    form = draw(st.integers(0, 8))
    less = depth - 1
    if form <= 1:
        return draw(numbers(0))
    if form == 2:
        return f"({draw(numbers(less))} {draw(st.sampled_from('+-'))} {draw(numbers(less))})"
    if form == 3:
        # One factor is a leaf, so that no product leaves the exact range of the reference.
        return f"({draw(numbers(less))}) * {draw(_NUMBERS)}"
    if form == 4:
        return f"({draw(numbers(0))} / {draw(numbers(0))})"
    if form == 5:
        return f"(if {draw(booleans(less))} then {draw(numbers(less))} else {draw(numbers(less))})"
    if form == 6:
        return f"{draw(st.sampled_from(['min', 'max', 'sum']))}({draw(numbers(less))}, {draw(numbers(less))})"
    if form == 7:
        return f"{draw(_ROUNDINGS)}({draw(numbers(less))}, {draw(st.integers(0, 2))})"
    return f"{draw(st.sampled_from(['abs(', '-(']))}{draw(numbers(less))})"


@st.composite
def booleans(draw: st.DrawFn, depth: int = 3) -> str:  # noqa: PLR0911 - one return per form
    """Text of a boolean expression."""
    if depth == 0:
        return draw(st.sampled_from(["known", "true", "false", "known = null", "amount = null", "country != null"]))
    form = draw(st.integers(0, 9))
    less = depth - 1
    if form == 0:
        return draw(booleans(0))
    if form <= 2:
        return f"({draw(booleans(less))} {draw(st.sampled_from(['and', 'or']))} {draw(booleans(less))})"
    if form == 3:
        return f"not({draw(booleans(less))})"
    if form == 4:
        return f"(if {draw(booleans(less))} then {draw(booleans(less))} else {draw(booleans(less))})"
    if form == 5:
        return f"({draw(_STRINGS)} {draw(st.sampled_from(['=', '!=']))} {draw(_STRINGS)})"
    if form == 6:
        return f'({draw(_STRINGS)} in ("CN", {draw(_STRINGS)}))'
    if form == 7:
        return f"({draw(numbers(less))} between {draw(numbers(0))} and {draw(numbers(0))})"
    if form == 8:
        low, high = draw(st.sampled_from("[(]")), draw(st.sampled_from("])["))
        return f"({draw(numbers(less))} in ({low}{draw(numbers(0))}..{draw(numbers(0))}{high}, < {draw(numbers(0))}, null))"
    if draw(st.booleans()):
        return f"({draw(_DATES)} {draw(_ORDERS)} {draw(_DATES)})"
    return f"({draw(numbers(less))} {draw(_ORDERS)} {draw(numbers(less))})"
