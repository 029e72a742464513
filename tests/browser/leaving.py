"""A page that is about to be left, and its successor.

The mark stands on the window, which every new page has for itself: the document of one that
just begins has no element yet that could be asked.
"""

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


def mark(page: "Page") -> None:
    """Marks the page that the next act leaves."""
    page.evaluate("() => { window.aboutToBeLeft = true; }")


def wait_for_next(page: "Page", timeout_ms: float = 30_000) -> None:
    """Waits until the marked page is gone and the next one shows its heading."""
    page.wait_for_function("() => !window.aboutToBeLeft", timeout=timeout_ms)
    expect(page.locator("main h1")).to_be_visible()
