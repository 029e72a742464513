"""Between Python values and the float64 in which compiled code holds them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isnan, nan

from huitong.decisions.feel.symbols import Symbols
from huitong.decisions.feel.types import KIND_ZH, Kind, Type
from huitong.kernel import InputError

Value = None | bool | int | float | Decimal | str | date | datetime | timedelta

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encode(value: Value, kind_of: Type, symbols: Symbols) -> float:  # noqa: PLR0911 - one return per kind
    """The float64 of ``value``; strings are looked up, not interned.

    Raises:
        InputError: If the value is of another kind, or has more decimals than the scale.
    """
    if value is None:
        return nan
    kind = kind_of.kind
    if kind is Kind.STRING and isinstance(value, str):
        return float(symbols.code(value))
    if kind is Kind.BOOLEAN and isinstance(value, bool):
        return float(value)
    if kind is Kind.DATE_TIME and isinstance(value, datetime) and value.tzinfo is not None:
        return float((value - _EPOCH) // _MICROSECOND)
    if kind is Kind.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return float(value.toordinal() - _EPOCH_DAY)
    if kind is Kind.DURATION and isinstance(value, timedelta):
        return float(value // _MICROSECOND)
    if kind is Kind.NUMBER and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if kind_of.scale is None:
            return float(value)
        scaled = Decimal(value).scaleb(kind_of.scale)
        if scaled == scaled.to_integral_value():
            return float(scaled)
    raise InputError(
        "feel.value.kind",
        {"en": f"{value!r} is no {kind} of scale {kind_of.scale}", "zh": f"{value!r} 不是小数位数为 {kind_of.scale} 的{KIND_ZH[kind]}"},
        {"en": "send the declared type", "zh": "请按声明的类型提供"},
    )


def decode(number: float, kind_of: Type, symbols: Symbols) -> Value:  # noqa: PLR0911 - one return per kind
    """The Python value of a float64: ``Decimal`` for scaled numbers with decimals, ``int`` for scale 0."""
    if isnan(number):
        return None
    kind = kind_of.kind
    if kind is Kind.STRING:
        return symbols.text(int(number))
    if kind is Kind.BOOLEAN:
        return number != 0.0
    if kind is Kind.DATE:
        return date.fromordinal(int(number) + _EPOCH_DAY)
    if kind is Kind.DATE_TIME:
        return _EPOCH + int(number) * _MICROSECOND
    if kind is Kind.DURATION:
        return int(number) * _MICROSECOND
    if kind_of.scale is None:
        return number
    return int(number) if kind_of.scale == 0 else Decimal(int(number)).scaleb(-kind_of.scale)
