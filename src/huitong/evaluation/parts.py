"""The payments parted by group, the rules that hit, the features that drifted."""

import numpy as np

from huitong.contracts import Float64Array
from huitong.evaluation.columns import FeatureWord, Group, ReplayColumns, RuleHits
from huitong.evaluation.contents import DriftRow, GroupRow, GroupTable, RuleRow
from huitong.evaluation.days import Calendar
from huitong.evaluation.known import rate_labels
from huitong.evaluation.metrics import bin_counts, population_stability_index, psi_edges, wilson_interval
from huitong.evaluation.outcomes import distinct_customers, has_role, tally
from huitong.evaluation.series import reference_weeks

RULES_MAX = 60
"""Most rules shown, those with the most hits."""


def group_table(columns: ReplayColumns, group: Group) -> GroupTable:
    """Each value of a grouping, the most fraud money first; values that no payment has are left out."""
    passed = has_role(columns.outcomes, columns.outcome, "pass")
    review = has_role(columns.outcomes, columns.outcome, "review")
    told = bool((rate_labels(columns) >= 0).any())
    rows = []
    for code, title in enumerate(group.values):
        inside = np.flatnonzero(group.codes == code)
        if len(inside) == 0:
            continue
        amount, label, through = columns.amount_minor[inside], columns.label[inside], passed[inside]
        rows.append(
            GroupRow(
                dict(title),
                tally(amount, np.ones(len(inside), np.bool_)),
                tally(amount, label == 1),
                tally(amount, (label == 1) & ~through),
                tally(amount, (label == 1) & through),
                int(np.count_nonzero((label == 0) & ~through)) if told else None,
                int(np.count_nonzero(review[inside])),
            )
        )
    rows.sort(key=lambda row: -row.fraud.amount_minor)
    return GroupTable(group.name, dict(group.title), tuple(rows))


def rule_rows(columns: ReplayColumns, hits: RuleHits) -> tuple[RuleRow, ...]:
    """Rules by number of hits, with the share of fraud among the hits that rates rest on."""
    rated = rate_labels(columns)
    order = np.argsort(hits.codes, kind="stable")
    starts = np.searchsorted(hits.codes[order], np.arange(len(hits.rules) + 1))
    rows = []
    for code, rule in enumerate(hits.rules):
        chosen = hits.rows[order[starts[code] : starts[code + 1]]]
        label = columns.label[chosen]
        fraud = tally(columns.amount_minor[chosen], label == 1)
        known, right = (int(np.count_nonzero(rated[chosen] >= least)) for least in (0, 1))
        precision = wilson_interval(right, known) if known else None
        honest = distinct_customers(columns.customer[chosen], label == 0) if known else None
        rows.append(RuleRow(rule.name, dict(rule.title), len(chosen), fraud.count, fraud.amount_minor, precision, honest))
    return tuple(sorted(rows, key=lambda row: -row.hits)[:RULES_MAX])


def drift_rows(columns: ReplayColumns, calendar: Calendar) -> tuple[DriftRow, ...]:
    """Each feature in the first weeks against the same number of last weeks, the most shifted first."""
    sample = columns.feature_values
    weeks = reference_weeks(calendar)
    if sample is None or calendar.weeks < 2 * weeks:
        return ()
    early = sample.rows < calendar.week_rows(weeks - 1).stop
    late = sample.rows >= calendar.week_rows(calendar.weeks - weeks).start
    before, after = sample.values[early].astype(np.float64), sample.values[late].astype(np.float64)
    rows = [_drift(word, before[:, place], after[:, place]) for place, word in enumerate(columns.features)]
    return tuple(sorted(rows, key=lambda row: -(row.psi or 0.0)))


def _drift(word: FeatureWord, before: Float64Array, after: Float64Array) -> DriftRow:
    edges = psi_edges(before)
    return DriftRow(
        word.name,
        dict(word.title),
        population_stability_index(bin_counts(before, edges), bin_counts(after, edges)),
        _missing(before),
        _missing(after),
        _median(before),
        _median(after),
    )


def _missing(values: Float64Array) -> float:
    return float(np.isnan(values).mean()) if len(values) else 0.0


def _median(values: Float64Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None
