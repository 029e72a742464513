"""Lists stand in two places, a policy's files and the book that people keep; each page says where the other ones are."""

from importlib.resources import files

import pytest

from huitong.console.ports_work import PolicyFiles
from huitong.console.work.lists import AllLists, lists_view
from huitong.console.work.look import Look
from huitong.console.work.policy_content import Content, content_view
from huitong.contracts import Actor
from huitong.decisions.policy import read_settings
from huitong.identity import Clearance
from huitong.kernel import Language

POLICY = files("huitong.risk.transactions") / "policies" / "card_payments" / "policy.toml"


def look(language: Language) -> Look:
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "7 lists (",
        ),
        ("zh", "7 份名单（其中 "),
    ],
)
def test_a_policys_page_says_how_many_of_its_lists_people_keep_and_where(language: Language, said: str) -> None:
    settings = read_settings({"policy.toml": POLICY.read_bytes()}, "card_payments", trained=False)
    answer = str(content_view(Content("card_payments", PolicyFiles("v" * 64, settings, (), ()), folder=False), look(language)).answer)
    assert said in answer
    assert f">{ {'en': '3 kept by people', 'zh': '3 份日常维护'}[language] }</a>" in answer
    assert 'href="/lists"' in answer


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_lists_leads_to_those_in_files_of_policies(language: Language) -> None:
    assert 'href="/policies"' in lists_view(AllLists((), ()), look(language)).body
