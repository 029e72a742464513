"""What a second person sends back: the button, and what its proposer reads."""

import pytest

from huitong.console.work.cases import case_view, one_case
from huitong.kernel import Language
from huitong.operations import cases as ca
from tests.console.test_work_views import LANGUAGES, desk_of, look, offered
from tests.operations.desk import LI, SETTINGS, WANG, TestDesk


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
