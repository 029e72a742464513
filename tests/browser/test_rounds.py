"""The whole way of a version, clicked by two persons in both languages: draft, live; a second one to shadow, to 5 %, live, and back."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from huitong.console.pages.policies import LOOK_AGAIN_SECONDS
from tests.browser.conftest import served
from tests.browser.hands import Hands, called
from tests.browser.leaving import mark, wait_for_next
from tests.browser.looking import looked, unusable, words_of_another_language
from tests.browser.test_pages import keep

WORDS = {
    "zh": {
        "draft": "登记版本",
        "live": "使其生效",
        "shadow": "进入影子运行",
        "canary": "进入灰度",
        "back": "回退",
        "replay": "回放",
    },
    "en": {
        "draft": "Draft a version",
        "live": "Make it live",
        "shadow": "To shadow",
        "canary": "To canary",
        "back": "Step back",
        "replay": "Replay",
    },
}


@pytest.fixture
def eager(chromium: str, trained_bank: Path, tmp_path: Path) -> Iterator[str]:  # noqa: ARG001 -- else skipped
    """Address of a console of its own, whose bank asks neither time nor decisions of a step."""
    with served(shutil.copytree(trained_bank, tmp_path / "small"), 0, "eager") as address:
        yield address


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_version_goes_from_draft_to_shadow_to_canary_to_live_and_back(browser: "Browser", eager: str, axe: str, language: str) -> None:
    say = WORDS[language]
    with looked(browser, eager, language, "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        policy = "/policies/small"

        def as_user(user: str) -> None:
            hands.sign_in(user)
            hands.go(policy)

        def replayed() -> None:
            reports = page.locator("a[href^='/replays/']")
            before = reports.count()
            hands.act(say["replay"], days="0")
            page.wait_for_function(f"() => document.querySelectorAll('a[href^=\"/replays/\"]').length === {before + 1}", timeout=240_000)

        as_user("li.wei")
        hands.act(say["draft"], reason="v1")
        replayed()
        as_user("zhao.min")
        hands.act(say["live"])
        hands.sign_in("li.wei")
        hands.go(f"{policy}/thresholds")
        hands.fill(**{"score.review": "0.03"}, reason="v2")
        hands.send()
        hands.said()
        replayed()
        assert page.get_by_role("button", name=called(say["shadow"])).count() == 0, "its author cannot sign"
        as_user("zhao.min")
        hands.act(say["shadow"])
        expect(page.locator("#said")).to_be_focused()  # not the next step, which Enter would begin
        expect(page.locator("#said")).to_be_in_viewport()
        _whole(hands, language, axe, "shadow")
        _looks_again_without_disturbing(page, say["canary"])
        page.evaluate("scrollTo(0, 400)")
        hands.act(say["canary"], share="5")
        expect(page.locator("#said")).to_be_focused()  # not at a larger share, which is another step
        expect(page.locator("#said")).to_be_in_viewport()
        _begun_by_e_and_left(page, say["live"])
        assert {"zh": "5%", "en": "5 %"}[language] in page.locator(".answer").inner_text()
        _whole(hands, language, axe, "canary")
        hands.act(say["live"])
        expect(page.locator("#said")).to_be_focused()
        assert "li.wei" in page.locator(".answer").inner_text()
        _whole(hands, language, axe, "live")
        assert page.locator("main article.version .primary").count() == 0, "the one before may begin again, and need not"
        _begun_by_e_and_left(page, say["replay"])
        live = page.locator("article.version").first.get_attribute("id")
        hands.act(say["back"], ground="v1")
        assert page.locator("article.version").first.get_attribute("id") != live, "the one before decides again"
        _whole(hands, language, axe, "back")


def _begun_by_e_and_left(page: "Page", button: str) -> None:
    """The key opens the dialog of that button; once it is left the focus is at the button, from where Tab goes on."""
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("e")
    expect(page.locator("dialog[open] h2")).to_have_text(called(button))
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("button", name=called(button)).first).to_be_focused()


def _looks_again_without_disturbing(page: "Page", button: str) -> None:
    """While a stage runs the page looks again by itself: whoever stands on a button stays there, whoever types goes on typing."""
    here = page.get_by_role("button", name=called(button)).first
    here.focus()
    mark(page)
    wait_for_next(page)
    expect(here).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("C0016")
    mark(page)
    page.wait_for_timeout(1_000 * LOOK_AGAIN_SECONDS + 2_000)
    assert page.evaluate("() => window.aboutToBeLeft"), "it waits for who types"
    page.locator("form.search input").fill("")


def _whole(hands: Hands, language: str, axe: str, name: str) -> None:
    assert words_of_another_language(hands.page, language) == [], name
    assert unusable(hands.page, axe) == [], name
    keep(hands.page, f"/rollout-{name}", language, "desk")
