"""What an edit would have done is told apart from what its folder changes already."""

from dataclasses import replace

import pytest

from huitong.console.ports_draft import Alone, Tried
from huitong.console.work.look import Look
from huitong.console.work.trial import trial_view
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.kernel import Language

TRIED = Tried(0, 1, 900, {"approve": 900}, {"approve": 776}, 124, 3, 0, 0, 90, 2, 0, 0, (), Alone("cards", "a" * 64, 2, 1, 124))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "124 of these 127 come from what the folder already changes"), ("zh", "124 笔由文件夹中已有的修改引起")]
)
def test_what_comes_from_the_folder_is_said_with_the_way_to_it(language: Language, said: str) -> None:
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))
    shown = trial_view(TRIED, look)
    assert said in shown
    assert f'href="/policies/cards/difference/cards?against={"a" * 64}"' in shown


def test_whom_an_edit_would_hurt_is_said_to_be_open_where_nobody_knows_yet() -> None:
    look = Look("en", "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))
    unknown = trial_view(replace(TRIED, hurt=0, hurt_unknown=14), look)
    assert "whom it would hurt is open: of 14 customers it is not known yet" in unknown
    assert "14 more not known yet" in unknown
    assert "90 honest customers would be hurt" in trial_view(TRIED, look)
