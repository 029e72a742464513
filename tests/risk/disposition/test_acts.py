"""Who may impose and lift what: alone up to a rank, above it two persons, always."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import Act, Actor, Command, Event, Measure, MeasureKind
from huitong.kernel import HuitongError, InputError, minute_text
from huitong.risk.disposition import (
    KINDS,
    Ledger,
    MeasuresBook,
    confirm,
    event_of,
    impose,
    imposed_by,
    in_force,
    lift,
    measures_of,
    rank,
    refuse,
    waiting,
)
from huitong.risk.disposition.ledger import measure_of
from tests.risk.disposition.build import (
    ACCOUNT,
    DAY,
    HOUR,
    LI,
    NOW,
    ROBOT,
    SETTINGS,
    WANG,
    ZHAO,
    change,
    command,
    decision,
    folded,
    payment,
    wanted,
)


class Desk:
    """A ledger on which acts are carried out one after another."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.events: list[Event] = []

    def do(self, act: Act[Ledger]) -> Sequence[Event]:
        return self.take(*act(self.ledger))

    def take(self, *events: Event) -> Sequence[Event]:
        for event in events:
            MeasuresBook().enter(self.ledger, event)
        self.events += events
        return events


def refused(act: Act[Ledger], desk: Desk) -> str:
    before = len(desk.events)
    with pytest.raises(HuitongError) as error:
        desk.do(act)
    assert all(error.value.cause[language] and error.value.remedy[language] for language in ("zh", "en"))
    assert len(desk.events) == before
    return error.value.code


def test_a_hold_is_imposed_by_one_person_and_lifted_by_one_with_the_same_trace() -> None:
    desk = Desk()
    desk.do(impose(command("c1"), wanted("hold"), SETTINGS))
    (measure,) = in_force(desk.ledger, NOW, ACCOUNT)
    assert (measure.id, measure.kind, measure.customer, measure.changes[0].by) == ("c1", "hold", "C1", "li.wei")
    desk.do(lift(command("c2", WANG, NOW + HOUR), "c1", "verified", SETTINGS, "called back"))
    (measure,) = measures_of(desk.ledger, ACCOUNT)
    assert measure.ended_by is not None
    assert (measure.over_us, measure.ended_by.by, measure.ended_by.ground, measure.ended_by.note) == (
        NOW + HOUR,
        "wang.fang",
        "verified",
        "called back",
    )
    assert in_force(desk.ledger, NOW + HOUR) == []
    assert desk.ledger == folded(*desk.events)


def test_a_freeze_waits_for_a_second_person_to_impose_and_to_lift() -> None:
    desk = Desk()
    (event,) = desk.do(impose(command("c1"), wanted("freeze"), SETTINGS))
    assert event.kind == "measure.proposed"
    assert in_force(desk.ledger, NOW) == []
    assert refused(confirm(command("x", LI), "c1", SETTINGS), desk) == "access.role"
    both = Actor("li.wei", frozenset({"investigator", "approver"}))
    assert refused(confirm(command("x", both), "c1", SETTINGS), desk) == "access.four_eyes"
    assert refused(confirm(command("x", ROBOT), "c1", SETTINGS), desk) == "access.four_eyes"
    desk.do(confirm(command("c2", WANG, NOW + HOUR), "c1", SETTINGS))
    (measure,) = in_force(desk.ledger, NOW + HOUR)
    assert (measure.from_us, measure.over_us, measure.changes[0].second) == (NOW + HOUR, NOW + DAY, "wang.fang")
    assert refused(confirm(command("x", WANG, NOW + HOUR), "c1", SETTINGS), desk) == "measure.proposal.over"

    desk.do(lift(command("c3", WANG, NOW + 2 * HOUR), measure.id, "verified", SETTINGS))
    assert in_force(desk.ledger, NOW + 2 * HOUR)
    assert refused(lift(command("x", LI, NOW + 2 * HOUR), measure.id, "verified", SETTINGS), desk) == "measure.lift.proposed"
    other = Actor("chen.jie", frozenset({"approver"}))
    desk.do(confirm(command("c4", other, NOW + 3 * HOUR), "c3", SETTINGS))
    assert in_force(desk.ledger, NOW + 3 * HOUR) == []
    assert desk.ledger == folded(*desk.events)


