"""What an edit would have done is told apart from what its folder changes already."""

from dataclasses import replace

import pytest

from huitong.console.ports_draft import CONDITION, Alone, CellProblem, Tried
from huitong.console.work.look import Look
from huitong.console.work.trial import nothing_wrong, problems_shown, trial_view
from huitong.contracts import Actor
from huitong.decisions.feel import Place
from huitong.decisions.tables import DmnTable
from huitong.decisions.tables.dmn import DmnOutput
from huitong.identity import Clearance
from huitong.kernel import Language, Text


def looking(language: Language) -> Look:
    """How an analyst looks."""
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))


TRIED = Tried(0, 1, 900, {"approve": 900}, {"approve": 776}, 124, 3, 0, 0, 90, 2, 0, 0, (), Alone("cards", "a" * 64, 2, 1, 124))


def table(hit: str, default: str = "") -> DmnTable:
    """A decision table without rows."""
    output = DmnOutput("o", "outcome", "string", "", default)
    return DmnTable("t", "t", hit, "", (), (output,), (), (), Place("t.dmn"))


@pytest.mark.parametrize(
    ("one", "en", "zh"),
    [
        (
            table("F", '"approve"'),
            "Every cell can be read; every row can be reached; else: approved.",
            "所有单元格均可解析；每一行都可能生效；否则：通过。",
        ),
        (table("U"), "Every cell can be read; no two rows overlap; no gaps.", "所有单元格均可解析；各行互不重叠；没有缺口。"),
        (table("C"), "Every cell can be read.", "所有单元格均可解析。"),
    ],
)
def test_a_table_in_which_nothing_is_wrong_says_what_was_looked_for(one: DmnTable, en: str, zh: str) -> None:
    assert en in problems_shown((), nothing_wrong(one, looking("en")), looking("en")).html
    assert zh in problems_shown((), nothing_wrong(one, looking("zh")), looking("zh")).html


@pytest.mark.parametrize(
    ("language", "said"), [("en", "124 of these 127 come from what the folder already changes"), ("zh", "124 笔由文件夹中已有的修改引起")]
)
def test_what_comes_from_the_folder_is_said_with_the_way_to_it(language: Language, said: str) -> None:
    shown = trial_view(TRIED, looking(language))
    assert said in shown
    assert f'href="/policies/cards/difference/cards?against={"a" * 64}"' in shown


@pytest.mark.parametrize(
    ("alone", "differing", "en", "zh"),
    [
        ((2, 1, 124), 127, ["3 from this edit", "2 more severely and 1 more mildly. "], ["3 笔由本次修改引起", "2 笔从严、1 笔从宽。"]),
        ((2, 6, 124), 127, ["3 from this edit", "; 5 of them it takes back to what decides now"], ["其中 5 笔抵消了文件夹中的修改"]),
        ((0, 0, 127), 127, ["0 from this edit", "This edit alone changes nothing."], ["仅本次修改不会带来变化。"]),
        ((0, 4, 0), 0, ["Nothing would have changed", "; 4 of them it takes back"], ["其中 4 笔抵消了文件夹中的修改"]),
    ],
)
def test_whose_each_difference_is_adds_up(alone: tuple[int, int, int], differing: int, en: list[str], zh: list[str]) -> None:
    tried = replace(TRIED, harder=differing, milder=0, alone=Alone("cards", "a" * 64, *alone))
    english, chinese = (trial_view(tried, looking(language)) for language in ("en", "zh"))
    assert [one for one in en if one not in english] == []
    assert [one for one in zh if one not in chinese] == []
    assert ("these 0" in english, "takes back" in english) == (False, sum(alone[:2]) > differing - alone[2])


def test_whom_an_edit_would_hurt_is_said_to_be_open_where_nobody_knows_yet() -> None:
    look = looking("en")
    unknown = trial_view(replace(TRIED, hurt=0, hurt_unknown=14), look)
    assert "whom it would hurt is open: of 14 customers it is not known yet" in unknown
    assert "14 more not known yet" in unknown
    assert "90 honest customers would be hurt" in trial_view(TRIED, look)


def test_a_problem_of_a_condition_is_placed_in_the_readers_words() -> None:
    text: Text = {"en": "the expression ends", "zh": "表达式不完整"}
    problem = CellProblem(2, CONDITION, 30, text, text)
    assert "第 2 行条件，第 30 个字符" in problems_shown([problem], "", looking("zh")).html
    assert "row 2, condition, character 30" in problems_shown([problem], "", looking("en")).html


def test_what_is_open_stands_behind_its_colon_without_a_blank() -> None:
    assert "尚未可知：14 位客户" in trial_view(replace(TRIED, hurt=0, hurt_unknown=14), looking("zh"))
