"""Views of work: what they say in each language, what they offer to whom, and that text of people stays text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from huitong.app.house import house_contracts
from huitong.console.forms import Field, Form, Given, button_of, dialog_of
from huitong.console.pages.alerts import model_title
from huitong.console.ports import Found
from huitong.console.work.alert import alert_view, one_alert
from huitong.console.work.alerts import Asked, alerts_view, queue_of
from huitong.console.work.case_list import case_list, cases_view
from huitong.console.work.cases import case_view, one_case
from huitong.console.work.evidence import latest_of
from huitong.console.work.look import Look, View
from huitong.console.work.measures import kind_mark
from huitong.contracts import Actor, Decision, Event, Evidence, Role, Standing
from huitong.identity import Clearance
from huitong.identity.grades import ShownDecision, ShownEvent, ShownReason
from huitong.kernel import InputError, Language, Text
from huitong.operations import cases as ca
from huitong.risk import disposition
from tests.operations.desk import HOUR, LI, SETTINGS, WANG, WORKERS, TestDesk, labels_of
from tests.risk.disposition.build import NOW, command, folded, wanted
from tests.risk.disposition.build import SETTINGS as MEASURES

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CONTRACTS = house_contracts()
PEOPLE = (ca.Investigator("wang"),)
LANGUAGES: tuple[Language, ...] = ("zh", "en")


def look(language: Language = "en", *roles: Role, name: str = "li", grade: int = 3, now_us: int = 2 * HOUR) -> Look:
    """How somebody looks at a page."""
    return Look(
        language,
        "Asia/Shanghai",
        "CNY",
        now_us,
        Actor(name, frozenset(roles or ("investigator",))),
        Clearance(grade),
        CONTRACTS,
        lambda _decision, _code: 1,
    )


def desk_of(*amounts: int) -> TestDesk:
    """A desk with an alert about each of some customers."""
    desk = TestDesk()
    for number, amount in enumerate(amounts):
        desk.decided(f"P{number}", f"C{number}", amount=amount)
    return desk


def offered(view: View) -> list[str]:
    """Names of the acts that a page offers."""
    return [form.act for form in (*view.forms, *view.inline)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_queue_says_what_waits_and_puts_what_avoids_most_first(language: Language) -> None:
    desk = desk_of(10_000, 90_000, 50_000)
    found = queue_of(desk.state, SETTINGS, Asked(), 2 * HOUR, LI)
    view = alerts_view(found, look(language))
    assert [one.alert.subject for one in found.rows] == ["C1", "C2", "C0"]
    assert "3" in str(view.answer)
    assert bool(CHINESE.search(str(view.answer))) is (language == "zh")
    assert bool(CHINESE.search(view.body)) is (language == "zh")
    assert offered(view) == ["alert.begin"]
    assert view.forms[0].fixed["alert"] == found.rows[0].alert.id


@pytest.mark.parametrize(
    ("language", "whole", "part", "sum_of_it"),
    [
        (
            "en",
            "counted as certain: it was decided without the model",
            "in part counted as certain: decided without the model",
            "CNY\u00a0300.00 of it counted as certain: decided without the model",
        ),
        ("zh", "按确定计：决策时无模型参与", "部分按确定计：决策时无模型参与", "其中 300.00\u00a0元按确定计：决策时无模型参与"),
    ],
)
def test_an_alert_says_where_its_loss_is_counted_as_certain_for_want_of_a_model(
    language: Language, whole: str, part: str, sum_of_it: str
) -> None:
    desk = TestDesk()
    alert = desk.decided("P0", amount=30_000, score=None)

    def pages(reader: Look) -> tuple[str, str, str, str]:
        one = alert_view(one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us), reader)
        queue = alerts_view(queue_of(desk.state, SETTINGS, Asked(), 2 * HOUR), reader)
        return str(one.answer), one.body, str(queue.answer), queue.body

    said = pages(look(language))
    assert all(whole in one for one in said)
    assert "≤ " in said[3]
    assert all(whole not in one for one in pages(look(language, grade=2)))
    desk.decided("P1", amount=30_000, score=0.5)
    answer, body, *queue = pages(look(language))
    assert all(part in one for one in (answer, *queue)), "beside what a minute avoids no sum of the whole"
    assert sum_of_it in body
    scored = desk_of(10_000)
    view = alerts_view(queue_of(scored.state, SETTINGS, Asked(), 2 * HOUR), look(language))
    assert not {"≤", whole} & {one for one in ("≤", whole) if one in view.body + str(view.answer)}


def test_a_name_above_the_readers_grade_is_not_in_the_page() -> None:
    desk = desk_of(10_000)
    found = queue_of(desk.state, SETTINGS, Asked(), 2 * HOUR)
    assert "C0" in alerts_view(found, look(grade=3)).body
    hidden = alerts_view(found, look(grade=2))
    assert "C0" not in hidden.body + hidden.acts("en") + hidden.dialogs("en")
    assert "C0" not in str(alert_view(one_alert(desk.state, SETTINGS, found.rows[0].alert.id, PEOPLE, desk.now_us), look(grade=2)).answer)


@pytest.mark.parametrize(("language", "said"), [("zh", "策略“银行卡支付”"), ("en", "“Card payments”")])
def test_a_measure_has_on_an_alert_the_sign_and_the_name_that_it_has_among_measures(language: Language, said: str) -> None:
    desk = desk_of(10_000)
    machine = replace(command("m1"), by=Actor("cards@0123", frozenset({"investigator"}), person=False))
    ledger = folded(*disposition.impose(machine, wanted("hold"), MEASURES)(folded()))
    titles: dict[str, Text] = {"cards": {"en": "Card payments", "zh": "银行卡支付"}}
    (alert,) = desk.state.alerts
    known = one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us)
    measured = replace(known, measures=disposition.in_force(ledger, NOW + 1), policies=titles)
    body = alert_view(measured, look(language)).body
    assert said in body
    assert kind_mark("hold", look(language)) in body


def test_an_address_that_means_nothing_shows_the_queue_and_says_so() -> None:
    asked = Asked.of({"show": "<script>", "from": "-1", "who": "li"})
    assert replace(asked, passed=()) == Asked(who="li")
    assert [(one.label["en"], one.value) for one in asked.among(()).passed] == [("Show", "<script>")]
    assert [one.value for one in replace(asked, pattern="rule.none").among(["rule.big"]).passed] == ["<script>", "rule.none"]
    body = alerts_view(queue_of(desk_of(1).state, SETTINGS, asked, 2 * HOUR), look()).body
    assert "&lt;script&gt;</span>” is not understood and was passed over; choose one of the list." in body
    assert '<option value="li" selected>' in body
    cases = cases_view(case_list(desk_of(1).state, SETTINGS, {"show": "lost"}), look("zh"))
    assert '显示“<span translate="no">lost</span>”无法识别' in cases.body


def test_figures_of_the_queue_and_of_cases_lead_to_what_they_count() -> None:
    desk = desk_of(1, 2)
    later = desk.state.alerts[next(iter(desk.state.alerts))].due_us + 1
    late = queue_of(desk.state, SETTINGS, Asked("late"), later)
    assert [one.late for one in late.rows] == [True, True]
    assert queue_of(desk.state, SETTINGS, Asked("late"), later, due=False).rows == []
    body = alerts_view(late, look(now_us=later)).body
    assert '<a href="/alerts?show=late">2 past their deadline</a>' in body
    assert '<a href="/alerts?show=asleep">0 snoozed</a>' in body
    listed = cases_view(case_list(desk.state, SETTINGS, {}), look()).body
    assert '<a href="/cases?show=closed">0</a>' in listed


def test_an_alert_of_the_model_is_called_by_what_drove_the_score() -> None:
    said = model_title("model.hour", {"hour": {"en": "hour of the day", "zh": "交易小时"}})
    assert said == {"en": "score driven by hour of the day", "zh": "评分主因：交易小时"}


def test_an_address_goes_on_from_a_row() -> None:
    assert Asked.of({"from": "100", "show": "closed"}).start == 100
    assert Asked.of({"from": "9" * 400}).start == 0


def test_pages_of_ten_thousand_alerts_hold_fifty_rows_and_say_which() -> None:
    desk = desk_of(*range(1, 301))
    found = queue_of(desk.state, SETTINGS, Asked(start=250), 2 * HOUR)
    view = alerts_view(found, look())
    assert len(found.rows) == 50
    assert "251–300 of 300" in view.body
    assert view.body.count("<tr data-href") == 50
    assert queue_of(desk.state, SETTINGS, Asked(start=4_000), 2 * HOUR) == found


def test_an_alert_offers_what_the_reader_may_do_and_nothing_else() -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    known = one_alert(desk.state, SETTINGS, alert_id, PEOPLE, desk.now_us)
    assert offered(alert_view(known, look())) == [
        "alert.begin",
        "alert.close",
        "alert.assign",
        "alert.snooze",
        "alert.escalate",
        "case.open",
    ]
    (assigning,) = (form for form in alert_view(replace(known, workers=WORKERS), look()).forms if form.act == "alert.assign")
    assert assigning.fields[0].initial == "wang"
    assert [one for one, _ in assigning.fields[0].options] == ["li", "wang", "chen"]
    assert "Proposed" in alert_view(known, look()).body
    assert offered(alert_view(known, look("en", "auditor"))) == []
    assert offered(alert_view(known, look("en", "approver"))) == ["alert.close", "alert.assign", "alert.snooze"]
    known.alert.assignee = "wang"
    assert "alert.snooze" not in offered(alert_view(known, look(name="li")))
    desk.act(lambda command: ca.close(desk.state, command, alert_id, "fraud", "not theirs", labels_of), LI)
    closed = alert_view(one_alert(desk.state, SETTINGS, alert_id, PEOPLE, desk.now_us), look())
    assert offered(closed) == ["alert.reopen"]
    assert 'li closed it as fraud: <span translate="no">not theirs</span>' in str(closed.answer)


@pytest.mark.parametrize(("language", "said"), [("en", "Every payment was stopped"), ("zh", "所涉支付均已拦下")])
def test_an_alert_of_stopped_payments_says_that_nothing_of_them_can_be_lost(language: Language, said: str) -> None:
    desk = desk_of(10_000)
    stopped = desk.decided("p-stopped", "C-stopped", outcome="decline")
    views = [alert_view(one_alert(desk.state, SETTINGS, one, PEOPLE, desk.now_us), look(language)) for one in desk.state.alerts]
    assert [said in str(view.answer) for view in views] == [one == stopped for one in desk.state.alerts]


def test_an_escalated_alert_is_offered_to_approvers() -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    desk.act(lambda command: ca.escalate(desk.state, command, alert_id, "beyond my limit"), LI)
    known = replace(one_alert(desk.state, SETTINGS, alert_id, PEOPLE, desk.now_us), workers=WORKERS)
    assert offered(alert_view(known, look(name="li"))) == ["alert.assign", "case.open"]
    theirs = alert_view(known, look("en", "approver"))
    assert offered(theirs) == ["alert.begin", "alert.close", "alert.assign", "alert.snooze"]
    (assigning,) = (form for form in theirs.forms if form.act == "alert.assign")
    assert [one for one, _ in assigning.fields[0].options] == ["chen"]


def test_a_second_look_is_offered_to_others_than_who_closed_it() -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    desk.act(lambda command: ca.close(desk.state, command, alert_id, "fraud", "not theirs", labels_of), LI)
    known = one_alert(desk.state, replace(SETTINGS, quality_ppm=1_000_000), alert_id, PEOPLE, desk.now_us)
    assert "alert.review" in offered(alert_view(known, look(name="wang")))
    assert "alert.review" not in offered(alert_view(known, look(name="li")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_says_what_is_left_and_who_may_close_it(language: Language) -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    case_id = desk.act(lambda command: ca.open_case(desk.state, command, alert_id, "<script>alert(1)</script>"), LI)
    view = case_view(one_case(desk.state, SETTINGS, case_id), look(language))
    assert "case.propose" not in offered(view)
    todo = {
        "en": "Still to do: look at the evidence, contact the customer, review the measures.",
        "zh": "尚待完成：查看证据、联系客户、复核管控措施。",
    }
    assert todo[language] in str(view.answer)
    assert "<script>" not in view.body + view.dialogs(language)
    for item in SETTINGS.checklist:
        desk.take(ca.check(desk.state, desk.command(LI), case_id, item, SETTINGS))
    assert "case.propose" in offered(case_view(one_case(desk.state, SETTINGS, case_id), look(language)))
    desk.act(lambda command: ca.propose(desk.state, command, case_id, "genuine", "salary", SETTINGS), LI)
    known = one_case(desk.state, SETTINGS, case_id)
    assert "case.close" not in offered(case_view(known, look(language, name="li")))
    offers = case_view(known, look(language, "approver", name="chen"))
    assert known.case.proposal is not None
    assert [form.fixed["proposal"] for form in offers.forms if form.act == "case.close"] == [known.case.proposal]
    known.alerts[0].escalated = "beyond my limit"
    assert "case.close" not in offered(case_view(known, look(language, name="wang")))
    assert "case.close" in offered(case_view(known, look(language, "approver", name="chen")))
    waits = cases_view(case_list(desk.state, ca.DeskSettings(), {}), look(language))
    assert ("待第二人结案" if language == "zh" else "for a second person") in str(waits.answer)


def test_the_list_of_cases_survives_any_address() -> None:
    assert case_list(ca.Desk(), ca.DeskSettings(), {"show": "'; drop", "from": "x"}).rows == []
    assert "No case is open." in str(cases_view(case_list(ca.Desk(), ca.DeskSettings(), {}), look()).answer)


def test_a_form_asks_in_a_dialog_and_an_act_without_questions_does_not() -> None:
    asks = Form("a.b", {"en": "Do", "zh": "做"}, [Field("why", {"en": "Why", "zh": "理由"}, "lines", initial="<b>&")], {"of": '"x"'})
    assert 'data-opens="act-a-b"' in button_of(asks, "en")
    dialog = dialog_of(asks, "zh")
    assert "&lt;b&gt;&amp;" in dialog
    assert 'value="&quot;x&quot;"' in dialog
    named = dialog_of(
        Form("a.b", {"en": "Do", "zh": "做"}, [Field(name, {"en": "Of it", "zh": "其"}) for name in ("title", "heading")]), "en"
    )
    ids = re.findall(' id="([^"]+)"', named)
    assert len(ids) == len({*ids}), "a field of any name has an id of its own"
    at_once = Form("a.b", {"en": "Do", "zh": "做"}, fixed={"of": "x"})
    assert dialog_of(at_once, "en") == ""
    assert 'action="/act/a.b"' in button_of(at_once, "en")


@pytest.mark.parametrize(
    ("name", "text"), [("moment", "tomorrow"), ("moment", ""), ("number", "1e3"), ("number", "٣"), ("amount", "1.234"), ("choice", "z")]
)
def test_what_cannot_be_read_is_refused_in_both_languages(name: str, text: str) -> None:
    given = Given({name: [text]}, "Asia/Shanghai", "CNY")
    reads: dict[str, Callable[[], object]] = {
        "moment": lambda: given.moment_us(name),
        "number": lambda: given.number(name),
        "amount": lambda: given.amount_minor(name),
        "choice": lambda: given.one_of(name, ("x", "y")),
    }
    with pytest.raises(InputError) as refused:
        reads[name]()
    assert CHINESE.search(refused.value.message("zh"))
    assert not CHINESE.search(refused.value.message("en"))


def test_a_moment_is_read_in_the_institutions_zone() -> None:
    given = Given({"until": ["2026-07-01T18:00"]}, "Asia/Shanghai", "CNY")
    assert given.moment_us("until") == 1_782_900_000_000_000
    assert Given({"amount": ["1,250.5"]}, "Asia/Shanghai", "CNY").amount_minor("amount") == 125_050
    assert given.amount_minor("amount") is None


def reasoned(decision: str, *codes: str) -> Found:
    """A decision with reasons, the strongest first."""
    reasons = tuple(ShownReason("rule", code, {"en": f"because of {code}", "zh": code}, 1.0, Standing.OVERRULED) for code in codes)
    shown = ShownDecision(decision, "P0", "cards", "v1", "review", 0.5, reasons, {}, {}, 0.0, (), (), {}, (), None, "full", 0, 2, ())
    return Found(shown, ShownEvent("P0", "payment.requested", HOUR, {}, {"amount": 10_000}, 2, ()))


def test_why_an_alert_was_raised_begins_with_the_strongest_of_the_reasons_that_are_as_frequent() -> None:
    desk = desk_of(10_000)
    known = one_alert(desk.state, SETTINGS, next(iter(desk.state.alerts)), PEOPLE, desk.now_us)
    body = alert_view(replace(known, found=[reasoned("d1", "z", "a", "k"), reasoned("d2", "k")]), look()).body
    why = body[body.index('<caption class="unseen">Reasons') :]
    assert [why.index(f"because of {code}") for code in "kza"] == sorted(why.index(f"because of {code}") for code in "kza")


@pytest.mark.parametrize(("language", "example"), [("en", "e.g. because of 2"), ("zh", "例如：因为 2")])
def test_a_reason_that_payments_were_told_with_different_figures_stands_as_an_example(language: Language, example: str) -> None:
    def told(decision: str, figure: int) -> Found:
        one = reasoned(decision, "k")
        reason = replace(one.decision.reasons[0], text={"en": f"because of {figure}", "zh": f"因为 {figure}"})
        return replace(one, decision=replace(one.decision, reasons=(reason,)))

    desk = desk_of(10_000)
    known = one_alert(desk.state, SETTINGS, next(iter(desk.state.alerts)), PEOPLE, desk.now_us)

    def why(*found: Found) -> str:
        body = alert_view(replace(known, found=found), look(language)).body
        return body[body.index('data-head="' + {"en": "Reason", "zh": "原因"}[language]) :]

    assert example in why(told("d2", 2), told("d1", 1))
    assert example not in why(told("d2", 2), told("d1", 2))


@pytest.mark.parametrize(("language", "said"), [("en", "closed the case: confirmed what li proposed"), ("zh", "结案：同意 li 提出的结论")])
def test_the_words_of_who_proposed_are_not_those_of_who_closed(language: Language, said: str) -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    case_id = desk.act(lambda command: ca.open_case(desk.state, command, alert_id, "a chain"), LI)
    for item in SETTINGS.checklist:
        desk.take(ca.check(desk.state, desk.command(LI), case_id, item, SETTINGS))
    desk.act(lambda command: ca.propose(desk.state, command, case_id, "genuine", "salary in parts", SETTINGS), LI)
    proposal = desk.state.cases[case_id].proposal
    desk.take(ca.close_case(desk.state, desk.command(WANG), case_id, proposal, labels_of))
    body = case_view(one_case(desk.state, SETTINGS, case_id), look(language)).body
    line = body[body.index('class="timeline"') :]
    assert said in line
    assert line.count("salary in parts") == 1


@pytest.mark.parametrize(("language", "head", "other"), [("en", "Closed", "Deadline"), ("zh", "关闭时间", "时限")])
def test_alerts_that_are_closed_stand_with_the_time_of_closing(language: Language, head: str, other: str) -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    desk.act(lambda command: ca.close(desk.state, command, alert_id, "fraud", "not theirs", labels_of), LI)
    body = alerts_view(queue_of(desk.state, SETTINGS, Asked(show="closed"), 2 * HOUR), look(language)).body
    assert f'data-head="{head}"' in body
    assert f'data-head="{other}"' not in body


def test_a_case_shows_the_decisions_of_its_alerts_each_a_door_and_the_latest_first() -> None:
    desk = desk_of(10_000)
    (alert_id,) = desk.state.alerts
    case_id = desk.act(lambda command: ca.open_case(desk.state, command, alert_id, "a chain"), LI)
    known = one_case(desk.state, SETTINGS, case_id)
    assert "No payment can be shown" in case_view(known, look()).body
    body = case_view(replace(known, found=[reasoned("d2", "k"), reasoned("d1", "z")]), look()).body
    doors = [f'href="/decisions/{one}?case={case_id}"' for one in ("d2", "d1")]
    assert body.index(doors[0]) < body.index(doors[1])


def test_the_latest_payments_of_several_alerts_are_found_whichever_alert_has_them() -> None:
    decided: dict[str, tuple[Decision, Event]] = {}
    alerts = []
    for name, times in (("a", range(0, 200, 2)), ("b", range(100)), ("old", range(-60, 0))):
        ids = [f"{name}{time}" for time in times]
        for id_, time in zip(ids, times, strict=True):
            decision = Decision(id_, f"P{id_}", "cards", "v1", "review", 0.5, (), Evidence(), (), "full", 0)
            decided[id_] = decision, Event(f"P{id_}", "payment.requested", time, {}, {})
        desk = desk_of(1)
        (alert,) = desk.state.alerts.values()
        alerts.append(replace(alert, id=name, decisions=ids, last_us=max(times)))
    asked: list[str] = []

    def found(ids: Sequence[str]) -> list[tuple[Decision, Event]]:
        asked.extend(ids)
        return [decided[one] for one in ids]

    latest = [event.time_us for _, event in latest_of(alerts, found)]
    assert latest == sorted((event.time_us for _, event in decided.values()), reverse=True)[:50]
    assert not any(one.startswith("old") for one in asked)
