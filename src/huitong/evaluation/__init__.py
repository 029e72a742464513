"""Judging decisions: what a replayed period stopped, missed and cost, how good its score was, and a report that a board can read.

For whom: the analyst who weighs a policy, the team lead who sets thresholds, the board that asks what it was worth.
How: columns of a replay go in (``ReplayColumns``), a plain report comes out (``ReplayReport``), which becomes one HTML file or
a few lines of words. Metrics and thresholds are pure functions that can be used alone.
Where it fails: everything here counts what the labels say. A fraud that nobody reported counts as honest; a fraud under review
counts as found; the curve knows scores, not rules; and what a declined fraudster would have done next is not in the data.
"""

from huitong.evaluation.columns import (
    PAYMENT_OUTCOMES,
    FeatureValues,
    FeatureWord,
    Fold,
    Group,
    OutcomeWord,
    PastPayment,
    Prequential,
    QuarantineCount,
    ReplayColumns,
    Rival,
    RuleHits,
    RuleWord,
    Sample,
    Usual,
)
from huitong.evaluation.contents import ReplayReport
from huitong.evaluation.replay import evaluate_replay
from huitong.evaluation.report import render_html
from huitong.evaluation.summary import summary
from huitong.evaluation.thresholds import Costs, CurvePoint, ThresholdChoice, choose_thresholds

__all__ = [
    "PAYMENT_OUTCOMES",
    "Costs",
    "CurvePoint",
    "FeatureValues",
    "FeatureWord",
    "Fold",
    "Group",
    "OutcomeWord",
    "PastPayment",
    "Prequential",
    "QuarantineCount",
    "ReplayColumns",
    "ReplayReport",
    "Rival",
    "RuleHits",
    "RuleWord",
    "Sample",
    "ThresholdChoice",
    "Usual",
    "choose_thresholds",
    "evaluate_replay",
    "render_html",
    "summary",
]
