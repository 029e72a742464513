"""Date, date and time and duration literals as the integers that compiled code compares.

Source: DMN 1.5, 10.3.2.3 (lexical forms of XML Schema Part 2, dateTime without 24:00, dayTimeDuration).
"""

import re
from datetime import UTC, date, datetime, timedelta

_DURATION = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date_days(text: str) -> int | None:
    """Days since 1970-01-01 of ``2026-01-31``; None if it is no date of the years 1 to 9999."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return (date.fromisoformat(text) - _EPOCH.date()).days
    except ValueError:
        return None


def date_time_us(text: str) -> int | None:
    """Microseconds since the epoch of ``2026-01-31T08:00:00+08:00``; None if it is none, or names no offset."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
    except ValueError:
        return None


def duration_literal_us(text: str) -> int | None:
    """Microseconds of ``P1DT2H``; None if it is no days and time duration."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    microseconds = whole * 1_000_000 + int((fraction or "").ljust(6, "0"))
    return -microseconds if sign else microseconds
