"""What clients of a bank ask of it, by chance."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from huitong.contracts import TIER_FULL, Actor, Command, Event, MeasureKind, Value
from huitong.decisions.policy import TIER_WITHOUT_GRAPH, TIER_WITHOUT_GRAPH_AND_MODEL
from huitong.risk.disposition import CHANGED, Subject, Wanted
from huitong.store.vault.tokens import sealed
from tests.simulation.bank_calls import BankDecide, BankForget, BankHold, Ingest, MeasureAct, Rebuild
from tests.simulation.calls import Call, Rotate, Seal, Sign
from tests.simulation.clients import CUSTOMERS, HOUR_US, Clients
from tests.simulation.house import POLICIES, House
from tests.simulation.model import LABEL, PAYMENT, Entry

LATE_US = [0, 0, 0, 0, 30_000_000, HOUR_US // 2, 2 * HOUR_US, 20 * HOUR_US, 30 * HOUR_US, 30 * 24 * HOUR_US]
PERSON = Actor("li.wei", frozenset({"investigator"}))
KINDS: tuple[MeasureKind, ...] = ("watch", "hold", "hold", "freeze")
TOKEN = sealed(bytes(12), bytes(32), "nobody")
"""What nobody may be called."""


class BankClients(Clients):
    """Makes calls.

    Args:
        chance: Says which.
        house: The bank.
        vaulted: Whether names are concealed.
    """

    pace_s = 600.0

    def __init__(self, chance: Random, house: House, *, vaulted: bool) -> None:
        super().__init__(chance, house.clock, vaulted=vaulted)
        self.house = house

    def call(self, entries: Sequence[Entry]) -> Call:
        """The next call; it may be an earlier one, delivered twice, or late and after others."""
        chance, kind = self.chance, self.chance.random()
        again = [call for call in self.sent if isinstance(call, BankDecide | Ingest | MeasureAct)]
        if kind < 0.12 and again:
            call = chance.choice(again)
            return self._again(call)
        if kind < 0.62:
            return self._decide_in_bank(entries) if kind < 0.56 else self._act_on_measures(entries)
        if kind < 0.80:
            return self._ingest(entries)
        if kind < 0.84:
            return Rebuild(self.house, chance.choice(POLICIES))
        if kind < 0.88:
            seal = Seal(chance.choice([0, 3, 20]), chance.choice([300, 10_000]))
            return seal if kind > 0.86 else Sign()
        return self._act_on_person() if self.vaulted else self._decide_in_bank(entries)

    def calls(self, entries: Sequence[Entry]) -> list[Call]:
        """What clients ask at the same time; often many ask for decisions, some of them the same."""
        calls = super().calls(entries)
        if self.chance.random() < 0.3:
            policy = self.chance.choice(POLICIES)
            for _ in range(self.chance.choice([2, 3, 5])):
                call = self._decide_in_bank(entries)
                calls.append(replace(call, policy=policy) if self.chance.random() < 0.8 else call)
            if self.chance.random() < 0.3:
                calls.append(self._again(calls[-1]))
        return calls

    def _again(self, call: Call) -> Call:
        if isinstance(call, BankDecide):
            return replace(call, asked=[])
        return replace(call, asked_us=[]) if isinstance(call, Ingest) else call

    def _act_on_measures(self, entries: Sequence[Entry]) -> MeasureAct:
        chance, now_us, number = self.chance, self.clock.now_us(), self.chance.randrange(CUSTOMERS)
        command = Command(f"m{self._number()}", PERSON, now_us)
        known = [entry.content.id for entry in entries if isinstance(entry.content, Event) and entry.content.kind == CHANGED]
        if known and chance.random() < 0.5:
            return MeasureAct(self.house, command, None, chance.choice(known))
        subject = Subject("customer", f"Customer-{number}") if chance.random() < 0.5 else Subject("account", f"Account-{number}")
        kind, until_us = chance.choice(KINDS), now_us + chance.choice([-1, HOUR_US, 20 * HOUR_US])
        return MeasureAct(self.house, command, Wanted(subject, kind, until_us, "investigation"))

    def _known(self, entries: Sequence[Entry]) -> list[Event]:
        return [entry.content for entry in entries if isinstance(entry.content, Event) and entry.content.kind == PAYMENT.kind]

    def _decide_in_bank(self, entries: Sequence[Entry]) -> BankDecide:
        chance, known = self.chance, self._known(entries)
        event = self.event()
        if known and chance.random() < 0.25:
            event = chance.choice(known)
        elif known and chance.random() < 0.05:
            event = self.event(chance.choice(known).id)
        if chance.random() < 0.04:
            event = replace(event, keys={**event.keys, "counterparty": TOKEN})
        return BankDecide(self.house, event, chance.choice(POLICIES), _tier(chance.random()))

    def event(self, event_id: str | None = None) -> Event:
        event, chance = super().event(event_id), self.chance
        keys = {**event.keys, "terminal": f"T{chance.randrange(1, 4)}"}
        if chance.random() < 0.1:
            del keys["account"]
        return replace(event, time_us=self.clock.now_us() - chance.choice(LATE_US), keys=keys)

    def _ingest(self, entries: Sequence[Entry]) -> Call:
        chance, known = self.chance, self._known(entries)
        events = [self.event() for _ in range(chance.choice([0, 1, 4, 8, 14]))]
        if known and chance.random() < 0.5:
            events += chance.sample(known, min(len(known), 3))  # again
        if known and chance.random() < 0.2:
            events.append(self.event(chance.choice(known).id))  # other content
        if events and chance.random() < 0.2:
            events.append(events[0])
        events = self._without_rivals(events)
        for payment in chance.sample(known, min(len(known), chance.choice([0, 1, 3]))):
            events.append(self._label(payment))
        return Ingest(self.house, events, chance.choice([0, 0, 0, 1]))

    def _without_rivals(self, events: Sequence[Event]) -> list[Event]:
        """Of an id one content: of two in one table the first counts, which the tests of tables see to."""
        first: dict[str, Event] = {}
        return [event for event in events if first.setdefault(event.id, event) == event]

    def _label(self, payment: Event) -> Event:
        keys = {role: text for role, text in payment.keys.items() if role in ("customer", "terminal")}
        data: dict[str, Value] = {"payment": payment.id, "fraud": self.chance.random() < 0.4}
        return Event(f"l{self._number()}", LABEL.kind, self.clock.now_us() - self.chance.choice(LATE_US), keys, data)

    def _act_on_person(self) -> Call:
        chance, customer, record_id = self.chance, f"Customer-{self.chance.randrange(CUSTOMERS)}", f"v{self._number()}"
        kind = chance.random()
        if kind < 0.55:
            return BankForget(customer, record_id, self.clock.now_us(), self.house)
        if kind < 0.75:
            until = None if chance.random() < 0.6 else self.clock.now_us() + chance.choice([-1, 1_000_000, 10 * HOUR_US])
            return BankHold(customer, until, record_id, self.clock.now_us(), self.house)
        return Rotate(self.master())


def _tier(kind: float) -> str:
    """What there is time for: mostly everything."""
    if kind < 0.08:
        return TIER_WITHOUT_GRAPH_AND_MODEL
    return TIER_WITHOUT_GRAPH if kind < 0.15 else TIER_FULL
