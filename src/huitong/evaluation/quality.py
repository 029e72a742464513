"""How good the score is, how it is spread, and what thresholds it would bear."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from huitong.evaluation.columns import ReplayColumns
from huitong.evaluation.contents import ScoreBin, ScoreQuality
from huitong.evaluation.days import Calendar, calendar
from huitong.evaluation.known import rate_labels
from huitong.evaluation.metrics import (
    CardPrecision,
    RankedScores,
    average_precision,
    brier_score,
    calibration_bins,
    card_precision,
    expected_calibration_error,
    log_loss,
    precision_recall_at,
    rank_scores,
    roc_auc,
)
from huitong.evaluation.thresholds import Cases, ThresholdChoice, choose_from_ranked

SCORE_BINS = 50
CALIBRATION_BINS = 10
CARDS_PER_DAY = 100
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class JudgedScore:
    """Quality and thresholds come from one sort of the scores."""

    quality: ScoreQuality | None
    choice: ThresholdChoice | None


def judge_score(columns: ReplayColumns, days: Calendar) -> JudgedScore:
    """Quality over payments of known outcome that have a score, and the thresholds that the team's capacity and costs would choose.

    Where training saw a part of the period, quality is judged on the rest alone, if that has a fraud.
    """
    scored = ~np.isnan(columns.score)
    if not scored.any():
        return JudgedScore(None, None)
    rated = rate_labels(columns)
    known = scored & (rated >= 0)
    judged, fresh_from = _unseen(columns, known)
    ranked = rank_scores(_rows(columns.score, judged), _rows(columns.label, judged) == 1)
    judged_from = days.date_text(int(days.day_of_row()[fresh_from])) if fresh_from else None
    quality = _quality(columns, days, judged, ranked, judged_from) if ranked.wrongs else None
    if columns.costs is None or not known.any():
        return JudgedScore(quality, None)
    settled = columns.rows_settled()
    scored[settled:] = False
    score, label = _rows(columns.score, scored), _rows(rated, scored)
    customer, day = _rows(columns.customer, scored), _rows(days.day_of_row(), scored)
    if not (judged == scored).all():  # the thresholds serve all payments that had their time, labels known or not
        ranked = rank_scores(score, label == 1)
    cases = Cases(score, _rows(columns.amount_minor, scored), label, customer, day)
    ends = [moment for moment in (columns.until_us, columns.settled_before_us) if moment is not None]
    part = calendar(columns.time_us[:settled], columns.zone, columns.from_us, min(ends, default=None))
    return JudgedScore(quality, choose_from_ranked(ranked, cases, days=part.length_days, costs=columns.costs))


def _unseen(columns: ReplayColumns, known: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], int]:
    """Rows that training has not seen and the first of them; all rows and 0 where it saw none, or left no fraud to judge by."""
    seen = columns.rows_seen_in_training() or 0
    fresh = known.copy()
    fresh[:seen] = False
    if seen == 0 or not (columns.label[fresh] == 1).any():
        return known, 0
    return fresh, seen


def _rows(column: npt.NDArray[_Scalar], rows: npt.NDArray[np.bool_]) -> npt.NDArray[_Scalar]:
    return column if rows.all() else column[rows]


def _quality(
    columns: ReplayColumns,
    days: Calendar,
    known: npt.NDArray[np.bool_],
    ranked: RankedScores,
    judged_from: str | None,
) -> ScoreQuality:
    score, wrong = _rows(columns.score, known), _rows(columns.label, known) == 1
    cards = _cards(columns, days, known & (columns.customer >= 0))
    (review, decline) = (
        (None, None) if threshold is None else precision_recall_at(ranked, threshold)
        for threshold in (columns.review_from, columns.decline_from)
    )
    possible = np.minimum(cards.compromised_by_day, CARDS_PER_DAY)
    return ScoreQuality(
        judged_from=judged_from,
        cases=ranked.cases,
        wrongs=ranked.wrongs,
        average_precision=average_precision(ranked),
        roc_auc=roc_auc(ranked),
        card_precision_100=cards.mean,
        card_precision_possible=float(possible.mean()) / CARDS_PER_DAY if len(possible) else None,
        log_loss=log_loss(score, wrong),
        brier=brier_score(score, wrong),
        calibration_error=expected_calibration_error(calibration_bins(ranked, CALIBRATION_BINS)),
        review_precision=review[0],
        review_recall=review[1],
        decline_precision=decline[0],
        decline_recall=decline[1],
        calibration=calibration_bins(ranked, CALIBRATION_BINS, by_expected=True),
    )


def _cards(columns: ReplayColumns, days: Calendar, rows: npt.NDArray[np.bool_]) -> CardPrecision:
    score, label, customer = _rows(columns.score, rows), _rows(columns.label, rows), _rows(columns.customer, rows)
    return card_precision(score, label == 1, customer, _rows(days.day_of_row(), rows), CARDS_PER_DAY)


def score_bins(columns: ReplayColumns) -> tuple[ScoreBin, ...]:
    """Payments by score, in equal steps from 0 to 1; none when nothing has a score."""
    scored = ~np.isnan(columns.score)
    if not scored.any():
        return ()
    place = np.minimum((columns.score[scored] * SCORE_BINS).astype(np.int64), SCORE_BINS - 1)
    cells = np.bincount(place * 3 + columns.label[scored] + 1, minlength=SCORE_BINS * 3).reshape(SCORE_BINS, 3)
    return tuple(
        ScoreBin(step / SCORE_BINS, (step + 1) / SCORE_BINS, int(honest), int(fraud), int(unknown))
        for step, (unknown, honest, fraud) in enumerate(cells.tolist())
    )
