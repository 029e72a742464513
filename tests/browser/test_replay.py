"""A table is dropped on the replay page, its columns are laid against the bank's, and two versions are compared on it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from tests.browser.looking import looked, unusable, words_of_another_language
from tests.browser.test_pages import keep

ROWS = 3_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_with_columns_of_other_names_is_mapped_and_replayed(
    browser: "Browser", console: str, axe: str, trained_bank: Path, tmp_path: Path, language: str
) -> None:
    table = pq.read_table(trained_bank / "tables" / "payments.parquet").slice(0, ROWS)
    named = ["Customer ID" if name == "customer" else "Amount (minor)" if name == "amount_minor" else name for name in table.column_names]
    file = tmp_path / "payments of spring.parquet"
    pq.write_table(table.rename_columns(named), file)
    say = {"zh": ("选择数据表", "回放此表", "应用"), "en": ("Choose a table", "Replay the table", "Apply")}[language]
    with looked(browser, console, language, "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        hands.go("/replay")
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        hands.press(say[0])
        page.locator("dialog[open] input[type=file]").set_input_files(tmp_path / "payments of spring.parquet")
        hands.send()
        hands.said()
        page.locator("select[name=mapping]").select_option("synthetic")
        hands.press(say[2])
        page.wait_for_url("**mapping=synthetic**")
        hands.press(say[1])
        assert page.locator("dialog[open] [name='column.customer']").input_value() == "Customer ID", "suggested"
        assert page.locator("dialog[open] [name='column.amount_minor']").input_value() == "Amount (minor)"
        hands.fill(version="small", against="small", **{"column.customer": "account"})
        hands.send()
        assert "account" in hands.refused(), "one column twice"
        hands.fill(**{"column.customer": "Customer ID"})
        hands.send()
        hands.said()
        page.wait_for_selector("a[href^='/replays/']", timeout=120_000)
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        keep(page, "/replay", language, "desk")
