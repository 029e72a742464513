"""Time: microseconds since the epoch, UTC, as an integer. The clock is always an argument."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from huitong.kernel.errors import InputError

MICROSECONDS_PER_SECOND = 1_000_000
MICROSECONDS_PER_DAY = 86_400 * MICROSECONDS_PER_SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the present."""

    def now_us(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1_000


class FixedClock:
    """A clock that stands still until it is moved; for tests, replays and simulations."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def advance_us(self, microseconds: int) -> None:
        """Moves the clock forward."""
        self._now_us += microseconds


def time_us(text: str) -> int:
    """Microseconds since the epoch from ISO 8601 text that names its offset.

    Raises:
        InputError: If the text is no ISO 8601 date-time or names no offset.

    >>> time_us("2018-07-25T00:00:00Z")
    1532476800000000
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(
            "time.unreadable",
            {"en": f"{text!r} is not a date-time with an offset", "zh": f"{text!r} 不是带时区偏移的日期时间"},
            {"en": "write it like 2018-07-25T00:00:00Z", "zh": "请写成 2018-07-25T00:00:00Z 这样的形式"},
        )
    return (moment - _EPOCH) // timedelta(microseconds=1)


def time_text(moment_us: int) -> str:
    """ISO 8601 text, UTC, of ``moment_us``; exact to the microsecond.

    Raises:
        InputError: If the moment lies outside the years 1 to 9999.

    >>> time_text(1532476800000001)
    '2018-07-25T00:00:00.000001Z'
    """
    try:
        moment = _EPOCH + timedelta(microseconds=moment_us)
    except OverflowError:
        raise InputError(
            "time.outside",
            {"en": f"{moment_us} µs lies outside the years 1 to 9999", "zh": f"{moment_us} 微秒不在公元 1 年至 9999 年之内"},
            {"en": "check the unit of the time: microseconds since 1970", "zh": "请检查时间单位：应为 1970 年以来的微秒数"},
        ) from None
    return moment.isoformat().replace("+00:00", "Z")


def local_date(moment_us: int, zone: str) -> date:
    """The day that a moment falls on, on the clocks of a place.

    Args:
        moment_us: Microseconds since the epoch.
        zone: IANA name of the place's time zone.

    >>> local_date(time_us("2026-01-04T16:00:00Z"), "Asia/Shanghai")
    datetime.date(2026, 1, 5)
    """
    return (_EPOCH + timedelta(microseconds=moment_us)).astimezone(ZoneInfo(zone)).date()


def midnight_us(day: date, zone: str) -> int:
    """When a day begins on the clocks of a place.

    >>> midnight_us(date(2026, 1, 5), "Asia/Shanghai") == time_us("2026-01-04T16:00:00Z")
    True
    """
    offset = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH - offset) // timedelta(microseconds=1)


def minute_text(moment_us: int, zone: str = "UTC") -> str:
    """A moment for people, to the minute, on the clocks of a zone; that of no zone in particular says that it is UTC.

    >>> minute_text(1532476859000001, "Asia/Shanghai"), minute_text(1532476859000001)
    ('2018-07-25 08:00', '2018-07-25 00:00 UTC')
    """
    try:
        local = (_EPOCH + timedelta(microseconds=moment_us)).astimezone(ZoneInfo(zone))
    except OverflowError:  # at either end of the calendar
        return time_text(moment_us)
    return f"{local:%Y-%m-%d %H:%M}{' UTC' if zone == 'UTC' else ''}"


DURATION_DAYS_MAX = 36_525
"""A hundred years: beyond them it is a mistake, and a moment that is no 64-bit number of microseconds."""
_DIGITS_MAX = 12
_UNIT_US = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def duration_us(text: str) -> int:
    """Microseconds of a duration such as ``"90s"``, ``"15m"``, ``"24h"``, ``"30d"`` or ``"2w"``.

    Raises:
        InputError: If the text is no positive whole number with one of these units, or longer than a hundred years.

    >>> duration_us("24h")
    86400000000
    """
    number, unit = text[:-1], text[-1:]
    if not number.isascii() or not number.isdigit() or unit not in _UNIT_US or not number.strip("0"):
        raise InputError(
            "time.duration.unreadable",
            {"en": f"{text!r} is not a duration", "zh": f"{text!r} 不是时长"},
            {"en": "write a whole number and s, m, h, d or w, like 24h", "zh": "请写整数加 s、m、h、d 或 w，例如 24h"},
        )
    if (
        len(number) > _DIGITS_MAX
        or (found := int(number) * _UNIT_US[unit] * MICROSECONDS_PER_SECOND) > DURATION_DAYS_MAX * MICROSECONDS_PER_DAY
    ):
        raise InputError(
            "time.duration.long",
            {"en": f"{text[:40]!r} is longer than a hundred years", "zh": f"{text[:40]!r} 超过一百年"},
            {"en": f"write at most {DURATION_DAYS_MAX}d", "zh": f"最长为 {DURATION_DAYS_MAX}d"},
        )
    return found
