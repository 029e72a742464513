"""What follows from a decision by itself: measures imposed or proposed, and what a payment draws on a limit. Pure; ids are the decision's.

Asked twice, the same decision leads to the same events with the same ids, so nothing is ever done twice, live or in a replay.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from huitong.contracts import (
    CHANNEL,
    COUNTERPARTY,
    IN_FORCE,
    SCOPE_KEYS,
    Consequence,
    Decision,
    Event,
    Measure,
    MeasureKind,
    Row,
    RowHeader,
    Value,
    measure_feature,
)
from huitong.kernel import MICROSECONDS_PER_DAY, Finding, Severity, Text
from huitong.risk.disposition.meanwhile import stand_in_id
from huitong.risk.disposition.measure import (
    ALL_PAYMENTS,
    DRAWN,
    KIND_TITLES,
    PROPOSED,
    SUBJECT_ROLES,
    Change,
    Place,
    Subject,
    SubjectRole,
    event_of,
)
from huitong.risk.disposition.settings import DrawSetting, Settings

STOPPING: frozenset[MeasureKind] = frozenset({"hold", "freeze"})
"""Kinds that keep the payment's money where it is."""
_ACCOUNTS = {"counterparty": "account"}
"""Key roles that name a subject of another role."""
NARROW_SCOPES = tuple(scope for scope, keys in SCOPE_KEYS.items() if keys)
LIMIT, LIMIT_LEFT = "limit", "limit_left"
"""Words of the features by which a policy with `[in_force]` knows of a limit: its amount, and how long it holds."""
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
        if role is None or measure.ground.startswith(IN_FORCE):
            continue  # a finding of the policy (see ``unfit``); or a measure that is in force already, told to whoever asked
        subject = Subject(role, measure.subject)
        change = _change(f"{decision.id}/measure/{number}", decision, event, measure, Place(subject, measure.kind), settings)
        if not settings.needs_second(measure.kind, person=False):
            found.append(event_of(change))
            continue
        expires_us = min(event.time_us + settings.proposal_us, change.until_us)
        found.append(event_of(change, PROPOSED, expires_us=expires_us))
        meanwhile = replace(measure, kind=settings.automatic_up_to, until_us=expires_us)
        found.append(event_of(_change(stand_in_id(change.id), decision, event, meanwhile, Place(subject, meanwhile.kind), settings)))
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
        amount_minor=_limit_minor(decision, measure, settings) if measure.kind == "limit" else ALL_PAYMENTS,  # what is held, it knows not
        customer=event.keys.get("customer") if payers else None,
        decision=decision.id,
        event=event.id,
        held_minor=amount if measure.kind in STOPPING and isinstance(amount, int) and not isinstance(amount, bool) else None,
        may_lift=rule.lifted_by,
        lift_second=rule.lift_second,
        tells_core=rule.tells_core,
    )


def _limit_minor(decision: Decision, measure: Measure, settings: Settings) -> int | None:
    """The amount of a policy's limit: at most that of the limit which the policy saw in force, so that it weakens none that a person set.

    What follows from a decision knows no ledger, only what the decision tells; of a receiving account it tells nothing.
    """
    ours, told = settings.rule("limit").amount_minor, decision.evidence.features
    most = told.get(measure_feature(measure.role, "whole", LIMIT))
    seen = _limited(told, [measure_feature(measure.role, "whole", LIMIT_LEFT)])
    if ours is None or not seen or not isinstance(most, float | int) or math.isnan(most):
        return ours
    return min(ours, round(most * 10.0**settings.decimals))


def drawn_by(decision: Decision, event: Event, settings: Settings) -> list[Event]:
    """What a payment that went through draws on the limits that the policy saw in force: once for each subject, however many it has.

    Args:
        decision: The decision; its evidence holds the features that say whether a limit is in force.
        event: The event decided.
        settings: The institution's; ``draws`` names the features.
    """
    found: list[Event] = []
    drawn: set[tuple[str, str]] = set()
    told = decision.evidence.features
    for number, draw, names in _told_of(told.header, settings.draws) if isinstance(told, Row) else _told(told, settings.draws):
        if not _limited(told, names) or (draw.role, draw.amount) in drawn:
            continue
        amount = event.data.get(draw.amount)
        if decision.outcome not in draw.outcomes or draw.role not in event.keys or not isinstance(amount, int):
            continue
        drawn.add((draw.role, draw.amount))
        keys = {role: name for role, name in event.keys.items() if role in (draw.role, "customer", COUNTERPARTY)}
        data: dict[str, Value] = {"role": draw.role, "amount": amount, "decision": decision.id}
        if isinstance(channel := event.data.get(CHANNEL), str):
            data[CHANNEL] = channel
        found.append(Event(f"{decision.id}/drawn/{number}", DRAWN, event.time_us, keys, data))
    return found


