"""Whole numbers of 128 and 192 bits in compiled code, so that sums of squares and variances are exact before their one rounding.

A 128-bit number is a pair ``(high, low)`` of uint64. Values are at most 10**15 (50 bits), squares 100 bits, so 2**27 squares can be summed.
"""

import numpy as np

from huitong.features.borrow import inlined

Wide = tuple[np.uint64, np.uint64]

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_TWO_64 = 18446744073709551616.0


@inlined
def multiply(a: np.uint64, b: np.uint64) -> Wide:
    """Product of two uint64 as ``(high, low)``; schoolbook with 32-bit halves (Knuth, TAOCP 2, 4.3.1, algorithm M)."""
    a_low, a_high, b_low, b_high = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    low, cross_1, cross_2 = a_low * b_low, a_low * b_high, a_high * b_low
    middle = (low >> _HALF) + (cross_1 & _LOW) + (cross_2 & _LOW)
    high = a_high * b_high + (cross_1 >> _HALF) + (cross_2 >> _HALF) + (middle >> _HALF)
    return high, (low & _LOW) | (middle << _HALF)


@inlined
def square(value: int) -> Wide:
    """Square of an int64 as ``(high, low)``."""
    size = np.uint64(abs(value))
    return multiply(size, size)


@inlined
def add(high: np.uint64, low: np.uint64, more_high: np.uint64, more_low: np.uint64) -> Wide:
    """Sum modulo 2**128."""
    total = low + more_low
    return high + more_high + (_ONE if total < low else _ZERO), total


@inlined
def subtract(high: np.uint64, low: np.uint64, less_high: np.uint64, less_low: np.uint64) -> Wide:
    """Difference modulo 2**128."""
    return high - less_high - (_ONE if low < less_low else _ZERO), low - less_low


@inlined
def spread(count: int, total: int, squares_high: np.uint64, squares_low: np.uint64) -> float:
    """``n·Σx² − (Σx)²``: exact in 192 bits, then rounded to float64. It is n² times the population variance and never negative.

    Source:
        The textbook identity; exact whole numbers remove the cancellation for which it is avoided in floating point.
    """
    n = np.uint64(count)
    carry, low = multiply(n, squares_low)
    high, middle = multiply(n, squares_high)
    high, middle = add(high, middle, _ZERO, carry)
    total_high, total_low = square(total)
    middle_less, low_left = subtract(_ZERO, low, _ZERO, total_low)  # middle_less is 0, or -1 where low borrowed
    if middle_less != _ZERO:
        high, middle = subtract(high, middle, _ZERO, _ONE)
    high, middle = subtract(high, middle, _ZERO, total_high)
    return (float(high) * _TWO_64 + float(middle)) * _TWO_64 + float(low_left)
