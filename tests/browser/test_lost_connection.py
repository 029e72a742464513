"""The connection of a page breaks, or the bank starts anew, while somebody types: the page stays, and what was typed is sent."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from tests.browser.conftest import served
from tests.browser.looking import looked

CONNECTED = "() => Boolean(window.socket?.connected)"
LOST = "() => !window.socket.connected && !window.socket.active && document.getElementById('popup').ariaHidden === 'true'"
RECONNECTED_MS = 8_000
"""NiceGUI would try again after a second, later after at most five."""


def test_a_page_is_not_loaded_anew_when_the_bank_was_away_and_what_was_typed_can_be_sent(
    browser: "Browser", trained_bank: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(trained_bank, tmp_path / "small")
    escalate, typed = {"zh": "升级", "en": "Escalate"}, {"zh": "客户来电，尚未写完", "en": "the customer called, not finished"}
    with ExitStack() as pages:
        with served(folder) as address:
            looking = {language: pages.enter_context(looked(browser, address, language, "desk", "wang.fang")) for language in typed}
            for number, (language, one) in enumerate(looking.items()):
                one.hands.go("/alerts")
                one.hands.go(one.page.locator("main a.row").nth(number).get_attribute("href") or "")
                one.page.wait_for_function(CONNECTED)
                one.hands.press(escalate[language])
                one.hands.fill(reason=typed[language])
        for language, one in looking.items():
            one.page.wait_for_function(LOST)
            one.hands.send()
            assert one.hands.refused().startswith({"zh": "服务没有应答", "en": "The bank did not answer"}[language])
        with served(folder, urlsplit(address).port or 0):
            for language, one in looking.items():
                one.page.wait_for_timeout(RECONNECTED_MS)
                assert one.page.evaluate("window.aboutToBeLeft"), "the page was loaded anew"
                expect(one.page.locator("dialog[open] [name=reason]")).to_have_value(typed[language])
                one.hands.send()
                one.hands.said()
                assert typed[language] in one.page.locator("main").inner_text()
                one.errors.clear()  # the browser itself notes that nobody answered
