"""What follows from a decision by itself: measures imposed or proposed, and what a payment draws on a limit. Pure; ids are the decision's.

Asked twice, the same decision leads to the same events with the same ids, so nothing is ever done twice, live or in a replay.
"""

from collections.abc import Iterable
from dataclasses import replace

from huitong.contracts import Consequence, Decision, Event, Measure, MeasureKind, Value
from huitong.kernel import Finding, Severity, Text
from huitong.risk.disposition.measure import DRAWN, PROPOSED, SUBJECT_ROLES, Change, Place, Subject, SubjectRole, event_of
from huitong.risk.disposition.settings import Settings

STOPPING: frozenset[MeasureKind] = frozenset({"hold", "freeze"})
"""Kinds that keep the payment's money where it is."""
_ACCOUNTS = {"counterparty": "account"}
"""Key roles that name a subject of another role."""
_UNKNOWN_GROUND: Text = {"en": "the policy's outcome", "zh": "策略结论"}


def consequence_of(settings: Settings) -> Consequence:
    """Everything that follows from a decision, under these settings."""

    def consequence(event: Event, decision: Decision) -> list[Event]:
        return [*imposed_by(decision, event, settings), *drawn_by(decision, event, settings)]

    return consequence


def imposed_by(decision: Decision, event: Event, settings: Settings) -> list[Event]:
    """The measures that a decision carries, as events: in force up to the rank that the institution lets policies reach, else proposed.

    As long as a proposal waits, the strongest that a policy may impose is in force in its stead.

    Args:
        decision: The decision.
        event: The event decided.
        settings: The institution's.
    """
    found = []
    for number, measure in enumerate(decision.measures):
        role = subject_role(measure.role)
        if role is None:
            continue  # a finding of the policy: see ``unfit``
        subject = Subject(role, measure.subject)
        change = _change(f"{decision.id}/measure/{number}", decision, event, measure, Place(subject, measure.kind), settings)
        if not settings.needs_second(measure.kind, person=False):
            found.append(event_of(change))
            continue
        expires_us = min(event.time_us + settings.proposal_us, change.until_us)
        found.append(event_of(change, PROPOSED, expires_us=expires_us))
        meanwhile = replace(measure, kind=settings.automatic_up_to, until_us=expires_us)
        found.append(event_of(_change(f"{change.id}/meanwhile", decision, event, meanwhile, Place(subject, meanwhile.kind), settings)))
    return found


def _change(id_: str, decision: Decision, event: Event, measure: Measure, place: Place, settings: Settings) -> Change:
    rule, amount = settings.rule(measure.kind), event.data.get("amount")
    ground = next((reason.text for reason in decision.reasons if reason.code == measure.ground), _UNKNOWN_GROUND)
    payers = measure.role not in ("customer", "counterparty")
    return Change(
        id_,
        event.time_us,
        place,
        min(measure.until_us, event.time_us + rule.longest_us),
        measure.ground,
        ground,
        f"{decision.policy}@{decision.version}",
        automatic=True,
        amount_minor=rule.amount_minor if measure.kind == "limit" else None,
        customer=event.keys.get("customer") if payers else None,
        decision=decision.id,
        event=event.id,
        held_minor=amount if measure.kind in STOPPING and isinstance(amount, int) and not isinstance(amount, bool) else None,
        may_lift=rule.lifted_by,
        lift_second=rule.lift_second,
        tells_core=rule.tells_core,
    )


def drawn_by(decision: Decision, event: Event, settings: Settings) -> list[Event]:
    """What a payment that went through draws on the limits that the policy saw in force.

    Args:
        decision: The decision; its evidence holds the features that say whether a limit is in force.
        event: The event decided.
        settings: The institution's; ``draws`` names the features.
    """
    found = []
    for number, draw in enumerate(settings.draws):
        left, amount = decision.evidence.features.get(draw.feature), event.data.get(draw.amount)
        limited = isinstance(left, float | int) and left > 0
        if decision.outcome not in draw.outcomes or not limited or draw.role not in event.keys or not isinstance(amount, int):
            continue
        keys = {role: name for role, name in event.keys.items() if role in (draw.role, "customer")}
        data: dict[str, Value] = {"role": draw.role, "amount": amount, "decision": decision.id}
        found.append(Event(f"{decision.id}/drawn/{number}", DRAWN, event.time_us, keys, data))
    return found


def subject_role(role: str) -> SubjectRole | None:
    """What a measure on this key role acts on; ``None`` where nothing can be done to it."""
    named = _ACCOUNTS.get(role, role)
    return next((known for known in SUBJECT_ROLES if known == named), None)


def unfit(policy: str, measures: Iterable[Measure | tuple[MeasureKind, str]]) -> list[Finding]:
    """Measures of a policy that the ledger cannot carry out, because nothing can be done to their subject."""
    roles = {one.role if isinstance(one, Measure) else one[1] for one in measures}
    return [
        Finding(
            "measure.subject",
            f"{policy}, {role}",
            {
                "en": f"no measure can act on a {role}: it is decided but not carried out",
                "zh": f"措施无法作用于 {role}：会作出决策，但不会执行",
            },
            {"en": f"name one of {', '.join(SUBJECT_ROLES)} or counterparty", "zh": f"请使用 {'、'.join(SUBJECT_ROLES)} 或 counterparty"},
            Severity.WARNING,
        )
        for role in sorted(roles)
        if subject_role(role) is None
    ]
