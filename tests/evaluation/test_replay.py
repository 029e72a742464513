"""A small world judged by hand, and by brute force."""

from dataclasses import replace

import numpy as np
import pytest

from huitong.contracts import NULL_INT, PatternEdge
from huitong.evaluation import (
    Costs,
    FeatureValues,
    Group,
    ReplayColumns,
    ReplayReport,
    Rival,
    RuleHits,
    RuleWord,
    evaluate_replay,
    render_html,
)
from huitong.evaluation.outcomes import exact_sum
from huitong.evaluation.patterns import PATTERN_TITLES, pattern_title
from huitong.features.graph.layout import MIDDLES_MAX
from huitong.kernel import HuitongError, InputError, time_us
from tests.evaluation.sample_bank import sample_columns, sample_decisions

DAY_US = 86_400_000_000
APPROVE, REVIEW, DECLINE = 0, 1, 2


def small_world() -> ReplayColumns:
    """Eight payments on two Shanghai days; the fifth is one minute after local midnight."""
    start = time_us("2026-03-01T09:00:00+08:00")
    midnight = time_us("2026-03-02T00:00:00+08:00")
    return ReplayColumns(
        policy="small",
        title={"en": "Small", "zh": "小"},
        version="v2",
        made_at_us=start + 9 * DAY_US,
        currency="CNY",
        zone="Asia/Shanghai",
        time_us=np.array([start, start + 1, start + 2, midnight - 1, midnight, midnight + 1, midnight + 2, midnight + 3]),
        amount_minor=np.array([100, 200, 400, 800, 1_600, 3_200, 6_400, NULL_INT]),
        customer=np.array([0, 0, 1, 2, 3, 1, 4, -1], np.int32),
        outcome=np.array([APPROVE, DECLINE, REVIEW, APPROVE, REVIEW, DECLINE, APPROVE, REVIEW], np.int8),
        score=np.array([0.1, 0.9, 0.5, 0.2, 0.6, 0.8, 0.3, np.nan]),
        label=np.array([0, 1, 0, 1, 1, 0, -1, 0], np.int8),
        costs=Costs(alerts_per_day=1, cost_per_alert_minor=10, cost_per_harmed_customer_minor=1_000),
    )


def test_money_and_people_are_counted_as_a_person_would_count_them() -> None:
    effect = evaluate_replay(small_world()).effect
    assert (effect.payments.count, effect.payments.amount_minor) == (8, 12_700)
    assert (effect.fraud.count, effect.fraud.amount_minor) == (3, 2_600)
    assert (effect.declined.amount_minor, effect.reviewed.amount_minor, effect.missed.amount_minor) == (200, 1_600, 800)
    assert (effect.caught.count, effect.caught.amount_minor) == (2, 1_800)
    assert effect.honest_payments_touched == 3  # one reviewed, one declined of the same customer, one of nobody known
    assert (effect.honest_customers_touched, effect.honest_customers_declined, effect.customers) == (1, 1, 5)
    assert (effect.alerts, effect.alerts_per_day, effect.days_over_capacity) == (3, 1.5, 1)
    assert effect.cost_minor == 800 + 3 * 10 + 1_000


def test_days_are_cut_at_local_midnight() -> None:
    report = evaluate_replay(small_world())
    assert [(day.date, day.payments, day.alerts) for day in report.days] == [("2026-03-01", 4, 1), ("2026-03-02", 4, 2)]
    abroad = evaluate_replay(replace(small_world(), zone="America/New_York"))
    assert [(day.date, day.payments) for day in abroad.days] == [("2026-02-28", 3), ("2026-03-01", 5)]


def test_a_day_on_which_clocks_change_is_one_day() -> None:
    zone, world = "America/New_York", small_world()
    times = [time_us(f"2026-03-{day:02}T12:00:00-04:00") for day in range(7, 15)]
    report = evaluate_replay(replace(world, zone=zone, time_us=np.array(times)))
    assert [day.payments for day in report.days] == [1] * 8