def test_whoever_made_the_key_that_proposed_takes_it_back_and_does_not_confirm_it() -> None:
    desk, core = Desk(), Actor("key:core", frozenset({"investigator"}), person=False)
    maker = replace(WANG, systems=frozenset({"key:core"}))
    desk.do(impose(command("c1", core), wanted("freeze"), SETTINGS))
    assert refused(confirm(command("x", maker), "c1", SETTINGS), desk) == "access.four_eyes"
    desk.do(refuse(command("c2", replace(maker, roles=frozenset())), "c1", SETTINGS))
    desk.do(impose(command("c3", core), wanted("freeze"), SETTINGS))
    desk.do(confirm(command("c4", replace(WANG, systems=frozenset({"key:other"}))), "c3", SETTINGS))
    assert waiting(desk.ledger, NOW) == []


def test_an_old_proposal_to_lift_takes_nothing_off_that_came_after_it() -> None:
    desk, other = Desk(), Actor("chen.jie", frozenset({"approver"}))

    def freeze(name: str, at_us: int, until_us: int) -> None:
        desk.do(impose(command(name, now_us=at_us), wanted("freeze", until_us), SETTINGS))
        desk.do(confirm(command(f"{name}/c", WANG, at_us), name, SETTINGS))

    freeze("one", NOW, NOW + 10 * HOUR)
    desk.do(lift(command("l1", LI, NOW + HOUR), "one/c/1", "verified", SETTINGS))
    assert refused(confirm(command("x", other, NOW + 11 * HOUR), "l1", SETTINGS), desk) == "measure.lift.past"
    freeze("two", NOW + 12 * HOUR, NOW + DAY)
    assert refused(confirm(command("x", other, NOW + 13 * HOUR), "l1", SETTINGS), desk) == "measure.lift.past"
    desk.do(lift(command("l2", LI, NOW + 13 * HOUR), "two/c/1", "verified", SETTINGS))
    freeze("order", NOW + 14 * HOUR, NOW + 9 * DAY)
    assert refused(confirm(command("x", other, NOW + 15 * HOUR), "l2", SETTINGS), desk) == "measure.lift.past"
    desk.do(lift(command("l3", LI, NOW + 15 * HOUR), "two/c/1", "verified", SETTINGS))
    desk.take(event_of(replace(change("auto", NOW + 16 * HOUR, NOW + 9 * DAY, "freeze"), automatic=True)))
    desk.do(confirm(command("l3/c", other, NOW + 17 * HOUR), "l3", SETTINGS))
    assert in_force(desk.ledger, NOW + 17 * HOUR) == []


def test_a_proposal_is_refused_taken_back_or_forgotten() -> None:
    desk = Desk()
    for number in range(3):
        desk.do(impose(command(f"c{number}", now_us=NOW + number), wanted("freeze"), SETTINGS))
    assert [one.change.id for one in waiting(desk.ledger, NOW + 3)] == ["c0", "c1", "c2"]
    assert refused(refuse(command("x", ZHAO), "c0", SETTINGS), desk) == "access.role"
    desk.do(refuse(command("r", WANG, NOW + HOUR), "c1", SETTINGS, "not him"))
    assert [one.change.id for one in waiting(desk.ledger, NOW + HOUR)] == ["c0", "c2"], "to refuse one says nothing of another"
    said = desk.ledger.proposals["c1"]
    assert (said.state, said.second, said.note) == ("refused", "wang.fang", "not him")
    desk.do(impose(command("c4", now_us=NOW + HOUR), wanted("freeze"), SETTINGS))
    desk.do(refuse(command("back", LI, NOW + HOUR), "c4", SETTINGS))
    desk.do(impose(command("c5", now_us=NOW), wanted("freeze", NOW + 2 * DAY), SETTINGS))
    assert refused(confirm(command("x", WANG, NOW + SETTINGS.proposal_us), "c5", SETTINGS), desk) == "measure.proposal.over"
    assert refused(confirm(command("x", WANG), "c9", SETTINGS), desk) == "measure.proposal.unknown"


