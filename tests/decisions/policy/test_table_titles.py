"""What people call a policy's decision tables."""

from pathlib import Path

import pytest

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


def test_a_title_in_one_language_is_refused(folder: Path, bank: Path) -> None:
    changed(folder / "policy.toml", ('file = "velocity.dmn"', 'file = "velocity.dmn"\ntitle = { zh = "支付频次" }'))
    with pytest.raises(PolicyError, match="title"):
        load(folder, bank)
