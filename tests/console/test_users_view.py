"""The page of users says who may do what, whoever gave it."""

import re

import pytest

from huitong.console.work.look import Look
from huitong.console.work.users import Access, users_view
from huitong.contracts import Actor
from huitong.identity import Clearance, Listed, User
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
