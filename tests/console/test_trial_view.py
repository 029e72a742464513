"""What an edit would have done is told apart from what its folder changes already."""

import pytest

from huitong.console.ports_draft import Alone, Tried
from huitong.console.work.look import Look
from huitong.console.work.trial import trial_view
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.kernel import Language

TRIED = Tried(0, 1, 900, {"approve": 900}, {"approve": 776}, 124, 3, 0, 0, 90, 2, (), Alone("cards", "a" * 64, 2, 1, 124))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "124 of these 127 come from what the folder already changes"), ("zh", "124 笔由文件夹中已有的修改引起")]
)
def test_what_comes_from_the_folder_is_said_with_the_way_to_it(language: Language, said: str) -> None:
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))
    shown = trial_view(TRIED, look)
    assert said in shown
    assert f'href="/policies/cards/difference/cards?against={"a" * 64}"' in shown
