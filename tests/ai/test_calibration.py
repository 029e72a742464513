"""Calibration: the sigmoid's accuracy, Platt's fit against scikit-learn, and data that cannot calibrate."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from huitong.ai import fit_platt
from huitong.ai.calibration import sigmoid
from huitong.kernel import DataError


@given(st.floats(-40.0, 40.0))
def test_the_sigmoid_is_right_to_a_few_units_in_the_last_place(log_odds: float) -> None:
    """math.exp is right to one unit; the rest of the reference is exact."""
    falling = Fraction(math.exp(-abs(log_odds)))
    exact = float(1 / (1 + falling) if log_odds >= 0 else falling / (1 + falling))
    assert abs(sigmoid(log_odds) - exact) <= 4 * math.ulp(exact)


@given(st.floats(-1e308, 1e308), st.floats(-1e308, 1e308))
def test_the_sigmoid_keeps_order_and_range(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert 0.0 <= sigmoid(low) <= sigmoid(high) * (1 + 1e-15) <= 1.0 + 1e-15


def test_the_sigmoid_of_infinities_blank_and_zero() -> None:
    assert (sigmoid(math.inf), sigmoid(0.0)) == (1.0, 0.5)
    assert 0.0 <= sigmoid(-math.inf) < 1e-300
    assert math.isnan(sigmoid(math.nan))


def scores_and_labels(seed: int, count: int, slope: float, intercept: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    raw = rng.normal(-3.0, 2.0, count)
    return raw, rng.random(count) < 1.0 / (1.0 + np.exp(-(slope * raw + intercept)))


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.6, -2.0), (2.0, 1.0)])
def test_platt_is_the_maximum_of_the_likelihood_that_scikit_learn_finds(slope: float, intercept: float) -> None:
    raw, labels = scores_and_labels(1, 20_000, slope, intercept)
    fitted = fit_platt(raw, labels)
    positives, negatives = int(labels.sum()), int((~labels).sum())
    share = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(
        np.concatenate([raw, raw])[:, None], np.repeat([1, 0], len(raw)), np.concatenate([share, 1 - share])
    )
    assert (fitted.slope, fitted.intercept) == pytest.approx((float(oracle.coef_[0, 0]), float(oracle.intercept_[0])), abs=1e-4)
    assert (fitted.slope, fitted.intercept) == pytest.approx((slope, intercept), abs=0.3)


def test_calibrated_probabilities_sum_to_the_frauds_that_there_were() -> None:
    raw, labels = scores_and_labels(2, 50_000, 0.5, -3.0)
    fitted = fit_platt(raw, labels)
    total = sum(sigmoid(fitted.slope * score + fitted.intercept) for score in raw)
    assert total == pytest.approx(int(labels.sum()), rel=0.02)


def test_rows_that_the_score_parts_without_error_still_give_a_finite_slope() -> None:
    fitted = fit_platt(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([False, False, True, True]))
    assert 0.0 < fitted.slope < 100.0


@pytest.mark.parametrize(
    ("raw", "labels"),
    [
        ([1.0, 2.0], [True, True]),
        ([1.0, 2.0], [False, False]),
        ([1.0, 1.0], [False, True]),
        ([1.0, 2.0, 3.0, 4.0], [True, True, False, False]),
    ],
    ids=["no negatives", "no positives", "one score", "falling score"],
)
def test_a_slice_that_cannot_calibrate_is_refused(raw: list[float], labels: list[bool]) -> None:
    with pytest.raises(DataError, match="calibration slice"):
        fit_platt(np.array(raw), np.array(labels))
