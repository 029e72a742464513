"""Figures as people say them, in English and Chinese: money, counts, shares, dates."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from huitong.evaluation.days import zone_of
from huitong.kernel import DURATION_UNITS, MICROSECONDS_PER_SECOND, Language, currency_exponent, digits

WAN, YI = 10**4, 10**8
_ABBREVIATED_FROM = 100_000
_CHINESE_UNIT = {"CNY": "元", "USD": "美元", "EUR": "欧元", "HKD": "港元", "JPY": "日元", "GBP": "英镑"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MISSING = "–"
_CHINESE_DURATION = {"seconds": "秒", "minutes": "分钟", "hours": "小时", "days": "天"}
_BESIDE_LATIN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u4e00-\u9fff])")
_AFTER_WAN = re.compile(r"([万亿]) (?=[笔名条行])")
NARROW_SPACE = "\u202f"
"""Between a figure and its sign: no line breaks there, and it looks right in both languages."""
_GAP = "\u00a0"
"""Between an amount and its currency: no line breaks there either."""


def money(amount_minor: int | None, currency: str, language: Language) -> str:
    r"""An amount: ``CNY 1,234,567`` (to the cent below 1,000), ``123.46 万元`` from 10,000 up in Chinese.

    >>> money(123456789, "CNY", "en"), money(123456789, "CNY", "zh")
    ('CNY\xa01,234,568', '123.46\xa0万元')
    """
    if not amount_minor:
        return MISSING if amount_minor is None else f"{currency}{_GAP}0" if language == "en" else f"0{_GAP}{money_unit(currency, 'zh')}"
    exponent = currency_exponent(currency)
    major = amount_minor / 10**exponent
    if language == "en":
        return f"{currency}{_GAP}{major:,.{exponent if abs(major) < 1_000 else 0}f}"
    unit = money_unit(currency, "zh")
    gap = "" if currency in _CHINESE_UNIT else _GAP
    if abs(major) >= YI:
        return f"{major / YI:,.2f}{_GAP}亿{gap}{unit}"
    if abs(major) >= WAN:
        return f"{major / WAN:,.2f}{_GAP}万{gap}{unit}"
    return f"{major:,.{exponent}f}{_GAP}{unit}"


def money_unit(currency: str, language: Language) -> str:
    """What a column of money is headed with: ``CNY``, ``元``."""
    return currency if language == "en" else _CHINESE_UNIT.get(currency, currency)


def exact_money(amount_minor: int | None, currency: str, language: Language) -> str:
    r"""The amount of one payment, to the last digit.

    >>> exact_money(1005730, "CNY", "en"), exact_money(1005730, "CNY", "zh")
    ('CNY\xa010,057.30', '10,057.30\xa0元')
    """
    if amount_minor is None:
        return MISSING
    figures = major(amount_minor, currency)
    return f"{currency}{_GAP}{figures}" if language == "en" else f"{figures}{_GAP}{money_unit(currency, 'zh')}"


def major(amount_minor: int, currency: str, *, whole: bool = False) -> str:
    """Major units for a column whose head names the currency; ``whole`` for sums, where cents say nothing.

    >>> major(1005730, "CNY"), major(1005730, "CNY", whole=True)
    ('10,057.30', '10,057')
    """
    exponent = currency_exponent(currency)
    return f"{amount_minor / 10**exponent:,.{0 if whole else exponent}f}"


SHARE = "share"
"""Unit of what is a part of a whole, from 0 to 1."""
HOUR = "hour of the day"
"""Unit of a time of the day, from 0 to 23."""


def quantity(value: float, unit: str, currency: str, language: Language) -> str:
    r"""A feature's value with its unit: money to the last digit, a share in percent, else three digits. A duration stays in the unit that
    the feature's title names.

    >>> quantity(613.2, "CNY", "CNY", "en"), quantity(2131.2, "hours", "CNY", "en"), quantity(2131.2, "hours", "CNY", "zh")
    ('CNY\xa0613.20', '2,131 hours', '2,131 小时')
    >>> quantity(1.0, "days", "CNY", "en"), quantity(0.00002, "hours", "CNY", "en"), quantity(-0.559, "", "CNY", "en")
    ('1 day', '0.00002 hours', '−0.559')
    >>> quantity(6.0, HOUR, "CNY", "en"), quantity(6.0, HOUR, "CNY", "zh")
    ('6\u202fh', '6 时')
    >>> quantity(0.0123, SHARE, "CNY", "en") == share(0.0123)
    True
    """
    if unit == currency:
        return exact_money(round(value * 10 ** currency_exponent(currency)), currency, language)
    if unit == SHARE:
        return share(value)
    figures = (digits(value) if value == 0 or abs(value) >= 0.001 else plain(value)).replace("-", "−")
    if unit == HOUR:
        return f"{figures} 时" if language == "zh" else f"{figures}{NARROW_SPACE}h"
    if language == "zh":
        unit = _CHINESE_DURATION.get(unit, unit)
    elif unit in DURATION_UNITS and figures == "1":
        unit = unit.removesuffix("s")
    return f"{figures} {unit}".strip()


def count(number: float, language: Language) -> str:
    """A count: thousands separators; in Chinese from 100,000 up in 万.

    >>> count(1754155, "en"), count(1754155, "zh"), count(99999, "zh")
    ('1,754,155', '175.42 万', '99,999')
    """
    if language == "zh" and abs(number) >= YI:
        return f"{number / YI:,.2f} 亿"
    if language == "zh" and abs(number) >= _ABBREVIATED_FROM:
        return f"{number / WAN:,.2f} 万"
    return f"{number:,.0f}"


def share(value: float | None) -> str:
    r"""A share with one decimal; shares that would round to nothing say so.

    >>> share(0.1234), share(0.0002), share(None)
    ('12.3\u202f%', '< 0.1\u202f%', '–')
    """
    if value is None:
        return MISSING
    if 0 < value < 0.0005:
        return f"< 0.1{NARROW_SPACE}%"
    return f"{value * 100:.1f}{NARROW_SPACE}%"


def chance(score: float) -> str:
    r"""A score as the console says it, to three digits: a threshold may be far below a tenth of a percent.

    >>> chance(0.12), chance(0.000394)
    ('12\u202f%', '0.0394\u202f%')
    """
    return f"{plain(100 * score)}{NARROW_SPACE}%"


def plain(value: float) -> str:
    """Three digits, never as a power of ten.

    >>> plain(100.0), plain(0.0000394)
    ('100', '0.0000394')
    """
    return f"{Decimal(f'{value:.3g}'):f}"


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``, or ``None`` of nothing."""
    return part / whole if whole else None


