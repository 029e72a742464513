"""What follows from a decision: its measures, in force or proposed, and draws on limits; asked twice, the same events."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from huitong.contracts import Actor, Event, Measure, MeasureKind
from huitong.decisions.policy.settings import MeasureSetting
from huitong.kernel import Severity
from huitong.risk.disposition import (
    KINDS,
    change_of,
    confirm,
    consequence_of,
    drawn_by,
    event_of,
    imposed_by,
    in_force,
    lift,
    measures_of,
    rank,
    refuse,
    unfit,
)
from tests.risk.disposition.build import ACCOUNT, CONTRACTS, DAY, HOUR, NOW, SETTINGS, WANG, change, command, decision, folded, payment


def test_a_decisions_measure_is_in_force_from_its_event_on_with_its_ground() -> None:
    event = payment()
    done = decision(event, Measure("hold", "account", "A1", NOW + DAY, "rule.odd"))
    (imposed,) = imposed_by(done, event, SETTINGS)
    change = change_of(imposed)
    assert (imposed.id, change.time_us, change.until_us, change.ground, change.ground_text["zh"]) == (
        "d-P1/measure/0",
        NOW,
        NOW + DAY,
        "rule.odd",
        "异常",
    )
    assert (change.decision, change.event, change.held_minor, change.customer, change.automatic) == ("d-P1", "P1", 150_000, "C1", True)
    assert change.by == f"small@{'f' * 64}"
    assert [one.kind for one in in_force(folded(imposed), NOW, ACCOUNT)] == ["hold"]


@given(st.sampled_from(KINDS), st.sampled_from(["account", "customer", "device", "counterparty"]), st.integers(1, 400))
def test_automatic_up_to_the_rank_and_proposed_above_it_and_never_longer_than_allowed(kind: MeasureKind, role: str, days: int) -> None:
    event = payment(device="D1")
    done = decision(event, Measure(kind, role, event.keys[role], NOW + days * DAY, "rule.odd"))
    first, again = imposed_by(done, event, SETTINGS), imposed_by(done, event, SETTINGS)
    assert first == again
    imposed, *meanwhile = first
    change = change_of(imposed)
    assert len(meanwhile) == (kind == "freeze")
    assert imposed.kind == ("measure.changed" if rank(change.place.kind) <= rank("hold") else "measure.proposed")
    assert change.until_us == min(NOW + days * DAY, NOW + SETTINGS.rule(change.place.kind).longest_us)
    assert (change.amount_minor == 200_000) == (kind == "limit")
    assert (change.place.subject.role, change.place.subject.id) == ("account" if role == "counterparty" else role, event.keys[role])
    if role == "counterparty":
        assert change.customer is None, "the payer is not the receiver"
    assert set(imposed.keys) <= {spec.key for spec in CONTRACTS[imposed.kind].fields}


def test_while_a_freeze_waits_a_hold_is_in_force_and_goes_with_its_refusal() -> None:
    event = payment()
    done = decision(event, Measure("freeze", "account", "A1", NOW + 9 * DAY, "rule.odd"))
    proposed, meanwhile = imposed_by(done, event, SETTINGS)
    ledger = folded(proposed, meanwhile)
    assert [(one.kind, one.over_us) for one in in_force(ledger, NOW, ACCOUNT)] == [("hold", NOW + SETTINGS.proposal_us)]
    act = refuse(command("r", WANG, NOW + HOUR), proposed.id, SETTINGS)
    assert in_force(folded(proposed, meanwhile, *act(ledger)), NOW + HOUR) == []
    act = confirm(command("r", WANG, NOW + HOUR), proposed.id, SETTINGS)
    assert [one.kind for one in in_force(folded(proposed, meanwhile, *act(ledger)), NOW + HOUR)] == ["freeze", "hold"]
    other = payment("P2", NOW + 1)
    also = imposed_by(decision(other, Measure("hold", "account", "A1", NOW + DAY, "rule.odd")), other, SETTINGS)
    ledger = folded(proposed, meanwhile, *also)
    kept = refuse(command("r", WANG, NOW + HOUR), proposed.id, SETTINGS)(ledger)
    assert [one.kind for one in in_force(folded(proposed, meanwhile, *also, *kept), NOW + HOUR)] == ["hold"], (
        "another decision holds it too"
    )


def freezes(*hours: int) -> list[Event]:
    """What a policy proposes at payments so many hours from now, with what stands in for it."""
    events = [payment(f"P{hour}", NOW + hour * HOUR) for hour in hours]
    done = [decision(one, Measure("freeze", "account", "A1", one.time_us + 9 * DAY, "rule.odd")) for one in events]
    return [made for event, one in zip(events, done, strict=True) for made in imposed_by(one, event, SETTINGS)]


def test_a_refusal_ends_the_stand_in_also_where_an_earlier_proposal_ran_out() -> None:
    first, held, second, held_on = freezes(0, 20)
    ledger = folded(first, held, second, held_on)
    early = refuse(command("r", WANG, NOW + 21 * HOUR), second.id, SETTINGS)(ledger)
    assert in_force(folded(first, held, second, held_on, *early), NOW + 21 * HOUR), "the first still waits"
    late = refuse(command("r", WANG, NOW + 30 * HOUR), second.id, SETTINGS)(ledger)
    assert in_force(folded(first, held, second, held_on, *late), NOW + 30 * HOUR) == []


def test_the_stand_in_goes_with_the_freeze_that_it_stood_in_for() -> None:
    log = freezes(0)
    log += confirm(command("c", WANG, NOW + HOUR), log[0].id, SETTINGS)(folded(*log))
    freeze, hold = in_force(folded(*log), NOW + HOUR)
    log += lift(command("l", WANG, NOW + 2 * HOUR), freeze.id, "verified", SETTINGS)(folded(*log))
    assert in_force(folded(*log), NOW + 2 * HOUR) == [freeze, hold], "it takes a second person"
    other = Actor("chen.jie", frozenset({"approver"}))
    lifted = confirm(command("c2", other, NOW + 3 * HOUR), "l", SETTINGS)(folded(*log))
    assert in_force(folded(*log, *lifted), NOW + 3 * HOUR) == []
    assert [one.ended_by.ground for one in measures_of(folded(*log, *lifted), ACCOUNT) if one.ended_by] == ["verified", "verified"]
    own = event_of(change("own", NOW + HOUR, NOW + DAY))
    kept = confirm(command("c2", other, NOW + 3 * HOUR), "l", SETTINGS)(folded(*log, own))
    assert [one.kind for one in in_force(folded(*log, own, *kept), NOW + 3 * HOUR)] == ["hold"], "a person holds it too"


def test_a_policys_limit_weakens_none_that_it_saw_in_force() -> None:
    event, limit = payment(), Measure("limit", "account", "A1", NOW + HOUR, "rule.odd")

    def amount(left: float | None, most: float | None) -> int | None:
        seen = {"account_limit_left": left, "account_limit": most}
        return change_of(imposed_by(decision(event, limit, features=seen), event, SETTINGS)[0]).amount_minor

    assert amount(700.0, 100.0) == 10_000
    assert amount(700.0, 5_000.0) == 200_000
    assert amount(0.0, 100.0) == amount(None, None) == amount(700.0, float("nan")) == 200_000


def test_the_same_measure_again_prolongs_what_is_there() -> None:
    events = [payment("P1"), payment("P2", NOW + HOUR)]
    done = [imposed_by(decision(one, Measure("hold", "account", "A1", one.time_us + DAY, "rule.odd")), one, SETTINGS)[0] for one in events]
    (measure,) = measures_of(folded(*done), ACCOUNT)
    assert (measure.id, measure.over_us, len(measure.changes)) == ("d-P1/measure/0", NOW + HOUR + DAY, 2)


def test_a_payment_that_goes_through_draws_on_the_limit_that_the_policy_saw() -> None:
    event = payment()
    under = {"account_limit_left": 3.0, "customer_limit_left": 0.0}
    (drawn,) = drawn_by(decision(event, outcome="approve", features=under), event, SETTINGS)
    assert (drawn.kind, drawn.keys, drawn.data["amount"]) == (
        "measure.drawn",
        {"account": "A1", "customer": "C1", "counterparty": "A9"},
        150_000,
    )
    assert drawn_by(decision(event, outcome="decline", features=under), event, SETTINGS) == []
    (narrow,) = drawn_by(decision(event, outcome="approve", features={"account_channel_limit_left": 3.0}), event, SETTINGS)
    assert narrow == drawn
    assert narrow.data["channel"] == "transfer"
    twice = replace(SETTINGS, draws=(*SETTINGS.draws, msgspec.structs.replace(SETTINGS.draws[0], feature="other_limit_left")))
    assert drawn_by(decision(event, outcome="approve", features=under | {"other_limit_left": 1.0}), event, twice) == [drawn], "once"
    assert drawn_by(decision(event, outcome="approve", features={"account_limit_left": None}), event, SETTINGS) == []
    both = consequence_of(SETTINGS)(
        event, decision(event, Measure("watch", "customer", "C1", NOW + DAY, "g"), outcome="approve", features=under)
    )
    assert [one.kind for one in both] == ["measure.changed", "measure.drawn"]


CALLED: list[tuple[MeasureKind, str, int]] = [
    ("hold", "region", 1),
    ("hold", "account", 8),
    ("freeze", "account", 1),
    ("hold", "counterparty", 7),
]


def test_a_policy_is_told_of_measures_that_nothing_can_carry_out() -> None:
    done = decision(payment(), Measure("hold", "region", "11", NOW + DAY, "g"), Measure("hold", "account", "A1", NOW + DAY, "g"))
    assert len(imposed_by(done, payment(), SETTINGS)) == 1
    called = [MeasureSetting("decline", kind, role, days * DAY) for kind, role, days in CALLED]
    found = unfit("small", called, SETTINGS)
    assert [one.code for one in found] == ["measure.subject", "measure.shortened", "measure.waits"]
    assert {one.severity for one in found} == {Severity.WARNING}
    assert "7 days at most" in found[1].text["en"]
    assert unfit("small", called[3:], SETTINGS) == []
