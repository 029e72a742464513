"""A policy is edited in the page: cells with completion and errors where they stand, a trial on the last days, a version at the end."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from tests.browser.conftest import served
from tests.browser.leaving import mark
from tests.browser.looking import looked, unusable, words_of_another_language
from tests.browser.test_pages import keep
from tests.browser.test_work import make_live

TABLE, RULES = "/policies/small/tables/velocity", "/policies/small/rules"


@pytest.fixture(scope="module")
def console(chromium: str, trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 -- else skipped
    """Address of a console of its own: what is drafted here changes the policy's folder, and other tests look at that."""
    with served(shutil.copytree(trained_bank, tmp_path_factory.mktemp("editor") / "small")) as address:
        yield address


def settled(page: "Page") -> None:
    """Waits until what was typed last was looked at."""
    page.wait_for_function("() => Number(document.querySelector('form[data-grid]')?.dataset.checked ?? 0) > 0")
    page.evaluate("() => { document.querySelector('form[data-grid]').dataset.checked = '0'; }")


def typed_again(page: "Page", text: str) -> None:
    """Types over what stands in the cell that has the focus."""
    page.keyboard.press("Control+a")
    page.evaluate("() => { document.querySelector('form[data-grid]').dataset.checked = '0'; }")
    page.keyboard.type(text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_is_edited_by_keyboard_and_tells_what_is_wrong_while_one_types(
    browser: "Browser", console: str, axe: str, language: str
) -> None:
    with looked(browser, console, language, "desk", "li.wei") as one:
        page = one.page
        one.hands.go(TABLE)
        settled(page)
        rows = page.locator("table.grid tbody tr")
        before = rows.count()
        cell = rows.nth(0).locator("textarea.cell").first
        cell.focus()
        typed_again(page, ">= 5 5")
        settled(page)
        assert cell.get_attribute("aria-invalid") == "true"
        place = page.locator(".problems .place").first
        assert {"zh": "第 1 行", "en": "row 1"}[language] in place.inner_text()
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        place.focus()
        page.keyboard.press("Enter")
        expect(cell).to_be_focused()
        typed_again(page, "customer_count_1h > custo")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(cell).to_be_focused()  # without a list too: elsewhere the next letter would be a shortcut
        page.keyboard.type("m")
        expect(page.locator("#completions li").first).to_be_visible()
        chosen = page.locator("#completions [aria-selected=true]").get_attribute("data-name") or ""
        assert unusable(page, axe) == []
        page.keyboard.press("Enter")
        assert cell.input_value() == f"customer_count_1h > {chosen}"
        page.keyboard.press("Alt+Enter")
        assert rows.count() == before + 1
        expect(rows.nth(1).locator("textarea.cell").first).to_be_focused()
        page.keyboard.type("> 99")
        page.keyboard.press("Alt+ArrowUp")
        assert rows.nth(0).locator("textarea.cell").first.input_value() == "> 99"
        assert [rows.nth(at).locator("[data-number]").inner_text() for at in range(2)] == ["1", "2"]
        page.keyboard.press("Alt+Delete")
        assert rows.count() == before


def test_a_cell_grows_with_its_text_stays_one_line_of_text_and_enter_goes_to_the_next(browser: "Browser", console: str) -> None:
    long = " and ".join(f"amount > {number}" for number in range(60))
    for size in ("desk", "phone"):
        with looked(browser, console, "en", size, "li.wei") as one:
            page = one.page
            one.hands.go(RULES)
            cells = page.locator("textarea.cell")
            small = cells.first.evaluate("one => one.clientHeight")
            cells.first.focus()
            typed_again(page, "1 = 1 ")
            page.keyboard.insert_text(f"and\n{long}")
            assert cells.first.input_value() == f"1 = 1 and {long}", "what is pasted in several lines is one"
            page.keyboard.press("Enter")
            expect(cells.nth(1)).to_be_focused()
            assert cells.first.input_value() == f"1 = 1 and {long}"
            height, inner, width, wide = cells.first.evaluate(
                "one => [one.clientHeight, one.scrollHeight, one.clientWidth, one.scrollWidth]"
            )
            assert (height > 2 * small, inner <= height, wide <= width) == (True, True, True), size
            cells.first.focus()
            page.keyboard.press("Control+Home")
            for key in ("ArrowDown", "ArrowUp", "ArrowUp"):
                page.keyboard.press(key)
                expect(cells.first).to_be_focused()
            page.keyboard.press("Control+End")
            page.keyboard.press("ArrowDown")
            expect(cells.nth(1)).to_be_focused()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_change_is_tried_on_last_week_and_then_drafted_with_its_difference(browser: "Browser", console: str, axe: str) -> None:
    with looked(browser, console, "en", "desk", None) as one:
        page, hands = one.page, one.hands
        make_live(hands)
        hands.sign_in("li.wei")
        hands.go(TABLE)
        settled(page)
        cell = page.locator("table.grid tbody tr").nth(0).locator("textarea.cell[data-kind=inputs]").first
        cell.focus()
        typed_again(page, ">= 2")
        settled(page)
        page.locator("[data-trial]").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".tried table", timeout=60_000)
        assert "would be decided more severely" in page.locator(".tried .lead").first.inner_text()
        assert page.locator(".tried a[href^='/decisions/']").count() > 0
        week = page.locator(".tried .meta").last.inner_text()
        page.locator("select[name=days]").select_option("28")
        page.locator("[data-trial]").click()
        page.wait_for_function("week => !(document.querySelector('.tried')?.innerText ?? week).includes(week)", arg=week)
        page.wait_for_selector(".tried table", timeout=60_000)
        assert page.locator(".tried .meta").last.inner_text() != week
        assert unusable(page, axe) == []
        keep(page, "/editor", "en", "desk")
        page.locator("#edit-reason").fill("stop bursts earlier")
        page.locator("form[data-grid] button[type=submit]").focus()
        mark(hands.page)
        page.keyboard.press("Enter")
        assert "is drafted" in hands.said()
        page.get_by_role("link", name="what changed").first.click()
        page.wait_for_url("**/difference/**")
        assert page.locator("main ins").first.inner_text() == ">= 2"