def figure(value: float | None, decimals: int = 3) -> str:
    """A bare figure such as an average precision."""
    return MISSING if value is None else f"{value:.{decimals}f}"


def day(iso: str, language: Language) -> str:
    """A date.

    >>> day("2026-07-01", "en"), day("2026-07-01", "zh")
    ('1 Jul 2026', '2026年7月1日')
    """
    that = date.fromisoformat(iso)
    if language == "zh":
        return f"{that.year}年{that.month}月{that.day}日"
    return f"{that.day} {_MONTHS[that.month - 1]} {that.year}"


def moment(time_us: int, zone: str) -> str:
    """A time in the institution's zone, to the second: ``2026-07-01 09:30:00``."""
    local = datetime.fromtimestamp(time_us / MICROSECONDS_PER_SECOND, UTC).astimezone(zone_of(zone))
    return local.strftime("%Y-%m-%d %H:%M:%S")


def joined(chinese: str) -> str:
    """A blank beside Latin words, none between 万 or 亿 and a measure word: ``171.05 万笔``, though ``99,999 笔``."""
    return _BESIDE_LATIN.sub(" ", _AFTER_WAN.sub(r"\1", chinese))


def signed(value: float, digits: int = 2, *, plus: bool = True) -> str:
    """A difference with its sign, a true minus; what rounds to nothing has none.

    >>> signed(1.5), signed(-0.25), signed(-0.001), signed(1.5, plus=False)
    ('+1.50', '−0.25', '0.00', '1.50')
    """
    rounded = round(value, digits)
    return f"{rounded:{'+' if plus and rounded else ''},.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def plural(number: int, one: str, many: str) -> str:
    """``1 alert``, ``2 alerts``."""
    return f"{number:,} {one if number == 1 else many}"