def test_outcomes_add_up_to_all_payments() -> None:
    report = evaluate_replay(small_world())
    assert [(one.name, one.fraud.count, one.honest.count, one.unknown.count) for one in report.outcomes] == [
        ("approve", 1, 1, 1),
        ("review", 1, 2, 0),
        ("decline", 1, 1, 0),
    ]
    assert sum(one.payments.amount_minor for one in report.outcomes) == report.effect.payments.amount_minor


def test_a_comparison_says_who_was_right_with_the_money_both_ways() -> None:
    before = np.array([REVIEW, DECLINE, APPROVE, REVIEW, APPROVE, DECLINE, DECLINE, REVIEW], np.int8)
    world = replace(small_world(), rival=Rival("v1", {"en": "old", "zh": "旧"}, before), ids=[f"P{row}" for row in range(8)])
    other = evaluate_replay(world).comparison
    assert other is not None
    assert other.differing == 5
    assert (other.this_right.count, other.this_right.amount_minor) == (2, 1_700)  # honest row 0 let through, fraud row 4 reviewed
    assert (other.other_right.count, other.other_right.amount_minor) == (2, 1_200)  # honest row 2 now reviewed, fraud row 3 now let through
    assert other.undecided.count == 1
    assert (other.gained_minor, other.lost_minor) == (1_600, 800)
    assert [one.id for one in other.differences] == ["P6", "P4", "P3", "P2", "P0"]
    assert {one.customer for one in other.differences} == {None}, "nobody says what the codes stand for"
    named = evaluate_replay(replace(world, customers=[f"C{code}" for code in range(8)])).comparison
    assert named is not None
    assert {one.id: one.customer for one in named.differences} == {
        f"P{row}": f"C{world.customer[row]}" if world.customer[row] >= 0 else None for row in (0, 2, 3, 4, 6)
    }
    assert sum(one.payments.count for one in other.transitions) == 8
    assert {(one.before, one.after): one.payments.count for one in other.transitions}[(DECLINE, DECLINE)] == 2


def test_a_version_against_itself_differs_nowhere() -> None:
    world = small_world()
    other = evaluate_replay(replace(world, rival=Rival("v2", {"en": "same", "zh": "同"}, world.outcome))).comparison
    assert other is not None
    assert (other.differing, other.differences, other.gained_minor) == (0, (), 0)
    assert other.effect == evaluate_replay(world).effect


def test_groups_and_rules_count_their_own_payments() -> None:
    channel = Group(
        "channel",
        {"en": "channel", "zh": "渠道"},
        np.array([0, 0, 0, 1, 1, 1, 1, -1], np.int32),
        [{"en": name, "zh": name} for name in "ABC"],
    )
    rules = RuleHits(
        [RuleWord("r1", {"en": "one", "zh": "一"}), RuleWord("r2", {"en": "two", "zh": "二"})],
        np.array([1, 4, 5, 6, 0], np.int64),
        np.array([1, 1, 1, 1, 0], np.int32),
    )
    report = evaluate_replay(replace(small_world(), groups=(channel,), rules=rules))
    rows = report.groups[0].rows
    assert [(row.title["en"], row.payments.count, row.fraud.amount_minor, row.caught.amount_minor) for row in rows] == [
        ("B", 4, 2_400, 1_600),
        ("A", 3, 200, 200),
    ]
    assert [(rule.name, rule.hits, rule.frauds, rule.fraud_minor) for rule in report.rules] == [("r2", 4, 2, 1_800), ("r1", 1, 0, 0)]
    assert report.rules[0].precision is not None
    assert report.rules[0].precision.value == pytest.approx(2 / 3)  # the hit whose label is not known does not count


