"""The period day by day and week by week."""

import numpy as np
import numpy.typing as npt

from huitong.evaluation.columns import ReplayColumns
from huitong.evaluation.contents import Day, Week
from huitong.evaluation.days import Calendar
from huitong.evaluation.known import rate_labels
from huitong.evaluation.metrics import average_precision, bin_counts, population_stability_index, psi_edges, rank_scores
from huitong.evaluation.outcomes import counts_by_day, has_role, tally

REFERENCE_SHARE = 0.25
"""Share of the weeks, from the first on, that later ones are compared with."""
_PSI_SAMPLE_MAX = 200_000
"""Most scores from which the reference bins are cut; every step-th in time order."""


def days_of(columns: ReplayColumns, calendar: Calendar) -> tuple[Day, ...]:
    """Each day."""
    fraud, passed = columns.label == 1, has_role(columns.outcomes, columns.outcome, "pass")
    payments = np.diff(calendar.starts)
    alerts = counts_by_day(has_role(columns.outcomes, columns.outcome, "review"), calendar)
    declined = counts_by_day(has_role(columns.outcomes, columns.outcome, "stop"), calendar)
    frauds, caught = counts_by_day(fraud, calendar), counts_by_day(fraud & ~passed, calendar)
    return tuple(
        Day(calendar.date_text(day), int(payments[day]), int(alerts[day]), int(declined[day]), int(frauds[day]), int(caught[day]))
        for day in range(calendar.days)
    )


def reference_weeks(calendar: Calendar) -> int:
    """Number of weeks, from the first on, that later ones are compared with."""
    return max(1, round(calendar.weeks * REFERENCE_SHARE))


def weeks_of(columns: ReplayColumns, calendar: Calendar) -> tuple[Week, ...]:
    """Each week, with the score's stability against the first weeks."""
    reference = columns.score[: calendar.week_rows(reference_weeks(calendar) - 1).stop]
    edges = psi_edges(reference[:: max(1, len(reference) // _PSI_SAMPLE_MAX)])
    before = bin_counts(reference, edges)
    before[-1] = 0  # payments without a score say nothing about the score
    rated, weeks = rate_labels(columns), []
    for number in range(calendar.weeks):
        rows = calendar.week_rows(number)
        now = bin_counts(columns.score[rows], edges)
        now[-1] = 0
        weeks.append(_week(columns, calendar, number, rated[rows], population_stability_index(before, now)))
    return tuple(weeks)


def _week(columns: ReplayColumns, calendar: Calendar, number: int, rated: npt.NDArray[np.int8], psi: float | None) -> Week:
    rows = calendar.week_rows(number)
    outcome, label, score = columns.outcome[rows], columns.label[rows], columns.score[rows]
    passed = has_role(columns.outcomes, outcome, "pass")
    judged = (rated >= 0) & ~np.isnan(score)
    missed = tally(columns.amount_minor[rows], (label == 1) & passed)
    frauds, days = int(np.count_nonzero(label == 1)), calendar.week_days(number)
    return Week(
        start=calendar.date_text(number * 7),
        days=days,
        payments=len(outcome),
        outcomes=np.bincount(outcome, minlength=len(columns.outcomes)).tolist(),
        frauds=frauds,
        frauds_caught=frauds - missed.count,
        fraud_missed_minor=missed.amount_minor,
        alerts_per_day=int(np.count_nonzero(has_role(columns.outcomes, outcome, "review"))) / days,
        average_precision=average_precision(rank_scores(score[judged], rated[judged] == 1)),
        psi=psi,
    )
