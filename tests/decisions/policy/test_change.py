"""What would have changed a decision: the limit, to the cent, or nothing where there is no one limit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import Event, Float64Array, SmallestChange
from huitong.decisions.policy import LoadedPolicy, WhatIf, smallest_change
from huitong.decisions.policy.change import change_text
from huitong.kernel import time_us
from tests.app.small_world import changed
from tests.decisions.policy.build import load

NOON = time_us("2025-10-01T12:00:00+08:00")
RULE = 'when = "amount > 200000"'
"""The only rule of the small policy that reads nothing but the amount."""


def asked(loaded: LoadedPolicy, amount_minor: int, **features: float) -> tuple[WhatIf, int]:
    """A payment whose features are these and its amount, and the severity of its outcome."""
    names = loaded.program.features

    def preview(event: Event) -> Float64Array:
        values = {"customer_count_1h": 1.0, **features, "amount": int(event.data["amount"] or 0) / 100}
        return np.array([values.get(name, np.nan) for name in names])

    event = Event("E1", "payment.requested", NOON, {"customer": "C1", "terminal": "T9"}, {"amount": amount_minor})
    question = WhatIf(loaded.program, loaded.contract, event, preview, {0: "transfer"}.get)
    return question, question.severities("amount", [amount_minor])[0]


def found(loaded: LoadedPolicy, amount_minor: int, **features: float) -> SmallestChange | None:
    return smallest_change(*asked(loaded, amount_minor, **features))


@pytest.fixture
def rule(folder: Path, bank: Path) -> Callable[[str], LoadedPolicy]:
    """The small policy before its training, with another condition for its one rule on amounts alone."""

    def load_with(condition: str) -> LoadedPolicy:
        changed(folder / "policy.toml", (RULE, f'when = "{condition}"'))
        return load(folder, bank, trained=False)

    return load_with


def test_the_limit_of_a_rule_is_found_to_the_cent(rule: Callable[[str], LoadedPolicy]) -> None:
    change = found(rule("amount > 1250"), 9_999_999)
    assert change is not None
    assert (change.field, change.value, change.outcome) == ("amount", 1250.0, "approve")
    assert change.text["en"] == "up to CNY 1,250.00 this would have been approved"
    assert change.text["zh"] == "不超过 1,250.00 元本可通过"


def test_a_limit_that_is_itself_too_much_is_told_as_below(rule: Callable[[str], LoadedPolicy]) -> None:
    change = found(rule("amount >= 1250"), 125_000)
    assert change is not None
    assert change.value == 1249.99
    assert change.text["en"] == "below CNY 1,250.00 this would have been approved"
    assert change.text["zh"] == "低于 1,250.00 元本可通过"


def test_a_milder_outcome_that_is_not_the_mildest_is_named(rule: Callable[[str], LoadedPolicy]) -> None:
    change = found(rule("amount > 200000"), 25_000_000, channel=0.0, customer_count_1h=4.0)
    assert change is not None
    assert (change.value, change.outcome) == (200_000.0, "review")
    assert change.text["en"] == "up to CNY 200,000.00 this would only have gone to review"


def test_nothing_is_said_where_another_amount_would_not_help(rule: Callable[[str], LoadedPolicy]) -> None:
    assert found(rule("customer_count_1h >= 1"), 5_000) is None


@pytest.mark.parametrize("condition", ["amount in [1000..2000] or amount > 5000", "amount > 300 and not(amount in [2000..7000])"])
def test_nothing_is_said_where_more_sometimes_helps(rule: Callable[[str], LoadedPolicy], condition: str) -> None:
    assert found(rule(condition), 900_000) is None


def test_the_policy_is_asked_a_bounded_number_of_times(rule: Callable[[str], LoadedPolicy]) -> None:
    question, severity = asked(rule("amount > 1250"), 10**15)
    amounts: list[object] = []

    def counted(event: Event) -> Float64Array:
        amounts.append(event.data["amount"])
        return question.preview(event)

    assert smallest_change(replace(question, preview=counted), severity) is not None
    assert len(amounts) <= 100
    assert len(set(amounts)) == len(amounts)


def test_a_field_that_is_not_given_changes_nothing(rule: Callable[[str], LoadedPolicy]) -> None:
    question, severity = asked(rule("amount > 1250"), 9_999_999)
    silent = replace(question, event=replace(question.event, data={}))
    assert smallest_change(silent, severity) is None


@given(limit=st.integers(100, 5_000_000))
def test_the_text_names_the_limit_exactly(small_contract: LoadedPolicy, limit: int) -> None:
    spec = small_contract.contract.field("amount")
    assert spec is not None
    text = change_text(small_contract.contract, spec, limit, "approve")["en"]
    shown = round(float(text.split("CNY ")[1].split(" this")[0].replace(",", "")) * 100)
    assert shown == (limit + 1 if text.startswith("below") else limit)


@pytest.fixture(scope="module")
def small_contract(trained_bank: Path) -> LoadedPolicy:
    bank = trained_bank / "bank"
    return load(bank / "policies" / "small", bank, trained=False)
