"""Alerts: raised by decisions, grouped, ranked, worked, closed with a verdict that labels their payments."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from huitong.contracts import Actor, Command, DataContract, Decision, Event, Evidence, Reason, Value
from huitong.kernel import HuitongError, InputError, minute_text
from huitong.operations import cases as ca
from huitong.operations.cases.said import CHARACTERS_MAX
from tests.operations.desk import ANALYST, HOUR, LEAD, LI, SETTINGS, WANG, WORKERS, Asked, TestDesk, labels_of


@pytest.fixture
def desk() -> TestDesk:
    return TestDesk()


def code_of(desk: TestDesk, act: Asked, by: Actor = LI) -> str:
    before = len(desk.events)
    with pytest.raises(HuitongError) as error:
        desk.act(act, by)
    assert len(desk.events) == before
    assert error.value.cause["zh"] != error.value.cause["en"]
    return error.value.code


def test_payments_of_one_subject_and_pattern_are_one_alert(desk: TestDesk) -> None:
    first = desk.decided("p1", amount=10_000, score=0.5)
    desk.now_us += 60_000_000
    desk.decided("p2", amount=30_000, score=None, outcome="decline")
    other = desk.decided("p3", pattern="model.amount")
    assert desk.decided("p4", outcome="approve") == ""
    alert = desk.state.alerts[first]
    assert (alert.role, alert.subject, alert.pattern) == ("customer", "C1", "rule.x")
    assert (alert.payments, alert.count, alert.amount_minor, alert.expected_loss_minor) == (["p1", "p2"], 2, 40_000, 5_000)
    assert alert.due_us == HOUR + SETTINGS.answer_within_us
    assert set(desk.state.alerts) == {first, other}


def test_what_was_stopped_cannot_be_lost_however_often_it_is_tried_and_what_waits_can(desk: TestDesk) -> None:
    stopped = desk.decided("big", "C1", amount=90_000_000, score=1.0, outcome="decline")
    for retry in range(3):
        desk.decided(f"again-{retry}", "C1", amount=90_000_000, score=1.0, outcome="decline")
    waits = desk.decided("small", "C2", amount=1_000, score=0.1)
    alert = desk.state.alerts[stopped]
    assert (alert.count, alert.amount_minor, alert.expected_loss_minor) == (4, 360_000_000, 0)
    assert alert.due_us == HOUR + SETTINGS.answer_within_us
    assert [one.alert.id for one in ca.queue(desk.state, SETTINGS, desk.now_us)] == [waits, stopped]
    own = TestDesk(replace(SETTINGS, alerting=frozenset({"block"}), stopping=frozenset({"block"})))
    assert own.state.alerts[own.decided("p1", outcome="block")].expected_loss_minor == 0


def test_what_was_decided_without_the_model_is_counted_as_certain_and_the_alert_knows_how_much_of_it(desk: TestDesk) -> None:
    alert = desk.decided("p1", amount=10_000, score=0.5)
    assert (desk.state.alerts[alert].certain_minor, "certain" in desk.events[-1].data) == (0, False)
    desk.decided("p2", amount=30_000, score=None)
    desk.decided("p3", amount=70_000, score=None, outcome="decline")  # stopped: nothing of it is expected to be lost
    assert (desk.state.alerts[alert].expected_loss_minor, desk.state.alerts[alert].certain_minor) == (35_000, 30_000)


def test_an_alert_raised_before_that_keeps_what_its_event_tells(desk: TestDesk) -> None:
    said: dict[str, Value] = {"subject_role": "customer", "outcome": "decline", "expected_loss": 900_000, "due": 7}
    desk.take([Event("old", "alert.raised", desk.now_us, {"customer": "C9"}, said)])
    assert (desk.state.alerts["old"].expected_loss_minor, desk.state.alerts["old"].certain_minor) == (900_000, 0)


def test_a_closed_alert_gives_way_to_a_new_one(desk: TestDesk) -> None:
    first = desk.decided("p1")
    desk.act(lambda command: ca.close(desk.state, command, first, "genuine", "customer confirmed", labels_of))
    second = desk.decided("p2")
    assert second != first
    assert code_of(desk, lambda command: ca.reopen(desk.state, command, first, "doubt")) == "alert.newer"


def test_the_queue_begins_with_what_saves_most_per_minute(desk: TestDesk) -> None:
    slow = replace(SETTINGS, minutes={"rule.slow": 60.0})
    dear = desk.decided("p1", "C1", amount=300_000, pattern="rule.slow")
    cheap = desk.decided("p2", "C2", amount=100_000)
    tiny = desk.decided("p3", "C3", amount=100)
    waiting = ca.queue(desk.state, slow, desk.now_us)
    assert [one.alert.id for one in waiting] == [cheap, dear, tiny]
    assert waiting[0].value_minor_a_minute == 50_000 / 10
    assert ca.figures(desk.state, slow, desk.now_us) == ca.QueueFigures(3, 80 / 60, 0, 0, 200_050)


def test_what_waits_is_counted_without_a_look_at_what_was_closed(desk: TestDesk) -> None:
    class Closed(dict[str, ca.Alert]):
        """There are more of them each day."""

        def values(self) -> NoReturn:
            raise AssertionError

    for number in range(3):
        last = desk.decided(f"p{number}", f"C{number}")
    desk.act(lambda command: ca.close(desk.state, command, last, "genuine", "customer confirmed", labels_of))
    desk.state.alerts = Closed(desk.state.alerts)
    assert ca.figures(desk.state, SETTINGS, desk.now_us).alerts == len(ca.queue(desk.state, SETTINGS, desk.now_us)) == 2
    assert ca.best_for(desk.state, [ca.Investigator("li")], SETTINGS, desk.now_us)(next(ca.open_alerts(desk.state)))


def test_minutes_are_learned_from_work_that_was_begun(desk: TestDesk) -> None:
    for number in range(20):
        alert = desk.decided(f"p{number}")
        desk.act(partial(ca.begin, desk.state, alert_id=alert))
        desk.now_us += 120_000_000
        desk.act(partial(ca.close, desk.state, alert_id=alert, verdict="genuine", reason="fine", labels_of=labels_of))
    assert ca.minutes_of(desk.state, "rule.x", SETTINGS) == (5 * 10 + 20 * 2) / 25
    assert ca.minutes_of(desk.state, "rule.y", SETTINGS) == 10


def test_a_verdict_labels_every_payment_and_an_unclear_one_none(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.decided("p2")
    desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "card was stolen", labels_of))
    labels = {event.data["payment"]: event.data["fraud"] for event in desk.events if event.kind == "payment.labelled"}
    assert labels == {"p1": True, "p2": True}
    assert len({event.id for event in desk.events}) == len(desk.events)
    other = desk.decided("p3")
    desk.act(lambda command: ca.close(desk.state, command, other, "unclear", "nobody answers", labels_of))
    assert sum(event.kind == "payment.labelled" for event in desk.events) == 2


def test_who_has_begun_does_not_begin_again_and_lose_their_time(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.begin(desk.state, command, alert))
    desk.now_us += 3 * HOUR
    assert code_of(desk, lambda command: ca.begin(desk.state, command, alert)) == "alert.begun"
    desk.act(lambda command: ca.assign(desk.state, command, alert, "wang", WORKERS), LEAD)
    desk.act(lambda command: ca.begin(desk.state, command, alert), WANG)
    desk.act(lambda command: ca.snooze(desk.state, command, alert, desk.now_us + HOUR, "abroad", SETTINGS), WANG)
    desk.act(lambda command: ca.begin(desk.state, command, alert), WANG)


def test_a_label_is_replaced_by_the_later_verdict_and_cannot_be_left_in_doubt(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "card was stolen", labels_of))
    desk.act(lambda command: ca.reopen(desk.state, command, alert, "a complaint"), WANG)
    assert code_of(desk, lambda command: ca.close(desk.state, command, alert, "unclear", "who knows", labels_of)) == "alert.labelled"
    case = desk.act(lambda command: ca.open_case(desk.state, command, alert, "a complaint"))
    for item in SETTINGS.checklist:
        desk.act(partial(ca.check, desk.state, case_id=case, item=item, settings=SETTINGS))
    assert code_of(desk, lambda command: ca.propose(desk.state, command, case, "unclear", "who knows", SETTINGS)) == "alert.labelled"
    desk.act(lambda command: ca.propose(desk.state, command, case, "genuine", "the customer did it", SETTINGS))
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)
    assert [event.data["fraud"] for event in desk.events if event.kind == "payment.labelled"] == [True, False]


def test_what_people_write_has_an_end(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    long, longer = "理" * 2_000, "x" * 10_001
    assert code_of(desk, lambda command: ca.escalate(desk.state, command, alert, long + "由")) == "desk.too_long"
    assert code_of(desk, lambda command: ca.assign(desk.state, command, alert, "x" * 129, WORKERS)) == "desk.too_long"
    assert code_of(desk, lambda command: ca.open_case(desk.state, command, alert, "x" * 201)) == "desk.too_long"
    desk.act(lambda command: ca.escalate(desk.state, command, alert, long))
    case = desk.act(lambda command: ca.open_case(desk.state, command, alert, "x" * 200))
    assert code_of(desk, lambda command: ca.note(desk.state, command, case, longer)) == "desk.too_long"
    contracts = Path(ca.__file__).parent / "contracts"
    for kind, field in (("alert.escalated", "reason"), ("case.noted", "note"), ("case.opened", "title"), ("case.filed", "name")):
        assert DataContract.load(contracts / f"{kind}.toml").field(field).length_max == CHARACTERS_MAX[field]  # type: ignore[union-attr]  # there


def test_a_sleeping_alert_wakes_and_its_deadline_stays(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    until = desk.now_us + 48 * HOUR
    desk.act(lambda command: ca.snooze(desk.state, command, alert, until, "customer abroad", SETTINGS))
    assert ca.queue(desk.state, SETTINGS, until - 1) == []
    assert ca.figures(desk.state, SETTINGS, until - 1).asleep == 1
    (awake,) = ca.queue(desk.state, SETTINGS, until)
    assert awake.late
    latest = minute_text(desk.now_us + SETTINGS.snooze_max_us, "Asia/Shanghai")
    for wrong, code in ((desk.now_us, "alert.snooze.past"), (desk.now_us + SETTINGS.snooze_max_us + 1, "alert.snooze")):
        command = Command("s", LI, desk.now_us, zone="Asia/Shanghai")
        with pytest.raises(InputError) as refused:
            ca.snooze(desk.state, command, alert, wrong, "later", SETTINGS)
        assert refused.value.code == code
        assert all(latest in text for text in refused.value.remedy.values())


def test_a_new_payment_wakes_a_sleeping_alert(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.snooze(desk.state, command, alert, desk.now_us + 48 * HOUR, "abroad", SETTINGS))
    desk.now_us += HOUR
    assert desk.decided("p2", amount=100_000_000) != alert
    (awake,) = ca.queue(desk.state, SETTINGS, desk.now_us)
    assert awake.alert.id == alert
    assert ca.figures(desk.state, SETTINGS, desk.now_us).asleep == 0


def test_who_is_escalated_to_or_opens_again_does_not_wait_for_the_first_ones_sleep(desk: TestDesk) -> None:
    alert, until = desk.decided("p1"), desk.now_us + 48 * HOUR
    desk.act(lambda command: ca.snooze(desk.state, command, alert, until, "abroad", SETTINGS))
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "beyond my limit"))
    assert [one.alert.id for one in ca.queue(desk.state, SETTINGS, desk.now_us)] == [alert]
    desk.act(lambda command: ca.snooze(desk.state, command, alert, until, "abroad", SETTINGS), LEAD)
    desk.act(lambda command: ca.close(desk.state, command, alert, "genuine", "a gift", labels_of), LEAD)
    desk.act(lambda command: ca.reopen(desk.state, command, alert, "a complaint"), LEAD)
    assert [one.alert.id for one in ca.queue(desk.state, SETTINGS, desk.now_us)] == [alert]


def test_waiting_for_another_person_is_no_work(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.begin(desk.state, command, alert))
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "beyond my limit"))
    desk.now_us += 4 * HOUR
    desk.act(lambda command: ca.begin(desk.state, command, alert), LEAD)
    desk.now_us += 120_000_000
    desk.act(lambda command: ca.close(desk.state, command, alert, "genuine", "a gift", labels_of), LEAD)
    assert (desk.state.handled["rule.x"].alerts, desk.state.handled["rule.x"].minutes) == (1, 2)


def test_the_same_verdict_again_labels_only_what_joined_since(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    for reason in ("card was stolen", "the police say so too"):
        desk.act(partial(ca.close, desk.state, alert_id=alert, verdict="fraud", reason=reason, labels_of=labels_of))
        desk.act(lambda command: ca.reopen(desk.state, command, alert, "a better reason"), WANG)
        desk.decided("p2")
    desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "all of it", labels_of))
    labelled = [event.data["payment"] for event in desk.events if event.kind == "payment.labelled"]
    assert labelled == ["p1", "p2", "p2"]


def test_payments_that_name_nobody_are_an_alert_each(desk: TestDesk) -> None:
    alerts = set()
    for payment in ("p1", "p2"):
        event = Event(payment, "payment.requested", desk.now_us, {}, {"amount": 100})
        reasons = (Reason("rule.x", {"en": "why", "zh": "理由"}, 1.0, "rule"),)
        decision = Decision(f"d-{payment}", payment, "cards", "v1", "review", 0.5, reasons, Evidence(), (), "full", 0)
        alerts.add(desk.take(ca.raised_by(SETTINGS)(event, decision)))
    assert {desk.state.alerts[one].subject for one in alerts} == {"p1", "p2"}
    for alert in alerts:
        desk.act(partial(ca.close, desk.state, alert_id=alert, verdict="genuine", reason="fine", labels_of=labels_of))
    assert desk.events[-2].keys == {"alert": desk.events[-2].keys["alert"]}


def test_who_sleeps_past_the_deadline_is_late(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.snooze(desk.state, command, alert, desk.now_us + 48 * HOUR, "abroad", SETTINGS))
    assert ca.figures(desk.state, SETTINGS, desk.now_us + 24 * HOUR) == ca.QueueFigures(0, 0.0, 0, 1, 0)
    assert ca.figures(desk.state, SETTINGS, desk.now_us + 25 * HOUR) == ca.QueueFigures(0, 0.0, 1, 1, 0, asleep_late=1)


def test_only_who_has_an_alert_or_an_approver_lets_it_sleep(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.begin(desk.state, command, alert))

    def snoozed(command: Command) -> list[Event]:
        return ca.snooze(desk.state, command, alert, desk.now_us + HOUR, "later", SETTINGS)

    assert code_of(desk, snoozed, WANG) == "alert.assigned"
    desk.act(snoozed)
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "beyond my limit"))
    assert code_of(desk, snoozed) == "access.role"
    desk.act(snoozed, LEAD)


def test_the_deadline_goes_by_the_sum_and_only_moves_earlier(desk: TestDesk) -> None:
    alert = desk.decided("p1", amount=400_000, score=1.0)
    assert desk.state.alerts[alert].due_us == desk.now_us + 24 * HOUR
    desk.now_us += HOUR
    desk.decided("p2", amount=100_000, score=1.0)
    assert desk.state.alerts[alert].due_us == desk.now_us + HOUR
    urgent_us = desk.state.alerts[alert].due_us
    desk.now_us += HOUR
    desk.decided("p3", amount=900_000, score=1.0)
    assert desk.state.alerts[alert].due_us == urgent_us
    old = Event("old", "alert.raised", desk.now_us, {"customer": "C9"}, {"subject_role": "customer", "expected_loss": 900_000, "due": 7})
    desk.take([old])
    assert desk.state.alerts["old"].due_us == 7


def test_an_escalated_alert_is_an_approvers(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.begin(desk.state, command, alert))
    assert code_of(desk, lambda command: ca.begin(desk.state, command, alert), WANG) == "alert.assigned"
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "a relative of staff"))
    assert desk.state.alerts[alert].assignee is None
    assert code_of(desk, lambda command: ca.escalate(desk.state, command, alert, "again"), WANG) == "alert.escalated"
    assert desk.state.alerts[alert].escalated == "a relative of staff"
    assert code_of(desk, lambda command: ca.close(desk.state, command, alert, "fraud", "sure", labels_of)) == "access.role"
    desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "sure", labels_of), LEAD)


def test_work_goes_to_who_can_do_it_and_has_least(desk: TestDesk) -> None:
    settings = replace(SETTINGS, skills={"rule.graph": "networks"})
    people = [ca.Investigator("li", frozenset({"networks"})), ca.Investigator("wang", minutes_a_day=60.0), ca.Investigator("zhou")]
    graph = desk.decided("p1", "C1", pattern="rule.graph")
    for number, expected in enumerate(["li", "zhou", "li", "zhou"]):
        alert = desk.decided(f"q{number}", f"D{number}")
        best = ca.best_for(desk.state, people, settings, desk.now_us)(desk.state.alerts[alert])
        assert best is not None
        if number > 1:
            assert best.id != "wang" or ca.queue(desk.state, settings, desk.now_us, assignee="wang") == []
        desk.act(partial(ca.assign, desk.state, alert_id=alert, to=expected, workers=[]), LEAD)
    assert (able := ca.best_for(desk.state, people, settings, desk.now_us)(desk.state.alerts[graph])) is not None
    assert able.id == "li"
    assert ca.best_for(desk.state, people[1:], settings, desk.now_us)(desk.state.alerts[graph]) is None
    free = ca.best_for(desk.state, people, settings, desk.now_us)(desk.state.alerts[alert])
    assert free is not None
    assert free.id == "wang"
    desk.act(partial(ca.escalate, desk.state, alert_id=alert, reason="beyond my limit"))
    assert ca.best_for(desk.state, people, settings, desk.now_us)(desk.state.alerts[alert]) is None


def test_a_drawn_alert_is_looked_at_by_another_person(desk: TestDesk) -> None:
    settings = replace(SETTINGS, quality_ppm=1_000_000)
    alert = desk.decided("p1")
    assert ca.to_review(desk.state, settings) == []
    desk.act(lambda command: ca.close(desk.state, command, alert, "genuine", "fine", labels_of))
    assert [one.id for one in ca.to_review(desk.state, settings)] == [alert]
    assert code_of(desk, lambda command: ca.review(desk.state, command, alert, "fraud", settings)) == "access.four_eyes"
    desk.act(lambda command: ca.review(desk.state, command, alert, "fraud", settings), WANG)
    assert ca.agreement(desk.state) == (1, 0)
    assert ca.to_review(desk.state, settings) == []
    assert code_of(desk, lambda command: ca.review(desk.state, command, alert, "fraud", settings), WANG) == "alert.review"


def test_about_the_share_that_is_set_is_drawn() -> None:
    drawn = sum(ca.drawn_for_review(f"alert:{number}", SETTINGS) for number in range(20_000))
    assert 900 < drawn < 1_100


def test_what_makes_no_sense_is_refused(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    assert code_of(desk, lambda command: ca.begin(desk.state, command, "nobody")) == "alert.unknown"
    assert code_of(desk, lambda command: ca.begin(desk.state, command, alert), ANALYST) == "access.role"
    assert code_of(desk, lambda command: ca.close(desk.state, command, alert, "fraud", " ", labels_of)) == "desk.reason"
    assert code_of(desk, lambda command: ca.reopen(desk.state, command, alert, "doubt")) == "alert.open"
    desk.act(lambda command: ca.close(desk.state, command, alert, "fraud", "sure", labels_of))
    assert code_of(desk, lambda command: ca.escalate(desk.state, command, alert, "late")) == "alert.closed"
    desk.act(lambda command: ca.reopen(desk.state, command, alert, "doubt"))
    assert desk.state.alerts[alert].open


def test_an_alert_is_given_only_to_who_may_work_on_it(desk: TestDesk) -> None:
    alert = desk.decided("p1")

    def given(to: str, workers: Sequence[ca.Worker] = WORKERS) -> Asked:
        return lambda command: ca.assign(desk.state, command, alert, to, workers)

    for nobody in ("nobody.here", "auditor", ""):
        assert code_of(desk, given(nobody)) == "alert.nobody"
    for somebody in ("wang", "chen"):
        desk.act(given(somebody))
        assert desk.state.alerts[alert].assignee == somebody
    desk.act(given("who.ever", []))  # a bank without users knows nobody
    assert code_of(desk, given("key:core"), Actor("key:core", frozenset({"machine"}), person=False)) == "alert.nobody"


def test_an_escalated_alert_is_an_approvers_alone(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "beyond my limit"))

    def given(to: str, workers: Sequence[ca.Worker] = WORKERS) -> Asked:
        return lambda command: ca.assign(desk.state, command, alert, to, workers)

    def snoozed(command: Command) -> list[Event]:
        return ca.snooze(desk.state, command, alert, desk.now_us + HOUR, "later", SETTINGS)

    assert [code_of(desk, given("li", workers)) for workers in (WORKERS, [])] == ["alert.nobody"] * 2
    assert code_of(desk, lambda command: ca.begin(desk.state, command, alert)) == "access.role"
    desk.act(given("chen"))
    assert code_of(desk, snoozed) == "access.role"
    desk.act(lambda command: ca.begin(desk.state, command, alert), LEAD)
    desk.act(snoozed, LEAD)


def test_who_was_given_an_alert_before_it_was_escalated_to_them_cannot_let_it_sleep(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "beyond my limit"))
    event = Event("old", "alert.assigned", desk.now_us, {"alert": alert, "customer": "C1"}, {"to": "li", "by": "li"})
    desk.take([event])  # as it was written before that was refused
    assert code_of(desk, lambda command: ca.snooze(desk.state, command, alert, desk.now_us + HOUR, "later", SETTINGS)) == "access.role"
