"""Pages of alerts, cases and decisions lead to the measures on all whom their payments name; a case says who may close it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.console.forms import button_of, dialog_of
from huitong.console.ports import Found
from huitong.console.views.story import Told, story_view
from huitong.console.work.alert import alert_view, one_alert
from huitong.console.work.cases import OneCase, case_view, one_case
from huitong.contracts import IN_FORCE, Actor, DataContract, Signers
from huitong.identity import Hidden
from huitong.identity.grades import ShownMeasure
from huitong.kernel import Language
from huitong.operations import cases as ca
from huitong.risk import transactions
from huitong.risk.disposition import Subject, event_of, held_since, subjects_of
from tests.console.test_story_view import DECISION, STORY
from tests.console.test_story_view import look as reader
from tests.console.test_work_views import PEOPLE, desk_of, look, reasoned
from tests.operations.desk import HOUR, LEAD, LI, SETTINGS, WANG, TestDesk
from tests.risk.disposition.build import change, folded

PAYMENT = DataContract.load(Path(transactions.__file__).parent / "contracts" / "payment.requested.toml")
NAMES = {"customer": "C0", "account": "A/1", "counterparty": "A9", "channel": "online"}
SIGNERS = Signers((LI, WANG, LEAD), beyond=False)
LEDGER = folded(
    event_of(change("frozen", HOUR + 1, 9 * HOUR, "freeze", subject=Subject("account", "A/1"))),
    event_of(change("lift", HOUR + 9, 0, "freeze", subject=Subject("account", "A/1"), lifts=True)),
    event_of(change("past", 1, HOUR // 2, subject=Subject("customer", "C0"))),
    event_of(change("held", HOUR + 2, 9 * HOUR, subject=Subject("account", "A9"))),
)
MEASURES = held_since(LEDGER, subjects_of(NAMES), HOUR, 2 * HOUR)


def paid(found: Found, **keys: str | Hidden) -> Found:
    """A payment that names somebody."""
    return replace(found, event=replace(found.event, keys=keys))


def case_in(desk: TestDesk, *, proposed: bool = False) -> OneCase:
    """A case with the measures on whom its payment names."""
    (alert_id,) = desk.state.alerts
    case_id = desk.act(lambda command: ca.open_case(desk.state, command, alert_id, "a chain"), LI)
    for item in SETTINGS.checklist:
        desk.take(ca.check(desk.state, desk.command(LI), case_id, item, SETTINGS))
    if proposed:
        desk.act(lambda command: ca.propose(desk.state, command, case_id, "genuine", "salary", SETTINGS), LI)
    known = one_case(desk.state, SETTINGS, case_id)
    return replace(known, measures=MEASURES, found=[paid(reasoned("d1", "k"), **NAMES)], signers=SIGNERS)


def test_measures_since_a_moment_are_those_on_every_subject_and_not_what_was_over() -> None:
    assert subjects_of(NAMES) == [Subject("customer", "C0"), Subject("account", "A/1"), Subject("account", "A9")]
    assert [one.id for one in MEASURES] == ["frozen", "held"]
    assert [one.id for one in held_since(LEDGER, subjects_of(NAMES), HOUR + 9, HOUR + 9)] == ["held"], "what is in force at a moment"


@pytest.mark.parametrize(("language", "imposed", "lifted"), [("en", "imposed", "lifted"), ("zh", "采取", "解除")])
def test_a_case_shows_the_measures_on_whom_its_payments_name_and_when_they_changed(language: Language, imposed: str, lifted: str) -> None:
    known = case_in(desk_of(10_000))
    body = case_view(known, look(language)).body
    table, line = body.split('class="timeline"')
    door = f"/measures/frozen?case={known.case.id}"
    assert f'data-href="{door}"' in table
    assert f'href="/measures/of/account/A%2F1?case={known.case.id}"' in table
    assert 'id="measures"' in table
    assert '<a href="#measures">' in table, "from the checklist"
    texts = re.sub("<[^>]*>", "", line)
    assert line.count(f'href="{door}"') == 2, "imposed and lifted"
    assert texts.index(lifted) < texts.index(imposed), "the latest first"
    assert "A/1" not in case_view(replace(known, found=()), look(language, grade=2)).body


@pytest.mark.parametrize(("language", "said"), [("en", "account"), ("zh", "账户")])
def test_an_alert_leads_to_the_measures_on_each_whom_its_payments_name_as_far_as_the_reader_sees_them(
    language: Language, said: str
) -> None:
    desk = desk_of(10_000)
    (alert,) = desk.state.alerts
    hidden = Hidden(4, {"en": "above your grade", "zh": "高于您的等级"})
    known = one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us)
    known = replace(known, measures=MEASURES, found=[paid(reasoned("d1", "k"), customer="C0", account="A/1", device=hidden)])
    body = alert_view(known, look(language)).body.replace("%3A", ":")
    assert f'<a href="/measures/of/account/A%2F1?alert={alert}" class="nowrap">{said} <span translate="no">A/1</span></a>' in body
    assert f'data-href="/measures/held?alert={alert}"' in body
    assert body.count(f'"/measures/of/customer/C0?alert={alert}"') == 1, "the button of whom the alert is about"
    assert "/measures/of/device" not in body


@pytest.mark.parametrize(("language", "said"), [("en", "Measures on this account"), ("zh", "该账户的措施")])
def test_a_decision_leads_from_each_whom_its_payment_names_to_the_measures_on_them(language: Language, said: str) -> None:
    story = replace(STORY, event=replace(STORY.event, keys={"account": "A/1", "counterparty": "A9"}))
    body = story_view(Told(story, (), 42, None), reader(language), {PAYMENT.kind: PAYMENT}).body
    assert f'<a href="/measures/of/account/A%2F1">{said}</a>' in body
    assert "/measures/of/counterparty" not in body
    hidden = replace(story, event=replace(story.event, keys={"account": Hidden(4, {"en": "above", "zh": "高于"})}))
    assert "/measures/of/" not in story_view(Told(hidden, (), 42, None), reader(language), {PAYMENT.kind: PAYMENT}).body


@pytest.mark.parametrize(
    ("language", "already", "called"), [("en", "in force already", "What it called for"), ("zh", "此前已生效", "触发的措施")]
)
def test_a_measure_that_a_decision_only_tells_of_is_said_to_have_been_in_force(language: Language, already: str, called: str) -> None:
    told = ShownMeasure("step_up", "customer", "C0", 2 * HOUR, f"{IN_FORCE}step_up.customer")
    new = ShownMeasure("hold", "account", "A/1", 2 * HOUR, "rule.odd")
    bodies = []
    for measures in ((told, new), (told,), (new,)):
        story = replace(STORY, decision=replace(DECISION, measures=measures))
        bodies.append(str(story_view(Told(story, (), 42, None), reader(language), {}).body))
    assert [called in one for one in bodies] == [True, False, True]
    assert [already.lower() in one.lower() for one in bodies] == [True, True, False]
    items = re.findall("<li>.*?</li>", bodies[0])
    assert [already in one for one in items if "<strong>" in one] == [True, False]


@pytest.mark.parametrize(
    ("language", "before", "beside"),
    [
        ("en", "Another person closes it: wang or chen.", "may be signed by wang or chen"),
        ("zh", "由另一位人员结案：wang 或 chen。", "可由 wang 或 chen 复核"),
    ],
)
def test_a_case_names_who_may_close_it(language: Language, before: str, beside: str) -> None:
    known = case_in(desk_of(10_000))
    (proposing,) = (form for form in case_view(known, look(language)).forms if form.act == "case.propose")
    assert before in dialog_of(proposing, language)
    assert "primary" in button_of(proposing, language)
    waits = case_in(desk_of(10_000), proposed=True)
    view = case_view(waits, look(language))
    assert beside in view.body
    (again,) = (form for form in view.forms if form.act == "case.propose")
    assert "primary" not in button_of(again, language), "they have proposed: what comes next is another's"
    assert beside not in case_view(waits, look(language, name="wang")).body, "they have the button"
    alone = replace(known, signers=Signers((Actor("li", frozenset({"investigator"})),), beyond=False))
    (proposing,) = (form for form in case_view(alone, look(language)).forms if form.act == "case.propose")
    assert "lapses" not in dialog_of(proposing, "en"), "a case waits for good"
    known.alerts[0].escalated = "beyond my limit"
    (proposing,) = (form for form in case_view(known, look(language)).forms if form.act == "case.propose")
    assert "wang" not in dialog_of(proposing, language)


@pytest.mark.parametrize(
    ("language", "said", "way"),
    [
        ("en", "1 measure is still in force on whom its payments name; closing lifts none.", "the hold on account A9"),
        ("zh", "相关支付所涉主体仍有 1 项措施生效，结案不会解除。", "账户 A9 的暂缓"),
    ],
)
def test_who_closes_a_case_is_told_of_measures_that_stay_in_force(language: Language, said: str, way: str) -> None:
    known = case_in(desk_of(10_000), proposed=True)
    for name, act in (("wang", "case.close"), ("li", "case.propose")):
        seen = replace(look(language, name=name), now_us=2 * HOUR)
        (form,) = (one for one in case_view(known, seen).forms if one.act == act)
        assert said in dialog_of(form, language)
        assert [(words[language], href) for words, href in form.ways] == [(way, f"/measures/held?case={known.case.id}")]
        (form,) = (one for one in case_view(replace(known, measures=MEASURES[:1]), seen).forms if one.act == act)
        assert (said in dialog_of(form, language), form.ways) == (False, []), "what was lifted"


def test_the_time_line_of_a_case_has_the_notes_of_measures() -> None:
    noted = replace(change("noted", HOUR + 3, 9 * HOUR, subject=Subject("account", "A9")), note="the payee never answered")
    ledger = folded(event_of(noted))
    known = replace(case_in(desk_of(10_000)), measures=held_since(ledger, subjects_of(NAMES), HOUR, 2 * HOUR))
    line = case_view(known, look("en")).body.split('class="timeline"')[1]
    assert "the payee never answered" in line
    assert "the payee never answered" not in case_view(known, look("en", grade=2)).body
