"""What a second person sends back: the button, and what its proposer reads."""

from dataclasses import replace

import pytest

from huitong.console.work.cases import case_view, one_case
from huitong.console.work.list_forms import answering
from huitong.console.work.lists import list_view, one_list
from huitong.console.work.look import Look
from huitong.console.work.measure_subject import one_subject, subject_view
from huitong.console.work.measures import measure_list, measures_view
from huitong.contracts import Actor
from huitong.kernel import Language
from huitong.operations import cases as ca
from huitong.risk import disposition
from huitong.risk import lists as kept
from tests.console.test_work_views import LANGUAGES, desk_of, look, offered
from tests.operations.desk import LI, SETTINGS, WANG, TestDesk
from tests.risk.disposition import build as measures
from tests.risk.lists import build as lists


def proposed(desk: TestDesk) -> str:
    """A case whose closing somebody proposed."""
    (alert_id,) = desk.state.alerts
    case_id = desk.act(lambda command: ca.open_case(desk.state, command, alert_id, "a chain"), LI)
    for item in SETTINGS.checklist:
        desk.take(ca.check(desk.state, desk.command(LI), case_id, item, SETTINGS))
    desk.act(lambda command: ca.propose(desk.state, command, case_id, "genuine", "salary", SETTINGS), LI)
    return case_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_person_is_offered_to_send_a_case_back_and_its_proposer_to_take_that_back(language: Language) -> None:
    desk = desk_of(10_000)
    known = one_case(desk.state, SETTINGS, proposed(desk))
    titles = {}
    for name in ("wang", "li"):
        (form,) = (one for one in case_view(known, look(language, name=name)).forms if one.act == "case.refuse")
        assert (form.fixed["proposal"], [one.required for one in form.fields]) == (known.case.proposal, [True])
        titles[name] = form.title[language]
    assert titles == {"en": {"wang": "Send back", "li": "Take the proposal back"}, "zh": {"wang": "退回", "li": "撤回结论"}}[language]
    assert "case.refuse" not in offered(case_view(known, look(language, "auditor", name="wei")))
    known.alerts[0].escalated = "beyond my limit"
    assert "case.refuse" not in offered(case_view(known, look(language, name="wang")))


@pytest.mark.parametrize(("language", "said"), [("en", "wang sent it back: “"), ("zh", "wang 已退回：“")])
def test_a_case_that_was_sent_back_says_so_first_until_it_is_proposed_again(language: Language, said: str) -> None:
    desk = desk_of(10_000)
    case_id = proposed(desk)
    proposal = desk.state.cases[case_id].proposal
    desk.act(lambda command: ca.refuse_case(desk.state, command, case_id, proposal, "call the payee"), WANG)
    view = case_view(one_case(desk.state, SETTINGS, case_id), look(language))
    assert said in str(view.answer)
    assert "call the payee" in str(view.answer)
    assert "case.propose" in offered(view)
    assert {"en": "sent the case back", "zh": "退回案件"}[language] in view.body
    desk.act(lambda command: ca.propose(desk.state, command, case_id, "fraud", "called: it was not", SETTINGS), LI)
    assert said not in str(case_view(one_case(desk.state, SETTINGS, case_id), look(language)).answer)


def at(now_us: int, actor: Actor, language: Language, grade: int = 3) -> Look:
    """How somebody looks at a page at a moment."""
    return replace(look(language, grade=grade), now_us=now_us, actor=actor)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_measure_is_refused_with_a_reason_which_its_proposer_reads(language: Language) -> None:
    proposed = disposition.impose(measures.command("m1"), measures.wanted("freeze"), measures.SETTINGS)(measures.folded())
    waits = measure_list(measures.folded(*proposed), {}, measures.NOW + 1)
    for actor, required in ((measures.WANG, True), (measures.LI, False)):
        view = measures_view(waits, at(measures.NOW + 1, actor, language), measures.SETTINGS)
        (form,) = (one for one in view.inline if one.act == "measure.refuse")
        assert [one.required for one in form.fields] == [required]
    no = disposition.refuse(measures.command("r", measures.WANG, measures.NOW + 1), "m1", measures.SETTINGS, "another account")
    ledger = measures.folded(*proposed, *no(measures.folded(*proposed)))
    mine = at(measures.NOW + 2, measures.LI, language)
    one = subject_view(one_subject(ledger, measures.ACCOUNT, measures.NOW + 2, measures.NOW), mine, measures.SETTINGS).body
    many = measures_view(measure_list(ledger, {}, measures.NOW + 2), mine, measures.SETTINGS).body
    for body in (one, many):
        assert {"en": "Refused or taken back", "zh": "已驳回或撤回"}[language] in body
        assert "another account" in body
        assert "wang.fang" in body
    late = measures.NOW + 8 * measures.DAY
    assert "another account" not in measures_view(measure_list(ledger, {}, late), at(late, measures.LI, language), measures.SETTINGS).body
    blind = at(measures.NOW + 2, measures.LI, language, grade=2)
    assert "another account" not in measures_view(measure_list(ledger, {}, measures.NOW + 2), blind, measures.SETTINGS).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_entry_of_a_list_is_refused_with_a_reason_which_its_proposer_reads(language: Language) -> None:
    office = lists.Office()
    office.open(kind="allow")
    office.add("a1")
    office.add("a2", "K2")
    (first, second) = kept.waiting(office.state, lists.NOW)
    (form,) = (
        one
        for one in answering(first, office.state.lists["cards"], at(lists.NOW, lists.WANG, language), read=True)
        if one.act == "list.refuse"
    )
    assert [one.required for one in form.fields] == [True]
    office.do(kept.refuse(lists.command("r1", lists.WANG), first.id, "not known to us"))
    office.do(kept.refuse(lists.command("r2", lists.LI), second.id))
    body = list_view(
        one_list(office.state, "cards", {}, lists.NOW), at(lists.NOW, lists.LI, language), lambda _kind, _act: lists.GROUNDS
    ).body
    assert "not known to us" in body
    assert {"en": "taken back", "zh": "本人撤回"}[language] in body
    late = lists.NOW + 8 * lists.DAY
    assert (
        "not known to us"
        not in list_view(one_list(office.state, "cards", {}, late), at(late, lists.LI, language), lambda _kind, _act: lists.GROUNDS).body
    )
