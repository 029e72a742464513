"""What an edit would have done is told apart from what its folder changes already."""

from dataclasses import replace

import pytest

from huitong.console.ports_draft import CONDITION, Alone, CellProblem, Tried, TriedPayment
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


def test_each_difference_is_said_to_be_the_folders_or_the_edits() -> None:
    shown = {language: trial_view(TRIED, looking(language)) for language in ("en", "zh")}
    assert "3 from this edit. Against the folder, this edit alone decides 2 more severely and 1 more mildly. " in shown["en"]
    assert "3 笔由本次修改引起。与文件夹相比，仅本次修改从严 2 笔、从宽 1 笔。" in shown["zh"]
    some_back = replace(TRIED, alone=Alone("cards", "a" * 64, 2, 6, 124))
    assert "; 5 of these are decided as now again, and are not among the 127. " in trial_view(some_back, looking("en"))
    assert "其中 5 笔恢复为当前结果，不计入上述 127 笔" in trial_view(some_back, looking("zh"))
    all_back = replace(TRIED, harder=0, milder=0, alone=Alone("cards", "a" * 64, 0, 4, 0))
    assert "takes back what the folder already changes: 4 payments are decided as now again." in trial_view(all_back, looking("en"))
    nothing = replace(all_back, alone=Alone("cards", "a" * 64, 0, 0, 0))
    assert "the folder" not in trial_view(nothing, looking("en"))


def test_of_fraud_newly_stopped_it_is_said_that_what_went_to_review_is_not_counted() -> None:
    assert "from review to decline is not counted" in trial_view(TRIED, looking("en"))
    assert "由人工复核改为拒绝的不计" in trial_view(TRIED, looking("zh"))


def test_a_payment_without_a_decision_is_shown_without_a_link() -> None:
    decided = TriedPayment("P1", 0, "C1", 4_500, "approve", "review", None)
    both = replace(TRIED, examples=[decided, replace(decided, event="P2", decided=False)])
    shown = trial_view(both, looking("en"))
    assert 'href="/decisions/P1"' in shown
    assert "/decisions/P2" not in shown
    assert "holds without a decision" in shown
    assert "holds without a decision" not in trial_view(replace(both, examples=[decided]), looking("en"))


@pytest.mark.parametrize(
    ("hurt", "unknown", "en", "zh"),
    [
        (2, 0, "By this edit alone 2 honest customers would be hurt.", "仅本次修改将误伤 2 位客户。"),
        (
            0,
            3,
            "By this edit alone whom it would hurt is open: of 3 customers it is not known yet.",
            "会误伤谁尚未可知：3 位客户结果未知。",
        ),
    ],
)
def test_whom_the_edit_hurts_is_told_apart_from_whom_the_folder_hurts(hurt: int, unknown: int, en: str, zh: str) -> None:
    assert TRIED.alone is not None
    told = replace(TRIED, alone=replace(TRIED.alone, hurt=hurt, hurt_unknown=unknown))
    assert en in trial_view(told, looking("en"))
    assert zh in trial_view(told, looking("zh"))
    assert "by this edit alone" not in trial_view(replace(TRIED, alone=replace(TRIED.alone, harder=0)), looking("en")).lower()


def test_a_trial_says_why_a_report_counts_fewer_hurt() -> None:
    assert "from review to decline, too" in trial_view(TRIED, looking("en"))
    assert "不计入其差额" in trial_view(TRIED, looking("zh"))


@pytest.mark.parametrize(("language", "said"), [("en", "Two rows overlap.</span>"), ("zh", "两行重叠。</span>")])
def test_what_is_wrong_ends_before_what_to_do_begins(language: Language, said: str) -> None:
    one = CellProblem(None, None, None, {"en": "two rows overlap", "zh": "两行重叠"}, {"en": "narrow one", "zh": "请缩小其一"})
    assert said in problems_shown([one], "", looking(language)).html


def test_a_list_that_is_cut_says_of_how_many() -> None:
    one = replace(TRIED, examples=[TriedPayment("P1", 0, "C1", 4_500, "approve", "review", None)])
    assert "1 of 127 are listed." in trial_view(one, looking("en"))
    assert "共 127 笔，此处列出 1 笔。" in trial_view(one, looking("zh"))
    assert "listed" not in trial_view(replace(one, harder=1, milder=0), looking("en")), "all of them"