def test_a_quarter_agrees_with_counting_row_by_row() -> None:
    columns = sample_columns(6_000)
    report = evaluate_replay(columns)
    fraud, honest = columns.label == 1, columns.label == 0
    assert report.effect.missed.count == int((fraud & (columns.outcome == APPROVE)).sum())
    assert report.effect.honest_customers_touched == len(set(columns.customer[honest & (columns.outcome > APPROVE)].tolist()))
    assert sum(week.payments for week in report.weeks) == sum(day.payments for day in report.days) == 6_000
    assert [sum(week.outcomes[code] for week in report.weeks) for code in range(3)] == [one.payments.count for one in report.outcomes]
    assert sum(one.honest + one.frauds + one.unknown for one in report.scores) == int((~np.isnan(columns.score)).sum())
    assert report.weeks[-1].days == 92 - 13 * 7
    assert report.drift[0].name == "merchant_fraud_28d"
    assert report.method.rows_read == 6_015


def test_the_report_survives_json_unchanged_and_is_the_same_bytes_each_time() -> None:
    report = evaluate_replay(sample_columns(2_000))
    assert ReplayReport.of_json(report.to_json()) == report
    assert evaluate_replay(sample_columns(2_000)).to_json() == report.to_json()


def test_a_policy_without_model_has_no_quality_and_no_curve() -> None:
    report = evaluate_replay(replace(small_world(), score=np.full(8, np.nan)))
    assert (report.quality, report.choice, report.scores) == (None, None, ())
    assert report.weeks[0].psi is None
    assert report.method.scores_missing == 8


def test_labels_not_known_count_neither_way() -> None:
    report = evaluate_replay(replace(small_world(), label=np.full(8, -1, np.int8)))
    assert (report.effect.fraud.count, report.method.labels_unknown) == (0, 8)
    assert report.unlabelled
    assert (report.quality, report.choice) == (None, None)


def test_what_only_labels_could_tell_is_none_without_them_and_never_0() -> None:
    rules = RuleHits([RuleWord("r1", {"en": "one", "zh": "一"})], np.array([1], np.int64), np.array([0], np.int32))
    report = evaluate_replay(replace(small_world(), label=np.full(8, -1, np.int8), rules=rules))
    effect = report.effect
    people = (effect.honest_payments_touched, effect.honest_customers_touched, effect.honest_customers_declined)
    assert (*people, effect.honest_customer_days_declined, effect.cost_minor, effect.cost_of_nothing_minor) == (None,) * 6
    assert (report.rules[0].hits, report.rules[0].precision, report.rules[0].honest_customers) == (1, None, None)
    assert (effect.alerts, effect.days_over_capacity) == (3, 1)  # what needs no label is said


def test_the_cost_of_letting_everything_pass_stands_beside_the_cost() -> None:
    assert evaluate_replay(small_world()).effect.cost_of_nothing_minor == 2_600
    assert evaluate_replay(replace(small_world(), score=np.full(8, np.nan))).effect.cost_of_nothing_minor == 2_600
    assert evaluate_replay(replace(small_world(), costs=None)).effect.cost_of_nothing_minor is None


def test_sums_beyond_64_bits_do_not_wrap() -> None:
    assert exact_sum(np.full(20_000, 10**15)) == 20_000 * 10**15
    assert exact_sum(np.zeros(0, np.int64)) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"score": np.zeros(7)}, "score has shape"),
        ({"outcome": np.full(8, 3)}, "outcome has a code outside 0 to 2"),
        ({"score": np.full(8, 1.5)}, "outside 0 to 1"),
        ({"label": np.full(8, 2, np.int8)}, "label has a code outside -1 to 1"),
        ({"amount_minor": np.full(8, -5)}, "amount is negative"),
        ({"time_us": np.arange(8)[::-1].copy()}, "not in time order"),
        ({"customer": np.full(8, -2, np.int32)}, "customer has a code outside"),
        ({"rules": RuleHits([], np.array([0]), np.array([0], np.int32))}, "codes of rules"),
        ({"groups": (Group("g", {"en": "g", "zh": "组"}, np.zeros(7, np.int32), []),)}, "group g has shape"),
        ({"feature_values": FeatureValues(np.array([1, 9]), np.zeros((2, 0)))}, "rows of feature_values"),
        ({"zone": "Mars/Olympus"}, "not a time zone"),
        ({"rival": Rival("v1", {"en": "old", "zh": "旧"}, np.zeros(3, np.int8))}, "outcome of v1"),
    ],
)
def test_columns_that_do_not_fit_are_refused_in_both_languages(change: dict[str, object], says: str) -> None:
    with pytest.raises(HuitongError, match=says) as caught:
        evaluate_replay(replace(small_world(), **change))  # type: ignore[arg-type]  # the point is a wrong column
    assert caught.value.cause["zh"]
    assert caught.value.remedy["zh"]


