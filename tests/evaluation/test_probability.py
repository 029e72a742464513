"""Measures of probability and stability against scikit-learn, SciPy and brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from huitong.evaluation.metrics import (
    bin_counts,
    brier_score,
    calibration_bins,
    expected_calibration_error,
    log_loss,
    population_stability_index,
    psi_edges,
    rank_scores,
    wilson_interval,
)

CASES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


@given(CASES)
def test_log_loss_and_brier_equal_scikit_learn(cases: list[tuple[float, bool]]) -> None:
    score, wrong = np.array([case[0] for case in cases]), np.array([case[1] for case in cases])
    assert log_loss(score, wrong) == pytest.approx(sklearn_log_loss(wrong, score, labels=[False, True]), rel=1e-9, abs=1e-12)
    assert brier_score(score, wrong) == pytest.approx(brier_score_loss(wrong, score), abs=1e-12)


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (0, 10), (1, 10), (5, 10), (10, 10), (3, 1_000), (999, 1_000)])
def test_wilson_interval_equals_scipy(hits: int, trials: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    ours = wilson_interval(hits, trials)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert ours.value == hits / trials


def test_nothing_tried_may_be_anything() -> None:
    assert (wilson_interval(0, 0).low, wilson_interval(0, 0).high) == (0.0, 1.0)


@given(CASES, st.integers(1, 12), st.booleans())
def test_calibration_bins_hold_every_case_once_in_order_and_never_part_equal_scores(
    cases: list[tuple[float, bool]], bins: int, by_expected: bool
) -> None:
    score, wrong = np.array([case[0] for case in cases]), np.array([case[1] for case in cases])
    found = calibration_bins(rank_scores(score, wrong), bins, by_expected=by_expected)
    assert 1 <= len(found) <= bins
    assert sum(one.cases for one in found) == len(cases)
    assert sum(one.wrongs for one in found) == wrong.sum()
    for before, after in itertools.pairwise(found):
        assert before.score_high < after.score_low
    for one in found:
        inside = (score >= one.score_low) & (score <= one.score_high)
        assert one.cases == inside.sum()
        assert one.score_mean == pytest.approx(score[inside].mean(), abs=1e-12)
        assert one.share == pytest.approx(wrong[inside].mean(), abs=1e-12)
        assert one.share_low <= one.share <= one.share_high


def test_bins_of_distinct_scores_have_equal_mass() -> None:
    random = np.random.default_rng(5)
    score = random.random(10_000)
    found = calibration_bins(rank_scores(score, random.random(10_000) < score), 10)
    assert [one.cases for one in found] == [1_000] * 10
    expected = calibration_bins(rank_scores(score, random.random(10_000) < score), 10, by_expected=True)
    assert [one.cases * one.score_mean for one in expected] == pytest.approx([score.sum() / 10] * 10, rel=0.01)


def test_calibration_error_is_small_for_true_probabilities_and_large_for_shifted_ones() -> None:
    random = np.random.default_rng(6)
    score = random.random(50_000)
    wrong = random.random(50_000) < score
    true, shifted = (expected_calibration_error(calibration_bins(rank_scores(one, wrong))) for one in (score, score**3))
    assert true is not None
    assert shifted is not None
    assert true < 0.01
    assert shifted == pytest.approx(float((score - score**3).mean()), abs=0.01)


def test_no_case_has_no_probability_measure() -> None:
    nothing, none = np.zeros(0), np.zeros(0, np.bool_)
    assert log_loss(nothing, none) is None
    assert brier_score(nothing, none) is None
    assert calibration_bins(rank_scores(nothing, none)) == ()
    assert expected_calibration_error(()) is None


def test_stability_index_of_the_textbook_example() -> None:
    # Two bins, 50/50 before and 80/20 after: 0.3 ln 1.6 - 0.3 ln 0.4.
    index = population_stability_index(np.array([50, 50]), np.array([80, 20]))
    assert index == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4))


@given(st.lists(st.integers(0, 50), min_size=3, max_size=8), st.integers(0, 10))
def test_stability_index_is_zero_for_itself_symmetric_and_never_negative(counts: list[int], seed: int) -> None:
    before = np.array(counts)
    after = np.random.default_rng(seed).permutation(before)
    if before.sum() == 0:
        assert population_stability_index(before, after) is None
        return
    assert population_stability_index(before, before) == 0.0
    there, back = population_stability_index(before, after), population_stability_index(after, before)
    assert there is not None
    assert there >= 0
    assert there == pytest.approx(back)


def test_missing_values_have_a_bin_of_their_own() -> None:
    edges = psi_edges(np.array([1.0, 2.0, 3.0, 4.0, np.nan]), bins=2)
    assert edges.tolist() == [2.5]
    assert bin_counts(np.array([1.0, 2.5, 3.0, np.nan, np.nan]), edges).tolist() == [2, 1, 2]
    assert bin_counts(np.array([np.nan]), psi_edges(np.array([np.nan]))).tolist() == [0, 1]
