"""A case that was reopened and closed otherwise: its last verdict is the truth for all its alerts, and for their payments."""

from functools import partial

import pytest

from huitong.console.work.cases import case_view, one_case
from huitong.kernel import HuitongError, Language
from huitong.operations import cases as ca
from tests.console.test_work_views import look
from tests.operations.desk import LEAD, LI, SETTINGS, WANG, TestDesk, labels_of


def closed_as(desk: TestDesk, case: str, verdict: ca.Verdict) -> None:
    proposed_as(desk, case, verdict)
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)


def proposed_as(desk: TestDesk, case: str, verdict: ca.Verdict) -> None:
    desk.act(lambda command: ca.propose(desk.state, command, case, verdict, f"it was {verdict}", SETTINGS))


def reopened(desk: TestDesk, first: ca.Verdict) -> tuple[str, list[str]]:
    """A case of two alerts that was closed with a verdict, and taken up again an hour later."""
    alerts = [desk.decided("p1"), desk.decided("p2", pattern="model.amount")]
    case = desk.act(lambda command: ca.open_case(desk.state, command, alerts[0], "mule account"))
    desk.act(lambda command: ca.link(desk.state, command, case, alerts[1]))
    for item in SETTINGS.checklist:
        desk.act(partial(ca.check, desk.state, case_id=case, item=item, settings=SETTINGS))
    closed_as(desk, case, first)
    desk.now_us += 3_600_000_000
    desk.act(lambda command: ca.reopen_case(desk.state, command, case, "the customer complains"))
    return case, alerts


def labels(desk: TestDesk) -> list[tuple[object, object]]:
    return [(one.data["payment"], one.data["fraud"]) for one in desk.events if one.kind == "payment.labelled"]


def test_closed_with_another_verdict_it_takes_its_alerts_and_their_labels_along() -> None:
    desk = TestDesk()
    case, alerts = reopened(desk, "fraud")
    newer = desk.decided("p3")  # about the same, in the queue while the case is looked at again
    minutes = dict(desk.state.handled)
    closed_as(desk, case, "genuine")
    assert [desk.state.alerts[one].verdict for one in alerts] == ["genuine", "genuine"]
    assert [desk.state.alerts[one].closed_us for one in alerts] == [desk.now_us, desk.now_us]
    assert labels(desk) == [("p1", True), ("p2", True), ("p1", False), ("p2", False)]
    assert ca.verdicts_of(desk.state, [case, *alerts]) == dict.fromkeys([case, *alerts], False)
    assert list(desk.state.open_alerts.values()) == [newer]
    assert desk.state.handled == minutes


def test_closed_with_the_same_verdict_it_says_nothing_twice() -> None:
    desk = TestDesk()
    case, _ = reopened(desk, "fraud")
    before = len(desk.events)
    closed_as(desk, case, "fraud")
    assert [one.kind for one in desk.events[before:]] == ["case.proposed", "case.closed"]


def test_of_what_was_unclear_the_first_label_comes_with_the_verdict() -> None:
    desk = TestDesk()
    case, alerts = reopened(desk, "unclear")
    closed_as(desk, case, "fraud")
    assert labels(desk) == [("p1", True), ("p2", True)]
    assert {desk.state.alerts[one].verdict for one in alerts} == {"fraud"}


def test_what_has_labels_does_not_become_unclear() -> None:
    desk = TestDesk()
    case, _ = reopened(desk, "fraud")
    with pytest.raises(HuitongError, match="labelled as fraud already") as refused:
        proposed_as(desk, case, "unclear")
    assert refused.value.code == "alert.labelled"
    view = case_view(one_case(desk.state, SETTINGS, case), look())
    (form,) = (one for one in view.forms if one.act == "case.propose")
    assert [name for name, _ in form.fields[0].options] == ["fraud", "genuine"]
    assert form.fields[0].hint is not None


def test_a_second_look_at_the_old_verdict_is_none_at_the_new_one() -> None:
    desk = TestDesk(SETTINGS)
    case, (alert, _) = reopened(desk, "fraud")
    desk.state.alerts[alert].reviewed = "fraud"
    closed_as(desk, case, "genuine")
    assert desk.state.alerts[alert].reviewed is None


@pytest.mark.parametrize(("language", "said"), [("en", "2 alerts that were closed otherwise"), ("zh", "此前以其他结论关闭的 2 条预警")])
def test_who_closes_it_reads_that_closed_alerts_are_closed_anew(language: Language, said: str) -> None:
    desk = TestDesk()
    case, _ = reopened(desk, "fraud")
    notes = []
    for verdict in ("fraud", "genuine"):
        proposed_as(desk, case, verdict)
        view = case_view(one_case(desk.state, SETTINGS, case), look(name=WANG.id))
        (form,) = (one for one in view.forms if one.act == "case.close")
        notes.append(said in (form.note or {})[language])
    assert notes == [False, True]
    assert LI.id == desk.state.cases[case].proposed_by
