"""What clients ask of the log, as the log does it and as the model does it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from huitong.app.house import house_contracts
from huitong.contracts import Decision, Event, EventBatch, Value
from huitong.store import RecordLog
from huitong.store.persons import FORGOTTEN_KIND, HELD_KIND
from huitong.store.vault import LocalMasterKey
from huitong.store.vault.forgetting import Forgotten, Hold
from huitong.store.vault.names import Name
from tests.simulation.model import LABEL, PAYMENT, Entry, Model, RefusedError, short


class Call(ABC):
    """Something that a client asks."""

    @abstractmethod
    def ask(self, log: RecordLog) -> object:
        """Asks the log; returns its answer."""
        ...

    @abstractmethod
    def apply(self, model: Model) -> object:
        """Does to the model what the log does, and returns the answer that the log must give.

        Raises:
            RefusedError: If the log must refuse.
        """
        ...

    @property
    def parts(self) -> "Sequence[Call]":
        """What is done in a commit each, one after the other; a crash may come between, and other calls too."""
        return (self,)

    def answer(self, answers: Sequence[object]) -> object:
        """What is answered where the parts gave these answers."""
        return answers[0]

    @property
    def group(self) -> str:
        """What the call may share a commit with, so that the events of all stand before what is said to them; empty for nothing."""
        return ""

    @property
    def leads(self) -> str:
        """Id of the event that it then brings."""
        return ""

    def apply_all(self, calls: "Sequence[Call]", model: Model) -> Sequence[object]:
        """Does calls of the same group in one commit; what each is answered.

        Raises:
            RefusedError: If that cannot be.
        """
        raise NotImplementedError(calls, model)

    def wrong(self, due: object, said: object, model: Model) -> str:  # noqa: ARG002 it matters only where names can be read
        """What is wrong with an answer; empty where it is the one that was due."""
        return "" if due == said else f"{short(said)} where {short(due)} was due"


@dataclass(frozen=True)
class Append(Call):
    events: Sequence[Event]
    columns: bool

    def ask(self, log: RecordLog) -> object:
        if self.columns:
            return log.append_batch(EventBatch.of_events(self.events, PAYMENT), PAYMENT)
        return log.append_events(self.events)

    def apply(self, model: Model) -> object:
        return model.append(self.events)

    def __str__(self) -> str:
        return f"append{' columns' if self.columns else ''} {few([event.id for event in self.events])}"


@dataclass(frozen=True)
class Decide(Call):
    event: Event | None
    decision: Decision

    def ask(self, log: RecordLog) -> object:
        return log.append_decision(self.event, self.decision)

    def apply(self, model: Model) -> object:
        return model.decide(self.event, self.decision)

    def __str__(self) -> str:
        return f"decide {self.decision.id} {self.decision.outcome} on {self.decision.event}{'' if self.event else ' (there)'}"


@dataclass(frozen=True)
class Forget(Call):
    customer: str
    record_id: str
    now_us: int

    def ask(self, log: RecordLog) -> object:
        done: Forgotten = log.persons.forget(Name("customer", self.customer), "asked", self.record_id, self.now_us)
        return done.names, done.shared

    def apply(self, model: Model) -> object:
        person = model.person(self.customer)
        names, shared = model.forget(self.customer, self.now_us)
        data: dict[str, Value] = {"ground": "asked", "names": names, "pseudonym": str(person), "shared": shared}
        _note(model, Event(self.record_id, FORGOTTEN_KIND, self.now_us, {}, data))
        return names, shared

    def __str__(self) -> str:
        return f"forget {self.customer}"


@dataclass(frozen=True)
class HoldCall(Call):
    customer: str
    until_us: int | None
    record_id: str
    now_us: int

    def ask(self, log: RecordLog) -> object:
        hold = None if self.until_us is None else Hold(self.until_us, "court")
        log.persons.hold(Name("customer", self.customer), hold, self.record_id, self.now_us)
        return None

    def apply(self, model: Model) -> object:
        person = model.person(self.customer)
        data: dict[str, Value] = {"lifted": True, "pseudonym": str(person)}
        if self.until_us is None:
            model.holds.pop(person, None)
        else:
            model.holds[person] = max(self.until_us, model.holds.get(person, 0))
            data = {"ground": "court", "pseudonym": str(person), "until_us": self.until_us}
        _note(model, Event(self.record_id, HELD_KIND, self.now_us, {}, data))
        return None

    def __str__(self) -> str:
        return f"{'lift holds of' if self.until_us is None else 'hold'} {self.customer}"


@dataclass(frozen=True)
class Rotate(Call):
    master: LocalMasterKey

    def ask(self, log: RecordLog) -> object:
        return log.persons.rotate_master(self.master)

    def apply(self, model: Model) -> object:
        return len(model.keys)

    def __str__(self) -> str:
        return "rotate the master key"


@dataclass(frozen=True)
class Sign(Call):
    def ask(self, log: RecordLog) -> object:
        log.sign_head()
        return None

    def apply(self, model: Model) -> object:  # noqa: ARG002 nothing becomes of it
        return None

    def __str__(self) -> str:
        return "sign a head"


@dataclass(frozen=True)
class Seal(Call):
    keep_rows: int
    segment_rows: int

    def ask(self, log: RecordLog) -> object:
        contracts = {**house_contracts(), PAYMENT.kind: PAYMENT, LABEL.kind: LABEL}
        log.seal(contracts, keep_rows=self.keep_rows, segment_rows=self.segment_rows)
        return None

    def apply(self, model: Model) -> object:  # noqa: ARG002 nothing becomes of it
        return None

    def __str__(self) -> str:
        return f"seal all but {self.keep_rows}"


def _note(model: Model, event: Event) -> None:
    """Appends the record of something that was done; the pseudonym in it is that of the model."""
    if event.id in model.events:
        if model.entries[model.events[event.id]].content != event:
            raise RefusedError("store.conflict")
        return
    model.events[event.id] = len(model.entries)
    model.entries.append(Entry(event, {}))


def few(ids: Sequence[str]) -> str:
    """Ids in a few words."""
    return ", ".join(ids) if len(ids) < 6 else f"{ids[0]} … {ids[-1]} ({len(ids)})"
