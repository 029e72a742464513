"""The world of the synthetic bank: regions, categories of merchants, segments of customers, the calendar.

Every figure here was chosen by hand to look like a Chinese retail bank; none was fitted to anybody's data.
"""

from dataclasses import dataclass

import numpy as np

from huitong.contracts import Float64Array

MICROSECONDS_PER_HOUR = 3_600_000_000
LOCAL_OFFSET_US = 8 * MICROSECONDS_PER_HOUR
"""China keeps one time, UTC+8, all year."""

REGIONS = ("44", "32", "33", "37", "41", "51", "42", "11", "31", "43", "35", "61")
"""Provinces by the first two digits of GB/T 2260, largest share of customers first."""
REGION_SHARE = np.array([0.16, 0.13, 0.12, 0.10, 0.09, 0.09, 0.07, 0.06, 0.06, 0.05, 0.04, 0.03])

COUNTRIES = ("CN", "HK", "JP", "TH", "SG", "US", "MY")
"""ISO 3166-1; the first is home."""

CHANNELS = ("card_present", "online", "transfer")
CARD_PRESENT, ONLINE, TRANSFER = range(3)


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of merchant.

    Attributes:
        mcc: Merchant category code, ISO 18245.
        median: Median amount, CNY.
        spread: Standard deviation of the logarithm of the amount.
        peaks: Hours of the day around which people pay there, each as (hour, standard deviation in hours, weight).
        share: Share of the merchants.
        online: Whether it sells online.
    """

    mcc: str
    median: float
    spread: float
    peaks: tuple[tuple[float, float, float], ...]
    share: float
    online: bool = False


_MEALS = ((8.0, 0.8, 0.15), (12.2, 0.8, 0.4), (18.7, 1.2, 0.45))
_SHOPS = ((11.0, 1.8, 0.3), (15.5, 2.0, 0.35), (19.5, 1.4, 0.35))
_COMMUTE = ((8.2, 0.8, 0.4), (18.3, 1.2, 0.4), (22.3, 1.2, 0.2))
_SCREEN = ((10.5, 1.8, 0.25), (14.0, 2.2, 0.25), (21.2, 1.7, 0.5))

CATEGORIES = (
    Category("5411", 62, 0.75, _SHOPS, 0.22),  # supermarkets
    Category("5814", 24, 0.45, _MEALS, 0.22),  # fast food
    Category("5812", 96, 0.70, _MEALS, 0.16),  # restaurants
    Category("5541", 260, 0.35, _COMMUTE, 0.06),  # petrol
    Category("4121", 23, 0.50, _COMMUTE, 0.08),  # taxis
    Category("5912", 58, 0.70, _SHOPS, 0.07),  # pharmacies
    Category("5311", 230, 0.90, _SHOPS, 0.08),  # department stores
    Category("7011", 420, 0.60, ((14.0, 3.0, 0.6), (20.0, 2.0, 0.4)), 0.04),  # hotels
    Category("5732", 900, 1.00, _SHOPS, 0.04),  # electronics
    Category("5944", 1300, 0.90, _SHOPS, 0.03),  # jewellery
    Category("5964", 85, 0.95, _SCREEN, 0.45, online=True),  # mail order
    Category("4814", 60, 0.40, _SCREEN, 0.15, online=True),  # telephone
    Category("5816", 45, 0.90, ((22.0, 2.2, 0.7), (13.0, 2.0, 0.3)), 0.15, online=True),  # games
    Category("4722", 620, 0.80, _SCREEN, 0.10, online=True),  # travel agencies
    Category("5734", 520, 1.05, _SCREEN, 0.15, online=True),  # computers and phones
)
RESALE_CATEGORIES = ("5732", "5944", "5734", "5816")
"""What thieves buy: easily sold again."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of customer.

    Attributes:
        name: As in the data contract.
        share: Share of the customers.
        payments_per_day: Mean over the customers of the segment.
        spending: Multiplier of the amounts.
        online: Share of payments made online.
        transfer: Share of payments that are transfers.
        late_hours: Mean shift of the day, hours.
        ages: Probability of each age band.
    """

    name: str
    share: float
    payments_per_day: float
    spending: float
    online: float
    transfer: float
    late_hours: float
    ages: tuple[float, float, float, float, float]


AGE_BANDS = ("18-24", "25-34", "35-44", "45-59", "60+")
SEGMENTS = (
    Segment("student", 0.13, 1.15, 0.55, 0.42, 0.10, 1.2, (0.95, 0.05, 0.0, 0.0, 0.0)),
    Segment("salary", 0.42, 1.10, 1.00, 0.32, 0.12, 0.3, (0.10, 0.42, 0.30, 0.18, 0.0)),
    Segment("family", 0.22, 1.15, 1.25, 0.27, 0.13, -0.2, (0.0, 0.25, 0.48, 0.27, 0.0)),
    Segment("affluent", 0.06, 1.30, 2.60, 0.30, 0.16, 0.2, (0.0, 0.18, 0.40, 0.37, 0.05)),
    Segment("senior", 0.12, 0.50, 0.75, 0.08, 0.10, -1.2, (0.0, 0.0, 0.0, 0.15, 0.85)),
    Segment("small_business", 0.05, 1.40, 1.90, 0.20, 0.40, 0.0, (0.02, 0.28, 0.40, 0.28, 0.02)),
)
STUDENT, SALARY, FAMILY, AFFLUENT, SENIOR, SMALL_BUSINESS = range(6)

SCENARIOS = (
    "genuine",
    "stolen_card",
    "compromised_terminal",
    "account_takeover",
    "mule_chain",
    "round_tripping",
    "new_device_burst",
)
GENUINE, STOLEN_CARD, COMPROMISED_TERMINAL, ACCOUNT_TAKEOVER, MULE_CHAIN, ROUND_TRIPPING, NEW_DEVICE_BURST = range(7)

FIRST_DAY = 20_332
"""2025-09-01 in days since the epoch: a quarter with the National Day week and the shopping festival of 11 November."""
FIRST_WEEKDAY = 0
"""FIRST_DAY is a Monday."""
WEEKDAY_FACTOR = np.array([0.95, 0.93, 0.95, 0.98, 1.08, 1.12, 1.02])
NATIONAL_DAY_WEEK = range(30, 38)
"""1 to 8 October 2025, with the Mid-Autumn Festival on the 6th, as day numbers of the quarter."""
SHOPPING_FESTIVAL = range(69, 72)
"""9 to 11 November 2025."""
PAYDAYS = (9, 14)
"""Days of the month, from 0, on which wages arrive: the 10th and the 15th."""
MONTH_STARTS = (0, 30, 61, 91, 122)
"""First days of September 2025 to January 2026."""


def day_of_month(days: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Day of the month, from 0, of each day of the quarter, shape ``(days,)``."""
    day = np.arange(days)
    starts = np.array(MONTH_STARTS)
    month: np.ndarray[tuple[int], np.dtype[np.int64]] = day - starts[np.searchsorted(starts, day, "right") - 1]
    return month


def rhythm(days: int) -> Float64Array:
    """How much is paid on each day, 1 being usual: weekday, payday and holiday, shape ``(days,)``."""
    day = np.arange(days)
    factor = WEEKDAY_FACTOR[(day + FIRST_WEEKDAY) % 7]
    month = day_of_month(days)
    for payday in PAYDAYS:
        since = month - payday
        factor = factor * np.where((since >= 0) & (since < 3), 1.12, 1.0)
    factor = np.where((day >= NATIONAL_DAY_WEEK.start) & (day < NATIONAL_DAY_WEEK.stop), 1.25, factor)
    festival = (day >= SHOPPING_FESTIVAL.start) & (day < SHOPPING_FESTIVAL.stop)
    return np.where(festival, factor * 1.15, factor)
