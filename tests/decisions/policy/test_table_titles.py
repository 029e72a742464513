"""What people call a policy's decision tables."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from huitong.app.judging import word_titles
from huitong.app.lit import lit_tables
from huitong.identity import ShownDecision
from huitong.identity.grades import ShownRule
from huitong.kernel import PolicyError
from tests.app.small_world import changed
from tests.decisions.policy.build import load


def test_a_table_is_called_by_its_title_and_by_its_name_where_it_has_none(folder: Path, bank: Path) -> None:
    (table,) = load(folder, bank).program.settings.tables
    assert table.title == {"zh": "velocity", "en": "velocity"}
    changed(
        folder / "policy.toml", ('file = "velocity.dmn"', 'file = "velocity.dmn"\ntitle = { zh = "支付频次", en = "Payment velocity" }')
    )
    (table,) = load(folder, bank).program.settings.tables
    assert (table.name, table.title) == ("velocity", {"zh": "支付频次", "en": "Payment velocity"})


def test_columns_of_a_table_that_spoke_are_called_as_in_the_editor(folder: Path, bank: Path) -> None:
    changed(folder / "velocity.dmn", ('label="payments in an hour"', 'label="1 小时内笔数 / payments in 1 h"'))
    decision = SimpleNamespace(rules=(ShownRule("velocity", 2, "review"),))
    (table,) = lit_tables(cast("ShownDecision", decision), load(folder, bank).program)
    assert table.heads[0] == {"en": "payments in 1 h", "zh": "1 小时内笔数"}
    assert (table.lit, [number for number, _ in table.rows], table.rows_total) == ([2], [1, 2, 3], 3)


def test_a_title_in_one_language_is_refused(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ('file = "velocity.dmn"', 'file = "velocity.dmn"\ntitle = { zh = "支付频次" }'))
    with pytest.raises(PolicyError, match="title"):
        load(folder, bank)


def test_reports_say_a_rows_reason_after_its_tables_title(folder: Path, bank: Path) -> None:
    program = load(folder, bank).program
    assert word_titles(program)["table.velocity.2"]["zh"] == "一小时内第四笔"
    changed(
        folder / "policy.toml", ('file = "velocity.dmn"', 'file = "velocity.dmn"\ntitle = { zh = "支付频次", en = "Payment velocity" }')
    )
    titled = load(folder, bank).program
    assert word_titles(titled)["table.velocity.2"] == {
        "zh": "支付频次：一小时内第四笔",
        "en": "Payment velocity: the fourth payment within an hour",
    }
    assert titled.tables[0].reason(1) == program.tables[0].reason(1), "what is recorded stays as it was"
