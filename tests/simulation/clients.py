"""The clients of a simulated log: what they ask, by chance."""

from collections.abc import Sequence
from random import Random

from huitong.contracts import Decision, Event, Evidence, Measure, Value
from huitong.store.vault import LocalMasterKey
from tests.simulation.calls import Append, Call, Decide, Forget, HoldCall, Rotate, Seal, Sign
from tests.simulation.chance import SimulatedClock
from tests.simulation.model import PAYMENT, Entry

HOUR_US = 3_600_000_000
CUSTOMERS = 5


class Clients:
    """Makes calls.

    Args:
        chance: Says which.
        clock: Tells when events happen; some are told late.
        vaulted: Whether names are concealed.
    """

    pace_s = 0.5
    """Mean pause between two steps."""
    large = 0.40
    """Chance above which a call appends some hundred events."""

    def __init__(self, chance: Random, clock: SimulatedClock, *, vaulted: bool) -> None:
        self.chance = chance
        self.clock = clock
        self.vaulted = vaulted
        self.sent: list[Call] = []
        self._made = 0

    def call(self, entries: Sequence[Entry]) -> Call:
        """The next call; it may be an earlier one, delivered twice, or late and after others.

        Args:
            entries: What the log holds.
        """
        chance, kind = self.chance, self.chance.random()
        if kind < 0.12 and self.sent:
            return chance.choice(self.sent)
        if kind < self.large:
            few, columns = kind < 0.40, chance.random() < 0.5
            return Append(self._events(entries, chance.choice([0, 1, 1, 2, 3, 5] if few else [40, 250, 300])), columns)
        if kind < 0.50:
            seal = Seal(chance.choice([0, 3, 100, 300]), chance.choice([20, 300, 10_000]))
            return seal if kind > 0.47 else Sign()
        return self._vault_call() if self.vaulted and kind < 0.68 else self._decide(entries)

    def calls(self, entries: Sequence[Entry]) -> list[Call]:
        """What clients ask at the same time."""
        calls = [self.call(entries) for _ in range(self.chance.choice([1, 1, 1, 1, 2, 3, 4]))]
        # Who seals waits for others who seal, and would not give way.
        return [call for row, call in enumerate(calls) if not isinstance(call, Seal) or row == 0]

    def master(self) -> LocalMasterKey:
        """A master key."""
        return LocalMasterKey(self.chance.randbytes(32))

    def _vault_call(self) -> Call:
        chance, customer, record_id = self.chance, f"Customer-{self.chance.randrange(CUSTOMERS)}", f"v{self._number()}"
        kind = chance.random()
        if kind < 0.45:
            return Forget(customer, record_id, self.clock.now_us())
        if kind < 0.7:
            until = None if chance.random() < 0.6 else self.clock.now_us() + chance.choice([-1, 1_000_000, 10 * HOUR_US])
            return HoldCall(customer, until, record_id, self.clock.now_us())
        return Rotate(self.master())

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _events(self, entries: Sequence[Entry], count: int) -> list[Event]:
        events = [self.event() for _ in range(count)]
        known = [entry.content for entry in entries if isinstance(entry.content, Event) and entry.content.kind == PAYMENT.kind]
        if known and events and self.chance.random() < 0.3:
            events.insert(self.chance.randrange(len(events)), self.chance.choice(known))  # again
        if known and events and self.chance.random() < 0.05:
            events.append(self.event(self.chance.choice(known).id))  # other content
        return events

    def event(self, event_id: str | None = None) -> Event:
        """An event with names of its own."""
        chance, customer = self.chance, self.chance.randrange(CUSTOMERS)
        account = customer if chance.random() < 0.7 else chance.randrange(CUSTOMERS)
        keys = {"customer": f"Customer-{customer}", "account": f"Account-{account}", "terminal": "T1"}
        if chance.random() < 0.5:
            keys["counterparty"] = f"Account-{chance.randrange(7)}"
        late_us = chance.choice([0, 0, 0, 60_000_000, 30 * 24 * HOUR_US])
        data: dict[str, Value] = {
            "amount": chance.randrange(1, 1_000_000),
            "channel": "online",
            "holder": chance.choice(["Zhang Wei", "Chen Jing"]),
        }
        return Event(event_id or f"e{self._number()}", PAYMENT.kind, self.clock.now_us() - late_us, keys, data)

    def _decide(self, entries: Sequence[Entry]) -> Decide:
        chance = self.chance
        event = chance.choice(self._events(entries, 2))
        decision = Decision(
            id=f"d{self._number()}",
            event=event.id,
            policy="p",
            version="v",
            outcome=chance.choice(["approve", "decline"]),
            score=chance.random(),
            reasons=(),
            evidence=Evidence(),
            measures=(Measure("hold", "account", event.keys["account"], 5, "g"),),
            tier="full",
            latency_ns=chance.randrange(10_000_000),
        )
        return Decide(event, decision)
