"""An alert that was reopened in a case that is closed: its page and the refusal name a way out that can be gone."""

from functools import partial

import pytest

from huitong.console.work.alert import alert_view, one_alert
from huitong.kernel import Language, PolicyError
from huitong.operations import cases as ca
from tests.console.test_sent_back import proposed
from tests.console.test_work_views import LANGUAGES, PEOPLE, desk_of, look, offered
from tests.operations.desk import LEAD, LI, SETTINGS, WANG, labels_of


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_out_is_to_reopen_the_case_and_it_can_be_gone(language: Language) -> None:
    desk = desk_of(10_000)
    (alert,) = desk.state.alerts
    case = proposed(desk)
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), WANG)
    (form,) = alert_view(one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us), look(language)).forms
    assert (form.act, form.note is not None) == ("alert.reopen", True)
    desk.act(lambda command: ca.reopen(desk.state, command, alert, "a complaint"))
    view = alert_view(one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us), look(language))
    assert {"en": "reopen the case first", "zh": "请先重新打开案件"}[language] in str(view.answer)
    assert "alert.close" not in offered(view)
    with pytest.raises(PolicyError) as refused:
        desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "sure", labels_of))
    assert refused.value.code == "alert.in_case"
    assert "reopen the case" in refused.value.remedy["en"]
    (again,) = (one for one in view.forms if one.act == "case.reopen")
    desk.act(partial(ca.reopen_case, desk.state, case_id=again.fixed["case"], reason="a complaint"))
    view = alert_view(one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us), look(language))
    assert "case.reopen" not in offered(view)
    with pytest.raises(PolicyError) as refused:
        desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "sure", labels_of))
    assert refused.value.remedy["en"].startswith("close the case")
    proposal = desk.act(lambda command: ca.propose(desk.state, command, case, "fraud", "it was not salary", SETTINGS), LI)
    desk.act(lambda command: ca.close_case(desk.state, command, case, proposal, labels_of), LEAD)
    assert desk.state.alerts[alert].verdict == "fraud"
