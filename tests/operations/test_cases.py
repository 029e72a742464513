"""Cases: alerts gathered, a time line, a checklist, a verdict proposed by one person and closed by another."""

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from huitong.contracts import Actor, Command, DataContract, Event, Value
from huitong.kernel import EventId, HuitongError
from huitong.operations import cases as ca
from huitong.store import BookKeeper, SqliteLog
from tests.operations.desk import ANALYST, LEAD, LI, SETTINGS, WANG, Asked, TestDesk, labels_of

FILE = ca.KeptFile("ab" * 32, "cd" * 32, "ef" * 32, "application/pdf", 9)


@pytest.fixture
def desk() -> TestDesk:
    return TestDesk()


def case_of_two(desk: TestDesk) -> tuple[str, str, str]:
    first, second = desk.decided("p1"), desk.decided("p2", pattern="model.amount")
    case = desk.act(lambda command: ca.open_case(desk.state, command, first, "mule account"))
    desk.act(lambda command: ca.link(desk.state, command, case, second))
    return case, first, second


def proposed(desk: TestDesk, case: str) -> None:
    for item in SETTINGS.checklist:
        desk.act(partial(ca.check, desk.state, case_id=case, item=item, settings=SETTINGS))
    desk.act(lambda command: ca.propose(desk.state, command, case, "fraud", "three accounts in a circle", SETTINGS))


def test_a_case_is_closed_by_a_second_person_with_all_its_alerts(desk: TestDesk) -> None:
    case, first, second = case_of_two(desk)
    with pytest.raises(HuitongError, match="belongs to case"):
        desk.act(lambda command: ca.close(desk.state, command, first, "fraud", "sure", labels_of))
    with pytest.raises(HuitongError, match="the checklist is not done"):
        desk.act(lambda command: ca.propose(desk.state, command, case, "fraud", "sure", SETTINGS))
    with pytest.raises(HuitongError, match="nobody has proposed"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)
    proposed(desk, case)
    with pytest.raises(HuitongError, match="cannot be the second of four eyes"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of))
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)
    closed = desk.state.cases[case]
    assert (closed.closed_by, closed.proposed_by) == ("chen", "li")
    assert {desk.state.alerts[alert].verdict for alert in (first, second)} == {"fraud"}
    assert [event.data["payment"] for event in desk.events if event.kind == "payment.labelled"] == ["p1", "p2"]
    assert len({event.id for event in desk.events}) == len(desk.events)


def test_the_time_line_holds_everything(desk: TestDesk) -> None:
    case, _, second = case_of_two(desk)
    desk.act(lambda command: ca.note(desk.state, command, case, "called the customer"), WANG)
    desk.act(lambda command: ca.add_file(desk.state, command, case, "statement.pdf", FILE))
    proposed(desk, case)
    kinds = [(entry.kind, entry.by) for entry in desk.state.cases[case].timeline]
    assert kinds[:4] == [("case.opened", "li"), ("case.linked", "li"), ("case.noted", "wang"), ("case.filed", "li")]
    assert desk.state.cases[case].timeline[1].reference == second
    assert len(kinds) == 4 + len(SETTINGS.checklist) + 1


def test_a_reopened_case_needs_a_new_proposal(desk: TestDesk) -> None:
    case, _, _ = case_of_two(desk)
    with pytest.raises(HuitongError, match="is open"):
        desk.act(lambda command: ca.reopen_case(desk.state, command, case, "doubt"))
    proposed(desk, case)
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)
    with pytest.raises(HuitongError, match="was closed by chen"):
        desk.act(lambda command: ca.note(desk.state, command, case, "more"))
    desk.act(lambda command: ca.reopen_case(desk.state, command, case, "the customer complains"))
    with pytest.raises(HuitongError, match="nobody has proposed"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)


