"""Pages in states that a bank reaches seldom, drawn by the real stylesheets: on a phone nothing of them stands outside."""

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from huitong.console.ports_work import Contest, PolicyFiles
from huitong.console.theme import style_of
from huitong.console.work.lists import AllLists, lists_view
from huitong.console.work.look import Look
from huitong.console.work.policies import OnePolicy, policy_view
from huitong.contracts import Actor
from huitong.decisions.policy import read_settings
from huitong.decisions.rollout import PolicyRollout, RolloutSettings, Tally, Version
from huitong.identity import Clearance
from huitong.kernel import MICROSECONDS_PER_DAY, Language
from tests.browser.looking import SIZES
from tests.console.test_waiting_for_lists import proposed
from tests.risk.lists.build import CONTRACTS, NOW

RING = 3
"""So many pixels the ring around what has the focus takes on each side."""

POLICY = files("huitong.risk.transactions") / "policies" / "card_payments" / "policy.toml"
ASSETS = files("huitong.console") / "assets"
LIVE, CANARY = Version("a" * 64, "li.wei", "first", None, 1, "live"), Version("b" * 64, "li.wei", "second", "a" * 64, 2, "canary", 50_000)
MANY, FEW = Tally(200_000, 2_000, 4_000, 3), Tally(10_000, 900, 300, 1)


def canary(language: Language, challenger: Tally, settings: RolloutSettings) -> str:
    """The page of a policy with a canary, as an approver has it."""
    look = Look(
        language, "Asia/Shanghai", "CNY", MICROSECONDS_PER_DAY, Actor("wang.fang", frozenset({"analyst", "approver"})), Clearance(3)
    )
    read = read_settings({"policy.toml": POLICY.read_bytes()}, "card_payments", trained=False)
    rollout = PolicyRollout({LIVE.hash: LIVE, CANARY.hash: CANARY}, [LIVE.hash])
    known = OnePolicy("card_payments", PolicyFiles("f" * 64, read, (), ()), rollout, Contest(MANY, challenger, ()), settings)
    view = policy_view(known, look)
    style = "".join((ASSETS / name).read_text("utf-8") for name in ("console.css", "acts.css", "grid.css"))
    head = f'<div class="head"><div><h1>{view.title}</h1><p class="answer">{view.answer}</p></div>{view.acts(language)}</div>'
    body = f'<body><main class="content">{head}{view.body}</main>{view.dialogs(language)}</body>'
    return f'<!doctype html><html lang="{language}"><style>{style_of("light")}{style}</style>{body}</html>'


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("challenger", "settings"),
    [
        (Tally(10_000, 100, 200, 1), RolloutSettings(canary_decisions_min=0, canary_time_min_us=0)),
        (FEW, RolloutSettings()),
        (Tally(20, 1), RolloutSettings()),
    ],
    ids=["ready", "beyond", "too few"],
)
def test_a_canary_fits_on_a_phone(browser: "Browser", language: Language, challenger: Tally, settings: RolloutSettings) -> None:
    width, height = SIZES["phone"]
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.set_content(canary(language, challenger, settings))
        assert page.locator("#contest .mark").count()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_ring_around_what_unfolds_in_a_table_is_not_cut(browser: "Browser", size: str) -> None:
    office, one = proposed()
    look = Look("zh", "UTC", "CNY", NOW, Actor("wang.fang", frozenset({"approver"})), Clearance(3), contracts=CONTRACTS)
    view = lists_view(AllLists((), ((office.state.lists["cards"], one),)), look)
    style = "".join((ASSETS / name).read_text("utf-8") for name in ("console.css", "acts.css"))
    width, height = SIZES[size]
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = context.new_page()
        page.set_content(f'<style>{style_of("light")}{style}</style><main class="content">{view.body}</main>')
        page.locator("main summary").focus()
        ring, box = (page.locator(name).bounding_box() for name in ("main summary", "main .scroll"))
        assert ring is not None
        assert box is not None
        assert box["x"] + RING <= ring["x"]
        assert ring["x"] + ring["width"] + RING <= box["x"] + box["width"]
