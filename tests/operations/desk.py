"""A desk without a log, for tests: acts are run and folded as the keeper of a book does."""

from collections.abc import Callable, Sequence

from huitong.contracts import Actor, Command, Decision, Event, Evidence, Reason
from huitong.operations import cases as ca

HOUR = 3_600_000_000
LI, WANG = (Actor(name, frozenset({"investigator"})) for name in ("li", "wang"))
LEAD = Actor("chen", frozenset({"approver"}))
ANALYST = Actor("zhao", frozenset({"analyst"}))
SETTINGS = ca.DeskSettings()
WORKERS = [ca.Worker(one.id, one.id.title(), one.roles) for one in (LI, WANG, LEAD)]


def labels_of(command: Command, first: int, payments: Sequence[str], verdict: ca.Verdict) -> list[Event]:
    """One label for each payment."""
    return [
        Event(command.id_of(first + number), "payment.labelled", command.now_us, {}, {"payment": payment, "fraud": verdict == "fraud"})
        for number, payment in enumerate(payments)
    ]


Asked = Callable[[Command], Sequence[Event]]
"""An act that only waits for its command."""


class TestDesk:
    """A desk, its clock, and what was written."""

    __test__ = False

    def __init__(self, settings: ca.DeskSettings = SETTINGS) -> None:
        self.book, self.state, self.now_us, self.events = ca.DeskBook(), ca.Desk(), HOUR, list[Event]()
        self.settings = settings

    def command(self, by: Actor) -> Command:
        return Command(f"c{len(self.events)}", by, self.now_us)

    def take(self, events: Sequence[Event]) -> str:
        for event in events:
            self.events.append(event)
            if event.kind in self.book.kinds:
                self.book.enter(self.state, event)
        return events[0].id if events else ""

    def act(self, act: Asked, by: Actor = LI) -> str:
        return self.take(act(self.command(by)))

    def decided(
        self,
        payment: str,
        customer: str = "C1",
        *,
        amount: int = 10_000,
        score: float | None = 0.5,
        pattern: str = "rule.x",
        outcome: str = "review",
    ) -> str:
        """A payment is decided; its consequences are taken. Returns the alert's id, or "" without one."""
        event = Event(payment, "payment.requested", self.now_us, {"customer": customer, "account": f"A-{customer}"}, {"amount": amount})
        reasons = (Reason(pattern, {"en": "why", "zh": "理由"}, 1.0, "rule"),)
        decision = Decision(f"d-{payment}", payment, "cards", "v1", outcome, score, reasons, Evidence(), (), "full", 0)
        follow = ca.raised_by(self.settings)
        assert list(follow(event, decision)) == list(follow(event, decision))
        return self.take(follow(event, decision))
