"""One value at a time: what a source says becomes what an event holds, or the code of a finding.

Every rule of conversion is written here once. The column kernels take the rows that are plainly right and send the rest here, so that a
file and a single event can never be read differently.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from huitong.kernel import AMOUNT_MINOR_MAX, CURRENCY_EXPONENT

INT64_MAX = 2**63 - 1
DOTS = frozenset({".", ".."})
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NUMBER_LENGTH_MAX = 64
_DIGITS_MAX = 40
_SHORT_EXPONENT, _SHORT_MAX = 9, 10**15
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DATE = date(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A converted value, or why there is none.

    Attributes:
        value: What the event holds; ``None`` where the source says nothing, or something wrong.
        flaw: Code of the finding, empty where all is well.
    """

    value: int | str | None
    flaw: str = ""


NOTHING = Held(None)


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number of the source becomes the integer held: ``value * factor / divisor``.

    Attributes:
        factor: Numerator.
        divisor: Denominator.
        rounds: Whether what is left over is rounded half to even (measurements, times) or is a finding (money, counts).
    """

    factor: int = 1
    divisor: int = 1
    rounds: bool = False


def is_nothing(value: object) -> bool:
    """Whether a source says nothing: null or empty text."""
    return value is None or (isinstance(value, str) and not value)


def to_scaled(value: object, scale: Scale) -> Held:
    """An integer from a number or its decimal text; a float stands for the shortest decimal that it prints as."""
    if is_nothing(value):
        return NOTHING
    number = _decimal(value)
    if isinstance(number, str):
        return Held(None, number)
    return _whole(number, scale) if isinstance(number, int) else _decimals(number, scale)


def _whole(number: int, scale: Scale) -> Held:
    scaled, rest = divmod(number * scale.factor, scale.divisor)
    return _fraction(Fraction(number * scale.factor, scale.divisor), scale) if rest else _bounded(scaled)


def _decimals(number: Decimal, scale: Scale) -> Held:
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -_SHORT_EXPONENT <= exponent <= 0 and scale.divisor == 1 and abs(number) < _SHORT_MAX:
        ten = 10**-exponent  # plain integers, for speed; Fraction says the same for everything else
        product = int(number.scaleb(-exponent)) * scale.factor
        if product % ten == 0:
            return _bounded(product // ten)
    if number.adjusted() > _DIGITS_MAX:
        return Held(None, "number.too_large")
    if number.adjusted() < -_DIGITS_MAX and number:
        return Held(0) if scale.rounds else Held(None, "number.fraction")
    return _fraction(Fraction(number) * Fraction(scale.factor, scale.divisor), scale)


def _fraction(exact: Fraction, scale: Scale) -> Held:
    if exact.denominator != 1 and not scale.rounds:
        return Held(None, "number.fraction")
    return _bounded(round(exact))


def _bounded(scaled: int) -> Held:
    return Held(scaled) if -INT64_MAX <= scaled <= INT64_MAX else Held(None, "number.too_large")


def _decimal(value: object) -> int | Decimal | str:
    """The number, or the code of a finding."""
    if isinstance(value, str):
        return _decimal_of_text(value.strip(" "))
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return "field.type"
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return value if value.is_finite() else "number.not_finite"
    return Decimal(repr(float(value))) if math.isfinite(value) else "number.not_finite"


def _decimal_of_text(text: str) -> Decimal | str:
    if len(text) <= _NUMBER_LENGTH_MAX and _NUMBER.fullmatch(text):
        return Decimal(text)
    return "number.not_finite" if _NOT_FINITE.fullmatch(text) else "field.type"


def to_money(value: object, scale: Scale) -> Held:
    """Minor units; findings are named after amounts."""
    held = to_scaled(value, scale)
    if held.flaw:
        return Held(None, {"number.fraction": "amount.fraction", "number.too_large": "amount.too_large"}.get(held.flaw, held.flaw))
    if isinstance(held.value, int) and abs(held.value) > AMOUNT_MINOR_MAX:
        return Held(None, "amount.too_large")
    return held


def to_boolean(value: object) -> Held:
    """0 or 1 from a boolean, 0, 1, or their usual texts."""
    if is_nothing(value):
        return NOTHING
    if isinstance(value, float) and value in (0.0, 1.0):
        return Held(int(value))
    if isinstance(value, int) and value in (0, 1):
        return Held(int(value))
    text = value.strip(" ").lower() if isinstance(value, str) else ""
    if text in _TRUE:
        return Held(1)
    return Held(0) if text in _FALSE else Held(None, "field.type")


def to_text(value: object, length_max: int, prefix: str = "", length_flaw: str = "field.length") -> Held:
    """Text as it stands; whole numbers become their digits."""
    if is_nothing(value):
        return NOTHING
    if isinstance(value, bool):
        return Held(None, "field.type")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, int):
        text = str(value) if abs(value) <= 2**64 else ""
    elif isinstance(value, str):
        text = value
    else:
        text = ""
    if not text:
        return Held(None, "field.type")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return Held(None, "text.encoding")
    if _CONTROL.search(text):
        return Held(None, "text.control")
    text = prefix + text
    return Held(text) if len(text) <= length_max else Held(None, length_flaw)


def to_id(value: object, length_max: int, prefix: str = "") -> Held:
    """An id: a text that can be a part of an address. Clients and proxies take dots alone for steps in a path."""
    held = to_text(value, length_max, prefix, "id.length")
    return Held(None, "id.dots") if held.value in DOTS else held


def to_date(value: object) -> Held:
    """Days since the epoch from a date, ISO text or a whole number of days."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return Held((value - _EPOCH_DATE).days)
    if isinstance(value, str) and value and not _NUMBER.fullmatch(value):
        try:
            return Held((date.fromisoformat(value) - _EPOCH_DATE).days)
        except ValueError:
            return Held(None, "field.type")
    return to_scaled(value, Scale())


