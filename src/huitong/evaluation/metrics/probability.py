"""Whether a score may be read as a probability: log loss, Brier score, calibration."""

from itertools import pairwise

import msgspec
import numpy as np

from huitong.contracts import Float64Array, Int64Array
from huitong.evaluation.metrics.interval import wilson_interval
from huitong.evaluation.metrics.ranking import BoolArray, RankedScores

_SMALLEST = float(np.finfo(np.float64).eps)


def log_loss(score: Float64Array, wrong: BoolArray) -> float | None:
    """Mean negative log-likelihood in nats, scores clipped to [ε, 1-ε] with ε = 2.2e-16; ``None`` without a row.

    Source:
        Good (1952); clipping as in scikit-learn's ``log_loss``.
    """
    if len(score) == 0:
        return None
    likelihood = np.where(wrong, score, 1.0 - score)
    return float(-np.log(np.clip(likelihood, _SMALLEST, 1.0 - _SMALLEST)).mean())


def brier_score(score: Float64Array, wrong: BoolArray) -> float | None:
    """Mean squared distance between score and truth; ``None`` without a row.

    Source:
        Brier (1950), "Verification of forecasts expressed in terms of probability".
    """
    return float(np.square(score - wrong).mean()) if len(score) else None


class CalibrationBin(msgspec.Struct, frozen=True):
    """Cases of similar score: what was foretold, what came true (Wilson's 95 % interval)."""

    score_low: float
    score_high: float
    score_mean: float
    cases: int
    wrongs: int
    share: float
    share_low: float
    share_high: float


def calibration_bins(ranked: RankedScores, bins: int = 10, *, by_expected: bool = False) -> tuple[CalibrationBin, ...]:
    """Bins of equal mass, lowest scores first; equal scores are never parted, so there may be fewer bins.

    Args:
        ranked: Probabilities against what came true.
        bins: Number of bins asked for.
        by_expected: Whether the mass is the expected number of wrongs (the sum of scores) instead of the number of cases. Where wrongs
            are rare, bins of equal cases put all that matters into the last one.
    """
    if ranked.cases == 0:
        return ()
    cases_each, wrongs_each = ranked.each()
    score, here, wrong = ranked.threshold[::-1], cases_each[::-1], wrongs_each[::-1]
    expected = np.cumsum(score * here)
    mass = expected if by_expected and expected[-1] > 0 else np.cumsum(here)
    cuts = np.searchsorted(mass, mass[-1] * np.arange(1, bins) / bins) + 1
    edges = np.unique(np.concatenate([[0], np.minimum(cuts, len(score)), [len(score)]])).tolist()
    return tuple(_bin(score[a:b], here[a:b], wrong[a:b]) for a, b in pairwise(edges))


def _bin(score: Float64Array, here: Int64Array, wrong: Int64Array) -> CalibrationBin:
    cases, wrongs = int(here.sum()), int(wrong.sum())
    share = wilson_interval(wrongs, cases)
    mean = float(np.dot(score, here.astype(np.float64))) / cases
    return CalibrationBin(float(score[0]), float(score[-1]), mean, cases, wrongs, share.value, share.low, share.high)


def expected_calibration_error(bins: tuple[CalibrationBin, ...]) -> float | None:
    """Mean distance between foretold and true share over the bins, weighted by cases.

    Source:
        Naeini, Cooper & Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian binning"; bins of equal mass as in
        Nixon et al. (2019), "Measuring calibration in deep learning".
    """
    cases = sum(one.cases for one in bins)
    return sum(one.cases * abs(one.share - one.score_mean) for one in bins) / cases if cases else None
