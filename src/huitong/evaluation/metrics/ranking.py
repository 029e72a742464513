"""How well a score ranks: average precision, area under the ROC curve, precision and recall at a threshold."""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from huitong.contracts import Float64Array, Int64Array
from huitong.evaluation.metrics.interval import Z_95, Estimate, wilson_interval

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RankedScores:
    """Scores sorted once, ties folded: everything that does not depend on one threshold is read off this.

    Attributes:
        threshold: Distinct scores, highest first, shape ``(m,)``.
        flagged: Number of cases with a score at or above each threshold, shape ``(m,)``.
        caught: Number of wrongs among them, shape ``(m,)``.
    """

    threshold: Float64Array
    flagged: Int64Array
    caught: Int64Array

    def each(self) -> tuple[Int64Array, Int64Array]:
        """Number of cases and of wrongs at exactly each threshold, shapes ``(m,)``."""
        return np.diff(self.flagged, prepend=0), np.diff(self.caught, prepend=0)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return int(self.flagged[-1]) if len(self.flagged) else 0

    @property
    def wrongs(self) -> int:
        """Number of cases that were wrong (label 1)."""
        return int(self.caught[-1]) if len(self.caught) else 0


def rank_scores(score: Float64Array, wrong: BoolArray) -> RankedScores:
    """Sorts scores, highest first, and folds ties.

    Args:
        score: Shape ``(n,)``; rows whose score is NaN must be left out before.
        wrong: Whether each case turned out to be wrong, shape ``(n,)``.
    """
    rising = np.sort(score)  # values alone sort many times faster than positions; the wrongs are then looked up
    first_of_tie = np.flatnonzero(np.append(True, rising[1:] != rising[:-1])) if len(rising) else np.zeros(0, np.intp)
    distinct = rising[first_of_tie]
    wrongs = np.bincount(np.searchsorted(distinct, score[wrong]), minlength=len(distinct))
    flagged = len(rising) - first_of_tie
    return RankedScores(distinct[::-1].copy(), flagged[::-1].astype(np.int64), np.cumsum(wrongs[::-1], dtype=np.int64))


def average_precision(ranked: RankedScores) -> Estimate | None:
    """Mean of the precision at each threshold, weighted by the recall gained there; ``None`` without a wrong case.

    The interval is the logit interval, which stays inside (0, 1) for few positives.

    Source:
        Zhu (2004), as in scikit-learn's ``average_precision_score``; interval: Boyd, Eng & Page (2013),
        "Area under the precision-recall curve", section 3.3.
    """
    if ranked.wrongs == 0:
        return None
    gained = np.diff(ranked.caught, prepend=0)
    steps = np.flatnonzero(gained)
    value = float(np.dot(gained[steps], ranked.caught[steps] / ranked.flagged[steps])) / ranked.wrongs
    if not 0.0 < value < 1.0:  # where no logit exists
        return wilson_interval(ranked.wrongs, ranked.wrongs)
    half_width = Z_95 / sqrt(ranked.wrongs * value * (1.0 - value))
    centre = log(value / (1.0 - value))
    return Estimate(value, 1.0 / (1.0 + exp(half_width - centre)), 1.0 / (1.0 + exp(-half_width - centre)))


def roc_auc(ranked: RankedScores) -> Estimate | None:
    """Probability that a wrong case scores above a right one, ties counted half; ``None`` without both kinds.

    Source:
        Hanley & McNeil (1982), "The meaning and use of the area under a ROC curve"; interval: their formula (1).
    """
    wrongs, rights = ranked.wrongs, ranked.cases - ranked.wrongs
    if wrongs == 0 or rights == 0:
        return None
    cases_here, wrong_here = ranked.each()
    right_here = cases_here - wrong_here
    rights_below = rights - np.cumsum(right_here)
    value = float(np.dot(wrong_here.astype(np.float64), rights_below + right_here / 2.0)) / (wrongs * rights)
    q1, q2 = value / (2.0 - value), 2.0 * value * value / (1.0 + value)
    spread = value * (1.0 - value) + (wrongs - 1) * (q1 - value * value) + (rights - 1) * (q2 - value * value)
    half_width = Z_95 * sqrt(max(spread, 0.0) / (wrongs * rights))
    return Estimate(value, max(0.0, value - half_width), min(1.0, value + half_width))


def precision_recall_at(ranked: RankedScores, threshold: float) -> tuple[float | None, float | None]:
    """Precision and recall of flagging every case with a score at or above ``threshold``.

    Returns:
        Share of flagged cases that were wrong (``None`` when nothing is flagged), share of wrongs flagged (``None`` without a wrong).
    """
    position = int(np.searchsorted(-ranked.threshold, -threshold, side="right")) - 1
    flagged, caught = (int(ranked.flagged[position]), int(ranked.caught[position])) if position >= 0 else (0, 0)
    return caught / flagged if flagged else None, caught / ranked.wrongs if ranked.wrongs else None
