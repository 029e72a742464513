"""Measures of a score against what turned out to be true. Plain functions over numpy arrays; each cites its source.

For whom: everybody who asks whether a model is good. Where it fails: without a single wrong case most measures are undefined and
say ``None``, never 0; the intervals take the cases as independent, which payments of one customer are not, so they are somewhat too narrow.
"""

from huitong.evaluation.metrics.cards import CardPrecision, card_precision
from huitong.evaluation.metrics.interval import Estimate, wilson_interval
from huitong.evaluation.metrics.probability import CalibrationBin, brier_score, calibration_bins, expected_calibration_error, log_loss
from huitong.evaluation.metrics.ranking import RankedScores, average_precision, precision_recall_at, rank_scores, roc_auc
from huitong.evaluation.metrics.stability import PSI_ALARM, PSI_WATCH, bin_counts, population_stability_index, psi_edges

__all__ = [
    "PSI_ALARM",
    "PSI_WATCH",
    "CalibrationBin",
    "CardPrecision",
    "Estimate",
    "RankedScores",
    "average_precision",
    "bin_counts",
    "brier_score",
    "calibration_bins",
    "card_precision",
    "expected_calibration_error",
    "log_loss",
    "population_stability_index",
    "precision_recall_at",
    "psi_edges",
    "rank_scores",
    "roc_auc",
    "wilson_interval",
]