def test_a_second_person_sends_a_case_back_and_it_may_be_proposed_again(desk: TestDesk) -> None:
    case, _, _ = case_of_two(desk)

    def refused(reason: str = "nobody called the payee", proposal: str | None = None) -> Asked:
        return lambda command: ca.refuse_case(desk.state, command, case, proposal or desk.state.cases[case].proposal, reason)

    with pytest.raises(HuitongError, match="nobody has proposed"):
        desk.act(refused(), LEAD)
    proposed(desk, case)
    seen = desk.state.cases[case].proposal
    with pytest.raises(HuitongError, match="the reason is empty"):
        desk.act(refused(" "), LEAD)
    with pytest.raises(HuitongError, match="has none of these roles"):
        desk.act(refused(), ANALYST)
    desk.act(refused(), LEAD)
    back = desk.state.cases[case]
    assert (back.proposed, back.proposal, back.timeline[-1].by, back.timeline[-1].text) == (None, None, "chen", "nobody called the payee")
    with pytest.raises(HuitongError, match="nobody has proposed"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), LEAD)
    desk.act(lambda command: ca.propose(desk.state, command, case, "genuine", "called: it was salary", SETTINGS))
    with pytest.raises(HuitongError, match="another proposal stands now"):
        desk.act(refused(proposal=seen), LEAD)
    desk.act(refused("spoke too soon"))  # who proposed may take it back
    desk.state.alerts[back.alerts[0]].escalated = "beyond my limit"
    proposed(desk, case)
    with pytest.raises(HuitongError, match="has none of these roles"):
        desk.act(refused(), WANG)
    desk.act(refused(), LEAD)


def test_an_alert_is_in_one_case(desk: TestDesk) -> None:
    case, first, _ = case_of_two(desk)
    with pytest.raises(HuitongError, match="in case"):
        desk.act(lambda command: ca.open_case(desk.state, command, first, "again"))
    other = desk.act(lambda command: ca.open_case(desk.state, command, desk.decided("p9", "C9"), "another"))
    desk.act(lambda command: ca.link(desk.state, command, case, other))
    assert desk.state.cases[case].links == [other]
    with pytest.raises(HuitongError, match="there is no alert"):
        desk.act(lambda command: ca.link(desk.state, command, case, "nothing"))


def test_a_second_person_confirms_the_proposal_that_they_saw(desk: TestDesk) -> None:
    case, _, _ = case_of_two(desk)
    proposed(desk, case)
    seen = desk.state.cases[case].proposal
    with pytest.raises(HuitongError, match="does not say which proposal"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, None, labels_of), LEAD)
    desk.act(lambda command: ca.propose(desk.state, command, case, "genuine", "it was salary", SETTINGS))
    with pytest.raises(HuitongError, match="another proposal stands now: li proposes genuine"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), LEAD)
    latest = desk.state.cases[case].proposal
    unnamed = Command("c", LEAD, desk.now_us, expects=lambda _state: None)  # as If-Match asks: the keeper has looked at the state
    assert ca.close_case(desk.state, unnamed, case, None, labels_of)[0].data["proposal"] == latest
    desk.act(lambda command: ca.close_case(desk.state, command, case, latest, labels_of), LEAD)
    (closed,) = (event for event in desk.events if event.kind == "case.closed")
    assert (closed.data["proposal"], closed.data["verdict"]) == (latest, "genuine")


def test_an_alert_that_comes_in_makes_what_was_proposed_void(desk: TestDesk) -> None:
    case, first, _ = case_of_two(desk)
    proposed(desk, case)
    seen = desk.state.cases[case].proposal
    stranger = desk.decided("q1", "C2")
    desk.act(lambda command: ca.link(desk.state, command, case, stranger), WANG)
    with pytest.raises(HuitongError, match="nobody has proposed"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), WANG)
    proposed(desk, case)
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), WANG)
    desk.act(lambda command: ca.reopen_case(desk.state, command, case, "doubt"))
    proposed(desk, case)
    desk.act(lambda command: ca.reopen(desk.state, command, first, "doubt"), WANG)
    assert desk.state.cases[case].proposal is None


