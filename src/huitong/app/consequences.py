"""What follows from a bank's decisions by itself, all of it: one function, and the kinds of events that it makes."""

from collections.abc import Sequence
from dataclasses import dataclass

from huitong.contracts import Consequence, Decision, Event
from huitong.operations.cases import ALERT_RAISED, DeskSettings, raised_by
from huitong.risk import disposition
from huitong.telemetry import tracing


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from a decision.

    Attributes:
        parts: Each makes its own events; those of an earlier part come first.
        kinds: Kinds of the events.
    """

    parts: tuple[Consequence, ...] = ()
    kinds: frozenset[str] = frozenset()

    def __call__(self, event: Event, decision: Decision) -> Sequence[Event]:
        traced = tracing()
        if traced is None:
            return [follows for part in self.parts for follows in part(event, decision)]
        with traced.span("consequences", policy=decision.policy, outcome=decision.outcome):
            return [follows for part in self.parts for follows in part(event, decision)]


def consequences_of(desk: DeskSettings, measures: disposition.Settings) -> Consequences:
    """Those of a bank under its settings."""
    parts = disposition.consequence_of(measures), raised_by(desk)
    return Consequences(parts, disposition.CONSEQUENCE_KINDS | {ALERT_RAISED})
