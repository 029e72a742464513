"""The functions that generated code calls, compiled once. NaN is null and goes through each of them.

A change here changes the name of every generated module (its hash covers this file), because numba's cache does not look at callees.
"""

import math

from numba import njit

TOWARDS_FLOOR, TOWARDS_CEILING, AWAY_FROM_ZERO, TOWARDS_ZERO, HALF_UP, HALF_DOWN, HALF_EVEN = range(7)


@njit(cache=True)
def select(condition: bool, then: float, otherwise: float) -> float:
    """One of two numbers; as a function, because branches in the caller are what numba compiles slowest."""
    return then if condition else otherwise


@njit(cache=True, error_model="numpy")
def divide(a: float, b: float) -> float:
    """``a / b``; null where ``b`` is zero."""
    return a / b if b != 0.0 else math.nan


@njit(cache=True, error_model="numpy")
def power(a: float, b: float) -> float:
    """``a ** b``; null where it is no finite number, and where either is null."""
    if math.isnan(a) or math.isnan(b):
        return math.nan
    result = a**b
    return result if math.isfinite(result) else math.nan


@njit(cache=True)
def lesser(a: float, b: float) -> float:
    """The smaller; null if either is."""
    if math.isnan(a) or math.isnan(b):
        return math.nan
    return min(b, a)


@njit(cache=True)
def greater(a: float, b: float) -> float:
    """The larger; null if either is."""
    if math.isnan(a) or math.isnan(b):
        return math.nan
    return max(b, a)


@njit(cache=True)
def _rounds_up(mode: int, positive: bool, low_is_odd: bool, rest_from_half: float) -> bool:
    """Whether a number between two integers goes to the upper one; ``rest_from_half`` has the sign of its fraction less a half."""
    if mode <= TOWARDS_CEILING:
        return mode == TOWARDS_CEILING
    if mode <= TOWARDS_ZERO:
        return positive == (mode == AWAY_FROM_ZERO)
    if rest_from_half != 0.0:
        return rest_from_half > 0.0
    if mode == HALF_EVEN:
        return low_is_odd
    return positive == (mode == HALF_UP)


@njit(cache=True)
def round_float(a: float, factor: float, mode: int) -> float:
    """``a * factor`` rounded to an integer."""
    number = a * factor
    if not math.isfinite(number):
        return math.nan
    low = float(math.floor(number))
    rest = number - low
    if rest != 0.0 and _rounds_up(mode, number > 0.0, low % 2.0 != 0.0, rest - 0.5):
        return low + 1.0
    return low


@njit(cache=True)
def round_scaled(a: float, unit: float, mode: int) -> float:
    """``a / unit`` rounded to an integer, exactly, for integers ``a`` and ``unit`` > 0."""
    if math.isnan(a):
        return math.nan
    if abs(a) > 9007199254740992.0:
        return round_float(a / unit, 1.0, mode)
    number, step = int(a), int(unit)
    low = number // step
    rest = number - low * step
    if rest != 0 and _rounds_up(mode, number > 0, low % 2 != 0, float(2 * rest - step)):
        return float(low + 1)
    return float(low)


@njit(cache=True, error_model="numpy")
def modulo(a: float, b: float) -> float:
    """``a - b * floor(a / b)``, exact for integers; null where ``b`` is zero."""
    if math.isnan(a) or math.isnan(b) or b == 0.0:
        return math.nan
    return a % b


@njit(cache=True)
def square_root(a: float) -> float:
    """Null below zero."""
    return math.sqrt(a) if a >= 0.0 else math.nan


@njit(cache=True)
def exponential(a: float) -> float:
    """The exponential; null where it overflows."""
    return math.exp(a) if a < 709.0 else math.nan


@njit(cache=True)
def logarithm(a: float) -> float:
    """The natural logarithm; null at and below zero."""
    return math.log(a) if a > 0.0 else math.nan


@njit(cache=True)
def calendar(days: float, part: int) -> float:
    """Year (0), month (1), day (2) or ISO weekday (3) of days since 1970-01-01.

    Source: H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    if math.isnan(days):
        return math.nan
    if part == 3:
        return float((int(days) + 3) % 7 + 1)
    shifted = int(days) + 719468
    era = shifted // 146097
    day_of_era = shifted - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    if part == 2:
        return float(day_of_year - (153 * shifted_month + 2) // 5 + 1)
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    if part == 1:
        return float(month)
    return float(year_of_era + era * 400 + (1 if month <= 2 else 0))
