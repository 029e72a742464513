"""The page of a decision: where it stands in the log, and what would have changed it, also where nothing would have."""

from dataclasses import replace

import pytest

from huitong.console.ports import Decides, Found, LitTable, Story
from huitong.console.views.decisions import decisions_table
from huitong.console.views.story import Told, story_view
from huitong.console.work.evidence import About, payments_of
from huitong.console.work.look import Look
from huitong.contracts import Actor, Standing
from huitong.identity import Clearance, Hidden
from huitong.identity.grades import ShownDecision, ShownEdge, ShownEvent, ShownListHit, ShownReason
from huitong.kernel import LANGUAGES, Language, Text

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
    decides="all",
    outcomes=("approve", "review", "decline"),
)
AMOUNT: Text = {"en": "Amount", "zh": "金额"}
STEP_UP = ShownReason("measure", "measure.step_up.customer", {"en": "verify them", "zh": "加强验证"}, 1_500.0, Standing.NOTED)
SHARE = ShownReason("model", "model.amount", {"en": "a large amount", "zh": "金额较大"}, 2.5, Standing.SCORED)


def page(story: Story, language: Language = "en", size: int = 42, alert: str | None = None) -> str:
    """The page of a decision."""
    return str(story_view(Told(story, (), size, None, alert), look(language), {}).body)


def look(language: Language = "en") -> Look:
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(3))


def test_a_record_is_called_by_its_offset_as_a_proof_calls_it() -> None:
    assert "offset 41 of 42 records" in page(STORY)
    assert "偏移 41，共 42 条记录" in page(STORY, "zh")
    assert "1.0 毫秒" in page(STORY, "zh")


@pytest.mark.parametrize(
    ("decides", "en", "zh"),
    [("all", "decides today<", "现行版本"), ("some", "decides today for some customers", "部分客户"), (None, "no more", "不再")],
)
def test_a_version_is_called_by_whom_it_decides_for_today(decides: Decides | None, en: str, zh: str) -> None:
    story = replace(STORY, decides=decides)
    assert en in page(story)
    assert zh in page(story, "zh")


def test_rows_of_a_table_that_are_not_shown_are_counted_in_their_place() -> None:
    title: Text = {"en": "Velocity", "zh": "频次"}
    rows = [(number, (f">= {number}",)) for number in (2, 3, 7)]
    some = replace(STORY, tables=(LitTable("velocity", title, (title,), rows, (2, 7), 9),))
    english, chinese = page(some), page(some, "zh")
    places = [english.index(said) for said in ("… 1 row not shown", "▸ 2", "… 3 rows not shown", "▸ 7", "… 2 rows not shown")]
    assert places == sorted(places)
    assert [chinese.count(f"……省略 {number} 行") for number in (1, 2, 3)] == [1, 1, 1]
    whole = replace(STORY, tables=(LitTable("velocity", title, (title,), [(1, (">= 1",))], (1,), 1),))
    assert "not shown" not in page(whole)


def test_the_alert_of_a_decision_is_one_click_away() -> None:
    assert '<a href="/alerts/alert%3Ad1">打开预警</a>' in page(STORY, "zh", alert="alert:d1")
    assert "/alerts/" not in page(STORY)


def test_a_measure_that_spoke_leads_to_the_measures_on_whom_it_is_about_where_the_reader_may_see_who_that_is() -> None:
    named = replace(STORY, decision=replace(DECISION, reasons=(STEP_UP, SHARE)), event=replace(STORY.event, keys={"customer": "C/7"}))
    assert page(named).count('<a href="/measures/of/customer/C%2F7">Measures on this customer</a>') == 1
    assert ">该客户的措施</a>" in page(named, "zh")
    hidden = replace(named, event=replace(STORY.event, keys={"customer": Hidden(4, {"en": "above your grade", "zh": "高于您的等级"})}))
    assert "/measures/of/" not in page(hidden)


@pytest.mark.parametrize(("language", "said"), [("en", "No smaller amount alone"), ("zh", "仅减小金额")])
def test_where_no_smaller_value_would_have_been_milder_the_page_says_so(language: Language, said: str) -> None:
    tried = replace(STORY, changing=[AMOUNT])
    assert said in page(tried, language)
    assert said not in page(STORY, language), "a policy that does not ask says nothing"
    assert said in page(replace(tried, decision=replace(DECISION, score=None)), language), "without a model too"
    frozen = replace(DECISION, outcome="decline", reasons=(replace(STEP_UP, standing=Standing.ASKED),))
    lifted = {"en": "would have to be lifted", "zh": "须先解除拦下该支付的管控措施"}[language]
    assert lifted in page(replace(tried, decision=frozen), language)
    assert lifted not in page(tried, language)
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_which_list_and_pattern_hit_is_hidden_with_the_reason_that_tells_of_it(language: Language) -> None:
    mark = Hidden(3, {"en": "above your grade", "zh": "高于您的等级"})
    seen = replace(DECISION, lists=(ShownListHit("blocked", "C7", ""),), patterns={"path": (ShownEdge("P1", "A", "B", 0, 125_000),)})
    hidden = replace(DECISION, lists=(ShownListHit(mark, mark, mark),), patterns=mark)
    named: dict[str, Text] = {"blocked": {"en": "Blocked customers", "zh": "封禁客户"}}
    told = [page(replace(STORY, decision=one, lists=named), language) for one in (seen, hidden)]
    title, way, why = {
        "en": ("Blocked customers", "The money's way", "above your grade"),
        "zh": ("封禁客户", "资金路径", "高于您的等级"),
    }[language]
    assert [(title in one, one.count(f'title="{why}"')) for one in told] == [(True, 0), (False, 2)]
    assert all(way in one.replace("&#x27;", "'").replace("&#39;", "'") for one in told)


@pytest.mark.parametrize(("reasons", "main"), [((STEP_UP, SHARE), SHARE), ((STEP_UP,), None)])
def test_what_is_only_told_stands_for_no_decision_and_apart_from_why_it_came_out(
    reasons: tuple[ShownReason, ...], main: ShownReason | None
) -> None:
    story = replace(STORY, decision=replace(DECISION, reasons=reasons))
    view, found = story_view(Told(story, (), 42, None), look(), {}), [Found(story.decision, story.event)]
    told = [str(view.answer), decisions_table(found, look(), {}, "Decisions"), payments_of(found, 1, About("alert", "a1"), look())]
    assert ["verify them" in one for one in told] == [False, False, False]
    assert ["a large amount" in one for one in told] == [main is SHARE] * 3
    why = str(view.body).partition("<h2>Why</h2>")[2]
    assert "verify them" in why.partition("asked for no outcome")[2]
