"""An alert as what follows from a decision: raised in the decision's own commit, and again by any replay."""

from collections.abc import Mapping, Sequence

from huitong.contracts import Consequence, Decision, Event, Reason, Standing, Value, main_reason
from huitong.operations.cases.settings import DeskSettings
from huitong.operations.cases.state import ALERT_RAISED

KEY_ROLES = ("customer", "account", "counterparty", "device", "terminal", "merchant")
"""Keys of the decided event that an alert carries over."""
UNKNOWN_PATTERN = "unexplained"
CERTAINTY = 1.0
"""Probability taken for a decision without a model's score: a list or a rule spoke, and any lower figure would be made up."""


def raised_by(settings: DeskSettings) -> Consequence:
    """What makes alerts of decisions under an institution's settings."""

    def follow(event: Event, decision: Decision) -> Sequence[Event]:
        if decision.outcome not in settings.alerting:
            return []
        main = main_reason(decision.reasons)
        # What a measure in force stopped is nothing new.
        in_hand = main is not None and main.source == "measure" and main.standing is Standing.ASKED
        return [] if in_hand else [_alert(event, decision, main, settings)]

    return follow


def _alert(event: Event, decision: Decision, main: Reason | None, settings: DeskSettings) -> Event:
    keys = {role: event.keys[role] for role in KEY_ROLES if role in event.keys}
    role = next((role for role in settings.subject_roles if role in keys), "payment")
    amount = event.data.get("amount")
    amount_minor = amount if isinstance(amount, int) else 0
    certainty = CERTAINTY if decision.score is None else decision.score
    expected_loss = 0 if decision.outcome in settings.stopping else round(amount_minor * certainty)
    within = settings.urgent_within_us if expected_loss >= settings.urgent_minor else settings.answer_within_us
    data: Mapping[str, Value] = {
        "payment": event.id,
        "decision": decision.id,
        "policy": decision.policy,
        "version": decision.version,
        "outcome": decision.outcome,
        "subject_role": role,
        "pattern": UNKNOWN_PATTERN if main is None else main.code,
        "amount": amount_minor,
        "expected_loss": expected_loss,
        "due": event.time_us + within,
        "urgent_from": settings.urgent_minor,  # of the alert that it joins, whose sum only the fold knows
        "urgent_due": event.time_us + settings.urgent_within_us,
    }
    if decision.score is None:
        data = {**data, "certain": True}
    return Event(f"alert:{decision.id}", ALERT_RAISED, event.time_us, keys, data)
