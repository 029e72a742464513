"""Confidence sequences: they hold at every moment at once, shrink, and agree with a search over a grid."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.decisions.rollout import Counted, difference_above, difference_interval, rate_above, rate_interval
from huitong.kernel import InputError

COUNTED = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Counted(pair[0], sum(pair)))


def log_martingale(counted: Counted, rate: float) -> float:
    """Prior over posterior density at a rate, written down straight from the beta densities."""
    a, b = 0.5, 0.5

    def log_density(x: float, a: float, b: float) -> float:
        return (a - 1) * math.log(x) + (b - 1) * math.log(1 - x) - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)

    missed = counted.trials - counted.events
    return log_density(rate, a, b) - log_density(rate, a + counted.events, b + missed)


@given(COUNTED)
def test_a_rate_is_kept_where_prior_and_posterior_do_not_disagree(counted: Counted) -> None:
    interval = rate_interval(counted, 0.05)
    for step in range(1, 100):
        rate = step / 100
        kept = log_martingale(counted, rate) < math.log(1 / 0.05)
        if abs(rate - interval.low) > 1e-6 and abs(rate - interval.high) > 1e-6:
            assert (interval.low <= rate <= interval.high) == kept


@settings(max_examples=20)
@given(COUNTED, COUNTED)
def test_a_difference_is_kept_while_any_pair_of_rates_with_it_is(one: Counted, other: Counted) -> None:
    interval = difference_interval(one, other, 0.05)
    grid = [(step + 0.5) / 60 for step in range(60)]
    kept = [
        second - first
        for first in grid
        for second in grid
        if log_martingale(one, first) + log_martingale(other, second) < math.log(1 / 0.05)
    ]
    assert kept
    assert interval.low <= min(kept) <= interval.low + 0.1
    assert interval.high - 0.1 <= max(kept) <= interval.high


def test_nothing_seen_says_nothing() -> None:
    assert rate_interval(Counted(0, 0)) == rate_interval(Counted(0, 0), 0.01)
    assert (rate_interval(Counted(0, 0)).low, rate_interval(Counted(0, 0)).high) == (0.0, 1.0)
    nothing = difference_interval(Counted(0, 0), Counted(0, 0))
    assert (nothing.low, nothing.high) == (-1.0, 1.0)


def test_looking_after_every_case_is_wrong_in_no_more_runs_than_promised() -> None:
    rng, runs, wrong = random.Random(7), 200, 0
    for _ in range(runs):
        events = [0, 0]
        for trial in range(1, 201):
            events = [count + (rng.random() < 0.1) for count in events]
            one, other = (Counted(count, trial) for count in events)
            if difference_above(one, other, 0.0, 0.1) or difference_above(other, one, 0.0, 0.1):
                wrong += 1
                break
    assert wrong / runs <= 0.2


def test_a_real_difference_is_seen_in_time() -> None:
    rng, one, other = random.Random(3), 0, 0
    for trial in range(1, 2_001):
        one, other = one + (rng.random() < 0.03), other + (rng.random() < 0.30)
        if difference_above(Counted(one, trial), Counted(other, trial), 0.02, 0.01):
            break
    assert trial < 150


@settings(max_examples=50)
@given(COUNTED, COUNTED, st.floats(-0.9, 0.9))
def test_above_is_what_the_lower_end_says(one: Counted, other: Counted, limit: float) -> None:
    assert difference_above(one, other, limit) == (difference_interval(one, other).low > limit)
    assert rate_above(one, abs(limit)) == (rate_interval(one).low > abs(limit))


@pytest.mark.parametrize(("events", "trials", "alpha"), [(-1, 2, 0.05), (3, 2, 0.05), (1, 2, 0.0), (1, 2, 1.0)])
def test_counts_that_cannot_be_are_refused(events: int, trials: int, alpha: float) -> None:
    with pytest.raises(InputError, match="cannot be"):
        rate_interval(Counted(events, trials), alpha)
    with pytest.raises(InputError, match="cannot be"):
        difference_interval(Counted(0, 1), Counted(events, trials), alpha)
