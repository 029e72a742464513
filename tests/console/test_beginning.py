"""With which alert a reader is offered to begin: whatever is offered is also carried out."""

from dataclasses import replace

import pytest

from huitong.console.work.alert import alert_view, one_alert
from huitong.console.work.alerts import Asked, alerts_view, queue_of
from huitong.contracts import Actor, Role
from huitong.kernel import PolicyError
from huitong.operations import cases as ca
from tests.console.test_work_views import PEOPLE, desk_of, look, offered
from tests.operations.desk import HOUR, LEAD, LI, SETTINGS, WANG, TestDesk


def button(desk: TestDesk, reader: Actor, settings: ca.DeskSettings = SETTINGS, asked: Asked | None = None) -> tuple[str, str] | None:
    """The title of the button, and the alert that it begins with; it is pressed, and must work."""
    found = queue_of(desk.state, settings, asked or Asked(), 2 * HOUR, reader)
    view = alerts_view(found, replace(look(), actor=reader))
    if not view.forms:
        return None
    (form,) = view.forms
    assert ca.begin(desk.state, desk.command(reader), form.fixed["alert"])
    return form.title["en"], form.fixed["alert"]


def test_an_approver_begins_with_the_first_that_was_escalated_wherever_it_stands() -> None:
    desk = desk_of(*range(90_000, 30_000, -1_000))
    assert button(desk, LEAD) is None
    last = queue_of(desk.state, SETTINGS, Asked(start=50), 2 * HOUR).rows[-1].alert.id
    desk.act(lambda command: ca.escalate(desk.state, command, last, "beyond my limit"), LI)
    assert button(desk, LEAD) == ("Begin with the first that you can take", last)
    first = queue_of(desk.state, SETTINGS, Asked(), 2 * HOUR).rows[0].alert.id
    assert button(desk, LI) == ("Begin with the first", first)
    assert button(desk, Actor("wei", frozenset[Role]({"auditor"}))) is None


def test_the_queue_passes_over_what_asks_for_a_skill_that_the_reader_lacks() -> None:
    desk = desk_of(10_000)
    hard = desk.decided("P9", "C9", amount=90_000, pattern="rule.graph")
    (easy,) = set(desk.state.alerts) - {hard}
    settings = replace(SETTINGS, skills={"rule.graph": "networks"}, people={"wang": ca.Investigator("wang", frozenset({"networks"}))})
    assert button(desk, WANG, settings) == ("Begin with the first", hard)
    assert button(desk, LI, settings) == ("Begin with the first that you can take", easy)
    desk.act(lambda command: ca.assign(desk.state, command, hard, "li", []), LEAD)
    assert button(desk, LI, settings) == ("Begin with the first", hard)  # somebody gave it to them
    assert button(desk, WANG, settings) == ("Begin with the first that you can take", easy)


def test_an_approver_begins_with_what_was_given_to_them_and_with_nothing_else_that_was_not_escalated() -> None:
    desk = desk_of(10_000)
    (alert,) = desk.state.alerts
    with pytest.raises(PolicyError) as refused:
        ca.begin(desk.state, desk.command(LEAD), alert)
    assert refused.value.code == "access.role"
    desk.act(lambda command: ca.assign(desk.state, command, alert, "chen", []), LI)
    known = one_alert(desk.state, SETTINGS, alert, PEOPLE, desk.now_us)
    assert "alert.begin" in offered(alert_view(known, replace(look(), actor=LEAD)))
    assert "alert.begin" not in offered(alert_view(known, look(name="li")))
    assert button(desk, LEAD) == ("Begin with the first", alert)
    desk.act(lambda command: ca.begin(desk.state, command, alert), LEAD)
    assert (desk.state.alerts[alert].begun_by, button(desk, LEAD)) == ("chen", None)
