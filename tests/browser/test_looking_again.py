"""A page that looks again by itself stays as its reader left it."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from tests.browser.leaving import mark, wait_for_next
from tests.browser.looking import looked

EACH_SECOND = """new MutationObserver(() => {
  const acting = document.getElementById("acting");
  if (acting) acting.dataset.again = "1";
}).observe(document, { childList: true, subtree: true });"""
"""Makes any page one that looks again: whether something goes on is not what this asks."""


def test_what_somebody_unfolded_stays_unfolded_and_no_more_than_that(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "zhao.min") as one:
        page = one.page
        one.hands.go("/decisions")
        first = page.locator("main a.row").first.get_attribute("href") or ""
        page.add_init_script(EACH_SECOND)
        one.hands.go(first)
        folded = page.locator("main details")
        expect(folded).not_to_have_attribute("open", "")
        for unfolded in (True, False):
            page.locator("main details summary").click()
            expect(page.locator("main details[open]")).to_have_count(1 if unfolded else 0)
            scrolled = page.evaluate("scrollY")
            mark(page)
            wait_for_next(page)
            expect(page.locator("main details[open]")).to_have_count(1 if unfolded else 0)
            assert not unfolded or abs(page.evaluate("scrollY") - scrolled) < 2