def _limited(told: Mapping[str, object], names: Iterable[str]) -> bool:
    """Whether the policy saw a limit in force that the payment lies in."""
    return any(isinstance(left := told.get(name), float | int) and left > 0 for name in names)


_Told = Sequence[tuple[int, DrawSetting, tuple[str, ...]]]


def _told(features: Iterable[str], draws: Sequence[DrawSetting]) -> _Told:
    """What may be drawn on limits that features of these names can tell of: its number, and their names.

    A limit is told of by the feature that the settings name, or by that of a narrow scope.
    """
    there, found = frozenset(features), []
    for number, draw in enumerate(draws):
        of_scopes = (measure_feature(draw.role, scope, LIMIT_LEFT) for scope in NARROW_SCOPES)
        if names := tuple(name for name in (draw.feature, *of_scopes) if name in there):
            found.append((number, draw, names))
    return found


@lru_cache(256)
def _told_of(header: RowHeader, draws: tuple[DrawSetting, ...]) -> _Told:
    """The same of all decisions whose evidence has one header, of which nearly all tell of no limit."""
    return _told(header.names, draws)


def subject_role(role: str) -> SubjectRole | None:
    """What a measure on this key role acts on; ``None`` where nothing can be done to it."""
    named = _ACCOUNTS.get(role, role)
    return next((known for known in SUBJECT_ROLES if known == named), None)


def subjects_of(keys: Mapping[str, str]) -> list[Subject]:
    """Everybody of an event's keys on whom a measure can act."""
    named = ((subject_role(role), name) for role, name in keys.items())
    return [Subject(role, name) for role, name in named if role is not None]


class Called(Protocol):
    """A measure as a policy's settings call for it."""

    @property
    def kind(self) -> MeasureKind: ...
    @property
    def role(self) -> str: ...
    @property
    def duration_us(self) -> int: ...


def unfit(policy: str, called: Iterable[Called], settings: Settings) -> list[Finding]:
    """What the ledger will not carry out as a policy's settings call for it: warnings for whoever writes the policy."""
    found = []
    for one in called:
        where, title = f"{policy}, [measures] {one.kind}, {one.role}", KIND_TITLES[one.kind]
        if subject_role(one.role) is None:
            found.append(_warned("measure.subject", where, *_no_subject(one.role)))
        if one.duration_us > settings.rule(one.kind).longest_us:
            days = settings.rule(one.kind).longest_us / MICROSECONDS_PER_DAY
            cause: Text = {
                "en": f"a {title['en']} lasts {days:g} days at most here: it will be cut to that",
                "zh": f"此处{title['zh']}最长 {days:g} 天，超出部分将被截去",
            }
            remedy: Text = {
                "en": "shorten `for`, or raise longest in measures.toml",
                "zh": "请缩短 `for`，或提高 measures.toml 中的 longest",
            }
            found.append(_warned("measure.shortened", where, cause, remedy))
        if settings.needs_second(one.kind, person=False):
            cause = {
                "en": f"a {title['en']} is proposed only, and waits for a person",
                "zh": f"{title['zh']}只会提议，须等待人员复核",
            }
            remedy = {
                "en": "as it should be, or raise automatic_up_to in measures.toml",
                "zh": "若非本意，请提高 measures.toml 中的 automatic_up_to",
            }
            found.append(_warned("measure.waits", where, cause, remedy))
    return found


def _no_subject(role: str) -> tuple[Text, Text]:
    return (
        {
            "en": f"no measure can act on a {role}: it is decided but not carried out",
            "zh": f"措施无法作用于 {role}：会作出决策，但不会执行",
        },
        {"en": f"name one of {', '.join(SUBJECT_ROLES)} or counterparty", "zh": f"请使用 {'、'.join(SUBJECT_ROLES)} 或 counterparty"},
    )


def _warned(code: str, where: str, cause: Text, remedy: Text) -> Finding:
    return Finding(code, where, cause, remedy, Severity.WARNING)