def test_an_empty_period_is_refused() -> None:
    world = small_world()
    empty = {
        "time_us": world.time_us[:0],
        "amount_minor": world.amount_minor[:0],
        "customer": world.customer[:0],
        "outcome": world.outcome[:0],
        "score": world.score[:0],
        "label": world.label[:0],
    }
    with pytest.raises(InputError, match="no payment to judge"):
        evaluate_replay(replace(world, **empty))  # type: ignore[arg-type]  # each is the column of its name


def test_the_score_is_judged_only_on_payments_that_training_has_not_seen() -> None:
    columns = sample_columns(8_000)
    assert columns.trained_until_us is not None
    fresh = (columns.time_us > columns.trained_until_us) & (columns.label >= 0) & ~np.isnan(columns.score)
    quality = evaluate_replay(columns).quality
    assert quality is not None
    assert (quality.cases, quality.wrongs) == (int(fresh.sum()), int((columns.label[fresh] == 1).sum()))
    assert quality.judged_from == "2026-07-31"
    everything = evaluate_replay(replace(columns, trained_until_us=None)).quality
    assert everything is not None
    assert everything.cases > quality.cases
    assert everything.judged_from is None


def test_where_training_saw_everything_all_is_judged_and_said_to_flatter() -> None:
    columns = sample_columns(4_000)
    report = evaluate_replay(replace(columns, trained_until_us=int(columns.time_us[-1])))
    assert report.quality is not None
    assert report.quality.judged_from is None
    assert report.method.payments_seen_in_training == 4_000
    assert "flatter" in render_html(report)


def test_contributions_of_a_sample_add_up_to_its_score_however_many_features_are_listed() -> None:
    sample = sample_decisions("M1")[0]
    many = {f"f{number}": 0.01 * number - 0.2 for number in range(60)}
    decision = replace(sample.decision, evidence=replace(sample.decision.evidence, contributions=many))
    one = evaluate_replay(replace(small_world(), samples=(replace(sample, decision=decision),))).samples[0]
    listed = sum(line.contribution or 0.0 for line in one.features)
    assert len(one.features) == 16
    assert abs(one.features[0].contribution or 0.0) == max(abs(value) for value in many.values())
    assert listed + one.other_contributions == pytest.approx(sum(many.values()))


def test_patterns_are_called_as_in_the_record_and_say_where_a_part_is_drawn() -> None:
    one, parted, most = (pattern_title("scatter_gather", 2 * ways) for ways in (1, 2, 1 + MIDDLES_MAX))
    assert one is not None
    assert one["en"] == "one payer's money that reaches the receiver over one account: of what came in, the newest payment"
    assert parted == PATTERN_TITLES["scatter_gather"]
    assert most is not None
    assert most["zh"] == "资金分散后汇集到同一收款方（至多显示五路）"
    both_sides, single = pattern_title("gather_scatter", 2 * MIDDLES_MAX), pattern_title("gather_scatter", 2)
    assert both_sides is not None
    assert "four payments on either side are shown at most" in both_sides["en"]
    assert single is not None
    assert "several" not in single["en"]
    assert pattern_title("cycles", 3) == PATTERN_TITLES["cycles"]
    assert pattern_title("unheard_of", 3) is None
    sample = sample_decisions("M1")[1]
    edges = (PatternEdge("E0", "A", "B", 0, 1_000), PatternEdge("E1", "B", "C", 1, 347))
    evidence = replace(sample.decision.evidence, patterns={"scatter_gather": edges, "path": edges})
    shown = replace(sample, decision=replace(sample.decision, evidence=evidence))
    titles = [pattern.title for pattern in evaluate_replay(replace(small_world(), samples=(shown,))).samples[0].patterns]
    assert titles == [one, PATTERN_TITLES["path"]]
    assert "straight" not in titles[1]["en"], "what came in may be little like what goes out"


