"""Webhooks in the console, in both languages: made, its secret seen once, delivered, set aside, delivered again, removed."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect
from standardwebhooks.webhooks import Webhook

from tests.app.receiver import Receiver, receiving
from tests.browser.conftest import served
from tests.browser.hands import Hands
from tests.browser.looking import SIZES, looked, unusable, words_of_another_language
from tests.browser.test_pages import keep

WAIT_SECONDS = 60
LOOPBACK = '[webhooks]\nnetworks = ["127.0.0.0/8"]\n'


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on the page, in a language."""

    empty: str
    make: str
    copied: str
    deliver_again: str
    change: str
    stop: str
    go_on: str
    elsewhere: str
    remove: str
    refused: str


WORDS = {
    "zh": Words("尚无回调", "新增回调", "已复制。", "重发", "修改", "停止", "恢复", "调整进度", "删除", "名称不符"),
    "en": Words(
        "No webhook yet", "Make a webhook", "Copied.", "Deliver again", "Change", "Stop", "Go on", "Go on elsewhere", "Remove",
        "This is not its name",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def told(chromium: str, trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 -- else skipped
    """Address of a console of its own, whose bank may tell receivers on this machine."""
    folder = shutil.copytree(trained_bank, tmp_path_factory.mktemp("webhooks") / "small")
    settings = folder / "bank" / "bank.toml"
    settings.write_text((settings.read_text("utf-8") if settings.exists() else "") + LOOPBACK, "utf-8")
    with served(folder) as address:
        yield address


class Picky:
    """A receiver that refuses one message for what it says, until it is mended."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self.mended = False

    def answer(self, _number: int) -> int:
        return 422 if self.refused == self.receiver.ids[-1] and not self.mended else 200

    @property
    def refused(self) -> str:
        """The first message that came."""
        return self.receiver.ids[0]


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.2)


def _whole(hands: Hands, language: str, axe: str, path: str, name: str) -> None:
    """The page in both sizes: nothing of another language, nothing unusable, nothing beside the page."""
    for size, (width, height) in SIZES.items():
        hands.page.set_viewport_size({"width": width, "height": height})
        hands.go(path)
        where = f"{path} in {language} at a {size}"
        assert words_of_another_language(hands.page, language) == [], where
        assert unusable(hands.page, axe) == [], where
        assert hands.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
        keep(hands.page, f"/webhooks-{name}", language, size)
    width, height = SIZES["desk"]
    hands.page.set_viewport_size({"width": width, "height": height})
    hands.go(path)


@dataclass(frozen=True, slots=True)
class Round:
    """The round of a webhook, by an administrator.

    Attributes:
        hands: Theirs.
        say: What stands on the buttons.
        language: Of the pages.
        axe: What finds pages that cannot be used.
        picky: The receiver.
        name: Of the webhook.
    """

    hands: Hands
    say: Words
    language: str
    axe: str
    picky: Picky
    name: str

    def whole(self, path: str, name: str) -> None:
        """See ``_whole``."""
        _whole(self.hands, self.language, self.axe, path, name)

    def made(self) -> tuple[str, str]:
        """Makes it, copies the secret; its page and the secret."""
        page, hands = self.hands.page, self.hands
        hands.first_act()
        hands.fill(name=self.name, url=self.picky.receiver.url)
        assert unusable(page, self.axe) == []
        keep(page, "/webhooks-form", self.language, "desk")
        hands.send()
        dialog = page.locator("#shown-once")
        expect(dialog).to_be_visible(timeout=20_000)
        secret = dialog.locator("output").inner_text()
        hands.press_in(dialog, dialog.locator("[data-copies]").inner_text())
        expect(dialog.locator("[data-copied]")).to_have_text(self.say.copied)
        assert page.evaluate("navigator.clipboard.readText()") == secret
        assert unusable(page, self.axe) == []
        keep(page, "/webhooks-secret", self.language, "desk")
        page.keyboard.press("Escape")
        page.wait_for_url("**/webhooks/*")
        expect(page.locator("main h1")).to_have_text(self.name)
        expect(page.locator("main h1")).to_be_focused()
        assert secret not in page.content()
        return page.url.removeprefix(hands.address), secret

    def told(self, here: str, secret: str) -> str:
        """Has it told the last decisions and sees them come, signed; id of the first, which is refused."""
        page, hands, receiver = self.hands.page, self.hands, self.picky.receiver
        hands.sign_in("wang.fang")  # who sees to systems has no page of decisions
        hands.go("/decisions")
        record = (page.locator("main a.row").nth(4).get_attribute("href") or "").removeprefix("/decisions/")
        hands.sign_in("chen.jing")
        hands.go(here)
        hands.act(self.say.elsewhere, place="since", record=record)
        _until(lambda: len(set(receiver.ids)) > 1)
        assert self.picky.refused == record
        Webhook(secret).verify(receiver.bodies[-1], receiver.headers[-1])
        return record

    def delivered_again(self, record: str) -> None:
        """Mends the receiver, has what was set aside delivered again, and sees it taken without a hand on the page."""
        receiver = self.picky.receiver
        self.picky.mended = True
        came = receiver.ids.count(record)
        self.hands.act(self.say.deliver_again)
        _until(lambda: receiver.ids.count(record) > came)
        expect(self.hands.page.locator("main code", has_text=record)).to_have_count(0, timeout=60_000)

    def changed_stopped_and_resumed(self, name: str) -> None:
        """Gives it another name, stops it and lets it go on."""
        hands = self.hands
        hands.press(self.say.change)
        hands.fill(name=name)
        hands.send()
        hands.said()
        expect(hands.page.locator("main h1")).to_have_text(name)
        hands.act(self.say.stop, ground="m-1")
        hands.act(self.say.go_on)

    def removed(self, wrong: str, name: str) -> None:
        """Removes it by its name, and not by another."""
        hands = self.hands
        hands.press(self.say.remove)
        hands.fill(name=wrong, ground="m-2")
        hands.send()
        assert hands.refused().startswith(self.say.refused)
        hands.fill(name=name)
        hands.send()
        hands.said()
        assert hands.page.url == f"{hands.address}/webhooks"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_round_of_a_webhook(browser: "Browser", told: str, axe: str, language: str) -> None:
    say, picky, name = WORDS[language], Picky(), f"core-{language}"
    with receiving(status=picky.answer) as receiver, looked(browser, told, language, "desk", "chen.jing") as one:
        picky.receiver = receiver
        page, hands = one.page, one.hands
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=told)
        way = Round(hands, say, language, axe, picky, name)
        way.whole("/webhooks", "empty")
        assert say.empty in page.locator("main").inner_text()
        here, secret = way.made()
        record = way.told(here, secret)
        way.whole("/webhooks", "all")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{here}")
        expect(page.locator("main code", has_text=record)).to_be_visible()
        way.whole(here, "one")
        way.delivered_again(record)
        way.changed_stopped_and_resumed(f"{name}-2")
        way.removed(name, f"{name}-2")
        assert say.empty in page.locator("main").inner_text()


def test_webhooks_can_be_read_in_the_dark(browser: "Browser", told: str, axe: str) -> None:
    with looked(browser, told, "en", "desk", "chen.jing", "dark") as one:
        one.hands.go("/webhooks")
        one.hands.first_act()
        assert unusable(one.page, axe) == []
        keep(one.page, "/webhooks-dark", "en", "desk")


def test_whoever_may_not_see_webhooks_over_http_does_not_see_them_here(browser: "Browser", told: str) -> None:
    with looked(browser, told, "en", "desk", "wang.fang") as one:
        one.hands.go("/webhooks")
        assert "Not for you" in one.page.locator("main h1").inner_text()
        one.hands.go("/webhooks/none")
        assert "Not for you" in one.page.locator("main h1").inner_text()
        one.errors[:] = [error for error in one.errors if "403" not in error]  # of the pages that are not theirs