def test_a_payment_that_joins_an_alert_of_the_case_makes_what_was_proposed_void(desk: TestDesk) -> None:
    case, first, _ = case_of_two(desk)
    proposed(desk, case)
    seen = desk.state.cases[case].proposal
    desk.decided("later")
    assert desk.state.alerts[first].payments == ["p1", "later"]
    with pytest.raises(HuitongError, match="nobody has proposed"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), WANG)


def test_a_case_that_was_closed_after_an_alert_joined_reads_as_it_was_recorded(desk: TestDesk) -> None:
    case, _, _ = case_of_two(desk)
    proposed(desk, case)
    stranger = desk.decided("q1", "C2")
    desk.act(lambda command: ca.link(desk.state, command, case, stranger), WANG)
    said: dict[str, Value] = {"verdict": "fraud", "reason": "three accounts in a circle", "by": "wang"}
    desk.take([Event("old", "case.closed", desk.now_us, {"case": case, "customer": "C1"}, said)])
    closed = desk.state.cases[case]
    assert (closed.proposed, closed.proposed_by, closed.closed_by, closed.reasons) == ("fraud", "li", "wang", "three accounts in a circle")


def test_a_case_with_an_escalated_alert_is_closed_by_an_approver(desk: TestDesk) -> None:
    alert = desk.decided("p1")
    desk.act(lambda command: ca.escalate(desk.state, command, alert, "beyond my limit"))
    case = desk.act(lambda command: ca.open_case(desk.state, command, alert, "a way around"))
    proposed(desk, case)
    seen = desk.state.cases[case].proposal
    with pytest.raises(HuitongError, match="wang has none of these roles: approver"):
        desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), WANG)
    desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), LEAD)


def test_neither_who_proposed_nor_who_closed_looks_a_second_time(desk: TestDesk) -> None:
    settings = replace(SETTINGS, quality_ppm=1_000_000)
    case, alert, _ = case_of_two(desk)
    proposed(desk, case)
    seen = desk.state.cases[case].proposal
    desk.act(lambda command: ca.close_case(desk.state, command, case, seen, labels_of), LEAD)
    for judged in (LI, LEAD):
        with pytest.raises(HuitongError, match="cannot be the second of four eyes"):
            desk.act(lambda command: ca.review(desk.state, command, alert, "fraud", settings), judged)
    desk.act(lambda command: ca.review(desk.state, command, alert, "fraud", settings), WANG)


def test_events_fit_their_contracts(desk: TestDesk) -> None:
    contracts = {one.kind: one for one in map(DataContract.load, (Path(ca.__file__).parent / "contracts").glob("*.toml"))}
    assert set(contracts) == set(ca.DeskBook().kinds)
    case, _, _ = case_of_two(desk)
    desk.act(lambda command: ca.note(desk.state, command, case, "called the customer"))
    desk.act(lambda command: ca.add_file(desk.state, command, case, "statement.pdf", FILE))
    proposed(desk, case)
    desk.act(lambda command: ca.close_case(desk.state, command, case, desk.state.cases[case].proposal, labels_of), LEAD)
    desk.act(lambda command: ca.reopen_case(desk.state, command, case, "doubt"))
    alert = desk.decided("p5", "C5")
    for act, by in (
        (lambda command: ca.assign(desk.state, command, alert, "li", []), LEAD),
        (lambda command: ca.begin(desk.state, command, alert), LI),
        (lambda command: ca.snooze(desk.state, command, alert, desk.now_us + 1, "abroad", SETTINGS), LI),
        (lambda command: ca.escalate(desk.state, command, alert, "staff"), LI),
        (lambda command: ca.close(desk.state, command, alert, "unclear", "nobody knows", labels_of), LEAD),
        (lambda command: ca.reopen(desk.state, command, alert, "doubt"), LI),
    ):
        desk.act(act, by)
    for event in desk.events:
        if event.kind in contracts:
            fields = {spec.name: spec for spec in contracts[event.kind].fields}
            said = set(event.data) | set(event.keys)
            assert said <= set(fields)
            assert {name for name, spec in fields.items() if spec.required} <= said
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(desk.state), type=ca.Desk) == desk.state


