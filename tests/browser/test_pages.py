"""Every page of records, in both languages, at a desk and on a phone."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from tests.browser.looking import looked, unusable, words_of_another_language

PATHS = ("/", "/decisions", "/decisions?outcome=held", "/decisions?q=nobody", "/log", "/system", "/nowhere")
SCREENSHOTS = os.environ.get("HUITONG_SCREENSHOTS")
"""Folder for pictures of the pages; none are kept where it is not set."""


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_whole_in_both_languages_and_sizes(browser: "Browser", console: str, axe: str, language: str, size: str) -> None:
    with looked(browser, console, language, size, "wang.fang") as one:
        page = one.page
        page.goto(f"{console}/decisions?outcome=held&purpose=alert&reference=A-1")
        page.wait_for_selector("a.row")
        first = page.locator("a.row").first.get_attribute("href") or ""
        for path in (*PATHS, first, first.replace("/decisions/", "/log?record=")):
            one.hands.go(path)
            where = f"{path} in {language} at a {size}"
            assert words_of_another_language(page, language) == [], where
            assert unusable(page, axe) == [], where
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
            keep(page, path, language, size)
        one.errors[:] = [error for error in one.errors if "404" not in error]  # of the page that is not there


def keep(page: "Page", path: str, language: str, size: str) -> None:
    """Keeps a picture of a page, where pictures are wanted."""
    if SCREENSHOTS:
        name = path.strip("/").partition("?")[0].replace("/", "-")[:32] or "overview"
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}-{language}-{size}.png"), full_page=True)


def test_a_text_of_another_language_would_be_seen(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "wang.fang") as one:
        one.hands.go("/system")
        one.page.evaluate("document.documentElement.lang = 'zh-CN'")
        assert len(words_of_another_language(one.page, "zh")) > 5
        one.page.evaluate("document.documentElement.lang = 'en-US'; document.querySelector('main p').textContent = '系统'")
        assert words_of_another_language(one.page, "en") == ["系统"]


@pytest.mark.parametrize(("language", "title"), [("zh", "未找到"), ("en", "Not found")])
def test_a_record_that_is_not_there_leads_to_where_it_is_looked_for(
    browser: "Browser", console: str, axe: str, language: str, title: str
) -> None:
    with looked(browser, console, language, "desk", "wang.fang") as one:
        for path, where in (("/decisions/nope", "/decisions"), ("/measures/nope", "/measures"), ("/lists/nope", "/lists")):
            one.hands.go(path)
            assert one.page.locator("main h1").inner_text() == title
            assert one.page.locator("main .state a.button").get_attribute("href") == where
            assert words_of_another_language(one.page, language) == []
            assert unusable(one.page, axe) == []
        one.errors[:] = [error for error in one.errors if "404" not in error]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_dark_theme_can_be_read_too(browser: "Browser", console: str, axe: str, language: str) -> None:
    with looked(browser, console, language, "desk", "zhao.min", "dark") as one:
        for path in ("/", "/decisions", "/log", "/system"):
            one.hands.go(path)
            assert unusable(one.page, axe) == [], path


def test_names_are_hidden_until_a_purpose_is_stated(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "wang.fang") as one:
        page = one.page
        one.hands.go("/decisions")
        assert page.locator(".hidden-value").count() > 0
        page.locator("header [data-opens=purpose]").focus()
        page.keyboard.press("Enter")
        page.locator("#purpose-reference").fill("A-1")
        page.keyboard.press("Enter")
        page.wait_for_selector("a.row")
        assert page.locator(".hidden-value").count() == 0
        assert page.url == f"{console}/decisions"


def test_a_page_that_is_for_a_purpose_says_for_which(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "wang.fang") as one:
        stated = one.page.locator("header [data-opens=purpose]")
        for path, said in (
            ("/decisions", "No purpose stated"),
            ("/alerts", "work on an alert: the queue"),
            ("/measures", "work on an alert: measures"),
            ("/cases", "investigation of a case: the list"),
        ):
            one.hands.go(path)
            assert stated.inner_text() == said
        one.hands.go("/alerts?purpose=case&reference=C-7")
        assert stated.inner_text() == "investigation of a case: C-7"


def test_a_decision_is_found_and_opened_by_keyboard_alone(browser: "Browser", console: str) -> None:
    with looked(browser, console, "zh", "desk", "wang.fang") as one:
        page = one.page
        one.hands.go("/")
        page.keyboard.press("?")
        assert page.locator("dialog#keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("nobody")
        page.keyboard.press("Enter")
        page.wait_for_url("**/decisions?q=nobody")
        one.hands.go("/decisions?outcome=held")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/decisions/*")
        assert page.locator("main h1").inner_text().startswith("决策：")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_has_a_way_to_ones_account_and_to_the_keys(browser: "Browser", console: str, language: str) -> None:
    with looked(browser, console, language, "phone", "wang.fang") as one:
        page = one.page
        one.hands.go("/")
        for shown in (page.locator(".top .who-name"), page.locator(".top [data-opens=keys]"), page.locator(".top form.search input")):
            assert shown.bounding_box() is not None
            expect(shown).to_be_in_viewport(ratio=1)
        page.locator(".top [data-opens=keys]").click()
        expect(page.locator("dialog#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.locator(".top .who-name").click()
        page.wait_for_url("**/account")


def test_language_and_theme_are_switched_without_losing_the_place(browser: "Browser", console: str) -> None:
    with looked(browser, console, "zh", "desk", "zhao.min") as one:
        page = one.page
        one.hands.go("/decisions?outcome=held")
        page.locator("header [data-other-language]").click()
        page.wait_for_function("document.documentElement.lang === 'en-US'")
        assert page.url.endswith("/decisions?outcome=held")
        assert page.locator("main h1").inner_text() == "Decisions"
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.locator("header [data-cookie^=huitong_theme]").click()
        page.wait_for_load_state()
        page.wait_for_selector("main h1")
        other = page.evaluate("document.cookie")
        assert "huitong_theme=" in other
        assert light


def test_whoever_is_not_in_is_sent_to_sign_in_and_comes_back(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "li.wei") as one:
        page = one.page
        page.context.clear_cookies(name="huitong_session")
        page.goto(f"{console}/decisions?outcome=held")
        assert "/sign-in?to=" in page.url
        page.fill("[name=user]", "li.wei")
        page.fill("[name=password]", "not the password at all")
        page.keyboard.press("Enter")
        page.wait_for_selector(".wrong")
        one.errors.clear()  # the browser itself notes the refusal
        page.fill("[name=password]", "replay-every-decision")
        page.keyboard.press("Enter")
        page.wait_for_url("**/decisions?outcome=held")


def test_a_record_is_proved_and_its_proof_verified_from_the_file(browser: "Browser", console: str, tmp_path: Path) -> None:
    with looked(browser, console, "en", "desk", "zhao.min") as one:
        page = one.page
        one.hands.go("/decisions")
        record = (page.locator("a.row").first.get_attribute("href") or "").removeprefix("/decisions/")
        one.hands.go(f"/log?record={record}")
        assert page.get_by_role("link", name="Download the proof").count() == 0
        assert "state what you read for" in page.locator(".proved").inner_text()
        page.goto(f"{console}/log?record={record}&purpose=audit&reference=7")
        assert page.locator(".proved .mark-approve").inner_text().strip().endswith("It holds.")
        with page.expect_download() as kept:
            page.get_by_role("link", name="Download the proof").click()
        proof = tmp_path / "proof.json"
        kept.value.save_as(proof)
        one.hands.press("Verify a proof")
        page.locator("dialog[open] input[type=file]").set_input_files(proof)
        one.hands.send()
        assert one.hands.said().startswith("It holds.")
