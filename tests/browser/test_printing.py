"""Pages on paper: A4, dark on white whatever the theme, whole, without what only a screen can do."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from tests.browser.looking import looked

A4: "ViewportSize" = {"width": 703, "height": 1032}
"""What is left of A4 between margins of 12 mm, in pixels of CSS."""
PATHS = ("/", "/decisions", "/alerts", "/measures", "/policies/small/rules", "/policies/small/tables/velocity", "/system")
OF_THE_SCREEN = ".frame-top, .frame-pages, .acts, .rowacts, form.filters, .button, td.tools, .pages-of"
OUTSIDE = """() => [...document.querySelectorAll("main td, main th, main svg, main p, main dd, main h1")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 120))"""
CUT = """() => [...document.querySelectorAll("main td, textarea")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 120))"""
SHOWN = (
    "(selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80))"
)
COLOURS = "() => { const of = getComputedStyle(document.body); return [of.backgroundColor, of.color]; }"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_fits_on_paper_dark_on_white_and_without_what_only_a_screen_can_do(browser: "Browser", console: str, language: str) -> None:
    with looked(browser, console, language, "desk", "li.wei", "dark") as one:
        page = one.page
        page.emulate_media(media="print")
        page.set_viewport_size(A4)
        for path in PATHS:
            one.hands.go(path)
            assert page.evaluate(COLOURS) == ["rgb(255, 255, 255)", "rgb(22, 32, 42)"], path
            assert page.evaluate(SHOWN, OF_THE_SCREEN) == [], path
            assert page.evaluate(OUTSIDE) == [], path
            assert page.evaluate(CUT) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            heads = page.locator("main table thead").evaluate_all("all => all.map((one) => getComputedStyle(one).display)")
            assert set(heads) <= {"table-header-group"}, path
        parts = page.evaluate(
            "['h1', 'h2'].map((one) => [...document.querySelectorAll(`main ${one}`)].map((it) => getComputedStyle(it).breakAfter))"
        )
        assert {after for heading in parts for after in heading} == {"avoid"}


def test_what_is_no_phone_on_paper_is_one_on_a_screen_of_that_width(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "li.wei", "dark") as one:
        one.page.set_viewport_size(A4)
        one.hands.go("/decisions")
        assert one.page.locator("main table.stacked thead").first.evaluate("one => getComputedStyle(one).display") == "none"
        assert one.page.evaluate(COLOURS)[0] == "rgb(18, 24, 30)"
