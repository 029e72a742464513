"""Whom a measure concerns by its amount: without one, anything but a limit concerns every payment, whatever narrower one is in force."""

from dataclasses import replace

import pytest

from huitong.contracts import Actor, Measure, MeasureKind
from huitong.risk.disposition import Ledger, Stretch, confirm, due, event_of, impose, imposed_by, in_force, notice, reconcile
from huitong.risk.disposition.core_system import Held
from tests.risk.disposition.build import DAY, LI, NOTICES, NOW, ROBOT, SETTINGS, WANG, change, command, decision, folded, payment, wanted
from tests.risk.disposition.test_acts import Desk, refused

NARROW = 1_000_000
ALONE = replace(SETTINGS, alone_up_to="freeze", automatic_up_to="freeze")
"""Nobody waits for a second person."""
STOPS: tuple[MeasureKind, ...] = ("hold", "freeze")


def held(ledger: Ledger) -> Stretch:
    (one,) = in_force(ledger, NOW + 1)
    return one


def narrow_one(kind: MeasureKind) -> Desk:
    desk = Desk()
    desk.do(impose(command("narrow"), wanted(kind, amount_minor=NARROW), ALONE))
    assert held(desk.ledger).amount_minor == NARROW
    return desk


def concerns_all(desk: Desk) -> bool:
    """Whether every payment is under it by the ledger, to the core system and to the customer."""
    one = held(desk.ledger)
    told = notice(one, NOTICES)
    instruction = next(said for said in due(desk.ledger, NOW + 1) if said.change == "impose")
    agreed = not reconcile(desk.ledger, [Held(one.place, one.over_us, 0)], NOW + 1)
    assert told is not None
    found = {one.amount_minor is None, one.concerns(1, None, None), "or more" not in told["en"], instruction.amount_minor is None, agreed}
    (everywhere,) = found
    return everywhere


@pytest.mark.parametrize("kind", STOPS)
@pytest.mark.parametrize("by", [LI, ROBOT])
def test_one_of_every_payment_prevails_over_a_narrower_one(kind: MeasureKind, by: Actor) -> None:
    desk = narrow_one(kind)
    assert not concerns_all(desk)
    desk.do(impose(command("all", by), wanted(kind), ALONE))
    assert concerns_all(desk)


@pytest.mark.parametrize("kind", STOPS)
def test_so_does_what_a_policy_decides_and_what_a_second_person_confirms(kind: MeasureKind) -> None:
    desk, event = narrow_one(kind), payment()
    desk.take(*imposed_by(decision(event, Measure(kind, "account", "A1", NOW + DAY, "rule.odd")), event, ALONE))
    assert concerns_all(desk)
    desk = Desk()
    strict = replace(SETTINGS, alone_up_to="watch")
    desk.do(impose(command("all"), wanted(kind), strict))
    desk.do(impose(command("narrow"), wanted(kind, amount_minor=NARROW), ALONE))  # since it was proposed
    desk.do(confirm(command("yes", WANG, NOW), "all", strict))
    assert concerns_all(desk)


def test_only_whoever_may_lift_it_narrows_it_again() -> None:
    desk, rule = narrow_one("freeze"), SETTINGS.rule("freeze")
    strict = replace(ALONE, kinds={**ALONE.kinds, "freeze": replace(rule, lifted_by=("approver",), lift_second=False)})
    desk.do(impose(command("all"), wanted("freeze"), strict))
    assert refused(impose(command("x"), wanted("freeze", amount_minor=NARROW), strict), desk) == "access.role"
    desk.do(impose(command("robot", ROBOT), wanted("freeze", amount_minor=NARROW), strict))
    assert concerns_all(desk), "who is no person leaves the amount"
    desk = narrow_one("hold")
    desk.do(impose(command("all"), wanted("hold"), ALONE))
    desk.do(impose(command("again", WANG, NOW), wanted("hold", amount_minor=2 * NARROW), ALONE))
    assert held(desk.ledger).amount_minor == 2 * NARROW


def test_what_was_written_before_means_what_it_meant() -> None:
    ledger = folded(*(event_of(change(f"c{number}", NOW, NOW + DAY, amount_minor=amount)) for number, amount in enumerate((NARROW, None))))
    assert held(ledger).amount_minor == NARROW


def test_a_limit_of_nothing_is_one_of_nothing() -> None:
    desk = Desk()
    desk.do(impose(command("c1"), wanted("limit", amount_minor=5_000), ALONE))
    desk.do(impose(command("c2"), wanted("limit", amount_minor=0), ALONE))
    assert held(desk.ledger).amount_minor == 0
