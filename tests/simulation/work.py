"""What a process that is to be killed does with a log: the same calls each time it is started, from the first to the last."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from huitong.contracts import Decision, Event, EventBatch, Evidence, Measure, Value
from huitong.store import RecordLog, encode_decision, encode_event
from tests.simulation.model import PAYMENT

CALLS = 60


@dataclass(frozen=True)
class Doing:
    """A call of the work, and the records that it leaves.

    Attributes:
        act: Asks the log.
        records: Content of the records, in order.
    """

    act: Callable[[RecordLog], object]
    records: tuple[Event | Decision, ...]

    @property
    def payloads(self) -> list[bytes]:
        """Canonical bytes of the records, where no name is concealed."""
        return [encode_event(one) if isinstance(one, Event) else encode_decision(one) for one in self.records]


def work_of(life: int) -> list[Doing]:
    """The calls of one life of a log."""
    chance, number = Random(life), iter(range(1_000_000))
    return [_doing(chance, number.__next__) for _ in range(CALLS)]


def _doing(chance: Random, number: Callable[[], int]) -> Doing:
    kind = chance.random()
    if kind < 0.5:
        event = _event(chance, number())
        decision = _decision(event, chance)
        return Doing(lambda log: log.append_decision(event, decision), (event, decision))
    events = tuple(_event(chance, number()) for _ in range(chance.choice([1, 2, 5] if kind < 0.85 else [30, 120])))
    if kind < 0.7:
        return Doing(lambda log: log.append_events(events), events)
    return Doing(lambda log: log.append_batch(EventBatch.of_events(events, PAYMENT), PAYMENT), events)


def _event(chance: Random, number: int) -> Event:
    customer = chance.randrange(30)
    keys = {"customer": f"Customer-{customer}", "account": f"Account-{customer}", "terminal": "T1"}
    data: dict[str, Value] = {"amount": chance.randrange(1, 1_000_000), "channel": "online", "holder": "Zhang Wei"}
    return Event(f"e{number}", PAYMENT.kind, 1_700_000_000_000_000 + number, keys, data)


def _decision(event: Event, chance: Random) -> Decision:
    return Decision(
        id=f"d-{event.id}",
        event=event.id,
        policy="p",
        version="v",
        outcome=chance.choice(["approve", "decline"]),
        score=chance.random(),
        reasons=(),
        evidence=Evidence(),
        measures=(Measure("hold", "account", event.keys["account"], 5, "g"),),
        tier="full",
        latency_ns=chance.randrange(1_000_000),
    )


def do(log: RecordLog, work: Sequence[Doing], begin: int, answers: int, threads: int) -> None:
    """Does the work from a call on, and writes the number of each call that was answered, four bytes, to a file descriptor.

    Args:
        log: Where.
        work: What.
        begin: Number of the first call.
        answers: File descriptor.
        threads: How many callers share the work.
    """

    def call(first: int) -> None:
        for number in range(first, len(work), threads):
            work[number].act(log)
            if number % 7 == 0:
                log.sign_head()
            os.write(answers, number.to_bytes(4, "big"))

    if threads == 1:
        call(begin)
        return
    callers = [threading.Thread(target=call, args=(begin + first,)) for first in range(threads)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
