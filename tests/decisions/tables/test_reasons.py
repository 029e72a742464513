"""A reason that says a number which its row's conditions said once is told; nothing else is."""

from dataclasses import replace
from importlib.resources import files

import pytest

from huitong.decisions.tables import DmnTable, outdated_reasons, read_dmn

TAKEOVER = files("huitong.risk.transactions") / "policies" / "card_payments" / "tables" / "takeover.dmn"


def takeover() -> DmnTable:
    """The shipped table, whose first row says CNY 8,000 in both languages."""
    return read_dmn(TAKEOVER.read_bytes(), "takeover.dmn")[0]


def changed(before: str, after: str, *, said: tuple[str, ...] | None = None) -> DmnTable:
    """The table with another condition in its first row, and another reason if one is given."""
    first, *others = takeover().rules
    inputs = tuple(after if one == before else one for one in first.inputs)
    assert inputs != first.inputs
    return replace(takeover(), rules=(replace(first, inputs=inputs, annotations=said or first.annotations), *others))


def test_a_number_that_left_the_conditions_and_is_still_said_is_told_with_its_row() -> None:
    (found,) = outdated_reasons(changed(">= 8000", ">= 3000"), [takeover()])
    assert (found.code, found.severity.name) == ("table.reason.outdated", "WARNING")
    assert "row 1" in found.where
    assert "still says 8000 and 8,000" in found.text["en"]
    assert "8000、8,000" in found.text["zh"]


@pytest.mark.parametrize(
    "said", [("转账 3000 元及以上", "CNY 3,000 or more"), ("转账 18000 元", "8,000,000 or 8000.5 or A8000"), ("大额转账", "a large sum")]
)
def test_a_reason_that_does_not_say_the_number_is_none_of_them(said: tuple[str, ...]) -> None:
    assert outdated_reasons(changed(">= 8000", ">= 3000", said=said), [takeover()]) == []


def test_a_number_that_stands_in_the_conditions_still_or_never_stood_there_is_none_of_them() -> None:
    assert outdated_reasons(takeover(), [takeover()]) == []
    assert outdated_reasons(changed(">= 8000", "[3000..8000.0)"), [takeover()]) == []
    assert outdated_reasons(changed(">= 8000", ">= 3000"), [changed(">= 8000", ">= 5000")]) == []


def test_rows_are_known_again_wherever_they_stand() -> None:
    table = changed(">= 8000", ">= 3000")
    moved = replace(table, rules=(*table.rules[1:], table.rules[0]))
    (found,) = outdated_reasons(moved, [takeover()])
    assert f"row {len(table.rules)}" in found.where
