"""A decision on the terminal speaks the reader's language: fields, values with their units, patterns by what they show."""

from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.cli.decisions import show_decision
from huitong.cli.terminal import Terminal
from huitong.contracts import Decision, Event, Evidence, PatternEdge
from huitong.kernel import Finding, Text, time_us

NOON = time_us("2025-10-01T12:00:00+08:00")


def shown(bank: Bank, language: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the terminal says of a reviewed transfer whose device was new a quarter of an hour before."""
    loaded = bank.load("small")
    edges = (PatternEdge("E0", "A", "B", NOON, 100), PatternEdge("E1", "B", "C", NOON, 100))
    evidence = Evidence(
        features={"device_hours": 0.2526, "amount": 613.2},
        patterns={"scatter_gather": edges},
        contributions={"device_hours": 1.0, "amount": 0.5},
        base=-3.0,
    )
    event = Event("E1", "payment.requested", NOON, {"customer": "C1"}, {"amount": 61_320, "channel": "transfer"})
    decision = Decision("D1", "E1", "small", "v1", "review", 0.2, (), evidence, (), "full", 0, None)
    show_decision(Terminal(language, json=False), decision, event, loaded)
    return capsys.readouterr().out


def test_a_decision_in_chinese_names_the_channel_the_duration_and_the_path(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Bank(root) as bank:
        chinese, english = shown(bank, "zh", capsys), shown(bank, "en", capsys)
    assert "转账" in chinese
    assert "transfer" not in chinese
    assert "0.253 小时" in chinese
    assert "613.20\u00a0元" in chinese
    assert "资金分散" not in chinese
    assert "同一来源的资金经由一个账户到达收款方" in chinese
    assert "0.253 hours" in english
    assert "CNY\u00a0613.20" in english
    assert "money that parts" not in english


def test_the_place_of_a_finding_is_told_in_the_reader_s_language(capsys: pytest.CaptureFixture[str]) -> None:
    text: Text = {"zh": "金额小于零", "en": "amount below zero"}
    found = [Finding("field.range.below", f"row {row}, amount", text, text) for row in (2, 5, 9)]
    Terminal("zh", json=False).findings(found)
    assert capsys.readouterr().out.splitlines()[:2] == [
        "✗ 第 2 行，amount：金额小于零",
        "  同样的还有 2 处：第 5 行，amount；第 9 行，amount",
    ]
    Terminal("en", json=False).findings(found[:1])
    assert "row 2, amount" in capsys.readouterr().out
