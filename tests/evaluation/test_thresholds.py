"""Thresholds against brute force over every pair, and at the edges."""

from itertools import pairwise, product
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import NULL_INT
from huitong.evaluation import Costs, ThresholdChoice, choose_thresholds
from huitong.kernel import InputError

Row = tuple[float, int, int, int]
# Rows of a test lie on alternating days: the first on day 0, the second on day 1, the third on day 0 …
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]), st.integers(0, 500), st.sampled_from([-1, 0, 0, 0, 1]), st.integers(-1, 4)
    ),
    min_size=1,
    max_size=25,
)
COSTS = st.builds(
    Costs,
    alerts_per_day=st.sampled_from([0.0, 0.5, 1.0, 3.0, 100.0]),
    loss_missed_share=st.sampled_from([0.0, 0.5, 1.0]),
    loss_missed_minor=st.sampled_from([0, 7]),
    cost_per_alert_minor=st.sampled_from([0, 3, 40]),
    cost_per_harmed_customer_minor=st.sampled_from([0, 11, 300]),
)


def choose(rows: list[Row], costs: Costs, days: int = 2) -> ThresholdChoice:
    score, amount, label, customer = (list(column) for column in zip(*rows, strict=True))
    return choose_thresholds(
        np.array(score, np.float64),
        np.array(amount, np.int64),
        np.array(label, np.int8),
        np.array(customer, np.int32),
        np.arange(len(rows), dtype=np.int32) % 2,
        days=days,
        costs=costs,
    )


def cost_of(rows: list[Row], review: float, decline: float, costs: Costs) -> float:
    loss = sum(
        amount * costs.loss_missed_share + costs.loss_missed_minor for score, amount, label, _ in rows if label == 1 and score < review
    )
    alerts = sum(review <= score < decline for score, *_ in rows)
    harmed = {(row % 2, one[3]) for row, one in enumerate(rows) if one[2] == 0 and one[0] >= decline and one[3] >= 0}
    return loss + alerts * costs.cost_per_alert_minor + len(harmed) * costs.cost_per_harmed_customer_minor


@given(ROWS, COSTS)
def test_no_pair_of_thresholds_within_capacity_is_cheaper(rows: list[Row], costs: Costs) -> None:
    choice = choose(rows, costs)
    review, decline = (inf if one is None else one for one in (choice.review, choice.decline))
    assert review <= decline
    assert choice.cost_minor == round(cost_of(rows, review, decline, costs))
    assert choice.alerts_per_day == sum(review <= score < decline for score, *_ in rows) / 2
    assert choice.alerts_per_day <= costs.alerts_per_day
    levels = [*{score for score, *_ in rows}, inf]
    for other_review, other_decline in product(levels, levels):
        alerts = sum(other_review <= score < other_decline for score, *_ in rows)
        if other_review <= other_decline and alerts <= costs.alerts_per_day * 2:
            assert choice.cost_minor <= round(cost_of(rows, other_review, other_decline, costs))


@given(ROWS, COSTS)
def test_the_curve_only_rises_and_ends_with_everything(rows: list[Row], costs: Costs) -> None:
    curve = choose(rows, costs).curve
    assert curve[0].threshold is None
    assert (curve[0].flagged, curve[0].frauds, curve[0].honest_customers) == (0, 0, 0)
    assert (curve[-1].flagged, curve[-1].frauds) == (len(rows), sum(label == 1 for _, _, label, _ in rows))
    for before, after in pairwise(curve):
        assert before.flagged < after.flagged
        for name in ("frauds", "fraud_minor", "loss_avoided_minor", "honest_customers", "honest_customer_days"):
            assert getattr(before, name) <= getattr(after, name)


@given(ROWS)
def test_more_capacity_never_costs_more(rows: list[Row]) -> None:
    costs = [
        choose(rows, Costs(alerts_per_day=capacity, cost_per_alert_minor=2, cost_per_harmed_customer_minor=90)).cost_minor
        for capacity in range(6)
    ]
    assert costs == sorted(costs, reverse=True)


