"""What is wrong is said in sentences, with its sign, and one thing is one."""

from dataclasses import replace

import pytest

from huitong.console.views.log import finding_line
from huitong.console.views.system import system_view
from huitong.console.work.look import Look
from huitong.contracts import Actor, DataContract, Health
from huitong.identity import Clearance
from huitong.kernel import Finding, Language, Severity, Text

TEXT: Text = {"en": "webhooks are not taken by: core", "zh": "未被接收的回调：core"}
REMEDY: Text = {"en": "see that the receiver answers 2xx", "zh": "请确认接收方返回 2xx"}
PAID = DataContract("payment.requested", 1, {"en": "Card payment", "zh": "银行卡支付"}, "CNY", None, 0, 0, ())
WEBHOOKS = Finding("webhooks.untold", "webhooks", TEXT, REMEDY, Severity.WARNING)


def look(language: Language) -> Look:
    """How an operator looks."""
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("zhao", frozenset({"operator"})), Clearance(2))


def test_a_warning_is_a_sentence_that_does_not_say_its_place_twice() -> None:
    said = finding_line(WEBHOOKS, look("en"))
    assert "Webhooks are not taken by: core." in said
    assert "See that the receiver answers 2xx." in said
    assert "mark-review" in said
    assert said.lower().count("webhooks") == 1
    assert "。" in finding_line(WEBHOOKS, look("zh"))


def test_an_error_has_the_colour_of_one_and_names_its_place() -> None:
    error = Finding("log.index", "offset 7", {"en": "2 ids lead to no record", "zh": "编号有误"}, REMEDY)
    assert "mark-decline" in finding_line(error, look("en"))
    assert "(offset 7)" in finding_line(error, look("en"))


def test_a_place_is_called_in_the_pages_language() -> None:
    silent = Finding("webhook.silent", "webhooks", {"en": "no answer", "zh": "没有应答"}, REMEDY)
    assert "（回调）" in finding_line(silent, look("zh"))
    assert "(webhooks)" in finding_line(silent, look("en"))


@pytest.mark.parametrize(
    ("count", "language", "said"), [(1, "en", "1 thing is wrong"), (2, "en", "2 things are wrong"), (1, "zh", "有 1 处异常")]
)
def test_the_system_page_counts_what_is_wrong(count: int, language: Language, said: str) -> None:
    view = system_view(Health((WEBHOOKS,) * count, 0, 10, 0, {}), {}, "1", {}, look(language))
    assert said in str(view.answer)


@pytest.mark.parametrize(
    ("language", "said"), [("en", ["95 % of the customers", "5 % of the customers"]), ("zh", ["95% 的客户", ">5% 的客户"])]
)
def test_while_there_is_a_canary_both_versions_that_decide_are_named_with_their_shares(language: Language, said: list[str]) -> None:
    live, canary = "a" * 64, "b" * 64
    alone = system_view(Health((), 0, 10, 0, {"small": live}), {}, "1", {}, look(language)).body
    assert {"en": "all customers", "zh": "全部客户"}[language] in alone
    both = system_view(Health((), 0, 10, 0, {"small": live}, canaries={"small": (canary, 50_000)}), {}, "1", {}, look(language)).body
    assert [one for one in (live, canary, *said) if one not in both] == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", {"45 minutes", "1 hour", "1 hour 30 minutes", "1 day", "administrator, approver", "1,825 days", "Kept: Card payment"}),
        ("zh", {"45 分钟", "1 小时", "1 小时 30 分钟", "1 天", "系统管理员、审批人", "1,825 天", "保存期限：银行卡支付"}),
    ],
)
def test_settings_are_said_in_words_and_whole(language: Language, said: set[str]) -> None:
    reader = replace(look(language), contracts={PAID.kind: PAID})
    body = ""
    for life in ("2700s", "3600s", "5400s", "86400s"):
        settings = {"access.life": life, "access.second_factor": "admin, approver", f"retention.{PAID.kind}": "1825d"}
        body += system_view(Health((), 0, 10, 0, {}), {}, "1", settings, reader).body
    assert [one for one in said if f">{one}<" not in body] == []
