"""Titles of features read as a person would say them, in both languages."""

from collections.abc import Mapping

import pytest

from huitong.contracts import DataContract
from huitong.features import FeaturePlan
from huitong.features.graph import PATTERNS
from huitong.features.titles import PATTERN_TITLES
from huitong.risk.transactions import shipped

PAYMENT, LABEL, PROFILE = "payment.requested", "payment.labelled", "customer.profile"
LABELS: dict[str, object] = {"events": LABEL}
FRAUDS: dict[str, object] = {**LABELS, "where": {"fraud": True}}
CLEAN: dict[str, object] = {**LABELS, "where": {"fraud": False}}


@pytest.fixture(scope="module")
def contracts() -> Mapping[str, DataContract]:
    loaded = [DataContract.load(path) for path in shipped()["contracts"]]
    return {contract.kind: contract for contract in loaded}


@pytest.mark.parametrize(
    ("declared", "en", "zh"),
    [
        ({"field": "amount"}, "amount", "金额"),
        ({"count": True, "by": "customer", "over": "1h"}, "payments, same customer, last hour", "同一客户近 1 小时支付请求数"),
        ({"max": "amount", "by": "customer", "over": "30d"}, "largest amount, same customer, last 30 days", "同一客户近 30 天最大金额"),
        ({"mean": "amount", "by": "customer", "over": "ever"}, "average amount, same customer, ever", "同一客户历来平均金额"),
        (
            {"distinct": "country", "by": "customer", "over": "2w"},
            "different countries, same customer, last 2 weeks",
            "同一客户近 2 周不同国家或地区数",
        ),
        (
            {"rate": "fraud", "by": "terminal", "over": "7d", **LABELS},
            "share of fraud among labelled payments, same terminal, last 7 days",
            "同一受理终端近 7 天支付定性中欺诈占比",
        ),
        (
            {"sum": "fraud", "by": "terminal", "over": "3d", **LABELS},
            "labelled payments (fraud), same terminal, last 3 days",
            "同一受理终端近 3 天支付定性（欺诈）数",
        ),
        (
            {"count": True, "by": "device", "over": "28d", **FRAUDS},
            "labelled payments (fraud), same device, last 28 days",
            "同一设备近 28 天支付定性（欺诈）数",
        ),
        (
            {"min": "amount", "by": "terminal", "over": "28d", **CLEAN},
            "smallest amount of the payment among labelled payments (not fraud), same terminal, last 28 days",
            "同一受理终端近 28 天支付定性（非欺诈）的最小支付金额",
        ),
        (
            {"count": True, "by": "customer", "over": "30m", "where": {"channel": "online"}},
            "payments (channel online), same customer, last 30 minutes",
            "同一客户近 30 分钟支付请求（渠道 online）数",
        ),
        (
            {"sum": "amount", "by": "account", "as": "counterparty", "over": "24h"},
            "total amount, receiving account is this paying account, last 24 hours",
            "以本付款账户为收款账户，近 24 小时金额合计",
        ),
        (
            {"ratio_to_mean": "amount", "by": "customer", "over": "90d"},
            "amount as a multiple of its average, same customer, last 90 days",
            "金额为同一客户近 90 天均值的倍数",
        ),
        (
            {"since_last": True, "by": "terminal", "unit": "days", **FRAUDS},
            "days since the last labelled payment (fraud), same terminal",
            "同一受理终端距上一次支付定性（欺诈）的天数",
        ),
        (
            {"first_seen": True, "by": ["customer", "device"], "unit": "hours"},
            "hours since the first payment, same customer and device",
            "同一客户与设备距首次支付请求的小时数",
        ),
        ({"profile": "home_region", "by": "customer"}, "home region of the customer", "客户的常住地区"),
        ({"profile": "opened_on", "by": "customer", "unit": "days"}, "days since “opened on” of the customer", "客户的开户日期距今天数"),
        (
            {"graph": "fan_in", "of": "target", "over": "24h"},
            "accounts that paid the receiver, last 24 hours",
            "近 24 小时付款给收款方的账户数",
        ),
        (
            {"graph": "cycles", "length": 3, "over": "1d"},
            "rings of 3 accounts that this payment closes, last day",
            "近 1 天本笔闭合的 3 个账户资金环数",
        ),
        ({"graph": "capped"}, "the graph search was cut short", "资金图搜索被截断"),
        ({"difference": ["y", "z"]}, "amount − (largest amount, same customer, last 24 hours)", "金额 − （同一客户近 24 小时最大金额）"),
    ],
)
def test_a_title_reads_as_a_person_would_say_it(
    contracts: Mapping[str, DataContract], declared: dict[str, object], en: str, zh: str
) -> None:
    parts = {"y": {"field": "amount"}, "z": {"max": "amount", "by": "customer", "over": "24h"}}
    plan = FeaturePlan.load({"features": {"x": declared, **parts}}, contracts, PAYMENT)
    assert plan.features[0].title == {"en": en, "zh": zh}


def test_every_graph_pattern_has_a_title() -> None:
    assert set(PATTERN_TITLES) == {*PATTERNS, "capped"}
