"""An estimate with its 95 % interval."""

from math import sqrt

import msgspec

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


class Estimate(msgspec.Struct, frozen=True):
    """A value and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def wilson_interval(hits: int, trials: int) -> Estimate:
    """A share with Wilson's score interval, which holds for rare events where the usual one fails; 0 to 1 without a trial.

    Source:
        Wilson (1927); recommended for small counts by Brown, Cai & DasGupta (2001), "Interval estimation for a binomial proportion".

    >>> wilson_interval(0, 10).low
    0.0
    """
    if trials == 0:
        return Estimate(0.0, 0.0, 1.0)
    share = hits / trials
    squared = Z_95 * Z_95
    centre = (share + squared / (2 * trials)) / (1 + squared / trials)
    half_width = Z_95 * sqrt(share * (1 - share) / trials + squared / (4 * trials * trials)) / (1 + squared / trials)
    low = 0.0 if hits == 0 else max(0.0, centre - half_width)
    high = 1.0 if hits == trials else min(1.0, centre + half_width)
    return Estimate(share, low, high)