def test_a_sample_with_an_unknown_outcome_is_refused() -> None:
    sample = sample_decisions("M1")[0]
    odd = replace(sample, decision=replace(sample.decision, outcome="perhaps"))
    with pytest.raises(InputError, match="perhaps"):
        evaluate_replay(replace(small_world(), samples=(odd,)))


def live_log(settled_days: int, days: int = 14) -> ReplayColumns:
    """A log whose honest payments get no label: known are frauds, and whom nobody reported within the delay; ten payments an hour."""
    start, n = time_us("2026-03-01T00:00:00+08:00"), days * 240
    moment = start + np.arange(n) * (DAY_US // 240)
    fraud, before_us = np.arange(n) % 60 == 0, start + settled_days * DAY_US
    label = np.where(fraud, 1, np.where(moment < before_us, 0, -1)).astype(np.int8)
    odd = np.arange(n) % 30 == 0  # each fraud has its like of which nobody complained
    return replace(
        small_world(),
        time_us=moment,
        amount_minor=np.full(n, 1_000),
        customer=np.arange(n, dtype=np.int32),
        outcome=odd.astype(np.int8),
        score=np.where(odd, 0.9, 0.1),
        label=label,
        settled_before_us=before_us,
        rules=RuleHits([RuleWord("r", {"en": "r", "zh": "r"})], np.flatnonzero(odd), np.zeros(int(odd.sum()), np.int32)),
        groups=(Group("g", {"en": "g", "zh": "g"}, np.zeros(n, np.int32), [{"en": "a", "zh": "a"}]),),
    )


def test_where_only_frauds_are_known_nothing_is_said_that_rests_on_honest_payments() -> None:
    report = evaluate_replay(live_log(0))
    effect = report.effect
    assert (effect.caught.count, effect.fraud.count) == (56, 56)
    assert (effect.honest_customers_touched, effect.cost_minor, effect.cost_of_nothing_minor) == (None, None, None)
    assert (report.touched, report.touched_unknown) == (112, 56)
    assert (report.quality, report.choice, report.rules[0].precision, report.groups[0].rows[0].honest_payments_touched) == (None,) * 4
    assert all(week.average_precision is None for week in report.weeks)
    assert not report.unlabelled


def test_rates_and_costs_rest_on_payments_whose_outcome_had_its_time_to_become_known() -> None:
    report = evaluate_replay(live_log(7))
    assert report.quality is not None
    assert (report.quality.cases, report.quality.wrongs) == (7 * 240, 28)
    assert report.rules[0].precision is not None
    assert report.rules[0].precision.value == 0.5  # with the young frauds it would be 0.75
    assert (report.effect.honest_customers_touched, report.touched_unknown) == (28, 28)
    assert report.effect.cost_minor == 56 * 10  # reviews of the first week alone
    assert report.choice is not None
    assert (report.choice.days, report.choice.curve[-1].flagged) == (7, 7 * 240)


def test_a_period_cut_out_of_a_day_counts_it_only_in_part() -> None:
    columns = live_log(14)
    start = int(columns.time_us[0])
    assert evaluate_replay(columns).effect.alerts_per_day == 8
    keep = columns.time_us >= start + DAY_US - DAY_US // 240
    fields = ("time_us", "amount_minor", "customer", "outcome", "score", "label")
    cut = replace(columns, **{name: getattr(columns, name)[keep] for name in fields}, rules=None, groups=())
    report = evaluate_replay(replace(cut, from_us=start + DAY_US - DAY_US // 240, until_us=start + 14 * DAY_US))
    assert len(report.days) == 14
    assert report.length_days == pytest.approx(13, abs=0.01)
    assert report.effect.alerts_per_day == pytest.approx(8, abs=0.01)