def to_instant(value: object, scale: Scale, epoch_us: int, zone: tzinfo | None, *, numbers_as_text: bool) -> Held:
    """µs UTC from a moment, ISO 8601 text or a number counted from ``epoch_us``.

    Args:
        value: What the source says.
        scale: Microseconds of one unit of a number.
        epoch_us: What a number counts from, µs UTC.
        zone: Zone of moments that name no offset; ``None`` makes them a finding.
        numbers_as_text: Whether text is a number (a CSV file) rather than ISO 8601.
    """
    if is_nothing(value):
        return NOTHING
    if isinstance(value, str) and not numbers_as_text:
        try:
            value = datetime.fromisoformat(value.strip(" "))
        except ValueError:
            return Held(None, "time.unreadable")
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        return _instant_of(value, zone)
    held = to_scaled(value, scale)
    if isinstance(held.value, int):
        return _bounded(held.value + epoch_us)
    return Held(None, "time.unreadable") if held.flaw == "field.type" else held


def _instant_of(moment: datetime, zone: tzinfo | None) -> Held:
    if moment.tzinfo is not None:
        return Held((moment - _EPOCH) // _MICROSECOND)
    if zone is None:
        return Held(None, "time.unreadable")
    return local_instant(moment, zone)


def local_instant(moment: datetime, zone: tzinfo) -> Held:
    """µs UTC of a local time; a finding where it happened twice or never."""
    if isinstance(zone, timezone | ZoneInfo):
        first, second = (moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
        if first != second and first is not None and second is not None:
            return Held(None, "time.local.twice" if first > second else "time.local.never")
    return Held((moment.replace(tzinfo=zone) - _EPOCH) // _MICROSECOND)


def currency_flaw(text: str, accepted: str) -> str:
    """Code of the finding about a currency, empty where it is the accepted one."""
    if text == accepted:
        return ""
    return "currency.not_accepted" if text in CURRENCY_EXPONENT else "currency.unknown"
