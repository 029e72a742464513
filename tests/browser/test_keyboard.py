"""The whole round of the console by keyboard alone, in Chinese and in English.

Payments are seen decided, an alert with its evidence, an account is frozen and released by two persons, a threshold is changed, replayed,
run as shadow, as canary, live, and taken back. Nothing is clicked, nothing is given the focus but by keys.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from tests.browser.conftest import served
from tests.browser.keys import Keys
from tests.browser.looking import looked, unusable, words_of_another_language


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on the buttons, in a language."""

    decisions: str
    purpose: str
    reference: str
    alerts: str
    evidence: str
    freezes: str
    measures: str
    role: str
    account: str
    number: str
    kind: str
    freeze: str
    ground: str
    impose: str
    confirm: str
    lift: str
    leave: str
    policies: str
    tables: str
    review: str
    why: str
    try_it: str
    change: str
    replay: str
    judge: str
    everything: str
    report: str
    wrong: str
    draft: str
    shadow: str
    canary: str
    live: str
    back: str
    ground_of_step: str


WORDS = {
    "zh": Words(
        "决策", "未说明目的", "所涉预警、案件或请求的编号", "预警", "证据", "采取或解除管控措施", "管控措施",
        "主体类别", "账户", "主体编号", "措施", "冻结", "依据", "采取措施", "同意", "解除", "退出登录",
        "策略与发布", "决策表、规则、名单、阈值", "人工复核：不低于", "修改理由", "若按此执行会怎样？", "登记为新版本",
        "回放", "评估时段", "模型未学习过的全部时段", "打开报告", "正常客户", "登记版本",
        "进入影子运行", "进入灰度", "使其生效", "回退", "理由",
    ),
    "en": Words(
        "Decisions", "No purpose stated", "Number of the alert, case or request", "Alerts", "Evidence", "Impose or lift a measure",
        "Measures", "Subject", "account", "Its number", "Measure", "freeze", "Ground", "Impose a measure", "Confirm", "Lift", "Sign out",
        "Policies", "tables, rules, lists, thresholds", "to review: from", "What the change is for", "What would this have done?",
        "Draft as a version",
        "Replay", "Period to judge", "all that the model has not learned from", "Open the report", "customers who did no wrong",
        "Draft a version", "To shadow", "To canary", "Make it live", "Step back", "Why",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def eager(chromium: str, trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 -- else skipped
    """Address of a console of its own, whose bank asks neither time nor decisions of a step."""
    with served(shutil.copytree(trained_bank, tmp_path_factory.mktemp("keyboard") / "small"), 0, "eager") as address:
        yield address


@dataclass(frozen=True, slots=True)
class Round:
    """The round of somebody with nothing but keys.

    Attributes:
        keys: Their keyboard.
        say: What stands on the buttons.
        language: Of the pages.
        axe: What finds pages that cannot be used.
    """

    keys: Keys
    say: Words
    language: str
    axe: str

    @property
    def page(self) -> "Page":
        """The browser's page."""
        return self.keys.page

    def whole(self, name: str) -> None:
        """What the page is has to be whole."""
        assert words_of_another_language(self.page, self.language) == [], name
        assert unusable(self.page, self.axe) == [], name
        assert self.keys.unseen == [], name

    def as_user(self, user: str) -> None:
        """Signs out, and in again as another."""
        self.keys.to(self.say.leave, "BUTTON")
        self.keys.press("Enter")
        self.page.wait_for_url("**/sign-in*")
        self.keys.sign_in(user)

    def states_a_purpose(self, reference: str) -> None:
        """States the first purpose that there is; it ends with signing out."""
        self.keys.enter(self.say.purpose, "BUTTON")
        self.keys.to(self.say.reference)
        self.keys.type(reference)
        self.keys.leads("Enter")

    def payments_and_an_alert(self, row: int) -> None:
        """Sees payments decided, states a purpose, opens a decision and an alert with its evidence, and begins with it."""
        keys, say = self.keys, self.say
        self.states_a_purpose("A-1")
        keys.follow(say.decisions, "A")
        assert self.page.locator("main a.row").count() > 10
        self.whole("decisions")
        keys.leads("j", "j", "k", "Enter")
        assert "/decisions/" in self.page.url
        keys.follow(say.alerts, "A")
        keys.leads(*["j"] * row, "Enter")
        expect(self.page.get_by_role("heading", name=say.evidence, exact=True)).to_be_visible()
        assert self.page.locator("main svg, main .lit-table").count() > 0
        self.whole("alert")
        keys.leads("e")
        keys.follow(say.freezes, "A")
        assert "/measures/of/" in self.page.url

    def an_account_frozen_and_released(self, account: str) -> None:
        """Freezes an account with a second person, and lifts the freeze with one."""
        keys, say = self.keys, self.say
        keys.follow(say.measures, "A")
        keys.press("e")
        if not self._at(say.role):
            keys.to(say.role, "SELECT")
        keys.choose(say.account)
        keys.to(say.number)
        keys.type(account)
        keys.to(say.kind, "SELECT")
        keys.choose(say.freeze)
        keys.to(say.ground, "SELECT")
        keys.press("ArrowDown")
        keys.follow(say.impose, "BUTTON")
        waits = keys.said()
        frozen = f"the freeze on account {account}" if self.language == "en" else f"账户 {account} 的冻结"
        lifts = f"Lift {frozen}" if self.language == "en" else f"解除{frozen}"
        self.as_user("zhao.min")
        self._confirmed(frozen)
        self.as_user("wang.fang")
        keys.follow(say.measures, "A")
        keys.follow(account, "A")
        keys.enter(say.lift, "BUTTON")
        if not self._at(say.ground):
            keys.to(say.ground, "SELECT")
        keys.press("ArrowDown")
        keys.follow(lifts, "BUTTON")
        assert keys.said() == waits
        self.as_user("zhao.min")
        self._confirmed(lifts[:1].lower() + lifts[1:])
        assert self.page.locator("main tr", has_text=account).count() == 0, "released"
        self.whole("measures")

    def _at(self, name: str) -> bool:
        stop = self.keys.stop()
        return stop is not None and stop.name == name

    def _confirmed(self, what: str) -> None:
        keys, say = self.keys, self.say
        keys.follow(say.measures, "A")
        keys.enter(say.confirm, "BUTTON")
        named = f"{say.confirm}: {what}" if self.language == "en" else f"{say.confirm}{what}"
        if not self._at(named):
            keys.to(named, "BUTTON")
        keys.leads("Enter")
        keys.said()

    def to_the_policy(self) -> None:
        """Goes to the page of the policy that decides, row by row."""
        self.keys.follow(self.say.policies, "A")
        self.keys.press("j")
        for _ in range(self.page.locator("main a.row").count()):
            if self.page.evaluate("() => document.activeElement.getAttribute('href')") == "/policies/small":
                break
            self.keys.press("j")
        self.keys.leads("Enter")
        assert self.page.url.endswith("/policies/small")

    def replayed(self) -> None:
        """Replays what stands in the folder on all the payments that the model has not learned from, and waits for the end."""
        keys, say = self.keys, self.say
        reports = self.page.locator("a[href^='/replays/']")
        before = reports.count()
        keys.enter(say.replay, "BUTTON")
        keys.to(say.judge, "SELECT")
        keys.choose(say.everything)
        keys.follow(say.replay, "BUTTON")
        self.page.wait_for_function(f"() => document.querySelectorAll('a[href^=\"/replays/\"]').length === {before + 1}", timeout=120_000)

    def first_version(self) -> None:
        """Drafts what stands in the folder and has it made live, where nothing is live yet: else no page may change it."""
        keys, say = self.keys, self.say
        self.to_the_policy()
        if self.page.get_by_role("button", name=say.draft, exact=True).count() == 0:
            return
        keys.press("e")
        keys.type("v1")
        keys.follow(say.draft, "BUTTON")
        self.replayed()
        self.as_user("zhao.min")
        self.to_the_policy()
        keys.enter(say.live, "BUTTON")
        self._signed(say.live)
        self.as_user("li.wei")
        self.states_a_purpose("P-1")
        self.to_the_policy()

    def a_threshold_changed_and_replayed(self, score: str) -> None:
        """Changes a threshold, tries it, replays it, and reads in the report whom it would have hurt."""
        keys, say = self.keys, self.say
        keys.follow(say.tables, "A")
        keys.leads("e")
        keys.to(say.review)
        keys.type(score)
        keys.enter(say.try_it, "BUTTON")
        expect(self.page.locator(".tried p").first).to_be_visible(timeout=60_000)
        keys.to(say.why)
        keys.page.keyboard.type("v2")
        keys.follow(say.change, "BUTTON")
        self.whole("drafted")
        self.replayed()
        with self.page.context.expect_page() as opened:
            keys.enter(say.report, "A")
        opened.value.wait_for_load_state()
        assert say.wrong in opened.value.locator("body").inner_text()
        opened.value.close()

    def rolled_out_and_taken_back(self) -> None:
        """Signs a version on to shadow, to 5 %, to live, and takes it back."""
        keys, say = self.keys, self.say
        self.to_the_policy()
        keys.enter(say.shadow, "BUTTON")
        self._signed(say.shadow)
        keys.enter(say.canary, "BUTTON")
        self._signed(say.canary)
        assert {"zh": "5%", "en": "5 %"}[self.language] in self.page.locator(".answer").inner_text()
        keys.enter(say.live, "BUTTON")
        self._signed(say.live)
        live = self.page.locator("article.version").first.get_attribute("id")
        self.whole("live")
        keys.enter(say.back, "BUTTON")
        if not self._at(say.ground_of_step):
            keys.to(say.ground_of_step)
        keys.page.keyboard.type("v1")
        keys.follow(say.back, "BUTTON")
        keys.said()
        assert self.page.locator("article.version").first.get_attribute("id") != live, "the one before decides again"

    def _signed(self, button: str) -> None:
        if not self._at(button):
            self.keys.to(button, "BUTTON")
        self.keys.leads("Enter")
        self.keys.said()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_whole_round_is_gone_by_keyboard_alone(browser: "Browser", eager: str, axe: str, language: str) -> None:
    with looked(browser, eager, language, "desk", None) as one:
        keys = Keys(one.page, eager)
        one.page.goto(f"{eager}/sign-in")
        keys.sign_in("wang.fang")
        way = Round(keys, WORDS[language], language, axe)
        way.payments_and_an_alert({"zh": 1, "en": 2}[language])
        way.an_account_frozen_and_released({"zh": "A000041", "en": "A000042"}[language])
        way.as_user("li.wei")
        way.states_a_purpose("P-1")
        way.first_version()
        way.a_threshold_changed_and_replayed({"zh": "0.03", "en": "0.04"}[language])
        way.as_user("zhao.min")
        way.rolled_out_and_taken_back()
        assert keys.unseen == []
