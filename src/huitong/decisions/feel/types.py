"""Types of the native subset and how their values stand in one float64: the only kind of number that compiled code sees.

null is NaN. A boolean is 0 or 1. A string is a code of the symbol table. A date is days, a date and time microseconds since
1970-01-01 UTC, a duration microseconds. A number of a declared scale is an integer number of units of 10**-scale; float64 holds
integers exactly up to 2**53 = 9,007,199,254,740,992.
"""

from dataclasses import dataclass
from enum import StrEnum

from huitong.decisions.feel.names import Names
from huitong.decisions.feel.parser import KnownNames
from huitong.decisions.feel.symbols import Symbols
from huitong.kernel import Text

EXACT_MAX = 2**53
"""Largest integer below which float64 has every integer."""
SCALE_MAX = 12
"""Most decimals that stay exact; beyond, a number becomes a float."""


class Kind(StrEnum):
    """What a value is; the text is FEEL's own name of the type."""

    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    DATE = "date"
    DATE_TIME = "date and time"
    DURATION = "days and time duration"
    NULL = "Null"


KIND_ZH = {
    Kind.NUMBER: "数字",
    Kind.STRING: "字符串",
    Kind.BOOLEAN: "布尔值",
    Kind.DATE: "日期",
    Kind.DATE_TIME: "日期时间",
    Kind.DURATION: "时长",
    Kind.NULL: "空值",
}


@dataclass(frozen=True, slots=True)
class Type:
    """A kind, and for numbers the scale: ``2`` for money in hundredths, ``0`` for counts, ``None`` for float64."""

    kind: Kind
    scale: int | None = 0

    @property
    def is_float(self) -> bool:
        """Whether the value is a float64 as it stands."""
        return self.kind is Kind.NUMBER and self.scale is None


FLOAT = Type(Kind.NUMBER, None)
COUNT = Type(Kind.NUMBER, 0)
MONEY = Type(Kind.NUMBER, 2)
STRING = Type(Kind.STRING)
BOOLEAN = Type(Kind.BOOLEAN)
DATE = Type(Kind.DATE)
DATE_TIME = Type(Kind.DATE_TIME)
DURATION = Type(Kind.DURATION)
NULL = Type(Kind.NULL)


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that expressions may name.

    Attributes:
        name: May hold blanks and the characters ``+ - / * ' .``.
        type: Its type.
        title: What it is, in zh and en, for messages and reports.
        magnitude_max: Largest absolute value, in units of the scale, that the source can deliver; used to prove exactness.
    """

    name: str
    type: Type
    title: Text | None = None
    magnitude_max: int = 10**15


class Scope:
    """The variables that expressions may name, in the order of the input vector, and the symbols of their strings."""

    def __init__(self, variables: tuple[Variable, ...], symbols: Symbols | None = None) -> None:
        self.variables = variables
        self.symbols = Symbols() if symbols is None else symbols
        self.by_name = {variable.name: variable for variable in variables}
        self.index = {variable.name: place for place, variable in enumerate(variables)}
        self.known = KnownNames(Names((*self.by_name, *FUNCTION_NAMES)), Names(MEMBER_NAMES))


_FUNCTIONS = """
abs, all, any, ceiling, date, date and time, decimal, duration, even, exp, floor, log, max, mean, min, modulo, not, odd,
round down, round half down, round half up, round up, sqrt, sum
"""
FUNCTION_NAMES = frozenset(name.strip() for name in _FUNCTIONS.split(","))
"""The built-in functions of the native subset."""
MEMBER_NAMES = ("year", "month", "day", "weekday", "hour", "minute", "second", "time offset", "start included", "end included")
