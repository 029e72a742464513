"""Measures: what is shown of them, and the acts on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar, cast

import msgspec

from huitong.api.shapes import found_of
from huitong.api.work.acts import SOON, ActRoute, Carried, NoBody, Told
from huitong.api.work.port import WorkService
from huitong.api.work.reading import Order
from huitong.api.work.showing import Showing
from huitong.contracts import MeasureKind
from huitong.identity import ROLES_OF_ALL, Veiled
from huitong.identity.purposes import REFERENCE_LENGTH_MAX
from huitong.kernel import Finding, Found, Text, time_text, time_us
from huitong.operations.cases import require_named
from huitong.risk.disposition import (
    Ledger,
    Proposal,
    Stretch,
    Subject,
    Wanted,
    kept_amount,
    proposal_of,
    unknown_channel,
    unnamed_subject,
    unread_role,
)
from huitong.risk.disposition.ledger import measure_of
from huitong.risk.disposition.measure import CHANGED, PROPOSED, SubjectRole
from huitong.risk.disposition.stretches import weight

T = TypeVar("T")
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=REFERENCE_LENGTH_MAX)]
"""Id of an alert or a case."""


@dataclass(frozen=True, slots=True)
class MeasureItem:
    """A measure, from when it was imposed until it is over; amounts in minor units.

    Attributes:
        id: Id of the event that imposed it, by which it is lifted.
        role: Kind of its subject.
        subject: Whom it concerns.
        kind: What is done.
        since: From when.
        until: Until when.
        lifted_by: Who lifted it; ``null`` where it ends by itself.
        channel: Only over this channel.
        counterparty: Only to this account.
        amount_minor: Of a limit the most that may be paid, else the least amount that it concerns.
        ground: Code of the reason.
        ground_text: The reason.
        note: What a person wrote beside it.
        alert: Id of the alert that it was imposed for.
        case: Id of the case that it was imposed for.
        by: Who imposed it.
        second: The second person of that.
        automatic: Whether a policy did.
        lifted_second: The second person of the lifting.
        lifted_ground: Code of the reason for that.
        lifted_note: What was written beside that.
        lifted_alert: Id of the alert that it was lifted for.
        lifted_case: Id of the case that it was lifted for.
    """

    id: str
    role: Veiled[str]
    subject: Veiled[str]
    kind: Veiled[MeasureKind]
    since: str
    until: Veiled[str]
    lifted_by: Veiled[str] | None
    channel: Veiled[str] | None
    counterparty: Veiled[str] | None
    amount_minor: Veiled[int] | None
    ground: Veiled[str]
    ground_text: Veiled[Text]
    note: Veiled[str] | None
    alert: Veiled[str] | None
    case: Veiled[str] | None
    by: Veiled[str]
    second: Veiled[str] | None
    automatic: Veiled[bool]
    lifted_second: Veiled[str] | None
    lifted_ground: Veiled[str] | None
    lifted_note: Veiled[str] | None
    lifted_alert: Veiled[str] | None
    lifted_case: Veiled[str] | None


@dataclass(frozen=True, slots=True)
class Measures:
    """A page of measures, strongest first where those in force are asked for, by time where those of a subject are."""

    items: list[MeasureItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class ProposalItem:
    """A measure, or the lifting of one, that waits for a second person until ``expires``."""

    measure: MeasureItem
    lifts: Veiled[bool]
    expires: Veiled[str]


@dataclass(frozen=True, slots=True)
class Proposals:
    """A page of what waits for a second person, oldest first."""

    items: list[ProposalItem]
    next: str | None


def measure_item(measure: Stretch, showing: Showing) -> MeasureItem:
    """A measure as its reader may see it."""
    first, last, place, ended = measure.changes[0], measure.changes[-1], measure.place, measure.ended_by
    told = showing.of_code(last.decision if last.automatic else None, last.ground)

    def shown(field: str, value: T, at_least: int = 1) -> Veiled[T]:
        return showing.value(measure.id, CHANGED, field, value, at_least)

    def maybe(field: str, value: T | None) -> Veiled[T] | None:
        return showing.maybe(measure.id, CHANGED, field, value)

    return MeasureItem(
        measure.id,
        shown("role", place.subject.role),
        shown(place.subject.role, place.subject.id),
        shown("measure", place.kind),
        time_text(measure.from_us),
        shown("until", time_text(measure.over_us)),
        maybe("by", None if ended is None else ended.by),
        maybe("channel", place.scope.channel),
        maybe("counterparty", place.scope.counterparty),
        maybe("amount", measure.amount_minor),
        shown("ground", last.ground, told),
        shown("ground_zh", last.ground_text, told),
        maybe("note", last.note),
        maybe("alert", last.alert),
        maybe("case", last.case),
        shown("by", first.by),
        maybe("second", first.second),
        shown("source", first.automatic),
        maybe("second", None if ended is None else ended.second),
        maybe("ground", None if ended is None else ended.ground),
        maybe("note", None if ended is None else ended.note),
        maybe("alert", None if ended is None else ended.alert),
        maybe("case", None if ended is None else ended.case),
    )


def order_of(service: WorkService, showing: Showing) -> Order[Stretch]:
    """Measures strongest first; by time, where that order would tell a reader which they may not see."""
    return _order(service, weight, falling=True) if showing.sees(CHANGED, "measure") else order_of_subject(service)


def order_of_subject(service: WorkService) -> Order[Stretch]:
    """Measures by time."""
    return _order(service, lambda one: (one.from_us, one.id), falling=False)


def _order(service: WorkService, place: Callable[[Stretch], Any], *, falling: bool) -> Order[Stretch]:
    def named(measure: str) -> Stretch:
        found = service.ask_measures(lambda ledger: measure_of(ledger, measure))
        return replace(found, over_us=max(change.until_us for change in found.changes))  # as it was before it was lifted

    return Order(lambda one: one.id, place, named, falling)


def order_of_proposals(service: WorkService) -> Order[Proposal]:
    """What waits for a second person, oldest first."""
    return Order(
        lambda one: one.change.id,
        lambda one: (one.change.time_us, one.change.id),
        lambda proposal: service.ask_measures(lambda ledger: proposal_of(ledger, proposal)),
    )


def proposal_item(proposal: Proposal, showing: Showing) -> ProposalItem:
    """What waits, as its reader may see it."""
    change = proposal.change
    item = measure_item(Stretch(change.place, (change,), change.until_us), showing)
    lifts = showing.value(change.id, PROPOSED, "change", change.lifts)
    return ProposalItem(item, lifts, showing.value(change.id, PROPOSED, "expires", time_text(proposal.expires_us)))


class Impose(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A measure as a person asks for it; see docs/measures.md."""

    role: SubjectRole
    subject: Name
    measure: MeasureKind
    until: Annotated[str, msgspec.Meta(max_length=40)]
    ground: Code
    channel: Code | None = None
    counterparty: Name | None = None
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    note: Note | None = None
    customer: Name | None = None
    alert: Reference | None = None
    case: Reference | None = None