def test_who_takes_back_their_own_proposal_leaves_the_policys_to_the_second_person() -> None:
    desk, event = Desk(), payment()
    theirs, _ = desk.take(*imposed_by(decision(event, Measure("freeze", "account", "A1", NOW + 3 * DAY, "rule.odd")), event, SETTINGS))
    desk.do(impose(command("mine"), wanted("freeze"), SETTINGS))
    desk.do(refuse(command("back", now_us=NOW + 1), "mine", SETTINGS))
    assert [one.change.id for one in waiting(desk.ledger, NOW + 1)] == [theirs.id]
    desk.do(confirm(command("yes", WANG, NOW + 2), theirs.id, SETTINGS))
    assert in_force(desk.ledger, NOW + 2)[0].kind == "freeze"


def test_a_confirmation_settles_what_asks_for_no_more_and_nothing_else() -> None:
    desk, ends = Desk(), {"short": 1, "named": 3, "same": 3, "long": 100}
    for name, days in ends.items():
        desk.do(impose(command(name), wanted("freeze", NOW + days * DAY), SETTINGS))
    desk.do(impose(command("less", now_us=NOW), wanted("freeze", amount_minor=500), SETTINGS))
    said = desk.do(confirm(command("yes", WANG, NOW + 1), "named", SETTINGS))
    assert {name: one.state for name, one in desk.ledger.proposals.items()} == {
        "short": "confirmed",
        "named": "confirmed",
        "same": "confirmed",
        "long": "open",
        "less": "confirmed",
    }
    as_before = replace(said[0], data={name: value for name, value in said[0].data.items() if name != "settles"})
    assert not waiting(folded(*desk.events[:-2], as_before, said[1]), NOW + 2), "a record of before settles all, as it did"


