"""A seeded quarter of card payments with scores, decisions, a rival version and explained decisions, for the tests of the report."""

from collections.abc import Mapping

import numpy as np

from huitong.contracts import NULL_INT, Decision, Event, Evidence, ListHit, Measure, PatternEdge, Reason, RuleHit, SmallestChange
from huitong.evaluation import (
    Costs,
    FeatureValues,
    FeatureWord,
    Fold,
    Group,
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
from huitong.kernel import MICROSECONDS_PER_DAY, Text, time_us

START_US = time_us("2026-07-01T00:00:00+08:00")
DAYS = 92
CUSTOMERS = 6_000

SCENARIOS: list[Text] = [
    {"en": "stolen card", "zh": "盗刷卡"},
    {"en": "compromised terminal", "zh": "终端被攻破"},
    {"en": "account takeover", "zh": "账户接管"},
    {"en": "mule chain", "zh": "跑分过账链"},
]
CHANNELS: list[Text] = [{"en": "point of sale", "zh": "线下收单"}, {"en": "online", "zh": "网上支付"}, {"en": "transfer", "zh": "转账"}]

ROLES: dict[str, Text] = {
    "customer": {"en": "Customer", "zh": "客户"},
    "merchant": {"en": "Merchant", "zh": "商户"},
    "device": {"en": "Device", "zh": "设备"},
}

FEATURES = [
    FeatureWord("amount", {"en": "amount", "zh": "金额"}, "CNY"),
    FeatureWord("amount_ratio_30d", {"en": "amount against the customer's 30-day mean", "zh": "金额与客户近 30 天均值之比"}, "×"),
    FeatureWord("count_1h", {"en": "payments in the last hour", "zh": "近 1 小时支付笔数"}),
    FeatureWord("merchant_fraud_28d", {"en": "share of known fraud at the merchant, 28 days", "zh": "商户近 28 天已知欺诈占比"}, "%"),
    FeatureWord("new_device", {"en": "first payment from this device", "zh": "该设备首次支付"}),
    FeatureWord("time_since_last_s", {"en": "time since the last payment", "zh": "距上一笔支付的时间"}, "s"),
    FeatureWord("cycle_24h", {"en": "money came back in a cycle, 24 hours", "zh": "24 小时内资金回流成环"}),
    FeatureWord("night", {"en": "between midnight and six", "zh": "零点至六点之间"}),
]

RULES = [
    RuleWord("list.blocked_merchant", {"en": "merchant on the block list", "zh": "商户在黑名单上"}),
    RuleWord("rule.large_night_payment", {"en": "large payment at night", "zh": "夜间大额支付"}),
    RuleWord("rule.burst_new_device", {"en": "burst of payments from a new device", "zh": "新设备短时密集支付"}),
    RuleWord("rule.cycle", {"en": "money came back in a cycle", "zh": "资金回流成环"}),
]

QUARANTINE = (
    QuarantineCount("field.range.below", {"en": "amount below zero", "zh": "金额小于零"}, 12, "row 40117: amount = -12.00"),
    QuarantineCount("field.text.broken", {"en": "merchant is no readable UTF-8", "zh": "商户不是可读的 UTF-8"}, 3, "row 51002"),
)


def sample_columns(n: int = 60_000, seed: int = 7, *, merchant: str = "M000417") -> ReplayColumns:
    """A period that looks like a bank's quarter: weekly rhythm, bursts of fraud, a score that drifts a little, late labels."""
    random = np.random.default_rng(seed)
    weekday = 1 + 0.25 * np.sin(np.arange(DAYS) * 2 * np.pi / 7) + 0.1 * random.standard_normal(DAYS)
    day = np.sort(random.choice(DAYS, n, p=weekday / weekday.sum()))
    second = np.clip(random.normal(13.5, 4.5, n), 0, 23.999) * 3_600
    moment = np.sort(START_US + (day * 86_400 + second).astype(np.int64) * 1_000_000 + random.integers(0, 1_000_000, n))
    day = ((moment - START_US) // MICROSECONDS_PER_DAY).astype(np.int64)
    customer = (CUSTOMERS * random.beta(0.9, 1.6, n)).astype(np.int32)
    amount = (np.exp(random.normal(5.4, 1.0, n)) * 100).astype(np.int64)
    risk = 0.006 + 0.004 * (np.abs(day - 30) < 3) + 0.005 * (np.abs(day - 71) < 2)
    fraud = random.random(n) < risk
    amount = np.where(fraud, amount * 4 + 20_000, amount)
    scenario = np.where(fraud, random.choice(4, n, p=[0.35, 0.4, 0.15, 0.1]), -1).astype(np.int32)
    separation, noise = np.where(scenario == 3, 3.2, 4.6), 1.25
    signal = random.normal(0, noise, n) + np.where(fraud, separation, 0.0)
    # The posterior of the two normal laws: a calibrated score, but for a drift of the last weeks.
    strength = np.log(0.007 / 0.993) + (4.4 * signal - 4.4**2 / 2) / noise**2 + 0.5 * (day > 75)
    score = 1 / (1 + np.exp(-strength))
    score[random.random(n) < 0.002] = np.nan
    known = np.nan_to_num(score, nan=0.0)
    outcome = ((known >= 0.12).astype(np.int8) + (known >= 0.7)).astype(np.int8)
    before = ((known * np.exp(random.normal(0, 0.6, n)) >= 0.15).astype(np.int8) + (known >= 0.8)).astype(np.int8)
    label = fraud.astype(np.int8)
    label[(day > 88) & (random.random(n) < 0.15)] = -1
    label_time = np.where(fraud, moment + random.integers(3, 15, n) * MICROSECONDS_PER_DAY, NULL_INT)
    return ReplayColumns(
        policy="card_payments",
        title={"en": "Card payments", "zh": "银行卡支付"},
        version="3f9c2a71d0b84e55a1c09be7f6d2418840ab77c1d52e9f0364b8aa19ce7d5531",
        made_at_us=time_us("2026-10-05T09:30:00+08:00"),
        currency="CNY",
        zone="Asia/Shanghai",
        time_us=moment,
        amount_minor=amount,
        customer=customer,
        outcome=outcome,
        score=score,
        label=label,
        label_time_us=label_time,
        costs=Costs(alerts_per_day=4, cost_per_alert_minor=3_000, cost_per_harmed_customer_minor=20_000),
        review_from=0.12,
        decline_from=0.7,
        ids=[f"P{row:08d}" for row in range(n)],
        groups=(
            Group("scenario", {"en": "fraud scenario", "zh": "欺诈场景"}, scenario, SCENARIOS),
            Group("channel", {"en": "channel", "zh": "渠道"}, random.choice(3, n, p=[0.6, 0.3, 0.1]).astype(np.int32), CHANNELS),
        ),
        rules=RuleHits(RULES, *_rule_hits(random, fraud, amount)),
        roles=ROLES,
        features=FEATURES,
        feature_values=_feature_values(random, n),
        rival=Rival("91d0c55e02aa", {"en": "live policy of June", "zh": "六月在线策略"}, before),
        prequential=(_prequential(),),
        samples=sample_decisions(merchant),
        quarantine=QUARANTINE,
        hashes={"data": "b7e1" * 16, "model": "09fd" * 16, "policy": "3f9c" * 16},
        seeds={"bank": seed, "training": 20260701},
        software={"huitong": "0.1.0", "numpy": "2.4", "lightgbm": "4.6"},
        command="huitong replay card_payments --input payments.parquet --report out.html",
        trained_until_us=START_US + 30 * MICROSECONDS_PER_DAY,
    )


def _feature_values(random: np.random.Generator, n: int) -> FeatureValues:
    rows = np.sort(random.choice(n, 8_000, replace=n < 8_000)).astype(np.int64)
    values = np.stack([np.where(random.random(8_000) < 0.03, np.nan, random.lognormal(0, 1, 8_000)) for _ in FEATURES], axis=1)
    values[rows > 0.75 * n, 3] *= 1.9
    return FeatureValues(rows, values)


def _rule_hits(random: np.random.Generator, fraud: np.ndarray, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, codes = [], []
    for code, (share, noise) in enumerate([(0.03, 0.0001), (0.12, 0.0008), (0.2, 0.0004), (0.04, 0.00005)]):
        hit = (random.random(len(fraud)) < np.where(fraud, share, noise)) & (amount > 0)
        rows.append(np.flatnonzero(hit).astype(np.int64))
        codes.append(np.full(len(rows[-1]), code, np.int32))
    return np.concatenate(rows), np.concatenate(codes)


def _prequential() -> Prequential:
    figures = [(0.741, 0.931, 0.311), (0.752, 0.936, 0.304), (0.768, 0.940, 0.299), (0.759, 0.934, 0.307)]
    starts = ["2018-07-25", "2018-07-18", "2018-07-11", "2018-07-04"]
    ends = [("2018-07-31", "2018-08-08", "2018-08-14"), ("2018-07-24", "2018-08-01", "2018-08-07")]
    ends += [("2018-07-17", "2018-07-25", "2018-07-31"), ("2018-07-10", "2018-07-18", "2018-07-24")]
    folds = [Fold(start, *end, 66_700, 385, *figure) for start, end, figure in zip(starts, ends, figures, strict=True)]
    return Prequential({"en": "7 training days, known customers removed", "zh": "训练 7 天，剔除已知受害客户"}, folds)


def sample_decisions(merchant: str) -> tuple[Sample, ...]:
    """Three decisions: a stolen card declined, a cycle under review, an honest payment declined."""
    burst = {
        "amount_ratio_30d": 2.1,
        "count_1h": 1.7,
        "merchant_fraud_28d": 1.2,
        "new_device": 0.8,
        "night": 0.3,
        "time_since_last_s": -0.2,
    }
    cycle = {"cycle_24h": 2.6, "amount_ratio_30d": 0.9, "count_1h": -0.4, "merchant_fraud_28d": 0.1}
    wrong = {"amount_ratio_30d": 3.3, "night": 1.4, "new_device": 1.2, "merchant_fraud_28d": -0.5}
    return (
        _sample("P00040117", "decline", score=0.93, label=1, amount=486_000, parts=burst, merchant=merchant, day=41.2),
        _sample("P00031502", "review", score=0.21, label=1, amount=1_250_000, parts=cycle, merchant=merchant, day=52.4, cycle=True),
        _sample("P00052209", "decline", score=0.62, label=0, amount=899_900, parts=wrong, merchant=merchant, day=66.1),
    )


def _sample(
    event: str,
    outcome: str,
    *,
    score: float,
    label: int,
    amount: int,
    parts: Mapping[str, float],
    merchant: str,
    day: float,
    cycle: bool = False,
) -> Sample:
    at = START_US + int(day * MICROSECONDS_PER_DAY)
    titles = {word.name: word.title for word in FEATURES}
    reasons = [
        Reason(f"model.{name}", {"en": f"unusual: {titles[name]['en']}", "zh": f"异常：{titles[name]['zh']}"}, value, "model")
        for name, value in parts.items()
        if value > 0
    ]
    edges = tuple(
        PatternEdge(f"E{step}", source, target, at - (3 - step) * 3_600_000_000, amount - step * 4_500)
        for step, (source, target) in enumerate([("A1042", "A7731"), ("A7731", "A2208"), ("A2208", "A1042")])
    )
    values = {
        "amount": amount / 100,
        "amount_ratio_30d": 8.4,
        "count_1h": 7.0,
        "merchant_fraud_28d": 31.0,
        "new_device": 1.0,
        "night": None,
    }
    evidence = Evidence(
        features=values,
        rules=(RuleHit("night.dmn", 3, outcome),),
        lists=(ListHit("watched_merchants", merchant, "seen in case 2026-118"),) if label else (),
        patterns={"cycle_24h": edges} if cycle else {},
        contributions=parts,
        base=-4.9,
    )
    decision = Decision(
        id=f"D{event[1:]}",
        event=event,
        policy="card_payments",
        version="3f9c2a71d0b84e55",
        outcome=outcome,
        score=score,
        reasons=tuple(reasons),
        evidence=evidence,
        measures=(Measure("hold", "customer", "C00311", at + MICROSECONDS_PER_DAY, reasons[0].code),) if outcome == "decline" else (),
        tier="full",
        latency_ns=143_000,
        smallest_change=SmallestChange(
            "amount", 125_000, "approve", {"en": "below CNY 1,250.00 this would have passed", "zh": "金额低于 1,250.00 元则会通过"}
        ),
    )
    random = np.random.default_rng(int(day * 10))
    history = [
        PastPayment(int(at - (40 - step) * 0.8 * MICROSECONDS_PER_DAY), int(np.exp(random.normal(4.4, 0.8)) * 100)) for step in range(40)
    ]
    usual = {"amount": Usual(18.0, 82.5, 390.0), "amount_ratio_30d": Usual(0.2, 0.8, 2.6), "count_1h": Usual(0, 0, 2)}
    keys = {"customer": "C00311", "merchant": merchant, "device": "D7781"}
    return Sample(decision, Event(event, "payment.requested", at, keys, {"amount": amount}), label, usual, history)
