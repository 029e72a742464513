"""Days and weeks as the institution's clock cuts them."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from huitong.contracts import Int32Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY, InputError, local_date, midnight_us

DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a period.

    Attributes:
        first: The first local date.
        starts: First row of each day and the number of rows, shape ``(days + 1,)``.
        length_days: How long the period is, at least one day: what figures "a day" are divided by.
    """

    first: date
    starts: Int64Array
    length_days: float

    @property
    def days(self) -> int:
        """Number of days from the first to the last, both included."""
        return len(self.starts) - 1

    @property
    def weeks(self) -> int:
        """Number of weeks, the last perhaps short."""
        return -(-self.days // DAYS_PER_WEEK)

    def date_text(self, day: int) -> str:
        """ISO date of a day of the period."""
        return (self.first + timedelta(days=day)).isoformat()

    def day_of_row(self) -> Int32Array:
        """Day of each row, shape ``(n,)``."""
        return np.repeat(np.arange(self.days, dtype=np.int32), np.diff(self.starts))

    def week_rows(self, week: int) -> slice:
        """Rows of a week."""
        return slice(int(self.starts[week * DAYS_PER_WEEK]), int(self.starts[min((week + 1) * DAYS_PER_WEEK, self.days)]))

    def week_days(self, week: int) -> int:
        """Days of a week that lie in the period."""
        return min(DAYS_PER_WEEK, self.days - week * DAYS_PER_WEEK)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that IANA name.

    Raises:
        InputError: If there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            "time.zone.unknown",
            {"en": f"{name!r} is not a time zone", "zh": f"{name!r} 不是时区名称"},
            {"en": "use an IANA name such as Asia/Shanghai", "zh": "请使用 IANA 名称，例如 Asia/Shanghai"},
        ) from None


def calendar(time_us: Int64Array, zone: str, from_us: int | None = None, until_us: int | None = None) -> Calendar:
    """Cuts rising times at local midnights (a day may last 23 or 25 hours where clocks change).

    Args:
        time_us: The times.
        zone: IANA name of the time zone.
        from_us: The first day is taken to begin no earlier; ``None`` for its midnight.
        until_us: The last day is taken to end no later, likewise.
    """
    zone_of(zone)  # refuses what is none
    first, last = (local_date(int(time_us[row]), zone) for row in (0, -1))
    dates = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    starts = np.searchsorted(time_us, np.array([midnight_us(day, zone) for day in dates], np.int64), side="left")
    before_us = 0 if from_us is None else max(0, from_us - midnight_us(first, zone))
    after_us = 0 if until_us is None else max(0, midnight_us(last + timedelta(days=1), zone) - until_us)
    length_days = max(1.0, len(dates) - (before_us + after_us) / MICROSECONDS_PER_DAY)
    return Calendar(first, np.append(starts, len(time_us)), length_days)