def test_a_rules_condition_is_edited_with_its_errors_where_they_stand(browser: "Browser", console: str) -> None:
    with looked(browser, console, "zh", "desk", "li.wei") as one:
        page = one.page
        one.hands.go(RULES)
        settled(page)
        cell = page.locator("textarea.cell").first
        cell.focus()
        typed_again(page, "amount > nothing_like_it")
        settled(page)
        assert "第 10 个字符" in page.locator(".problems .place").first.inner_text()
        page.keyboard.press("Escape")
        page.locator(".problems .place").first.click()
        assert cell.evaluate("one => one.selectionStart") == 9
        typed_again(page, "amount > 30000")
        settled(page)
        assert page.locator(".problems").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_columns_and_cells_are_changed_together_taken_back_and_drafted_as_one_version(
    browser: "Browser", console: str, axe: str, language: str
) -> None:
    adds, takes, hits, back, label, value = {
        "zh": ("添加列", "删除列", "命中策略", "撤销", "设备 / Device", "< 24"),
        "en": ("Add a column", "Take a column away", "Hit policy", "Take back", "终端设备 / Device", "< 48"),
    }[language]
    with looked(browser, console, "en", "desk", None) as one:
        make_live(one.hands)
    with looked(browser, console, language, "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        hands.go(TABLE)
        settled(page)
        heads, rows = page.locator("table.grid thead th.inputs"), page.locator("table.grid tbody tr")
        before, cell = heads.count(), rows.nth(0).locator("textarea.cell").first
        cell.focus()
        typed_again(page, ">= 77")
        hands.press(adds)
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        hands.fill(expression="device_hours", label=label)
        hands.send()
        expect(heads).to_have_count(before + 1)
        assert {"zh": "设备", "en": "Device"}[language] in heads.last.inner_text()
        assert rows.nth(0).locator("textarea.cell").first.input_value() == ">= 77", "what was typed stays"
        added = rows.nth(0).locator("textarea.cell[data-kind=inputs]").last
        assert added.input_value() == "-"
        added.focus()
        typed_again(page, value)
        hands.press(takes)
        hands.fill(place=str(before - 1))
        hands.send()
        expect(heads).to_have_count(before)
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        hands.press(back)
        expect(heads).to_have_count(before + 1)
        assert rows.nth(0).locator("textarea.cell").first.input_value() == ">= 77"
        assert rows.nth(0).locator("textarea.cell[data-kind=inputs]").last.input_value() == value
        hands.press(hits)
        hands.fill(hit="U")
        hands.send()
        expect(page.locator(".problems")).to_be_visible()
        hands.press(back)
        expect(page.locator(".problems")).to_have_count(0)
        keep(page, f"/columns-{language}", language, "desk")
        page.locator("#edit-reason").fill("new devices")
        page.locator("form[data-grid] button[type=submit]").focus()
        mark(page)
        page.keyboard.press("Enter")
        hands.said()
        hands.go(TABLE)
        settled(page)
        assert heads.count() == before + 1
        assert [rows.nth(0).locator("textarea.cell[data-kind=inputs]").nth(at).input_value() for at in (0, before)] == [">= 77", value]


def test_what_is_a_version_already_is_refused_with_the_way_to_it(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", None) as one:
        page, hands = one.page, one.hands
        make_live(hands)
        hands.sign_in("li.wei")
        hands.go(TABLE)
        cell = page.locator("table.grid tbody tr").nth(1).locator("textarea.cell[data-kind=inputs]").first
        before = cell.input_value()
        for text in ("> 81", before):
            hands.go(TABLE)
            settled(page)
            cell.focus()
            typed_again(page, text)
            settled(page)
            page.locator("#edit-reason").fill("there and back")
            page.locator("form[data-grid] button[type=submit]").focus()
            mark(page)
            page.keyboard.press("Enter")
            if text != before:
                hands.said()
        assert "drafted already" in hands.refused()
        page.get_by_role("link", name="See that version").click()
        page.wait_for_url("**/policies/small/versions/**")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_edits_that_are_no_version_yet_are_not_left_by_a_slip_and_nothing_is_asked_without_any(
    browser: "Browser", console: str, axe: str, language: str
) -> None:
    stay, leave = {"zh": ("留在本页", "离开并放弃修改"), "en": ("Stay", "Leave and lose the changes")}[language]
    with looked(browser, console, "en", "desk", None) as one:
        make_live(one.hands)
    with looked(browser, console, language, "desk", "li.wei") as one:
        page, hands, asked = one.page, one.hands, list[str]()

        def answer(dialog: "Dialog") -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", answer)
        for path, first in ((TABLE, "textarea.cell"), ("/policies/small/versions/folder?file=policy.toml", "textarea.source")):
            hands.go(path)
            place = page.locator(first).first
            before = place.input_value()
            place.focus()
            page.keyboard.type("7")
            page.keyboard.press("Backspace")
            assert place.input_value() == before
            page.reload()
            assert asked == [], "what is put back as it was is no edit"
            page.locator(first).first.focus()
            page.keyboard.type("7")
            page.locator("nav.pages a[href='/alerts']").focus()
            page.keyboard.press("Enter")
            expect(page.get_by_role("button", name=stay, exact=True)).to_be_focused()
            assert words_of_another_language(page, language) == []
            assert unusable(page, axe) == []
            keep(page, f"/unsaved-{language}", language, "desk")
            page.keyboard.press("Enter")
            expect(page.locator("#unsaved")).to_be_hidden()
            assert page.url.endswith(path), "stayed, with what was typed"
            page.locator("form.search input").focus()
            page.keyboard.type("C1")
            for away in ("form.search input", "[data-other-language]"):
                page.locator(away).focus()
                page.keyboard.press("Enter")
                expect(page.locator("#unsaved")).to_be_visible()
                page.keyboard.press("Escape")
                expect(page.locator("#unsaved")).to_be_hidden()
            assert page.locator(first).first.input_value() != before
            page.locator("nav.pages a[href='/alerts']").focus()
            page.keyboard.press("Enter")
            page.get_by_role("button", name=leave, exact=True).focus()
            page.keyboard.press("Enter")
            page.wait_for_url("**/alerts")
            assert asked == [], "the page asked, so the browser does not ask again"
            hands.go(path)
            page.locator(first).first.focus()
            page.keyboard.type("7")
            page.reload()
            assert asked.pop() == "beforeunload"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_thresholds_are_read_while_one_types_and_tried_on_the_last_days(browser: "Browser", console: str, axe: str, language: str) -> None:
    with looked(browser, console, language, "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        hands.go("/policies/small/thresholds")
        settled(page)
        fields = page.locator("table.scores input")
        assert (fields.count(), fields.nth(0).get_attribute("name")) == (2, "score.review")
        fields.nth(0).focus()
        typed_again(page, "3")
        settled(page)
        assert fields.nth(0).get_attribute("aria-invalid") == "true"
        assert fields.nth(1).get_attribute("aria-invalid") is None
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        typed_again(page, "0.0001 %")
        settled(page)
        assert {"zh": "0.0001% 起为“人工复核”", "en": "to review from 0.0001 % on"}[language] in page.locator(".found").inner_text()
        hands.press({"zh": "若按此执行会怎样？", "en": "What would this have done?"}[language])
        expect(page.locator(".tried table").first).to_be_visible(timeout=60_000)
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        keep(page, f"/thresholds-{language}", language, "desk")
        fields.nth(0).focus()
        typed_again(page, "99.9999 %")
        settled(page)
        cause, remedy = page.locator(".found .wrong p").all_inner_texts()
        assert {"zh": "不得高于", "en": "must not lie above"}[language] in cause
        assert {"zh": "请调低", "en": "lower the one"}[language] in remedy.lower()


def test_an_old_version_is_taken_back_into_the_folder_and_its_difference_to_the_live_one_shown(
    browser: "Browser", console: str, axe: str
) -> None:
    with looked(browser, console, "en", "desk", None) as one:
        page, hands = one.page, one.hands
        make_live(hands)
        hands.sign_in("li.wei")
        for score in ("0.011", "0.012"):
            hands.go("/policies/small/thresholds")
            hands.fill(**{"score.review": score}, reason=f"from {score} on")
            hands.send()
            hands.said()
        for language, score, other in (("zh", "0.011", "0.012"), ("en", "0.012", "0.011")):
            page.context.add_cookies([{"name": "huitong_language", "value": language, "url": console}])
            button = {"zh": "以此版本为基础修改", "en": "Edit from this version"}[language]
            hands.go("/policies/small")
            old = page.locator("article.version", has_text=f"from {score} on").first
            assert page.locator("article.version", has_text=f"from {other} on").first.get_by_role("button", name=button).count() == 0
            hands.press_in(old, button)
            assert words_of_another_language(page, language) == []
            assert unusable(page, axe) == []
            keep(page, f"/take-up-{language}", language, "desk")
            hands.fill(reason=f"back to {score}")
            hands.send()
            assert {"zh": "已回到文件夹", "en": "stands in the folder again"}[language] in hands.said()
            assert "/difference/small?against=" in page.url
            assert f"{100 * float(score):.2f}" in page.locator("main ins").first.inner_text()
            keep(page, f"/taken-up-{language}", language, "desk")
            hands.go("/policies/small")
            assert f"back to {score}" in page.locator("article.version", has_text=f"from {score} on").first.inner_text()
            assert words_of_another_language(page, language) == []
            keep(page, f"/policy-{language}", language, "desk")
