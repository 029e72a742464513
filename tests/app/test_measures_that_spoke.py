"""A bank's decision that a measure stopped leads from its page to that measure, also once it is lifted and imposed anew."""

from collections.abc import Sequence

from huitong.app import Bank
from huitong.app.consoling import ConsoleBank
from huitong.app.serving import BankService
from huitong.console.views.spoken import measures_that_spoke
from huitong.identity import Clearance
from huitong.kernel import FixedClock
from huitong.risk.disposition import Subject, measures_of
from tests.app.test_narrow_measures import HOUR, LI, WANG, bank, clock, freeze_online, pay, root

__all__ = ["bank", "clock", "root"]


def spoken(bank: Bank, record: str, grade: int) -> Sequence[str]:
    """Ids of the measures to which the page of a decision leads."""
    port = ConsoleBank(bank, BankService(bank, "acting"))
    story = port.story(record, Clearance(grade))
    return list(port.ledger.ask(lambda ledger: measures_that_spoke(story.decision, story.event, ledger)).values())


def test_a_decision_leads_to_the_freeze_that_stopped_it_and_not_to_the_one_that_came_after(bank: Bank, clock: FixedClock) -> None:
    freeze_online(bank)
    clock.advance_us(HOUR)
    stopped, passed = pay(bank, 1, "online"), pay(bank, 2, "transfer")
    assert (stopped.outcome, passed.outcome) == ("decline", "approve")
    (freeze,) = bank.measures.ask(lambda ledger: measures_of(ledger, Subject("account", "A-17")))
    clock.advance_us(HOUR)
    lifting = bank.measures.command(LI)
    bank.measures.lift(lifting, freeze.id, "verified")
    bank.measures.confirm(bank.measures.command(WANG), lifting.id)
    clock.advance_us(HOUR)
    freeze_online(bank)
    assert len(bank.measures.ask(lambda ledger: measures_of(ledger, Subject("account", "A-17")))) == 2
    assert spoken(bank, stopped.id, 3) == [freeze.id]
    assert spoken(bank, stopped.id, 2) == [], "who may not see the account is not told"
    assert spoken(bank, passed.id, 3) == []
