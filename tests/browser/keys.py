"""Somebody who has a keyboard and nothing else: Tab, Enter, arrows, letters; and who has to see where they are."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.hands import PASSWORD
from tests.browser.leaving import mark, wait_for_next

STOPS_MAX = 150
"""Most stops of the Tab key on a page before something counts as out of reach."""
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const label = at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.innerText || at.value || "";
  const line = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const there = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return { name: label.trim().split("\\n")[0].trim(), tag: at.tagName, id: at.id, seen: line && there };
}"""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the focus is: what it is called, and whether a reader sees it."""

    name: str
    tag: str
    id: str
    seen: bool


class Keys:
    """A person at a browser without a mouse.

    Args:
        page: The browser's page.
        address: Where the console is.

    Attributes:
        unseen: Stops at which nobody could see where the focus was.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.unseen: list[Stop] = []

    def press(self, *keys: str) -> None:
        """Presses keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Types over what stands in the field that has the focus."""
        self.press("Control+a")
        self.page.keyboard.type(text)

    def stop(self) -> Stop | None:
        """Where the focus is."""
        found = self.page.evaluate(FOCUSED)
        return None if found is None else Stop(**found)

    def to(self, name: str, tag: str = "") -> None:
        """Goes on by Tab to what is called so; a count behind its name, or whom it is about behind a colon, is passed over."""
        wanted = re.compile(rf"{re.escape(name)}(?:[\s\d,]*|[:：].*)")
        passed: list[str] = []
        for _ in range(STOPS_MAX):
            self.press("Tab")
            stop = self.stop()
            if stop is None:
                continue
            if not stop.seen and stop.id != "content":
                self.unseen.append(stop)
            if wanted.fullmatch(stop.name) and tag in ("", stop.tag):
                return
            passed.append(stop.name)
        raise AssertionError(f"{name} is out of reach; by Tab there were: {passed}")

    def enter(self, name: str, tag: str = "") -> None:
        """Goes to what is called so and presses Enter."""
        self.to(name, tag)
        self.press("Enter")

    def leads(self, *keys: str) -> None:
        """Presses keys of which the last leads to a page, and waits for that."""
        mark(self.page)
        self.press(*keys)
        wait_for_next(self.page)

    def follow(self, name: str, tag: str = "") -> None:
        """Goes to a link or a button and to where it leads."""
        self.to(name, tag)
        self.leads("Enter")

    def choose(self, word: str) -> None:
        """Goes through the options of the list that has the focus, by arrow, to the one of that name."""
        for _ in range(STOPS_MAX):
            said = self.page.evaluate("() => document.activeElement.selectedOptions[0]?.textContent.trim() ?? ''")
            if said == word:
                return
            self.press("ArrowDown")
        raise AssertionError(f"no option {word}")

    def said(self) -> str:
        """What the page says that was done."""
        place = self.page.locator("#said")
        expect(place).to_be_visible(timeout=30_000)
        return place.inner_text()

    def sign_in(self, user: str) -> None:
        """Signs in on the page to sign in at, whose first field has the focus."""
        expect(self.page.locator("input[name=user]")).to_be_focused()
        self.page.keyboard.type(user)
        self.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)
        expect(self.page.locator("main h1")).to_be_visible()
