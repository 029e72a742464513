"""What of the log a subscription is told, as CloudEvents (CloudEvents 1.0, JSON format). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from huitong.contracts import DataContract, Decision, Event
from huitong.identity import DecisionGrades, reason_named_in, told_decision, told_event
from huitong.kernel import time_text
from huitong.operations.webhooks.state import Occurrence, Subscription

DECIDED = "decision.made"
DECISION_RECORDS = "decision"
_KINDS: Mapping[Occurrence, str] = {
    "decision": DECISION_RECORDS,
    "alert": "alert.raised",
    "measure": "measure.changed",
    "rollout": "policy.moved",
    "case": "case.closed",
}
EVERY_KIND = tuple(_KINDS.values())


class Knows(Protocol):
    """What must be known of the bank to tell of it."""

    @property
    def source(self) -> str:
        """Who tells: names the log."""
        ...

    @property
    def contracts(self) -> Mapping[str, DataContract]:
        """Data contracts of events by kind."""
        ...

    def grades_of(self, decision: Decision) -> DecisionGrades:
        """Data grades of what a decision says."""
        ...

    def grade_of_code(self, decision: str, code: str) -> int:
        """Data grade of a reason of a decision, by their ids."""
        ...

    def outcomes_of(self, decision: Decision) -> Sequence[str]:
        """Outcomes of a decision's policy, mildest first.

        Raises:
            ExternalError: If they cannot be read now.
        """
        ...

    def traceparent_of(self, decision_id: str) -> str | None:
        """The trace in which a decision was made, where that is known (W3C Trace Context)."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Attributes:
        id: By which a receiver knows what it was told before: that of the record.
        body: A CloudEvent.
    """

    id: str
    body: bytes


def kinds_of(subscription: Subscription) -> tuple[str, ...]:
    """Kinds of the records that a subscription may be told of."""
    return tuple(_KINDS[one] for one in subscription.occurrences)


def message_of(subscription: Subscription, content: Event | Decision, knows: Knows) -> Message | None:
    """What a subscription is told of a record; ``None`` for nothing."""
    return told_of(subscription, content, knows) if wants(subscription, content, knows) else None


def told_of(subscription: Subscription, content: Event | Decision, knows: Knows) -> Message:
    """What a subscription is told of a record where somebody wants it told, whatever it asks for."""
    if isinstance(content, Decision):
        data = told_decision(content, knows.grades_of(content), subscription.grade)
        said: dict[str, object] = {"type": DECIDED, "subject": content.event, "data": data}
        trace = knows.traceparent_of(content.id)
        if trace is not None:
            said["traceparent"] = trace
    else:
        named = reason_named_in(content)
        above = {} if named is None else dict.fromkeys(named.fields, knows.grade_of_code(named.decision, named.code))
        data = told_event(content, knows.contracts.get(content.kind), subscription.grade, above)
        said = {"type": content.kind, "time": time_text(content.time_us), "data": data}
    head = {"specversion": "1.0", "id": content.id, "source": knows.source, "datacontenttype": "application/json"}
    return Message(content.id, msgspec.json.encode({**head, **said}))


def wants(subscription: Subscription, content: Event | Decision, knows: Knows) -> bool:
    """Whether a record of its kinds is one that a subscription asks for."""
    return isinstance(content, Event) or _wanted(subscription, content, knows)


def _wanted(subscription: Subscription, decision: Decision, knows: Knows) -> bool:
    if subscription.policy not in (None, decision.policy):
        return False
    if subscription.outcome is None:
        return True
    outcomes = list(knows.outcomes_of(decision))
    if subscription.outcome not in outcomes or decision.outcome not in outcomes:
        return decision.outcome == subscription.outcome
    return outcomes.index(decision.outcome) >= outcomes.index(subscription.outcome)
