"""Rates and their difference, known at every moment: intervals that hold however often one looks, so that one may stop at any time.

A fixed-size interval that is looked at after every decision is wrong in most runs sooner or later. These are confidence sequences: with
probability ``1 - alpha`` the true value lies in all of them at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from huitong.kernel import InputError

_PRIOR = 0.5
"""Both parameters of the beta prior (Jeffreys): it decides how wide the intervals are, never whether they hold."""
_HALVINGS = 40
_EDGE = 1e-12


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened.

    Attributes:
        events: Times that it did.
        trials: Times that it could have.
    """

    events: int
    trials: int

    @property
    def rate(self) -> float | None:
        """Observed rate; ``None`` without trials."""
        return self.events / self.trials if self.trials else None


@dataclass(frozen=True, slots=True)
class RateInterval:
    """Where a rate, or a difference of rates, lies at every moment at once; both ends belong to it."""

    low: float
    high: float


def rate_interval(counted: Counted, alpha: float = 0.05) -> RateInterval:
    """Confidence sequence of one rate.

    Args:
        counted: What was seen so far.
        alpha: Probability that the true rate is ever outside, in (0, 1).

    Raises:
        InputError: If the counts or ``alpha`` cannot be.

    Source:
        Waudby-Smith & Ramdas (2020), "Confidence sequences for sampling without replacement", section 2.1: the ratio of prior to posterior
        density at the true value is a martingale, so by Ville's inequality it ever exceeds ``1/alpha`` with probability ``alpha`` at most.

    >>> rate_interval(Counted(5, 100))
    RateInterval(low=0.0071..., high=0.1557...)
    """
    _check(counted, alpha)
    start = _observed(counted)

    def outside(rate: float) -> bool:
        return _is_outside(counted, rate, alpha)

    return RateInterval(_end(outside, start, 0.0), _end(outside, start, 1.0))


def rate_above(counted: Counted, limit: float, alpha: float = 0.05) -> bool:
    """Whether a rate is certain to lie above a limit: the lower end of its interval does, found at a fraction of the cost."""
    _check(counted, alpha)
    return _observed(counted) > limit and _is_outside(counted, limit, alpha)


def difference_interval(one: Counted, other: Counted, alpha: float = 0.05) -> RateInterval:
    """Confidence sequence of the rate of ``other`` minus the rate of ``one``, two arms to which cases are assigned at random.

    The product of the two arms' martingales is a martingale; a difference is kept while any pair of rates with that difference is.

    Args:
        one: What was seen of the first arm (the champion).
        other: What was seen of the second (the challenger).
        alpha: Probability that the true difference is ever outside, in (0, 1).

    Raises:
        InputError: If the counts or ``alpha`` cannot be.

    Source:
        As ``rate_interval``; the product as in Turner, Ly & Grünwald (2024), "Generic e-variables for exact sequential k-sample tests".

    >>> difference_interval(Counted(50, 1000), Counted(120, 1000))
    RateInterval(low=0.0..., high=0.1...)
    """
    _check(one, alpha)
    _check(other, alpha)
    start = _observed(other) - _observed(one)

    def outside(difference: float) -> bool:
        return _is_apart(one, other, difference, alpha)

    return RateInterval(_end(outside, start, -1.0), _end(outside, start, 1.0))


def difference_above(one: Counted, other: Counted, limit: float, alpha: float = 0.05) -> bool:
    """Whether a difference is certain to lie above a limit: the lower end of its interval does, found at a fraction of the cost."""
    _check(one, alpha)
    _check(other, alpha)
    return _observed(other) - _observed(one) > limit and _is_apart(one, other, limit, alpha)


def _observed(counted: Counted) -> float:
    return 0.5 if counted.rate is None else counted.rate


def _is_outside(counted: Counted, rate: float, alpha: float) -> bool:
    return _log_normaliser(counted) + _cost(counted, rate) > math.log(1 / alpha)


def _is_apart(one: Counted, other: Counted, difference: float, alpha: float) -> bool:
    """Whether no pair of rates with that difference is left."""
    rate = _likeliest(one, other, difference)
    evidence = _log_normaliser(one) + _cost(one, rate) + _log_normaliser(other) + _cost(other, rate + difference)
    return evidence > math.log(1 / alpha)


def _check(counted: Counted, alpha: float) -> None:
    if not 0 <= counted.events <= counted.trials or not 0 < alpha < 1:
        raise InputError(
            "rollout.counted",
            {
                "en": f"{counted.events} of {counted.trials} at error probability {alpha} cannot be",
                "zh": f"{counted.trials} 次中 {counted.events} 次、错误概率 {alpha}，不可能成立",
            },
            {"en": "give 0 ≤ events ≤ trials and 0 < alpha < 1", "zh": "须满足 0 ≤ 次数 ≤ 总数，且 0 < alpha < 1"},
        )


def _log_normaliser(counted: Counted) -> float:
    """Logarithm of the ratio of the beta functions of posterior and prior."""
    return _log_beta(_PRIOR + counted.events, _PRIOR + counted.trials - counted.events) - _log_beta(_PRIOR, _PRIOR)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def _cost(counted: Counted, rate: float) -> float:
    """Minus the log-likelihood of a rate; infinite where it could not have given what was seen."""
    missed = counted.trials - counted.events
    if (counted.events and rate <= 0) or (missed and rate >= 1):
        return math.inf
    return -(counted.events * math.log(rate) if counted.events else 0.0) - (missed * math.log1p(-rate) if missed else 0.0)


def _likeliest(one: Counted, other: Counted, difference: float) -> float:
    """The first arm's rate for which two rates with that difference explain best what was seen: the cost is convex in it."""
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _slope(one, middle) + _slope(other, middle + difference) > 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _slope(counted: Counted, rate: float) -> float:
    rate = min(max(rate, _EDGE), 1 - _EDGE)
    return -counted.events / rate + (counted.trials - counted.events) / (1 - rate)


def _end(outside: Callable[[float], bool], inside: float, bound: float) -> float:
    """Where, between a value inside and a bound, the interval ends; the side away from it is given, so that rounding never shortens it."""
    if not outside(bound):
        return bound
    for _ in range(_HALVINGS):
        middle = (inside + bound) / 2
        if outside(middle):
            bound = middle
        else:
            inside = middle
    return bound