def test_a_desk_over_a_real_log(tmp_path: Path) -> None:
    desk = TestDesk()
    desk.decided("p1")
    with SqliteLog(tmp_path / "log.sqlite") as log:
        log.append_events(desk.events)
        keeper = BookKeeper(ca.DeskBook(), log, threading.Lock(), tmp_path / "desk.book")
        (waiting,) = keeper.ask(lambda state: ca.queue(state, SETTINGS, desk.now_us))
        command = desk.command(LI)
        done = keeper.act(EventId(command.id), lambda state: ca.close(state, command, waiting.alert.id, "fraud", "stolen", labels_of))
        assert [event.kind for event in done] == ["alert.closed", "payment.labelled"]
        assert keeper.ask(lambda state: ca.queue(state, SETTINGS, desk.now_us)) == []
        keeper.keep()
        again = BookKeeper(ca.DeskBook(), log, threading.Lock(), tmp_path / "desk.book")
        assert again.ask(lambda state: state.alerts[waiting.alert.id].verdict) == "fraud"


class Desks(RuleBasedStateMachine):
    """Any acts by anybody in any order: what is refused changes nothing, and the state stays sound."""

    def __init__(self) -> None:
        super().__init__()
        self.desk, self.payments = TestDesk(), 0

    @rule(customer=st.sampled_from(["C1", "C2"]), pattern=st.sampled_from(["rule.x", "model.y"]))
    def decided(self, customer: str, pattern: str) -> None:
        self.payments += 1
        self.desk.decided(f"p{self.payments}", customer, pattern=pattern)

    @rule(data=st.data(), by=st.sampled_from([LI, WANG, LEAD]), verdict=st.sampled_from(ca.VERDICTS))
    def act(self, data: st.DataObject, by: Actor, verdict: ca.Verdict) -> None:
        state, settings = self.desk.state, SETTINGS
        alert = data.draw(st.sampled_from(sorted(state.alerts) or ["none"]))
        case = data.draw(st.sampled_from(sorted(state.cases) or ["none"]))
        proposals = [None, "another", *(one.proposal for one in state.cases.values())]
        acts: list[Asked] = [
            lambda c: ca.begin(state, c, alert),
            lambda c: ca.escalate(state, c, alert, "up"),
            lambda c: ca.close(state, c, alert, verdict, "because", labels_of),
            lambda c: ca.reopen(state, c, alert, "doubt"),
            lambda c: ca.open_case(state, c, alert, "a case"),
            lambda c: ca.link(state, c, case, alert),
            lambda c: ca.check(state, c, case, settings.checklist[len(state.alerts) % 3], settings),
            lambda c: ca.propose(state, c, case, verdict, "because", settings),
            lambda c: ca.close_case(state, c, case, data.draw(st.sampled_from(proposals)), labels_of),
            lambda c: ca.reopen_case(state, c, case, "doubt"),
        ]
        act = data.draw(st.sampled_from(acts))
        before = msgspec.msgpack.encode(state)
        try:
            self.desk.act(act, by)
        except HuitongError:
            assert msgspec.msgpack.encode(state) == before

    @invariant()
    def sound(self) -> None:
        state = self.desk.state
        opened = {alert.id for alert in state.alerts.values() if alert.open}
        assert set(state.open_alerts.values()) == opened
        assert sorted(state.open_cases) == sorted(case.id for case in state.cases.values() if case.closed_us is None)
        assert state.of_decision == {one: alert.id for alert in state.alerts.values() for one in alert.decisions}
        for case in state.cases.values():
            assert all(state.alerts[alert].case == case.id for alert in case.alerts)
            assert case.closed_by is None or case.closed_by != case.proposed_by
        again = ca.Desk()
        for event in self.desk.events:
            if event.kind in self.desk.book.kinds:
                self.desk.book.enter(again, event)
        assert again == state


TestDesks = Desks.TestCase
TestDesks.settings = hypothesis_settings(max_examples=30, stateful_step_count=30, deadline=None)