HONEST: list[Row] = [(0.9, 100, 0, 1), (0.1, 100, 0, 2)]
FRAUD: list[Row] = [(0.9, 100, 1, 1), (0.1, 300, 1, 2)]


def test_without_fraud_nothing_is_flagged() -> None:
    choice = choose(HONEST, Costs(alerts_per_day=9, cost_per_alert_minor=1, cost_per_harmed_customer_minor=1))
    assert (choice.review, choice.decline, choice.cost_minor) == (None, None, 0)


def test_where_all_is_fraud_all_is_declined() -> None:
    choice = choose(FRAUD, Costs(alerts_per_day=9, cost_per_alert_minor=1, cost_per_harmed_customer_minor=1))
    assert (choice.review, choice.decline, choice.frauds_missed, choice.cost_minor) == (0.1, 0.1, 0, 0)


def test_without_capacity_nothing_is_reviewed() -> None:
    choice = choose(HONEST + FRAUD, Costs(alerts_per_day=0, cost_per_harmed_customer_minor=10))
    assert choice.review == choice.decline
    assert choice.alerts_per_day == 0


def test_equal_scores_are_flagged_together_or_not_at_all() -> None:
    rows: list[Row] = [(0.5, 100, 1, 1)] * 3 + [(0.5, 100, 0, 2)]
    choice = choose(rows, Costs(alerts_per_day=1, cost_per_harmed_customer_minor=10**6), days=3)
    assert choice.review is None  # four equal scores do not fit three reviews


def test_payments_without_score_or_amount_do_not_disturb() -> None:
    rows: list[Row] = [*FRAUD, (float("nan"), 10**9, 1, 3), (0.9, NULL_INT, 1, 4)]
    choice = choose(rows, Costs(alerts_per_day=9))
    assert choice.fraud_caught_minor == 400
    assert choice.cost_of_nothing_minor == 400


def test_nothing_scored_gives_an_empty_choice() -> None:
    choice = choose([(float("nan"), 100, 1, 1)], Costs(alerts_per_day=9))
    assert (choice.review, choice.decline, choice.cost_minor, len(choice.curve)) == (None, None, 0, 1)


def test_many_scores_are_thinned_but_the_chosen_points_stay_on_the_curve() -> None:
    random = np.random.default_rng(2)
    n = 50_000
    label = (random.random(n) < 0.01).astype(np.int8)
    score = random.random(n) ** np.where(label == 1, 0.2, 2.0)
    costs = Costs(alerts_per_day=20, cost_per_alert_minor=300, cost_per_harmed_customer_minor=2_000)
    amount, customer = random.integers(100, 50_000, n), random.integers(0, 3_000, n).astype(np.int32)
    choice = choose_thresholds(score, amount, label, customer, random.integers(0, 30, n).astype(np.int32), days=30, costs=costs)
    thresholds = [point.threshold for point in choice.curve]
    assert len(choice.curve) <= 182
    assert choice.review in thresholds
    assert choice.decline in thresholds
    assert choice.cost_minor < choice.cost_of_nothing_minor


def test_a_negative_cost_or_an_empty_period_is_refused() -> None:
    with pytest.raises(InputError, match="at least 0"):
        Costs(alerts_per_day=-1)
    with pytest.raises(InputError, match="at least 0"):
        Costs(alerts_per_day=inf)
    with pytest.raises(InputError, match="0 days"):
        choose(FRAUD, Costs(alerts_per_day=1), days=0)


def test_a_longer_period_does_not_make_it_cheaper_to_decline_everybody() -> None:
    costs = Costs(alerts_per_day=0, cost_per_harmed_customer_minor=50)
    day = [(0.5, 60, 1, 1), *[(0.5, 100, 0, customer) for customer in range(4)]]
    for days in (1, 30):
        rows = day * days
        score, amount, label, customer = (np.array(column) for column in zip(*rows, strict=True))
        when = np.repeat(np.arange(days, dtype=np.int32), len(day))
        choice = choose_thresholds(score, amount, label.astype(np.int8), customer.astype(np.int32), when, days=days, costs=costs)
        assert choice.decline is None
        assert choice.curve[-1].honest_customer_days == 4 * days