@dataclass(frozen=True, slots=True)
class Imposed:
    """What imposing led to, and what speaks against it.

    Attributes:
        id: Id of its event in the log.
        kind: Kind of that event: ``measure.proposed`` waits for a second person.
        findings: Warnings: ``measure.channel.unknown`` of a channel over which no payment comes, so that the measure acts on none;
            ``measure.role.unread`` of a kind of subject of which no policy looks at measures; ``measure.subject.unnamed``, the first time
            that it is asked for, of somebody whom no event names; ``measure.amount.stays`` where an API key named an amount that would lift
            in part what is in force.
    """

    id: str
    kind: str
    findings: list[Found]


def _unnamed(service: WorkService, body: Impose) -> list[Finding]:
    return unnamed_subject(Subject(body.role, body.subject), named=service.named(body.role, body.subject))


def _with_findings(service: WorkService, done: Carried) -> Imposed:
    event = done.event
    channel = event.data.get("channel")
    found = unknown_channel(channel if isinstance(channel, str) else None, service.channels)
    found += unread_role(cast("SubjectRole", event.data["role"]), service.measured_roles)  # the data contract's one_of
    found += kept_amount(event)
    return Imposed(event.id, event.kind, [found_of(one) for one in (*done.found, *found)])


class Lift(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Why it is lifted."""

    ground: Code
    note: Note | None = None
    alert: Reference | None = None
    case: Reference | None = None


class Refuse(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """Why not."""

    note: Note | None = None


def _require_named(service: WorkService, body: Impose | Lift) -> None:
    """Refuses an alert or a case that there is not."""
    service.ask_desk(lambda desk: require_named(desk, body.alert, body.case))


def _impose(service: WorkService, command: Any, _place: Mapping[str, str], body: Impose) -> None:  # noqa: ANN401 -- see ActRoute
    _require_named(service, body)
    counterparties = () if body.counterparty is None else (body.counterparty,)
    service.impose(
        command,
        Wanted(
            Subject(body.role, body.subject),
            body.measure,
            time_us(body.until),
            body.ground,
            body.channel,
            counterparties,
            body.amount_minor,
            body.note,
            body.customer,
            body.alert,
            body.case,
        ),
    )


def _lift(service: WorkService, command: Any, place: Mapping[str, str], body: Lift) -> None:  # noqa: ANN401 -- see ActRoute
    _require_named(service, body)
    service.lift(command, place["measure_id"], body.ground, body.note, alert=body.alert, case=body.case)


def _imposed(_service: WorkService, _place: Mapping[str, str], body: Impose) -> Told:
    customer = body.customer if body.role != "customer" else body.subject
    return {
        body.role: body.subject,
        "change": "imposed",
        "role": body.role,
        "measure": body.measure,
        "until": time_us(body.until),
        "ground": body.ground,
        "channel": body.channel,
        "counterparty": body.counterparty,
        "amount": body.amount_minor,
        "note": body.note,
        "customer": customer,
        "alert": body.alert,
        "case": body.case,
    }


def _lifted(service: WorkService, place: Mapping[str, str], body: Lift) -> Told:
    where = service.ask_measures(lambda ledger: measure_of(ledger, place["measure_id"])).place
    return {
        where.subject.role: where.subject.id,
        "change": "lifted",
        "measure": where.kind,
        "channel": where.scope.channel,
        "counterparty": where.scope.counterparty,
        "ground": body.ground,
        "note": body.note,
        "alert": body.alert,
        "case": body.case,
    }


def measure_seen(place: Mapping[str, str]) -> Callable[[Ledger], Stretch | None]:
    """Finds the measure of an address."""

    def seen(ledger: Ledger) -> Stretch | None:
        return measure_of(ledger, place["measure_id"]) if place["measure_id"] in ledger.place_of else None

    return seen


def proposal_seen(place: Mapping[str, str]) -> Callable[[Ledger], Proposal | None]:
    """Finds the proposal of an address."""
    return lambda ledger: ledger.proposals.get(place["proposal_id"])


MEASURE_ACTS: Sequence[ActRoute[Any]] = (
    ActRoute(
        "/measures",
        "impose_measure",
        "measures",
        "Impose a measure; above the institution's rank it waits for a second person",
        "measures",
        ROLES_OF_ALL,
        Impose,
        Impose("account", "A000070", "hold", SOON, "investigation", note="the customer cannot be reached"),
        _impose,
        _imposed,
        finds=_unnamed,
        gives=_with_findings,
        given=Imposed,
    ),
    ActRoute(
        "/measures/{measure_id:path}/lift",
        "lift_measure",
        "measures",
        "Lift a measure; a strong one waits for a second person",
        "measures",
        ROLES_OF_ALL,
        Lift,
        Lift("verified"),
        _lift,
        _lifted,
        measure_seen,
    ),
    ActRoute(
        "/measures/waiting/{proposal_id:path}/confirm",
        "confirm_measure",
        "measures",
        "Give the second signature: what is proposed takes effect",
        "measures",
        ROLES_OF_ALL,
        NoBody,
        NoBody(),
        lambda s, c, p, _b: s.confirm(c, p["proposal_id"]),
        lambda _s, p, _b: {"proposal": p["proposal_id"]},
        proposal_seen,
    ),
    ActRoute(
        "/measures/waiting/{proposal_id:path}/refuse",
        "refuse_measure",
        "measures",
        "Refuse the second signature, or take one's own proposal back",
        "measures",
        ROLES_OF_ALL,
        Refuse,
        Refuse("the customer called back"),
        lambda s, c, p, b: s.refuse(c, p["proposal_id"], b.note),
        lambda _s, p, b: {"proposal": p["proposal_id"], "note": b.note},
        proposal_seen,
    ),
)
"""Every act on measures."""
