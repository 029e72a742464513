"""People act: alerts, cases, measures, policies, users, in both languages, by keyboard; nothing typed is lost by a refusal."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="skipped: no playwright; scripts/install --browser installs it")
from playwright.sync_api import expect

from tests.browser.hands import Hands
from tests.browser.leaving import mark
from tests.browser.looking import SIZES, looked, unusable, words_of_another_language
from tests.browser.test_pages import keep

LISTS = ("/alerts", "/alerts?show=closed", "/alerts?who=nobody-at-all", "/cases", "/measures", "/policies")
POLICY_PAGES = (
    "/policies/small",
    "/policies/small/thresholds",
    "/policies/small/versions/folder",
    "/policies/small/versions/folder?file=policy.toml",
)


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_work_are_whole_in_both_languages_and_sizes(browser: "Browser", console: str, axe: str, language: str, size: str) -> None:
    for user, paths in (("wang.fang", LISTS), ("li.wei", POLICY_PAGES), ("chen.jing", ("/users", "/webhooks")), ("zhao.min", ("/users",))):
        with looked(browser, console, language, size, user) as one:
            for path in (*paths, *_first_rows(one.hands, paths)):
                one.hands.go(path)
                where = f"{path} in {language} at a {size}"
                assert words_of_another_language(one.page, language) == [], where
                assert unusable(one.page, axe) == [], where
                assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
                keep(one.page, path, language, size)


def _first_rows(hands: Hands, paths: Sequence[str]) -> list[str]:
    """The first record of each list that has one."""
    found = []
    for path in paths:
        if path in ("/alerts", "/measures", "/cases"):
            hands.go(path)
            rows = hands.page.locator("main a.row")
            found += [rows.first.get_attribute("href") or ""] if rows.count() else []
    return found


def test_an_alert_is_taken_up_and_closed_by_keyboard_and_a_refusal_loses_nothing(browser: "Browser", console: str) -> None:
    with looked(browser, console, "zh", "desk", "wang.fang") as one:
        page, hands = one.page, one.hands
        hands.go("/alerts")
        first = page.locator("main a.row").first.get_attribute("href")
        hands.first_act()
        assert hands.said() == "已由您处理，开始计时。"
        hands.press("关闭预警")
        hands.fill(verdict="fraud", reason="   ")
        hands.send()
        assert hands.refused().startswith("未填写理由")
        assert page.locator("dialog[open] select[name=verdict]").input_value() == "fraud"
        hands.fill(reason="客户确认非本人操作")
        hands.send()
        assert re.fullmatch(r"已关闭，\d+ 笔支付已打上标签。", hands.said())
        assert page.locator("main a.row").count() > 0
        assert page.locator(f"main a.row[href='{first}']").count() == 0
        hands.go("/alerts?show=closed")
        assert page.locator("main tr", has_text="欺诈").count() == 1


def test_a_case_is_opened_from_an_alert_and_closed_by_a_second_person(browser: "Browser", console: str, tmp_path: Path) -> None:
    file = tmp_path / "statement.txt"
    file.write_text("what the branch wrote down")
    with looked(browser, console, "en", "desk", "wang.fang") as one:
        page, hands = one.page, one.hands
        hands.go("/alerts")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts/**")
        hands.press("Open a case")
        expect(page.get_by_role("textbox", name="What it is about", exact=True)).to_be_focused()
        assert page.locator("dialog[open] input[name=title]").input_value() != ""
        page.keyboard.type("Ring of accounts <b>in</b> Chengdu")  # in place of what is proposed
        hands.send()
        hands.go_on()
        case = page.url.removeprefix(console)
        assert page.locator("main h1").inner_text() == "Ring of accounts <b>in</b> Chengdu"
        hands.act("Write a note", note="the branch knows them")
        hands.press("Add a file")
        page.locator("dialog[open] input[type=file]").set_input_files(file)
        hands.send()
        assert hands.said() == "statement.txt is kept with the case."
        with page.expect_download() as kept:
            page.get_by_role("link", name="statement.txt").click()
        assert kept.value.suggested_filename == "statement.txt"
        again = tmp_path / "again.txt"
        kept.value.save_as(again)
        assert again.read_text() == file.read_text()
        hands.act("Tick off")
        for left in (2, 1):  # the next one has the focus
            assert page.get_by_role("button", name="Tick off").count() == left
            expect(page.get_by_role("button", name="Tick off").first).to_be_focused()
            mark(page)
            page.keyboard.press("Enter")
            hands.go_on()
        expect(page.locator("#said")).to_be_focused()  # not another act, which Enter would begin
        hands.act("Propose to close", verdict="genuine", reason="salary paid in parts")
        assert page.get_by_role("button", name="Review and close").count() == 0
        hands.sign_in("zhao.min")
        hands.go(case)
        hands.press("Send back")
        hands.fill(reason="  ")
        hands.send()
        assert hands.refused().startswith("The reason is empty")
        hands.fill(reason="nobody called the payer of it")
        hands.send()
        assert hands.said() == "The case is back with its investigator."
        assert "sent it back: “nobody called the payer of it”" in page.locator(".answer").inner_text()
        hands.sign_in("wang.fang")
        hands.go(case)
        hands.act("Propose to close", verdict="genuine", reason="the payer says so, too")
        hands.sign_in("zhao.min")
        hands.go(case)
        closed = hands.act("Review and close")
        assert re.fullmatch(r"The case is closed; 1 alert has its verdict now, \d payments got a label\.", closed), closed
        assert page.locator(".timeline li").first.inner_text().startswith(page.locator(".timeline time").first.inner_text())
        of_measures = page.locator("a[href^='/measures/']")
        assert page.locator(".timeline li").filter(has_not=of_measures).count() == 10


def test_a_freeze_waits_for_a_second_person_and_so_does_its_lifting(browser: "Browser", console: str, axe: str) -> None:
    with looked(browser, console, "en", "desk", "wang.fang") as one:
        page, hands = one.page, one.hands
        here = "/measures/of/customer/C000042"
        hands.go(here)
        ground = _choice(page, "dialog [name=ground]")
        hands.press("Impose a measure")
        hands.fill(kind="limit", ground=ground)
        hands.send()
        assert "limit needs an amount" in hands.refused()
        hands.fill(kind="freeze", amount="12.345")
        hands.send()
        assert "12.345" in hands.refused()
        hands.fill(amount="")
        hands.send()
        assert hands.said() == "It waits for a second person."
        assert page.get_by_role("button", name="Confirm").count() == 0
        hands.sign_in("zhao.min")
        hands.go(here)
        assert hands.act("Confirm") == "Confirmed: it is in force now."
        assert "the strongest a freeze" in page.locator(".answer").inner_text()
        hands.sign_in("wang.fang")
        hands.go(here)
        assert hands.act("Lift", ground="verified") == "It waits for a second person."
        hands.sign_in("zhao.min")
        hands.go(here)
        assert hands.act("Refuse", note="nobody saw the passport") == "It is off the table."
        hands.sign_in("wang.fang")
        hands.go(here)
        assert "nobody saw the passport" in page.locator("main").inner_text()
        assert unusable(page, axe) == []
        assert hands.act("Lift", ground="verified") == "It waits for a second person."
        hands.sign_in("zhao.min")
        hands.go(here)
        assert hands.act("Confirm") == "Confirmed: the measure is lifted."
        assert "Nothing is in force" in page.locator(".answer").inner_text()


def test_an_account_is_frozen_for_an_alert_and_who_confirms_is_led_there(browser: "Browser", console: str, axe: str) -> None:
    with looked(browser, console, "en", "desk", "wang.fang") as one:
        page, hands = one.page, one.hands
        hands.go("/alerts")
        alert = page.locator("main a.row").first.get_attribute("href") or ""
        hands.go(alert)
        page.locator("#measures a", has_text="account").last.click()
        page.wait_for_url("**/measures/of/account/**")
        hands.act("Impose a measure", kind="freeze", ground="investigation")
        here = page.url.removeprefix(console)
        hands.sign_in("zhao.min")
        hands.go(here)
        page.get_by_role("button", name="Confirm").last.click()
        door = page.locator("dialog[open] a")
        assert (door.inner_text(), door.get_attribute("href")) == ("Open the alert that it is for", alert)
        assert unusable(page, axe) == []
        hands.send()
        assert hands.said() == "Confirmed: it is in force now."
        hands.go(alert)
        frozen = page.locator("#measures tr", has_text="freeze")
        assert "in force" in frozen.inner_text()


def _choice(page: "Page", control: str) -> str:
    return page.locator(f"{control} option").nth(1).get_attribute("value") or ""


def make_live(hands: Hands) -> None:
    """Has what stands in the folder drafted, replayed and made live by two persons, where no version is. The page is in English."""
    hands.sign_in("li.wei")
    hands.go("/policies/small")
    if "its folder decides" not in hands.page.locator(".answer").inner_text():
        return
    hands.act("Draft a version", reason="what decides today")
    _replayed(hands)
    hands.sign_in("zhao.min")
    hands.go("/policies/small")
    assert hands.act("Make it live").endswith(" is now in stage live.")


def test_a_threshold_is_changed_replayed_and_rolled_out_and_taken_back(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "li.wei") as one:
        page, hands = one.page, one.hands
        make_live(hands)
        hands.sign_in("li.wei")
        hands.go("/policies/small/thresholds")
        hands.fill(**{"score.review": "1.5"}, reason="fewer false alarms")
        hands.send()
        assert "“to review” is '1.5', neither a probability" in hands.refused()
        marked = page.locator("table.scores [aria-invalid=true]")
        expect(marked).to_be_focused()  # the field that is refused, and no other one
        assert marked.get_attribute("name") == "score.review"
        hands.fill(**{"score.review": "3 %"})
        expect(marked).to_have_count(0)
        hands.send()
        assert "is drafted" in hands.said()
        _replayed(hands)
        page.get_by_role("link", name="what changed").first.click()
        page.wait_for_url("**/difference/**")
        assert "3.00 %" in page.locator("main ins").first.inner_text()
        hands.sign_in("zhao.min")
        hands.go("/policies/small")
        assert hands.act("To shadow").endswith(" is now in stage shadow.")
        hands.press("To canary")
        hands.send()
        assert "24 are asked for" in hands.refused()
        hands.go("/policies/small")
        assert hands.act("Step back", ground="a try").endswith(" is taken back.")
        assert "no challenger runs" in page.locator(".answer").inner_text()


def _replayed(hands: Hands) -> None:
    """Replays what stands in the folder, waits for its end, and opens the report."""
    reports = hands.page.locator("a[href^='/replays/']")
    before = reports.count()
    hands.act("Replay", days="0")
    hands.page.wait_for_function(f"() => document.querySelectorAll('a[href^=\"/replays/\"]').length === {before + 1}", timeout=120_000)
    with hands.page.context.expect_page() as opened:
        reports.first.click()
    opened.value.wait_for_load_state()
    assert opened.value.locator(".lead, main p").first.inner_text()
    opened.value.close()


def test_a_change_that_the_policy_cannot_mean_is_refused_with_its_place(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", None) as one:
        make_live(one.hands)
    with looked(browser, console, "zh", "desk", "li.wei") as one:
        hands = one.hands
        hands.go("/policies/small/versions/folder?file=policy.toml")
        area = one.page.locator("textarea[name=content]")
        text = area.input_value()
        area.fill(text.replace("[policy]", "[policy", 1))
        one.page.locator("#editor-reason").fill("试一下")
        hands.press("校验并登记版本")
        assert "policy.toml" in hands.refused() or "文件夹" in hands.refused()
        assert area.input_value() != text


def test_a_user_is_added_and_made_an_approver_by_two_persons(browser: "Browser", console: str) -> None:
    with looked(browser, console, "en", "desk", "chen.jing") as one:
        page, hands = one.page, one.hands
        hands.go("/users")
        hands.press("Add a user")
        hands.fill(user="Sun Lei", title="孙磊")
        hands.send()
        assert "'Sun Lei' cannot be the id" in hands.refused()
        expect(page.locator("dialog[open] [name=user]")).to_be_focused()
        hands.fill(user="sun.lei")
        hands.send()
        page.wait_for_selector("#shown-once[open]")
        assert len(page.locator("#shown-once output").inner_text()) >= 12
        page.keyboard.press("Escape")
        hands.go_on()
        row = page.locator("tr", has_text="sun.lei")
        hands.press_in(row, "Grant a role")
        hands.fill(role="approver")
        hands.send()
        assert hands.said() == "It waits for a second person."
        hands.sign_in("zhao.min")
        hands.go("/users")
        assert hands.act("Confirm") == "Confirmed."
        assert "approver" in page.locator("tr", has_text="sun.lei").inner_text()
        hands.sign_in("wang.fang")
        assert page.locator("nav.pages a[href='/alerts']").count() == 1
        assert page.locator("nav.pages a[href='/users']").count() == 0
