"""Calendar features: the parts of an event's local time, from whole numbers, in compiled code shared by live and batch."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit

from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.features.operations import CALENDAR_PARTS
from huitong.kernel import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND

PARTS = tuple(CALENDAR_PARTS)
_HOUR, _MINUTE, _WEEKDAY, _DAY, _MONTH, _WEEKEND, _NIGHT = range(7)
SATURDAY = 6
NIGHT_ENDS_HOUR = 6
_SLOT_US = 900 * MICROSECONDS_PER_SECOND
"""Zones change their offset at multiples of 15 minutes of UTC since 1970, by the tz database."""


class ZoneOffsets:
    """Offsets of a zone from UTC, looked up once for each quarter of an hour."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._fixed = zone == "UTC"
        self._known: dict[int, int] = {}

    def of(self, time_us: int) -> int:
        """Offset at a moment, in microseconds."""
        if self._fixed:
            return 0
        slot = time_us // _SLOT_US
        known = self._known.get(slot)
        if known is None:
            known = self._known[slot] = self._look_up(slot)
        return known

    def column(self, times_us: Int64Array) -> Int64Array:
        """Offsets at many moments, shape ``(n,)``."""
        if self._fixed:
            return np.zeros(len(times_us), np.int64)
        slots, back = np.unique(times_us // _SLOT_US, return_inverse=True)
        return np.array([self.of(slot * _SLOT_US) for slot in slots.tolist()], np.int64)[back]

    def _look_up(self, slot: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=slot * _SLOT_US)
        offset = moment.astimezone(self._zone).utcoffset()
        return 0 if offset is None else offset // timedelta(microseconds=1)


@njit(cache=True, nogil=True)
def write_calendar(times_us: Int64Array, offsets_us: Int64Array, parts: Int32Array, out: Float64Array) -> None:
    """Writes the parts of each local time.

    Args:
        times_us: Event times, shape ``(n,)``.
        offsets_us: Offsets from UTC, shape ``(n,)``.
        parts: Rows (part, column of ``out``), shape ``(m, 2)``.
        out: Features, shape ``(n, features)``.

    Source:
        Month and day: H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    for row in range(times_us.shape[0]):
        local = times_us[row] + offsets_us[row]
        days = local // MICROSECONDS_PER_DAY
        minute = (local - days * MICROSECONDS_PER_DAY) // (60 * MICROSECONDS_PER_SECOND)
        weekday = (days + 3) % 7 + 1  # 1970-01-01 was a Thursday, 4
        shifted = days + 719468
        day_of_era = shifted - shifted // 146097 * 146097
        year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
        day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        month = (5 * day_of_year + 2) // 153
        for index in range(parts.shape[0]):
            part = parts[index, 0]
            if part == _HOUR:
                answer = minute // 60
            elif part == _MINUTE:
                answer = minute
            elif part == _WEEKDAY:
                answer = weekday
            elif part == _DAY:
                answer = day_of_year - (153 * month + 2) // 5 + 1
            elif part == _MONTH:
                answer = month + 3 if month < 10 else month - 9
            elif part == _WEEKEND:
                answer = 1 if weekday >= SATURDAY else 0
            else:
                answer = 1 if minute < NIGHT_ENDS_HOUR * 60 else 0
            out[row, parts[index, 1]] = answer
