"""Where to review and where to decline: thresholds from the team's capacity and a loss matrix, not guessed."""

from dataclasses import dataclass
from math import isfinite

import msgspec
import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_INT, Float64Array, Int32Array, Int64Array
from huitong.evaluation.customer_days import highest_by_customer_day
from huitong.evaluation.metrics import RankedScores, rank_scores
from huitong.kernel import InputError

CANDIDATES_MAX = 640
"""Most thresholds tried; above, they lie evenly in the logarithm of the number flagged, dense where alerts are few."""
CURVE_POINTS_MAX = 180
"""Most points of the curve that is handed out."""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What the team can do and what mistakes cost; money in minor units.

    Attributes:
        alerts_per_day: Payments that the team can review in a day.
        loss_missed_share: Share of its amount that a fraud costs when it is let through.
        loss_missed_minor: What each fraud let through costs besides (fees, handling).
        cost_per_alert_minor: What one review costs.
        cost_per_harmed_customer_minor: What it costs to decline a customer who did no wrong, once a day however many payments.
    """

    alerts_per_day: float
    loss_missed_share: float = 1.0
    loss_missed_minor: int = 0
    cost_per_alert_minor: int = 0
    cost_per_harmed_customer_minor: int = 0

    def __post_init__(self) -> None:
        values = (self.alerts_per_day, self.loss_missed_share, self.loss_missed_minor)
        if any(not isfinite(value) or value < 0 for value in (*values, self.cost_per_alert_minor, self.cost_per_harmed_customer_minor)):
            raise InputError(
                "evaluation.costs.negative",
                {"en": f"capacity and costs must be finite and at least 0: {self}", "zh": f"处理能力与成本必须有限且不小于 0：{self}"},
                {"en": "mend the costs in the policy", "zh": "请修改策略中的成本设置"},
            )


class CurvePoint(msgspec.Struct, frozen=True):
    """Flagging every payment whose score is at or above a threshold.

    Attributes:
        threshold: The threshold; ``None`` flags nothing.
        flagged: Payments flagged in the period.
        frauds: Frauds among them.
        fraud_minor: Their money.
        loss_avoided_minor: What letting them through would have cost.
        honest_customers: Distinct customers with at least one honest payment flagged.
        honest_customer_days: The same counted anew each day: what harm is paid for.
        cost_minor: Cost of reviewing every payment flagged and letting the rest through.
    """

    threshold: float | None
    flagged: int
    frauds: int
    fraud_minor: int
    loss_avoided_minor: int
    honest_customers: int
    honest_customer_days: int
    cost_minor: int


class ThresholdChoice(msgspec.Struct, frozen=True):
    """The cheapest pair of thresholds that the team can work, and the curve it was chosen from.

    A payment is declined from ``decline`` up, reviewed from ``review`` up to it, let through below; ``None`` means never.

    Attributes:
        review: Score from which a payment is reviewed.
        decline: Score from which a payment is declined; at or above ``review``.
        alerts_per_day: Payments to review a day, on average.
        frauds_caught: Frauds declined or reviewed.
        fraud_caught_minor: Their money.
        frauds_missed: Frauds let through.
        fraud_missed_minor: Their money.
        honest_customers_declined: Distinct customers with at least one honest payment declined.
        honest_customers_touched: The same for payments declined or reviewed.
        cost_minor: Loss + reviews + harm in the period, expected at this choice.
        cost_of_nothing_minor: Loss when everything is let through.
        days: Length of the period in days.
        costs: What the choice was made with.
        curve: Points from nothing flagged to everything flagged.
    """

    review: float | None
    decline: float | None
    alerts_per_day: float
    frauds_caught: int
    fraud_caught_minor: int
    frauds_missed: int
    fraud_missed_minor: int
    honest_customers_declined: int
    honest_customers_touched: int
    cost_minor: int
    cost_of_nothing_minor: int
    days: float
    costs: Costs
    curve: tuple[CurvePoint, ...]


def choose_thresholds(
    score: Float64Array,
    amount_minor: Int64Array,
    label: npt.NDArray[np.int8],
    customer: Int32Array,
    day: Int32Array,
    *,
    days: float,
    costs: Costs,
) -> ThresholdChoice:
    """The thresholds that minimise expected cost within the team's capacity.

    Expected cost = losses of frauds let through + reviews x cost of one + honest customers declined x cost of one, where a customer
    counts once a day: else the longer the period, the cheaper it would be to decline everybody. A fraud under review is taken as
    found. Equal scores are never parted. Among equally cheap pairs, the one with the fewest payments flagged.

    Args:
        score: Shape ``(n,)``; NaN where there is none: such rows take no part.
        amount_minor: Shape ``(n,)``; ``NULL_INT`` counts as 0.
        label: 1 fraud, 0 honest, -1 not known (reviewed at a cost, neither loss nor harm), shape ``(n,)``.
        customer: Customer codes, -1 where none, shape ``(n,)``.
        day: Day number of each payment, shape ``(n,)``.
        days: Length of the period; days without a payment count.
        costs: Capacity and loss matrix.

    Raises:
        InputError: If ``days`` is not positive.
    """
    if days < 1:
        raise InputError(
            "evaluation.days.none",
            {"en": f"the period has {days} days", "zh": f"期间天数为 {days}"},
            {"en": "give at least one day of payments", "zh": "请提供至少一天的支付数据"},
        )
    scored = ~np.isnan(score)
    if not scored.all():
        score, amount_minor, label = score[scored], amount_minor[scored], label[scored]
        customer, day = customer[scored], day[scored]
    return choose_from_ranked(rank_scores(score, label == 1), Cases(score, amount_minor, label, customer, day), days=days, costs=costs)


@dataclass(frozen=True, slots=True)
class Cases:
    """Payments that have a score; the arguments of ``choose_thresholds``."""

    score: Float64Array
    amount_minor: Int64Array
    label: npt.NDArray[np.int8]
    customer: Int32Array
    day: Int32Array


def choose_from_ranked(ranked: RankedScores, cases: Cases, *, days: float, costs: Costs) -> ThresholdChoice:
    """As ``choose_thresholds``, for scores without NaN that are already ranked against ``label == 1``."""
    grid = _Grid(ranked, cases, costs, costs.alerts_per_day * days)
    missed, alerts = grid.loss[-1] - grid.loss, grid.flagged[:, None] - grid.flagged[None, :]
    cost = missed[:, None] + costs.cost_per_alert_minor * alerts + costs.cost_per_harmed_customer_minor * grid.honest_days[None, :]
    cost[(alerts < 0) | (alerts > costs.alerts_per_day * days)] = np.inf
    review, decline = (int(place) for place in np.unravel_index(int(np.argmin(cost)), cost.shape))
    return ThresholdChoice(
        review=grid.threshold(review),
        decline=grid.threshold(decline),
        alerts_per_day=float(alerts[review, decline]) / days,
        frauds_caught=int(grid.frauds[review]),
        fraud_caught_minor=int(grid.money[review]),
        frauds_missed=int(grid.frauds[-1] - grid.frauds[review]),
        fraud_missed_minor=int(grid.money[-1] - grid.money[review]),
        honest_customers_declined=int(grid.honest[decline]),
        honest_customers_touched=int(grid.honest[review]),
        cost_minor=round(float(cost[review, decline])),
        cost_of_nothing_minor=round(float(grid.loss[-1])),
        days=days,
        costs=costs,
        curve=grid.curve({review, decline}),
    )


class _Grid:
    """Cumulative figures at each candidate threshold; position 0 flags nothing, the last flags everything."""

    def __init__(self, ranked: RankedScores, cases: Cases, costs: Costs, capacity: float) -> None:
        places = _candidates(ranked, capacity)
        self._thresholds, self._costs = ranked.threshold[places], costs
        self.flagged = np.append(0, ranked.flagged[places])
        self.frauds = np.append(0, ranked.caught[places])
        fraud = np.flatnonzero(cases.label == 1)
        amounts = cases.amount_minor[fraud[np.argsort(-cases.score[fraud], kind="stable")]]
        self.money = np.append(0, np.cumsum(np.where(amounts == NULL_INT, 0, amounts)))[self.frauds]
        self.loss = self.money * costs.loss_missed_share + self.frauds * float(costs.loss_missed_minor)
        rows = (cases.label == 0) & (cases.customer >= 0)
        score, customer = cases.score[rows], cases.customer[rows]
        self.honest = _at_or_above(_highest_by_customer(score, customer), self._thresholds)
        self.honest_days = _at_or_above(highest_by_customer_day(score, customer, cases.day[rows]), self._thresholds)

    def threshold(self, place: int) -> float | None:
        return float(self._thresholds[place - 1]) if place else None

    def curve(self, marked: set[int]) -> tuple[CurvePoint, ...]:
        last = len(self.flagged) - 1
        kept = {round(place) for place in np.linspace(0, last, min(last + 1, CURVE_POINTS_MAX))} | marked
        return tuple(self._point(place) for place in sorted(kept))

    def _point(self, place: int) -> CurvePoint:
        cost = self.loss[-1] - self.loss[place] + self._costs.cost_per_alert_minor * self.flagged[place]
        return CurvePoint(
            self.threshold(place),
            int(self.flagged[place]),
            int(self.frauds[place]),
            int(self.money[place]),
            round(float(self.loss[place])),
            int(self.honest[place]),
            int(self.honest_days[place]),
            round(float(cost)),
        )


def _candidates(ranked: RankedScores, capacity: float) -> npt.NDArray[np.intp]:
    if len(ranked.threshold) <= CANDIDATES_MAX:
        return np.arange(len(ranked.threshold))
    wanted = np.geomspace(1, ranked.cases, CANDIDATES_MAX - 1)
    places = np.append(np.searchsorted(ranked.flagged, wanted), max(0, int(np.searchsorted(ranked.flagged, capacity, "right")) - 1))
    return np.unique(np.minimum(places, len(ranked.flagged) - 1))


def _highest_by_customer(score: Float64Array, customer: Int32Array) -> Float64Array:
    best = np.full(int(customer.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, customer, score)
    return np.sort(best[best > -np.inf])


def _at_or_above(rising: Float64Array, thresholds: Float64Array) -> npt.NDArray[np.intp]:
    """How many values lie at or above each threshold, with 0 before the first."""
    return np.append(0, len(rising) - np.searchsorted(rising, thresholds, side="left"))
