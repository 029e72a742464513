"""What was decided, by outcome, and what it was worth: counts, money, customers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_INT, Int32Array, Int64Array
from huitong.evaluation.columns import OutcomeWord, ReplayColumns
from huitong.evaluation.contents import Effect, OutcomeTally, Tally
from huitong.evaluation.customer_days import distinct_customer_days
from huitong.evaluation.days import Calendar
from huitong.evaluation.known import rate_labels
from huitong.evaluation.thresholds import Costs

BoolArray = npt.NDArray[np.bool_]
_HALF_BITS = 31


def exact_sum(amounts: Int64Array) -> int:
    """Sum that cannot overflow: high and low halves apart."""
    if len(amounts) == 0:
        return 0
    high, low = int((amounts >> _HALF_BITS).sum()), int((amounts & ((1 << _HALF_BITS) - 1)).sum())
    return (high << _HALF_BITS) + low


def tally(amount_minor: Int64Array, rows: BoolArray) -> Tally:
    """Number and money of the rows marked; no amount counts as 0."""
    chosen = amount_minor[rows]
    return Tally(len(chosen), exact_sum(chosen[chosen != NULL_INT]))


def add(tallies: Sequence[Tally]) -> Tally:
    """Sum of tallies."""
    return Tally(sum(one.count for one in tallies), sum(one.amount_minor for one in tallies))


def has_role(words: Sequence[OutcomeWord], outcome: npt.NDArray[np.integer], *roles: str) -> BoolArray:
    """Rows whose outcome has one of the roles."""
    chosen: BoolArray = np.array([word.role in roles for word in words], np.bool_)
    return np.take(chosen, outcome)


def distinct_customers(customer: Int32Array, rows: BoolArray) -> int:
    """Number of distinct customers among the rows marked."""
    seen = np.zeros(int(customer.max(initial=-1)) + 2, np.bool_)
    seen[customer[rows]] = True
    return int(np.count_nonzero(seen[:-1]))  # code -1 marks the last place: no customer


def tally_outcomes(columns: ReplayColumns, outcome: npt.NDArray[np.integer]) -> tuple[OutcomeTally, ...]:
    """Each outcome: payments that turned out to be fraud, honest, or not known."""
    rows = []
    for code, word in enumerate(columns.outcomes):
        given = np.flatnonzero(outcome == code)
        amounts, labels = columns.amount_minor[given], columns.label[given]
        fraud, honest, unknown = (tally(amounts, labels == label) for label in (1, 0, -1))
        rows.append(OutcomeTally(word.name, dict(word.title), word.role, add([fraud, honest, unknown]), fraud, honest, unknown))
    return tuple(rows)


def effect_of(
    columns: ReplayColumns, outcome: npt.NDArray[np.integer], tallies: Sequence[OutcomeTally], days: Calendar, costs: Costs | None
) -> Effect:
    """What these outcomes were worth."""
    honest_touched = has_role(columns.outcomes, outcome, "review", "stop") & (columns.label == 0)
    honest_declined = has_role(columns.outcomes, outcome, "stop") & (columns.label == 0)
    alerts = alerts_by_day(columns.outcomes, outcome, days)
    told = bool((rate_labels(columns) >= 0).any())
    cost, nothing = _costs(columns, outcome, days, costs) if costs and told else (None, None)
    return Effect(
        payments=add([one.payments for one in tallies]),
        fraud=add([one.fraud for one in tallies]),
        declined=add([one.fraud for one in tallies if one.role == "stop"]),
        reviewed=add([one.fraud for one in tallies if one.role == "review"]),
        missed=add([one.fraud for one in tallies if one.role == "pass"]),
        honest_payments_touched=int(np.count_nonzero(honest_touched)) if told else None,
        honest_customers_touched=distinct_customers(columns.customer, honest_touched) if told else None,
        honest_customers_declined=distinct_customers(columns.customer, honest_declined) if told else None,
        honest_customer_days_declined=_customer_days(columns, honest_declined, days) if told else None,
        customers=distinct_customers(columns.customer, np.ones(len(outcome), np.bool_)),
        alerts=int(alerts.sum()),
        alerts_per_day=int(alerts.sum()) / days.length_days,
        days_over_capacity=int(np.count_nonzero(alerts > costs.alerts_per_day)) if costs else None,
        cost_minor=cost,
        cost_of_nothing_minor=nothing,
    )


def alerts_by_day(words: Sequence[OutcomeWord], outcome: npt.NDArray[np.integer], days: Calendar) -> Int64Array:
    """Payments to review on each day, shape ``(days,)``."""
    return counts_by_day(has_role(words, outcome, "review"), days)


def counts_by_day(rows: BoolArray, days: Calendar) -> Int64Array:
    """Rows marked on each day, shape ``(days,)``."""
    upto = np.searchsorted(np.flatnonzero(rows), days.starts)
    return np.diff(upto)


def _costs(columns: ReplayColumns, outcome: npt.NDArray[np.integer], days: Calendar, costs: Costs) -> tuple[int, int]:
    """The cost of these outcomes, and of letting everything pass: of the payments that rates rest on."""
    label, settled = rate_labels(columns), np.arange(len(outcome)) < columns.rows_settled()
    fraud, passed, stopped = label == 1, has_role(columns.outcomes, outcome, "pass"), has_role(columns.outcomes, outcome, "stop")
    alerts = int(np.count_nonzero(settled & has_role(columns.outcomes, outcome, "review")))
    missed = tally(columns.amount_minor, fraud & passed)
    cost = _cost(missed, alerts, _customer_days(columns, stopped & (label == 0), days), costs)
    return cost, _cost(tally(columns.amount_minor, fraud), 0, 0, costs)


def _customer_days(columns: ReplayColumns, rows: BoolArray, days: Calendar) -> int:
    return distinct_customer_days(columns.customer[rows], days.day_of_row()[rows])


def _cost(missed: Tally, alerts: int, customer_days_declined: int, costs: Costs) -> int:
    loss = missed.amount_minor * costs.loss_missed_share + missed.count * costs.loss_missed_minor
    return round(loss) + alerts * costs.cost_per_alert_minor + customer_days_declined * costs.cost_per_harmed_customer_minor
