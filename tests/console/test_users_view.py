"""The page of users says who may do what, whoever gave it."""

import re

import pytest

from huitong.console.forms import dialog_of
from huitong.console.work.look import Look
from huitong.console.work.users import Access, users_view
from huitong.contracts import Actor
from huitong.identity import ApiKey, Clearance, Listed, User
from huitong.kernel import Language

ISSUER = "https://sso.example"
USERS = (
    User("li.wei", "李伟", ["admin"]),
    User("qian@sso", "钱", issuer=ISSUER, subject="7"),
    User("sun.li@sso", "孙莉", ["auditor"], issuer=ISSUER, subject="2", signed_in_us=1, provided=["analyst", "approver"]),
    User("zhao", "赵敏"),
)


def shown(language: Language) -> str:
    """The text of the page, as an administrator has it."""
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"admin"})), Clearance(1))
    body = users_view(Access(Listed(USERS, ()), None, None, 1), look).body
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<dialog.*?</dialog>", "", body, flags=re.DOTALL)))


@pytest.mark.parametrize(
    ("language", "provided", "none", "second"),
    [
        (
            "en",
            "auditor analyst, approver from the provider, at the last sign-in",
            "none",
            "2 administrators and approvers, 1 of them through the provider",
        ),
        ("zh", "审计员 策略分析员、审批人 由统一认证提供，截至最近登录", "无", "2 系统管理员与审批人，其中经统一认证登录 1 名"),
    ],
)
def test_roles_that_the_provider_gives_are_shown_and_counted_as_such(language: Language, provided: str, none: str, second: str) -> None:
    page = shown(language)
    assert provided in page, page
    assert second in page, page
    assert page.count(f" {none} ") == 2, "who has no role at all"


@pytest.mark.parametrize(
    ("language", "used", "scope", "grade"),
    [
        ("en", "within the hour from 1970-01-01 08:00", "ask for decisions (decide)", "grade 2: nobody is named"),
        ("zh", "1970-01-01 08:00 起一小时内", "请求决策（decide）", "2 级：不含任何人的名称"),
    ],
)
def test_keys_say_what_they_may_as_the_docs_do_and_their_use_as_precise_as_it_is_known(
    language: Language, used: str, scope: str, grade: str
) -> None:
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"admin"})), Clearance(1))
    key = ApiKey("k-1", "core", "", ["decide"], 3, 0, 1, "li.wei", used_us=0)
    view = users_view(Access(Listed(USERS, ()), [key], None, 1), look)
    assert used in re.sub("<[^>]*>", "", view.body)
    making = dialog_of(next(form for form in view.forms if form.act == "access.make_key"), language)
    assert scope in making
    assert grade in making
    assert re.search('<option value="3" selected', making), "as the command and the docs"


def test_nobody_is_offered_to_change_their_own_rights() -> None:
    look = Look("en", "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"admin"})), Clearance(1))
    body = users_view(Access(Listed(USERS, ()), None, None, 1), look).body
    assert "revoke-sun.li" in body
    assert "revoke-li.wei" not in body
    assert "grant-li.wei" not in body
