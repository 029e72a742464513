"""A replayed period judged: columns in, report out. Pure; one pass for each question, one sort of the scores."""

import numpy as np

from huitong.contracts import NULL_INT
from huitong.evaluation.columns import Prequential, ReplayColumns
from huitong.evaluation.comparison import compare
from huitong.evaluation.contents import FeatureRow, FoldRow, Method, PrequentialTable, QuarantineRow, ReplayReport
from huitong.evaluation.days import calendar
from huitong.evaluation.outcomes import effect_of, tally_outcomes
from huitong.evaluation.parts import drift_rows, group_table, rule_rows
from huitong.evaluation.quality import judge_score, score_bins
from huitong.evaluation.samples import sample_decision
from huitong.evaluation.series import days_of, weeks_of
from huitong.kernel import MICROSECONDS_PER_DAY, InputError


def evaluate_replay(columns: ReplayColumns) -> ReplayReport:
    """Judges a replayed period.

    Raises:
        InputError: If the columns do not fit together, or there is no payment.
    """
    columns.check()
    if len(columns.time_us) == 0:
        raise InputError(
            "evaluation.empty",
            {"en": "there is no payment to judge", "zh": "没有可评估的支付"},
            {"en": "check the file, the mapping and the quarantine", "zh": "请检查文件、映射与隔离区"},
        )
    days = calendar(columns.time_us, columns.zone, columns.from_us, columns.until_us)
    outcomes = tally_outcomes(columns, columns.outcome)
    judged = judge_score(columns, days)
    words = {word.name: word for word in columns.features}
    return ReplayReport(
        policy=columns.policy,
        title=dict(columns.title),
        version=columns.version,
        currency=columns.currency,
        zone=columns.zone,
        first_date=days.date_text(0),
        last_date=days.date_text(days.days - 1),
        length_days=days.length_days,
        outcomes=outcomes,
        effect=effect_of(columns, columns.outcome, outcomes, days, columns.costs),
        days=days_of(columns, days),
        weeks=weeks_of(columns, days),
        quality=judged.quality,
        scores=score_bins(columns),
        review_from=columns.review_from,
        decline_from=columns.decline_from,
        costs=columns.costs,
        choice=judged.choice,
        groups=tuple(group_table(columns, group) for group in columns.groups),
        rules=rule_rows(columns, columns.rules) if columns.rules else (),
        comparison=compare(columns, columns.rival, days) if columns.rival else None,
        drift=drift_rows(columns, days),
        features=tuple(FeatureRow(word.name, dict(word.title), word.unit) for word in columns.features),
        roles={role: dict(title) for role, title in columns.roles.items()},
        samples=tuple(sample_decision(sample, columns.outcomes, words) for sample in columns.samples),
        prequential=tuple(_prequential(one) for one in columns.prequential if one.folds),
        method=_method(columns),
    )


def _prequential(protocol: Prequential) -> PrequentialTable:
    folds = tuple(
        FoldRow(
            fold.train_from,
            fold.train_to,
            fold.test_from,
            fold.test_to,
            fold.payments,
            fold.frauds,
            fold.average_precision,
            fold.roc_auc,
            fold.card_precision_100,
        )
        for fold in protocol.folds
    )
    means = (float(np.mean([getattr(fold, name) for fold in folds])) for name in ("average_precision", "roc_auc", "card_precision_100"))
    return PrequentialTable(dict(protocol.title), folds, *means)


def _method(columns: ReplayColumns) -> Method:
    n = len(columns.time_us)
    quarantined = sum(one.rows for one in columns.quarantine)
    return Method(
        made_at_us=columns.made_at_us,
        command=columns.command,
        hashes=dict(columns.hashes),
        seeds=dict(columns.seeds),
        software=dict(columns.software),
        rows_read=n + quarantined if columns.rows_read is None else columns.rows_read,
        rows_judged=n,
        rows_quarantined=quarantined,
        quarantine=tuple(QuarantineRow(one.code, dict(one.text), one.rows, one.example) for one in columns.quarantine),
        label_delay_days=_label_delay_days(columns),
        labels_unknown=int(np.count_nonzero(columns.label < 0)),
        settled_before_us=columns.settled_before_us,
        scores_missing=int(np.count_nonzero(np.isnan(columns.score))),
        trained_until_us=columns.trained_until_us,
        payments_seen_in_training=columns.rows_seen_in_training(),
    )


def _label_delay_days(columns: ReplayColumns) -> float | None:
    """Median days from a fraud to the day it became known."""
    if columns.label_time_us is None:
        return None
    frauds = np.flatnonzero((columns.label == 1) & (columns.label_time_us != NULL_INT))
    if len(frauds) == 0:
        return None
    return float(np.median(columns.label_time_us[frauds] - columns.time_us[frauds])) / MICROSECONDS_PER_DAY
