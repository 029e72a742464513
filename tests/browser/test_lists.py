"""Lists are kept by people, in both languages: opened, added to, confirmed by a second person, lifted, imported."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from huitong.console.work.list_forms import changes_nothing
from tests.browser.hands import Hands
from tests.browser.looking import looked, unusable, words_of_another_language
from tests.browser.test_pages import keep
from tests.browser.test_work import _choice

_UNREAD = changes_nothing(read=False) or {"en": "", "zh": ""}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_list_is_opened_added_to_and_lifted_from_with_two_persons(browser: "Browser", console: str, axe: str, language: str) -> None:
    said = {
        "zh": ("建立名单", "添加", "同意", "解除", "已提交，待第二人复核。", "已复核同意，即刻生效。"),
        "en": ("Open a list", "Add", "Confirm", "Lift", "It waits for a second person.", "Confirmed: it counts from now on."),
    }[language]
    opens, adds, confirms, lifts, waits, confirmed = said
    unread = f" {_UNREAD['en']}" if language == "en" else _UNREAD["zh"]
    name = f"stolen_{language}"
    with looked(browser, console, language, "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        hands.go("/lists")
        described = {"title_zh": "被盗设备", "title_en": "Stolen devices", "owner": "li.wei", "purpose": "A-7"}
        hands.press(opens)
        hands.fill(name=name, kind="block", holds="device", **described)
        page.locator("dialog[open] [name=second]").check()
        hands.send()
        hands.said()
        here = f"/lists/{name}"
        hands.sign_in("wang.fang")
        hands.go(here)
        assert hands.act(adds, value="D-<b>1", ground=_choice(page, "dialog [name=ground]")) == waits + unread
        assert page.get_by_role("button", name=confirms, exact=True).count() == 0, "not by who proposed it"
        _whole(hands, language, axe, "/lists", here)
        hands.sign_in("zhao.min")
        hands.go("/lists")
        assert hands.act(confirms) == confirmed + unread
        hands.sign_in("wang.fang")
        hands.go(here)
        assert "D-<b>1" in page.locator("main table").last.inner_text()
        assert hands.act(lifts, ground=_choice(page, "dialog[id^=act-lift] [name=ground]")) == waits
        hands.sign_in("zhao.min")
        hands.go(here)
        hands.act(confirms)
        hands.go(f"{here}?over=yes")
        assert page.locator("main table").last.inner_text().count("zhao.min") == 2, "the second person of adding and of lifting"
        _whole(hands, language, axe, f"{here}?over=yes")


def _whole(hands: Hands, language: str, axe: str, *paths: str) -> None:
    for path in paths:
        hands.go(path)
        assert words_of_another_language(hands.page, language) == [], path
        assert unusable(hands.page, axe) == [], path
        keep(hands.page, path, language, "desk")


def test_a_table_is_imported_whole_or_not_at_all_and_kept_again(browser: "Browser", console: str, tmp_path: Path) -> None:
    table = tmp_path / "watch.csv"
    with looked(browser, console, "en", "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        hands.go("/lists")
        described = {"title_zh": "关注终端", "title_en": "Terminals to watch", "owner": "li.wei", "purpose": "A-8"}
        hands.press("Open a list")
        hands.fill(name="terminals", kind="watch", holds="terminal", **described)
        hands.send()
        hands.said()
        hands.press("Import")
        table.write_text("value,until\nT-1,2027-01-01T00:00:00Z\n=T-2,yesterday\n")
        page.locator("dialog[open] input[type=file]").set_input_files(table)
        hands.fill(ground=_choice(page, "dialog[open] [name=ground]"))
        hands.send()
        assert "yesterday" in hands.refused()
        table.write_text("value,until\nT-1,2027-01-01T00:00:00Z\n=T-2,2027-01-01T00:00:00Z\n")
        page.locator("dialog[open] input[type=file]").set_input_files(table)
        hands.send()
        assert hands.said() == f"2 entries are on the list. {_UNREAD['en']}"
        with page.expect_download() as kept:
            page.get_by_role("link", name="Download (CSV)").click()
        path = tmp_path / "kept.csv"
        kept.value.save_as(path)
        assert "'=T-2," in path.read_text("utf-8"), "no spreadsheet takes it for a formula"
