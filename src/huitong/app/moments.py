"""Moments as people name them: a day, which is its midnight on the institution's clocks, or a time with its offset."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from huitong.kernel import MICROSECONDS_PER_SECOND, InputError, midnight_us, time_us

_DAY_LENGTH = len("2026-01-05")


def moment_us(moment: str | datetime | None, zone: str = "UTC") -> int | None:
    """Microseconds of a moment; ``None`` stays ``None``.

    Args:
        moment: ISO 8601: a day, or a time with its offset; or a ``datetime`` with a zone.
        zone: Where a day begins at midnight.

    Raises:
        InputError: If it is neither.

    >>> moment_us("2026-01-05", "Asia/Shanghai") == moment_us("2026-01-04T16:00:00Z")
    True
    """
    if moment is None:
        return None
    text = moment.isoformat() if isinstance(moment, datetime) else moment
    try:
        return _midnight_us(text, zone) if len(text) == _DAY_LENGTH else time_us(text)
    except InputError:
        raise _neither(text, zone) from None


def local_time(moment_us: int, zone: str) -> str:
    """A moment as the institution's clocks show it, to the second, with its offset."""
    moment = datetime.fromtimestamp(moment_us // MICROSECONDS_PER_SECOND, ZoneInfo(zone))
    return moment.isoformat(" ", "seconds")


def _midnight_us(day: str, zone: str) -> int:
    time_us(f"{day}T00:00:00Z")  # refuses what is no day
    return midnight_us(date.fromisoformat(day), zone)


def _neither(text: str, zone: str) -> InputError:
    return InputError(
        "time.moment.unreadable",
        {"en": f"{text!r} is neither a day nor a time with its offset", "zh": f"{text!r} 既不是日期，也不是带时区偏移的时间"},
        {
            "en": f"write a day like 2025-11-01, which is its midnight in {zone}, or a time like 2025-11-01T09:30:00+08:00; "
            "`--from` and `--prequential` begin with that moment, `--until` ends before it",
            "zh": f"请写成日期，例如 2025-11-01（即 {zone} 的零点），或带时区偏移的时间，例如 2025-11-01T09:30:00+08:00；"
            "--from 与 --prequential 自该时刻起（含），--until 到该时刻止（不含）",
        },
    )
