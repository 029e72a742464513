"""What clients ask of a bank, as the bank does it and as the model does it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from huitong.app import Source
from huitong.contracts import TIER_FULL, Command, Decision, Event
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import HuitongError
from huitong.risk.disposition import Ledger, MeasuresBook, Wanted, impose, lift
from huitong.store import RecordLog, is_token
from huitong.store.vault.forgetting import Hold
from tests.simulation.calls import Call, Forget, HoldCall, few
from tests.simulation.house import COMMIT_ROWS, House
from tests.simulation.model import LABEL, PAYMENT, Model, RefusedError

COLUMNS = {
    PAYMENT.kind: pa.schema(
        [("id", pa.string()), ("time_us", pa.int64()), ("amount", pa.int64())]
        + [(name, pa.string()) for name in ("customer", "account", "counterparty", "terminal", "holder", "channel")]
    ),
    LABEL.kind: pa.schema(
        [("id", pa.string()), ("time_us", pa.int64()), ("payment", pa.string()), ("fraud", pa.bool_())]
        + [(name, pa.string()) for name in ("customer", "terminal")]
    ),
}
MAPPINGS = {PAYMENT.kind: "payments", LABEL.kind: "labels"}
UNKNOWN_NS = -1
"""Latency of a decision of the model: nobody knows it beforehand."""


@dataclass(frozen=True)
class BankDecide(Call):
    """Asks what a policy says to an event.

    Attributes:
        house: The bank.
        event: The event.
        policy: Name of the policy.
        tier: What there is time for.
        asked: When it was asked, and which version of the policy.
    """

    house: House
    event: Event
    policy: str
    tier: str
    asked: list[tuple[int, LoadedPolicy]] = field(default_factory=list)

    def ask(self, log: RecordLog) -> object:  # noqa: ARG002 the bank has it open
        loaded = self.house.bank.live(self.policy).loaded
        self.asked[:] = [(self.house.clock.now_us(), loaded)]
        return self.house.decide(self.event, self.policy, self.tier)

    def apply(self, model: Model) -> object:
        if not self.asked:
            raise RefusedError("never asked")
        asked_us, loaded = self.asked[0]
        if self.event.time_us > asked_us + PAYMENT.ahead_max_us:
            raise RefusedError("event.refused")
        if model.vaulted and any(is_token(text) for text in self.event.keys.values()):
            raise RefusedError("vault.name.reserved")
        there = model.events.get(self.event.id)
        if there is None:
            return self.apply_all([self], model)[0]
        model.append([self.event])
        for decision in model.decisions_on(self.event.id, self.policy):
            return decision
        before, known = model.facts(), model.reading(model.entries[there])
        decision = self._due(loaded, before[: before.index(known)], known)
        model.answer([], [decision], self.house.bank.consequences(known, decision))
        return decision

    @property
    def group(self) -> str:
        return self.policy if self.asked else ""

    @property
    def leads(self) -> str:
        return self.event.id

    def apply_all(self, calls: Sequence[Call], model: Model) -> Sequence[Decision]:
        events: list[Event] = []
        decisions: list[Decision] = []
        follows: list[Event] = []
        facts = model.facts()
        for call in calls:
            assert isinstance(call, BankDecide)
            asked_us, loaded = call.asked[0]
            token = model.vaulted and any(is_token(text) for text in call.event.keys.values())
            if token or call.event.time_us > asked_us + PAYMENT.ahead_max_us or call.event.id in model.events:
                raise RefusedError("not in a group")
            # Where what follows is a feature, those decided together must come out as if it stood between them.
            known = follows if not self.house.bank.consequences.kinds.isdisjoint(loaded.plan.kinds) else ()
            decisions.append(call._due(loaded, [*facts, *events, *known], call.event))
            events.append(call.event)
            follows += self.house.bank.consequences(call.event, decisions[-1])
        model.answer(events, decisions, follows)
        return decisions

    def _due(self, loaded: LoadedPolicy, facts: Sequence[Event], event: Event) -> Decision:
        tier = self.tier if loaded.program.scorer is not None else TIER_FULL
        return replace(self.house.reference(loaded).decision(facts, event, tier), latency_ns=UNKNOWN_NS)

    def wrong(self, due: object, said: object, model: Model) -> str:
        if isinstance(due, Decision) and isinstance(said, Decision):
            return self.house.tokens.wrong(model, due, said)
        return super().wrong(due, said, model)

    def __str__(self) -> str:
        return f"{self.policy} on {self.event.id}{'' if self.tier == TIER_FULL else f' {self.tier}'}"


@dataclass(frozen=True)
class Ingest(Call):
    """Takes tables in.

    Attributes:
        house: The bank.
        events: What the rows say.
        flawed: How many of the last rows lack their amount.
        asked_us: When it was asked.
    """

    house: House
    events: Sequence[Event]
    flawed: int
    asked_us: list[int] = field(default_factory=list)

    def ask(self, log: RecordLog) -> object:  # noqa: ARG002 the bank has it open
        self.asked_us[:] = [self.house.clock.now_us()]
        sources = [Source(self._table(kind), MAPPINGS[kind]) for kind in MAPPINGS]
        self.house.ingests[0] += 1
        try:
            taken, done = self.house.bank.ingest(sources)
        finally:
            self.house.ingests[1] += 1
        return done.new, done.repeated, len(taken.conflicts), taken.repeated, taken.quarantined

    def _table(self, kind: str) -> pa.Table:
        rows = [{"id": one.id, "time_us": one.time_us, **one.keys, **one.data} for one in self.events if one.kind == kind]
        if kind == PAYMENT.kind:
            rows += [{"id": f"flawed{number}", "time_us": 0, "customer": "Customer-1"} for number in range(self.flawed)]
        return pa.Table.from_pylist(rows, COLUMNS[kind])

    def _good(self) -> list[Event]:
        latest_us = self.asked_us[0] + PAYMENT.ahead_max_us
        return list({one.id: one for one in reversed(self.events) if one.time_us <= latest_us}.values())

    @property
    def parts(self) -> Sequence[Call]:
        if not self.asked_us:  # the process was gone before
            return ()
        ordered = sorted(self._good(), key=lambda one: (one.time_us, one.kind == PAYMENT.kind, one.id))
        return [IngestPart(ordered[first : first + COMMIT_ROWS]) for first in range(0, max(len(ordered), 1), COMMIT_ROWS)]

    def apply(self, model: Model) -> object:
        return self.answer([part.apply(model) for part in self.parts])

    def answer(self, answers: Sequence[object]) -> object:
        new, repeated, conflicts = (sum(counts) for counts in zip(*answers, strict=True))
        ahead = sum(one.time_us > self.asked_us[0] + PAYMENT.ahead_max_us for one in self.events)
        return new, repeated, conflicts, len(self.events) - ahead - len(self._good()), self.flawed + ahead

    def __str__(self) -> str:
        return f"ingest {few([event.id for event in self.events])}"


@dataclass(frozen=True)
class IngestPart(Call):
    """Rows that go in with one commit."""

    events: Sequence[Event]

    def ask(self, log: RecordLog) -> object:
        raise NotImplementedError

    def apply(self, model: Model) -> object:
        trial = model.copy()
        fine = self.events
        try:
            trial.append(fine)
        except RefusedError:
            fine = [one for one in self.events if not model.conflicts(one)]
        done = model.append(fine)
        return done.new, done.repeated, len(self.events) - len(fine)


@dataclass(frozen=True)
class BankForget(Forget):
    """Forgets a person in all the bank."""

    house: House
    done_us: list[int] = field(default_factory=list)

    def ask(self, log: RecordLog) -> object:  # noqa: ARG002 the bank has it open
        try:
            return self.house.forget(self.customer, self.record_id)
        finally:
            self.done_us[:] = [getattr(self.house.acts, "now_us", self.now_us)]

    def apply(self, model: Model) -> object:
        return Forget(self.customer, self.record_id, self.done_us[0] if self.done_us else self.now_us).apply(model)

    def __str__(self) -> str:
        return f"forget {self.customer} in the bank"


@dataclass(frozen=True)
class BankHold(HoldCall):
    """Forbids to forget a person."""

    house: House
    done_us: list[int] = field(default_factory=list)

    def ask(self, log: RecordLog) -> object:  # noqa: ARG002 the bank has it open
        self.house.acts.record_id = self.record_id
        hold = None if self.until_us is None else Hold(self.until_us, "court")
        try:
            self.house.bank.persons.hold(self.customer, hold)
        finally:
            self.done_us[:] = [getattr(self.house.acts, "now_us", self.now_us)]
        return None

    def apply(self, model: Model) -> object:
        now_us = self.done_us[0] if self.done_us else self.now_us
        return HoldCall(self.customer, self.until_us, self.record_id, now_us).apply(model)

    def __str__(self) -> str:
        return f"{super().__str__()} in the bank"


@dataclass(frozen=True)
class Rebuild(Call):
    """Throws a kept state away and folds it again."""

    house: House
    policy: str

    def ask(self, log: RecordLog) -> object:  # noqa: ARG002 the bank has it open
        self.house.bank.rebuild(self.policy)
        return None

    def apply(self, model: Model) -> object:  # noqa: ARG002 nothing becomes of it
        return None

    def __str__(self) -> str:
        return f"rebuild {self.policy}"


@dataclass(frozen=True)
class MeasureAct(Call):
    """Imposes a measure, or lifts one.

    Attributes:
        house: The bank.
        command: Who wants it, and when.
        wanted: What is imposed; ``None`` to lift.
        lifts: Id of what is lifted.
    """

    house: House
    command: Command
    wanted: Wanted | None
    lifts: str = ""

    def ask(self, log: RecordLog) -> object:  # noqa: ARG002 the bank has it open
        measures = self.house.bank.measures
        if self.wanted is not None:
            done = measures.impose(self.command, self.wanted)
        else:
            done = measures.lift(self.command, self.lifts, "mistaken")
        return [event.id for event in done]

    def apply(self, model: Model) -> object:
        if self.command.id in model.events:
            return [self.command.id]
        settings, book, ledger = self.house.bank.measures.settings, MeasuresBook(), Ledger()
        for fact in model.facts():
            if fact.kind in book.kinds:
                book.enter(ledger, fact)
        act = lift(self.command, self.lifts, "mistaken", settings) if self.wanted is None else impose(self.command, self.wanted, settings)
        try:
            events = act(ledger)
        except HuitongError as error:
            raise RefusedError(error.code) from error
        model.append(events)
        return [event.id for event in events]

    def __str__(self) -> str:
        what = f"lift {self.lifts}" if self.wanted is None else f"{self.wanted.kind} {self.wanted.subject.id}"
        return f"{self.command.id}: {what}"
