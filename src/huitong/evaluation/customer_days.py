"""Customers day by day: whom a decision touched, counted once a day however many payments it touched."""

import numpy as np

from huitong.contracts import Float64Array, Int32Array


def highest_by_customer_day(score: Float64Array, customer: Int32Array, day: Int32Array) -> Float64Array:
    """Highest score of each customer on each day that has a payment of that customer.

    Args:
        score: Without NaN, shape ``(n,)``.
        customer: Codes, ``>= 0``, shape ``(n,)``.
        day: Day numbers in any order, shape ``(n,)``.

    Returns:
        One value for each pair of customer and day, rising, shape ``(pairs,)``.
    """
    if len(score) == 0:
        return np.zeros(0)
    if (np.diff(day) < 0).any():
        order = np.argsort(day, kind="stable")
        score, customer, day = score[order], customer[order], day[order]
    starts = np.append(0, np.flatnonzero(day[1:] != day[:-1]) + 1)
    best, slot = np.empty(int(customer.max()) + 1), np.empty(int(customer.max()) + 1, np.int64)
    found = []
    for start, stop in zip(starts, np.append(starts[1:], len(day)), strict=True):
        today, places = customer[start:stop], np.arange(stop - start)
        best[today] = -np.inf
        np.maximum.at(best, today, score[start:stop])
        slot[today] = places  # the last payment of each customer stands for all: no sorting
        found.append(best[today[slot[today] == places]])
    return np.sort(np.concatenate(found))


def distinct_customer_days(customer: Int32Array, day: Int32Array) -> int:
    """Number of distinct pairs of customer and day; payments without a customer (-1) are left out."""
    known = customer >= 0
    return len(np.unique(day[known].astype(np.int64) << 32 | customer[known]))
