"""What a person does on a page, by the words on its buttons and labels."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.leaving import mark, wait_for_next

PASSWORD = "replay-every-decision"  # noqa: S105 -- of the demonstration's users


def called(name: str) -> re.Pattern[str]:
    """A button's name; behind a colon it may say which one of several it is about."""
    return re.compile(rf"^{re.escape(name)}(?:[:：].*)?$")


class Hands:
    """Somebody at a browser.

    Args:
        page: The browser's page.
        address: Where the console is.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def sign_in(self, user: str) -> None:
        """Signs in, by keyboard; whoever was signed in before is forgotten."""
        self.page.context.clear_cookies(name="huitong_session")
        self.page.goto(f"{self.address}/sign-in")
        self.page.locator("input[name=user]").focus()
        self.page.keyboard.type(user)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def go(self, path: str) -> None:
        """Opens a page."""
        self.page.goto(self.address + path)
        expect(self.page.locator("main h1")).to_be_visible()

    def press(self, name: str) -> None:
        """Presses a button by keyboard: focus, then Enter."""
        self.press_in(self.page.locator("main"), name)

    def press_in(self, place: Locator, name: str) -> None:
        """Presses a button of a part of the page, by its name or what stands before the colon in it."""
        place.get_by_role("button", name=called(name)).first.focus()
        mark(self.page)
        self.page.keyboard.press("Enter")

    def first_act(self) -> None:
        """Presses ``e``: the page's first act."""
        mark(self.page)
        self.page.keyboard.press("e")

    def fill(self, **given: str) -> None:
        """Fills the fields of the open dialog or of an editor's form by their names."""
        form = self._form()
        for name, value in given.items():
            control = form.locator(f"[name='{name}']").first
            if control.evaluate("one => one.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)

    def send(self) -> None:
        """Sends the open dialog or an editor's form by its own button, with Enter."""
        self._form().locator("button[type=submit]").focus()
        self.page.keyboard.press("Enter")

    def _form(self) -> Locator:
        """The dialog where one is open, else the form in the page."""
        dialog = self.page.locator("dialog[open]")
        return dialog if dialog.count() else self.page.locator("form.source, form.editing").first

    def act(self, name: str, **given: str) -> str:
        """An act from its button to what is said about it."""
        self.press(name)
        self.fill(**given)
        if self.page.locator("dialog[open]").count():
            self.send()
        return self.said()

    def go_on(self) -> None:
        """Waits until the page that follows an act has come."""
        wait_for_next(self.page)

    def said(self) -> str:
        """What the page says that was done."""
        self.go_on()
        place = self.page.locator("#said")
        expect(place).to_be_visible(timeout=20_000)
        return place.inner_text()

    def refused(self) -> str:
        """Why the open form was refused."""
        place = self.page.locator("form[data-act] .wrong:not(:empty)").first
        expect(place).to_be_visible(timeout=20_000)
        return place.inner_text()
