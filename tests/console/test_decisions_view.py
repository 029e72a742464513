"""The search for decisions: what an address asks for, and what the page says in both languages."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.console.ports import DecisionPage
from huitong.console.views.decisions import HELD_UP, Asked, amount_of, decisions_view
from huitong.console.work.look import Look
from huitong.contracts import Actor, DataContract
from huitong.identity import Clearance, ShownEvent
from huitong.kernel import Language, time_us

OUTCOMES = ("approve", "review", "decline")


def look(language: Language) -> Look:
    return Look(language, "Asia/Shanghai", "CNY", 0, Actor("li.wei", frozenset({"analyst"})), Clearance(2))


@given(st.dictionaries(st.sampled_from(["q", "outcome", "policy", "since", "until", "before", "other"]), st.text(max_size=200)))
def test_any_address_asks_for_something_that_can_be_asked(query: dict[str, str]) -> None:
    asked = Asked.of(query)
    assert Asked.of({name: value for name, value in asked.query.items() if value}) == replace(asked, before=None, passed=())
    asked.search("Asia/Shanghai", OUTCOMES)


def test_an_outcome_called_held_is_found_alone_and_where_there_is_none_a_kept_link_finds_what_was_not_let_through() -> None:
    found = Asked.of({"outcome": "held"}).among((*OUTCOMES, "held"), ()).search("Asia/Shanghai", OUTCOMES[1:])
    assert found.outcomes == ["held"]
    for kept in ("held", HELD_UP):
        assert Asked.of({"outcome": kept}).among(OUTCOMES, ()).search("Asia/Shanghai", OUTCOMES[1:]).outcomes == OUTCOMES[1:]


def test_days_begin_at_midnight_of_the_institution_and_the_last_is_whole() -> None:
    wanted = Asked.of({"since": "2026-11-01", "until": "2026-11-02"}).search("Asia/Shanghai", OUTCOMES)
    assert (wanted.since_us, wanted.until_us) == (time_us("2026-11-01T00:00:00+08:00"), time_us("2026-11-03T00:00:00+08:00"))


def test_a_time_of_a_day_is_that_of_the_institution() -> None:
    wanted = Asked.of({"since": "2026-11-01 09:00", "until": "2026-11-01T10:00"}).search("Asia/Shanghai", OUTCOMES)
    assert (wanted.since_us, wanted.until_us) == (time_us("2026-11-01T09:00:00+08:00"), time_us("2026-11-01T10:00:00+08:00"))


@pytest.mark.parametrize(("query", "said"), [({}, "1 decision is in the log"), ({"q": "C1"}, "1 decision fits")])
def test_one_decision_is_not_said_in_the_plural(query: dict[str, str], said: str) -> None:
    for since in (None, 0):
        answer = str(decisions_view(Asked.of(query), DecisionPage((), None, 1, since), look("en"), {}, OUTCOMES, {}).answer)
        assert said in answer
        assert "1 decisions" not in answer


@pytest.mark.parametrize(
    ("query", "en", "zh"),
    [
        ({"since": "2026-13-01"}, 'From: “<span translate="no">2026-13-01</span>” is not understood', "起始“<span"),
        ({"until": "tomorrow"}, "write a day as 2026-01-31, or a time as 2026-01-31 14:00.", "请写成 2026-01-31，或 2026-01-31 14:00。"),
        ({"outcome": "held_up"}, "Outcome: “<span", "请从列表中选择。"),
        ({"policy": "none"}, "Policy: “<span", "无法识别，未作为筛选条件"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_passed_over_and_told(query: dict[str, str], en: str, zh: str) -> None:
    asked = Asked.of(query).among(OUTCOMES, ["cards"])
    assert not asked.narrowed
    for language, said in (("en", en), ("zh", zh)):
        view = decisions_view(asked, DecisionPage((), None, 0), look("zh" if language == "zh" else "en"), {}, OUTCOMES, {})
        assert said in view.body


def test_held_up_is_every_outcome_but_the_mildest() -> None:
    assert list(Asked.of({"outcome": HELD_UP}).search("UTC", OUTCOMES[1:]).outcomes) == ["review", "decline"]
    assert list(Asked.of({"outcome": "decline"}).search("UTC", OUTCOMES[1:]).outcomes) == ["decline"]


def test_an_amount_stands_in_the_currency_of_its_own_kind() -> None:
    contract = DataContract("payment.yen", 1, {"en": "Yen", "zh": "日元"}, "JPY", None, 0, 0, ())
    event = ShownEvent("P1", "payment.yen", 1, {}, {"amount": 128_000}, 1, ())
    assert amount_of(event, replace(look("en"), contracts={"payment.yen": contract})) == "JPY\u00a0128,000"
    assert amount_of(event, look("en")) == "CNY\u00a01,280.00"


@pytest.mark.parametrize(("language", "said"), [("en", "Nothing found"), ("zh", "未找到")])
def test_a_search_that_finds_nothing_says_why_and_what_to_do(language: Language, said: str) -> None:
    view = decisions_view(Asked.of({"q": '"><script>'}), DecisionPage((), None, 0), look(language), {}, OUTCOMES, {})
    assert said in view.body
    assert 'href="/decisions"' in view.body
    assert "<script>" not in view.body


@pytest.mark.parametrize(("language", "said"), [("en", "still being counted"), ("zh", "日志仍在统计")])
def test_a_page_tells_no_number_while_the_log_is_still_being_counted(language: Language, said: str) -> None:
    view = decisions_view(Asked.of({"q": "C-1"}), DecisionPage((), 700, None), look(language), {}, OUTCOMES, {})
    assert said in str(view.answer)
    assert "before=700" in view.body


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_says_from_when_on_decisions_are_counted_and_offers_to_look_further_back(language: Language) -> None:
    page = DecisionPage((), 700, 3_000_000, time_us("2026-03-01T08:00:00Z"))
    view = decisions_view(Asked.of({"q": "C-1"}), page, look(language), {}, OUTCOMES, {})
    answer = str(view.answer)
    assert "2026-03-01 16:00" in answer
    assert "&lt;" not in answer
    assert "3,000,000" in answer or "300" in answer
    body = str(view.body)
    assert "before=700" in body
    assert {"en": "Look further back", "zh": "继续向前查找"}[language] in body
