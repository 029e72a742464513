"""People sign in at an OpenID provider that really runs, and with a second factor where their role needs one."""

import base64
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
pytest.importorskip("joserfc", reason="skipped: no joserfc; pip install 'huitong[openid]'")
from playwright.sync_api import expect

from huitong.identity.totp import code_at, step_of
from tests.browser.conftest import served
from tests.browser.hands import PASSWORD
from tests.browser.looking import unusable, words_of_another_language
from tests.browser.test_pages import keep
from tests.identity.openid_running import running

SETTINGS = """
[access]
second_factor = ["auditor"]

[access.openid]
issuer = "{issuer}"
client_id = "huitong"
client_secret = "a secret: with %signs"
redirect = "{redirect}"
roles_claim = "groups"

[access.openid.roles]
fraud-analysts = "analyst"
fraud-approvers = "approver"
"""


@dataclass(frozen=True)
class Place:
    """A console and its OpenID provider."""

    console: str
    issuer: str


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@pytest.fixture(scope="module")
def place(chromium: str, trained_bank: Path, openid_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:  # noqa: ARG001 -- else skipped
    """A bank whose people sign in at a provider, and whose auditors need a code device."""
    folder = shutil.copytree(trained_bank, tmp_path_factory.mktemp("sso") / "small")
    port, provider = free_port(), free_port()
    redirect = f"http://127.0.0.1:{port}/openid/back"
    with running(openid_server, provider, redirect=redirect) as issuer:
        settings = folder / "bank" / "bank.toml"
        before = settings.read_text("utf-8") if settings.exists() else ""
        settings.write_text(before + SETTINGS.format(issuer=issuer, redirect=redirect), "utf-8")
        with served(folder, port) as address:
            yield Place(address, issuer)


@contextmanager
def page_in(browser: "Browser", place: Place, language: str) -> Iterator["Page"]:
    with browser.new_context(viewport={"width": 1366, "height": 768}, bypass_csp=True) as context:
        context.add_cookies([{"name": "huitong_language", "value": language, "url": place.console}])
        yield context.new_page()


def at_the_provider(page: "Page", account: str) -> None:
    """Says who one is, and agrees."""
    page.fill("input[name=login]", account)
    page.fill("input[name=password]", "any")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_somebody_signs_in_at_the_provider_and_comes_back_to_their_page(browser: "Browser", place: Place, axe: str, language: str) -> None:
    with page_in(browser, place, language) as page:
        page.goto(f"{place.console}/policies/small")
        assert words_of_another_language(page, language) == []
        assert unusable(page, axe) == []
        page.locator("a[href^='/openid/start']").focus()
        page.keyboard.press("Enter")
        at_the_provider(page, "sun-2")
        page.wait_for_url(f"{place.console}/policies/small")
        assert page.locator(".who-name").inner_text() == "sun.li@sso"
        assert page.get_by_role("button", name={"zh": "登记版本", "en": "Draft a version"}[language]).count() == 1, "an analyst's"
        page.goto(f"{place.console}/account")
        assert page.locator("input[type=password]").count() == 0, "a provider's user has no password here"
        page.goto(f"{place.console}/")
        page.locator("header form[action='/sign-out'] button").click()
        page.wait_for_url("**/sign-in")
        page.goto(f"{place.console}/decisions")
        assert "/sign-in?to=" in page.url


def test_what_the_provider_refuses_is_said_on_the_page_to_sign_in_at(browser: "Browser", place: Place, axe: str) -> None:
    with page_in(browser, place, "en") as page:
        page.goto(f"{place.console}/policies/small")
        page.locator("a[href^='/openid/start']").click()
        page.get_by_role("link", name="[ Cancel ]").click()
        page.wait_for_selector(".wrong")
        assert "was broken off at the provider" in page.locator(".wrong").inner_text()
        assert unusable(page, axe) == []
        page.locator("a[href^='/openid/start']").click()
        at_the_provider(page, "sun-2")
        page.wait_for_url(f"{place.console}/policies/small")


@pytest.mark.parametrize(("language", "words"), [("zh", "已与身份提供方的另一人绑定"), ("en", "bound to another person at the provider")])
def test_who_has_a_name_that_was_another_s_there_is_told_so(browser: "Browser", place: Place, axe: str, language: str, words: str) -> None:
    for account in ("sun-2", "sun-3"):
        with page_in(browser, place, language) as page:
            page.goto(f"{place.console}/sign-in")
            page.locator("a[href^='/openid/start']").click()
            at_the_provider(page, account)
            if account == "sun-3":
                page.wait_for_selector(".wrong")
                assert words in page.locator(".wrong").inner_text()
                assert words_of_another_language(page, language) == []
                assert unusable(page, axe) == []


def test_an_answer_that_nobody_asked_for_opens_nothing(browser: "Browser", place: Place) -> None:
    with page_in(browser, place, "zh") as page:
        answer = page.goto(f"{place.console}/openid/back?code=forged&state=forged")
        assert answer is not None
        assert answer.status == 401
        assert "并非在此浏览器中发起" in page.locator(".wrong").inner_text()
        assert page.context.cookies(place.console) == [one for one in page.context.cookies(place.console) if "session" not in one["name"]]


def test_whose_role_needs_a_second_factor_sets_it_up_first_and_signs_in_with_it(browser: "Browser", place: Place, axe: str) -> None:
    with page_in(browser, place, "en") as page:
        page.goto(f"{place.console}/sign-in")
        page.fill("[name=user]", "zhao.min")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/account")
        page.goto(f"{place.console}/log")
        assert page.url.endswith("/account"), "nothing else before that"
        assert unusable(page, axe) == []
        assert page.locator(".qr svg").bounding_box() is not None
        secret = page.locator("form[action='/account/totp'] code").inner_text().replace(" ", "")
        set_up(page, "000000")
        assert "not one of this device" in page.locator(".wrong").inner_text()
        assert page.locator("form[action='/account/totp'] code").inner_text().replace(" ", "") == secret
        step = step_of(time.time_ns() // 1_000)
        set_up(page, code(secret, step))
        page.wait_for_selector("ol code")
        codes = page.locator("ol code").all_inner_texts()
        assert len(codes) == 10, "recovery codes, shown once"
        assert unusable(page, axe) == []
        for language in ("zh", "en"):
            page.locator("[data-other-language]:visible").focus()
            page.keyboard.press("Enter")
            expect(page.locator("[data-other-language]:visible")).to_be_focused()
            assert page.locator("ol code").all_inner_texts() == codes, "switched in place"
            assert words_of_another_language(page, language) == []
            assert unusable(page, axe) == []
            keep(page, f"/codes-{language}", language, "desk")
        page.click("main a.button")
        page.wait_for_url("**/sign-in")
        sign_in_with(page, code(secret, step))
        page.wait_for_selector(".wrong")  # no code is taken twice
        sign_in_with(page, code(secret, step + 1))
        page.wait_for_url(f"{place.console}/")
        assert page.locator(".who-name").inner_text() == "zhao.min"


def code(secret: str, step: int) -> str:
    return code_at(base64.b32decode(secret), step)


def set_up(page: "Page", given: str) -> None:
    page.fill("#totp-password", PASSWORD)
    page.fill("form[action='/account/totp'] [name=code]", given)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def sign_in_with(page: "Page", given: str) -> None:
    page.fill("[name=user]", "zhao.min")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=code]", given)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
