"""The page of a decision: where it stands in the log, and what would have changed it, also where nothing would have."""

from dataclasses import replace

import pytest

from huitong.console.ports import Story
from huitong.console.views.story import Told, story_view
from huitong.console.work.look import Look
from huitong.contracts import Actor
from huitong.identity import Clearance
from huitong.identity.grades import ShownDecision, ShownEdge, ShownEvent
from huitong.kernel import Language, Text

DECISION = ShownDecision("D1", "P1", "cards", "a" * 64, "review", 0.25, (), {}, {}, -2.0, (), (), {}, (), None, "full", 1_000_000, 2, ())
STORY = Story(
    decision=DECISION,
    event=ShownEvent("P1", "payment.requested", 0, {}, {"amount": 125_000}, 2, ()),
    title={"en": "Card payments", "zh": "银行卡支付"},
    features={},
    origin={"en": "the log", "zh": "日志"},
    erased=None,
    units={},
    values={},
    tables=(),
    lists={},
    past=(),
    offset=41,
    current=True,
    outcomes=("approve", "review", "decline"),
)
AMOUNT: Text = {"en": "Amount", "zh": "金额"}


def page(story: Story, language: Language = "en", size: int = 42, alert: str | None = None) -> str:
    """The page of a decision."""
    look = Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(3))
    return str(story_view(Told(story, (), size, None, alert), look, {}).body)


def test_a_record_is_called_by_its_offset_as_a_proof_calls_it() -> None:
    assert "offset 41 of 42 records" in page(STORY)
    assert "偏移 41，共 42 条记录" in page(STORY, "zh")


def test_the_alert_of_a_decision_is_one_click_away() -> None:
    assert '<a href="/alerts/alert%3Ad1">打开预警</a>' in page(STORY, "zh", alert="alert:d1")
    assert "/alerts/" not in page(STORY)


@pytest.mark.parametrize(("language", "said"), [("en", "No smaller amount alone"), ("zh", "仅减小金额")])
def test_where_no_smaller_value_would_have_been_milder_the_page_says_so(language: Language, said: str) -> None:
    tried = replace(STORY, changing=[AMOUNT])
    assert said in page(tried, language)
    assert said not in page(STORY, language), "a policy that does not ask says nothing"
    assert said in page(replace(tried, decision=replace(DECISION, score=None)), language), "without a model too"
    approved = replace(tried, decision=replace(DECISION, outcome="approve"))
    assert said not in page(approved, language), "nothing is milder"


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", ["over one account: of what came in, the newest payment", "goes on: of what came in, the payment most like it"]),
        ("zh", ["经由一个账户到达收款方：收款中最近的一笔", "转出的资金：收款中与本笔最相近的一笔"]),
    ],
)
def test_drawings_of_different_money_have_different_titles_and_those_of_the_same_are_one(language: Language, titles: list[str]) -> None:
    older, newer, this = (
        ShownEdge(event, source, target, time, amount)
        for event, source, target, time, amount in (("P8", "A", "B", 0, 361_000), ("P9", "D", "B", 1, 90_000), ("P1", "B", "C", 2, 125_000))
    )
    apart = page(replace(STORY, decision=replace(DECISION, patterns={"scatter_gather": (newer, this), "path": (older, this)})), language)
    alike = page(replace(STORY, decision=replace(DECISION, patterns={"scatter_gather": (older, this), "path": (older, this)})), language)
    for shown, drawings in ((apart, 2), (alike, 1)):
        headed = [one.partition("</h3>")[0] for one in shown.split("<h3>")[1:]]
        assert len(headed) == drawings
        assert [title for title in titles if title not in shown] == []
    assert "straight" not in apart
