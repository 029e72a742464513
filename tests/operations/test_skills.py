"""Who should have which of many alerts, and what is said where somebody gets one whose skill they lack."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.alert import alert_view, one_alert
from huitong.console.work.desk_acts import DESK_ACTS
from huitong.contracts import Command
from huitong.kernel import Language
from huitong.operations import cases as ca
from tests.console.test_work_views import PEOPLE, look
from tests.operations.desk import LEAD, SETTINGS, WORKERS, TestDesk

SKILLED = replace(SETTINGS, skills={"rule.graph": "networks"}, people={"li": ca.Investigator("li", frozenset({"networks"}))})


def test_a_page_of_alerts_that_nobody_has_is_proposed_to_all_by_their_hours() -> None:
    desk = TestDesk()
    alerts = [desk.decided(f"p{number}", f"C{number}") for number in range(50)]
    people = [ca.Investigator("li", minutes_a_day=360.0), ca.Investigator("wang", minutes_a_day=120.0), ca.Investigator("zhou")]
    best = ca.best_for(desk.state, people, SETTINGS, desk.now_us)
    proposed = Counter(one.id for one in (best(desk.state.alerts[alert]) for alert in alerts) if one is not None)
    assert proposed == {"li": 22, "wang": 7, "zhou": 21}
    desk.act(lambda command: ca.assign(desk.state, command, alerts[0], "li", []), LEAD)
    best = ca.best_for(desk.state, people[:2], SETTINGS, desk.now_us)
    assert [one and one.id for one in (best(desk.state.alerts[alerts[0]]) for _ in range(3))] == ["wang"] * 3, "it is somebody's already"


def test_a_warning_says_who_lacks_the_skill_and_not_which() -> None:
    desk = TestDesk()
    alert = desk.state.alerts[desk.decided("p1", pattern="rule.graph")]
    assert ca.unskilled(alert, "li", SKILLED) == []
    (warned,) = ca.unskilled(alert, "wang", SKILLED)
    assert (warned.code, warned.where) == ("alert.unskilled", "to")
    assert "networks" not in str(warned.text) + str(warned.remedy)
    assert ca.unskilled(desk.state.alerts[desk.decided("p2")], "wang", SKILLED) == []
    desk.act(lambda command: ca.escalate(desk.state, command, alert.id, "beyond my limit"))
    assert ca.unskilled(alert, "chen", SKILLED) == []


@pytest.mark.parametrize(("language", "lacks"), [("en", "lacks the skill"), ("zh", "无所需技能")])
def test_the_form_and_the_answer_say_who_lacks_the_skill(language: Language, lacks: str) -> None:
    desk = TestDesk()
    alert = desk.decided("p1", pattern="rule.graph")
    known = replace(one_alert(desk.state, SKILLED, alert, PEOPLE, desk.now_us), workers=WORKERS)
    (form,) = (one for one in alert_view(known, look(language)).forms if one.act == "alert.assign")
    assert [(name, lacks in words[language]) for name, words in form.fields[0].options] == [("li", False), ("wang", True), ("chen", True)]

    def carry_out(command: Command, act: Any, *given: Any) -> Any:  # noqa: ANN401 -- as a book's keeper
        return act(desk.state, command, *given)

    kept = SimpleNamespace(carry_out=carry_out, ask=lambda asked: asked(desk.state))
    bank = cast("WorkPort", SimpleNamespace(desk=kept, workers=lambda: WORKERS, desk_settings=SKILLED))
    for to, warned in (("li", False), ("wang", True)):
        given = Given({"alert": [alert], "to": [to]}, "UTC", "CNY")
        said = DESK_ACTS["alert.assign"](bank, desk.command(LEAD), given).said
        assert ("lacks the skill" in said["en"], "不具备" in said["zh"]) == (warned, warned)