@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.booleans(), st.sampled_from([LI, WANG, ROBOT]))
def test_above_the_rank_nobody_imposes_alone(kind: MeasureKind, alone: MeasureKind, automatic_same: bool, who: Actor) -> None:
    settings = replace(SETTINGS, alone_up_to=alone, automatic_up_to=alone if automatic_same else "watch")
    ledger = folded()
    events = impose(command("c", who), wanted(kind, amount_minor=1), settings)(ledger)
    mark: MeasureKind = alone if who.person or automatic_same else "watch"
    assert [event.kind for event in events] == ["measure.changed" if rank(kind) <= rank(mark) else "measure.proposed"]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (impose(command("c", ZHAO), wanted("hold"), SETTINGS), "access.role"),
        (impose(command("c"), wanted("hold", NOW), SETTINGS), "measure.until"),
        (impose(command("c"), wanted("hold", NOW + 8 * DAY), SETTINGS), "measure.until"),
        (impose(command("c"), wanted("limit"), SETTINGS), "measure.limit.amount"),
        (impose(command("c"), wanted("limit", amount_minor=-1), SETTINGS), "measure.limit.amount"),
        (impose(command("c"), wanted("freeze", amount_minor=-500), SETTINGS), "measure.amount.negative"),
        (impose(command("c"), wanted(channel=""), SETTINGS), "measure.name"),
        (impose(command("c" * 97), wanted(), SETTINGS), "measure.text.long"),
        (lift(command("c"), "c9", "verified", SETTINGS), "measure.unknown"),
        (lift(command("c", ZHAO), "h", "verified", SETTINGS), "access.role"),
        (lift(command("c"), "h", "because", SETTINGS), "measure.ground"),
        (lift(command("c"), "h", "customer_report", SETTINGS), "measure.ground"),
        (impose(command("c"), replace(wanted(), ground="mistaken"), SETTINGS), "measure.ground"),
        (lift(command("c", now_us=NOW + DAY), "h", "verified", SETTINGS), "measure.over"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(act: Act[Ledger], code: str) -> None:
    desk = Desk()
    MeasuresBook().enter(desk.ledger, event_of(change("h", NOW, NOW + DAY)))
    assert refused(act, desk) == code


def test_who_may_lift_is_whom_every_change_that_is_still_to_end_lets() -> None:
    desk, rule = Desk(), SETTINGS.rule("hold")
    strict = replace(SETTINGS, kinds={**SETTINGS.kinds, "hold": replace(rule, lifted_by=("approver",), lift_second=True)})
    desk.do(impose(command("strict"), wanted("hold"), strict))
    desk.do(impose(command("longer", now_us=NOW + 1), wanted("hold", NOW + 2 * DAY), SETTINGS))
    assert refused(lift(command("x", now_us=NOW + 2), "strict", "verified", SETTINGS), desk) == "access.role"
    (proposed,) = desk.do(lift(command("l", WANG, NOW + 2), "strict", "verified", SETTINGS))
    assert proposed.kind == "measure.proposed"
    (lifted,) = desk.do(lift(command("late", now_us=NOW + DAY), "strict", "verified", SETTINGS))
    assert lifted.kind == "measure.changed", "the strict one is over by then"


def test_to_raise_a_limit_takes_whoever_may_lift_it() -> None:
    desk, rule = Desk(), SETTINGS.rule("limit")
    strict = replace(SETTINGS, kinds={**SETTINGS.kinds, "limit": replace(rule, lifted_by=("approver",), lift_second=True)})
    desk.do(impose(command("c1"), wanted("limit", amount_minor=10_000), strict))
    assert refused(impose(command("x"), wanted("limit", amount_minor=2**53), strict), desk) == "access.role"
    assert [one.kind for one in desk.do(impose(command("c2"), wanted("limit", amount_minor=5_000), strict))] == ["measure.changed"]
    (proposed,) = desk.do(impose(command("c3", WANG), wanted("limit", amount_minor=90_000), strict))
    assert proposed.kind == "measure.proposed"
    desk.do(impose(command("robot", ROBOT), wanted("limit", NOW + 2 * DAY, amount_minor=90_000), strict))
    (limit,) = in_force(desk.ledger, NOW)
    assert (limit.amount_minor, limit.over_us) == (5_000, NOW + 2 * DAY), "who is no person prolongs it and leaves its amount"
    desk.do(confirm(command("c3/c", Actor("chen.jie", frozenset({"approver"}))), "c3", strict))
    assert in_force(desk.ledger, NOW)[0].amount_minor == 90_000


def test_several_receiving_accounts_become_a_measure_each_under_one_command() -> None:
    events = impose(command("c"), replace(wanted(), counterparties=("A8", "A9")), SETTINGS)(folded())
    assert [(event.id, event.keys["counterparty"], event.data["scope"]) for event in events] == [
        ("c", "A8", "counterparty"),
        ("c/1", "A9", "counterparty"),
    ]
    many = replace(wanted(), counterparties=tuple(map(str, range(101))))
    assert refused(impose(command("c"), many, SETTINGS), Desk()) == "measure.counterparties"


def test_a_lifting_outlives_a_change_whose_clock_ran_ahead() -> None:
    desk = Desk()
    for one in (change("c1", NOW, NOW + DAY), change("c2", NOW + 5, NOW + DAY)):
        MeasuresBook().enter(desk.ledger, event_of(one))
    desk.do(lift(Command("l", LI, NOW + 1), "c1", "verified", SETTINGS))
    assert in_force(desk.ledger, NOW + 5) == []


def test_what_is_imposed_after_a_lifting_that_lies_ahead_outlives_it() -> None:
    desk = Desk()
    for one in (change("c1", NOW, NOW + DAY), change("c2", NOW + HOUR, NOW + DAY)):
        MeasuresBook().enter(desk.ledger, event_of(one))
    desk.do(lift(Command("l", LI, NOW + 1), "c1", "verified", SETTINGS))
    desk.do(impose(Command("again", LI, NOW + 2), wanted("hold", NOW + 2 * DAY), SETTINGS))
    for at_us in (NOW + 3, NOW + HOUR - 1, NOW + HOUR, NOW + DAY):
        assert len(in_force(desk.ledger, at_us)) == 1, at_us
    assert measure_of(desk.ledger, "again").over_us == NOW + 2 * DAY


def test_a_refused_time_is_said_on_the_clocks_of_the_institution_to_the_minute() -> None:
    at = replace(command("c"), zone="Asia/Shanghai")
    with pytest.raises(InputError) as refused:
        impose(at, wanted("hold", NOW), SETTINGS)(folded())
    latest = NOW + SETTINGS.rule("hold").longest_us
    assert f"until {minute_text(NOW, 'Asia/Shanghai')} is past" in refused.value.cause["en"]
    assert minute_text(latest, "Asia/Shanghai") in refused.value.remedy["zh"]
    assert "Z" not in refused.value.remedy["en"] + refused.value.cause["en"]
