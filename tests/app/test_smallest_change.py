"""What would have changed a decision is true: with that amount the very same bank, at the very same moment, decides otherwise."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from huitong.app import Bank, Source
from huitong.app.samples import decision_of
from huitong.contracts import Decision
from tests.app.small_world import changed, clock

PAYMENT = {
    "id": "p-1",
    "time": "2025-10-01T12:00:00+08:00",
    "customer": "C1",
    "account": "A1",
    "counterparty": "A2",
    "terminal": "T9",
    "device": "D1",
    "currency": "CNY",
    "channel": "transfer",
}


def decided(root: Path, folder: Path, amount: str) -> Decision:
    """The payment with that amount, decided by a bank of its own that has seen two payments before."""
    with Bank(shutil.copytree(root, folder), clock=clock(), threads=1) as bank:
        for number in range(2):
            earlier = PAYMENT | {"id": f"e-{number}", "time": f"2025-09-30T1{number}:00:00+08:00", "amount": "120.00"}
            bank.decide(earlier, policy="small")
        return bank.decide(PAYMENT | {"amount": amount}, policy="small")


@pytest.fixture
def rules_only(root: Path) -> Path:
    """The small bank with a policy that consists of rules: its trained model does not rise with every amount."""
    policy = root / "policies" / "small"
    (policy / "trained.toml").unlink()
    text = (policy / "policy.toml").read_text("utf-8")
    start, end = text.index("[model]"), text.index("[measures.decline]")
    (policy / "policy.toml").write_text(text[:start] + text[end:], "utf-8")
    return root


def test_a_decision_says_below_which_amount_it_would_have_been_milder(rules_only: Path, tmp_path: Path) -> None:
    given = decided(rules_only, tmp_path / "given", "250000.00")
    change = given.smallest_change
    assert change is not None
    assert (given.outcome, change.outcome, change.value) == ("decline", "review", 200_000.0)
    assert change.text["en"] == "up to CNY 200,000.00 this would only have gone to review"
    assert change.text["zh"] == "不超过 200,000.00 元本只需人工复核"
    limit = Decimal("200000.00")
    assert decided(rules_only, tmp_path / "at", str(limit)).outcome == change.outcome
    assert decided(rules_only, tmp_path / "above", str(limit + Decimal("0.01"))).outcome == given.outcome


def test_a_limit_on_the_history_that_the_payment_itself_belongs_to_is_found(rules_only: Path, tmp_path: Path) -> None:
    condition = "amount > 3 * customer_mean_30d - 300"  # x > 120 + 120 + x - 300, whatever x
    changed(rules_only / "policies" / "small" / "policy.toml", ('when = "amount > 200000"', f'when = "{condition}"'))
    given = decided(rules_only, tmp_path / "given", "9000.00")
    assert (given.outcome, given.smallest_change) == ("decline", None)
    changed(rules_only / "policies" / "small" / "policy.toml", (condition, "amount > 2 * customer_mean_30d"))
    given = decided(rules_only, tmp_path / "again", "9000.00")
    change = given.smallest_change
    assert change is not None
    assert change.value == 480.0  # x ≤ 2 (120 + 120 + x) / 3
    assert decided(rules_only, tmp_path / "at", "480.00").outcome == "approve"
    assert decided(rules_only, tmp_path / "above", "480.01").outcome == "decline"


def test_a_decision_made_again_says_the_same_change(rules_only: Path) -> None:
    with Bank(rules_only, clock=clock(), threads=1) as bank:
        first = bank.decide(PAYMENT | {"amount": "250000.00"}, policy="small")
        live = bank.live("small")
        event = bank.explain("p-1").event
        assert replace(live.recomputed(event), latency_ns=0) == replace(first, latency_ns=0)
        assert first.smallest_change is not None


def test_the_mildest_outcome_needs_no_change(rules_only: Path, tmp_path: Path) -> None:
    assert decided(rules_only, tmp_path / "given", "10.00").smallest_change is None


def test_a_replay_tells_of_a_decision_what_explaining_it_tells(bank: Bank, sources: Sequence[Source]) -> None:
    report = bank.replay("small", sources)
    alerts = report.run.replayed.alerts.rows
    told = 0
    for kept in range(len(alerts) - 1, 0, -len(alerts) // 6):
        decision, event = decision_of(report.run, int(alerts[kept]), kept)
        explained = bank.explain(event.id, policy="small").decision
        assert replace(explained, latency_ns=0) == replace(decision, latency_ns=0)
        told += decision.smallest_change is not None
    assert told >= 1
