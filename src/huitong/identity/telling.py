"""What systems elsewhere are told of a decision or an event: up to a data grade, and nothing in the place of what lies above it."""

from collections.abc import Mapping

from huitong.contracts import DataContract, Decision, Event
from huitong.identity.grades import NOTHING_MORE, DecisionGrades, Hidden, shown_decision, shown_event
from huitong.identity.purposes import Clearance


def told_decision(decision: Decision, grades: DecisionGrades, grade: int) -> dict[str, object]:
    """Outcome, score, reasons, measures, version and tier of a decision; its evidence stays in the house.

    Of a reason above the grade nothing is told, of a measure everything but whom it concerns.

    Args:
        decision: The decision.
        grades: Grades of what its policy says.
        grade: Up to which grade is told.
    """
    shown = shown_decision(decision, grades, Clearance(grade))
    measures = [
        {"kind": one.kind, "role": one.role, "subject": one.subject, "until_us": one.until_us, "ground": one.ground}
        for one in shown.measures
    ]
    return {
        "policy": shown.policy,
        "version": shown.version,
        "outcome": shown.outcome,
        "score": shown.score,
        "tier": shown.tier,
        "reasons": [{"code": one.code, "text": one.text} for one in shown.reasons if not isinstance(one.code, Hidden)],
        "measures": [_seen(one) for one in measures],
    }


def told_event(event: Event, contract: DataContract | None, grade: int, at_least: Mapping[str, int] = NOTHING_MORE) -> dict[str, object]:
    """Keys and fields of an event up to a grade; without a contract nothing.

    Args:
        event: The event.
        contract: Data contract of its kind.
        grade: Up to which grade is told.
        at_least: See ``shown_event``.
    """
    shown = shown_event(event, contract, Clearance(grade), at_least)
    return _seen({**shown.keys, **shown.data})


def _seen(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if not isinstance(value, Hidden)}
