"""Durations and other figures as people say them: ``15.2 minutes`` where a machine holds 0.253 hours."""

import math

from huitong.kernel.errors import Text

DURATION_UNITS: dict[str, int] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
"""Seconds of each unit that a duration can be held in."""
_SAID = ((60, 1, "second", "秒"), (3_600, 60, "minute", "分钟"), (172_800, 3_600, "hour", "小时"), (math.inf, 86_400, "day", "天"))
"""Below how many seconds, how many seconds one is, what it is called."""


def digits(value: float) -> str:
    """Three significant digits, whole numbers and large ones in full.

    >>> digits(3.11345), digits(1438.4), digits(12.0)
    ('3.11', '1,438', '12')
    """
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"


def duration_text(value: float, unit: str) -> Text:
    """A duration in the unit that people would take.

    Args:
        value: How long, finite.
        unit: One of ``DURATION_UNITS``.

    >>> duration_text(0.2526, "hours")
    {'en': '15.2 minutes', 'zh': '15.2 分钟'}
    """
    seconds = value * DURATION_UNITS[unit]
    _, size, en, zh = next(one for one in _SAID if abs(seconds) < one[0])
    figures = digits(seconds / size)
    return {"en": f"{figures} {en if figures == '1' else en + 's'}", "zh": f"{figures} {zh}"}
