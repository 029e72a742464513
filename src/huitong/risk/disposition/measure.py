"""What a measure is: whom it concerns, what is done, how far it reaches; and a change of it as an event.

The key to the whole ledger is one rule about changes. The measures of one kind and scope on one subject are one **place**; a change sets
until when the place holds. While it holds, another change can only prolong it; a change whose end is not after itself ends it. Sorted by
time, the changes of a place so give stretches in which it holds, whatever order they arrived in; the feature ``remaining`` of the feature
kernel is the same rule over the same events, so that a policy and the ledger never differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast, get_args

from huitong.contracts import MEASURE_CHANGED, MEASURE_DRAWN, MEASURE_TITLES, Event, MeasureKind, Role, Value
from huitong.kernel import Text

KINDS: tuple[MeasureKind, ...] = get_args(MeasureKind)
"""Weakest first."""
KIND_TITLES = MEASURE_TITLES
SubjectRole = Literal["customer", "account", "card", "device", "terminal", "merchant"]
SUBJECT_ROLES: tuple[SubjectRole, ...] = get_args(SubjectRole)
"""What a measure may act on."""
SUBJECT_TITLES: Mapping[str, Text] = {
    "customer": {"en": "customer", "zh": "客户"},
    "account": {"en": "account", "zh": "账户"},
    "card": {"en": "card", "zh": "卡"},
    "device": {"en": "device", "zh": "设备"},
    "terminal": {"en": "terminal", "zh": "受理终端"},
    "merchant": {"en": "merchant", "zh": "商户"},
}
CHANGED, PROPOSED, CONFIRMED, REFUSED = MEASURE_CHANGED, "measure.proposed", "measure.confirmed", "measure.refused"
DRAWN, COMMAND_SENT, COMMAND_ANSWERED = MEASURE_DRAWN, "measure.command_sent", "measure.command_answered"
SETTLES_NAMED, SETTLES_COVERED = "named", "covered"
"""What a decision on a proposal settles: only that, or also what asks for no more than is in force by it."""
ALL_PAYMENTS = 0
"""Least amount of what concerns every payment, where it must be said since another amount is in force, or may be."""
ASKED_AMOUNT = "asked_amount"
"""Field of the amount that was asked for, where the ledger kept another one."""
CONSEQUENCE_KINDS = frozenset({CHANGED, PROPOSED, DRAWN})
"""Kinds of the events that follow from decisions."""
MEASURE_EVENTS = (CHANGED, PROPOSED, CONFIRMED, REFUSED, DRAWN, COMMAND_SENT, COMMAND_ANSWERED)
"""Every kind of event of the ledger."""


def rank(kind: MeasureKind) -> int:
    """How strong a kind is; 0 is the weakest."""
    return KINDS.index(kind)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whom a measure concerns.

    Attributes:
        role: Kind of subject.
        id: Its name.
    """

    role: SubjectRole
    id: str


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """How far a measure reaches; by default it concerns everything that the subject does.

    Attributes:
        channel: Only payments over this channel.
        counterparty: Only payments to this account.
    """

    channel: str | None = None
    counterparty: str | None = None

    @property
    def word(self) -> str:
        """Name of the scope's shape, by which features tell measures apart."""
        if self.channel is None:
            return "whole" if self.counterparty is None else "counterparty"
        return "channel" if self.counterparty is None else "channel_and_counterparty"

    def covers(self, channel: str | None, counterparty: str | None) -> bool:
        """Whether a payment lies in it."""
        return self.channel in (None, channel) and self.counterparty in (None, counterparty)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The measures of one kind and scope on one subject: at any time there is one or none."""

    subject: Subject
    kind: MeasureKind
    scope: Scope = Scope()

    @property
    def name(self) -> str:
        """A text that no other place has."""
        parts = (self.subject.role, self.subject.id, self.kind, self.scope.channel or "", self.scope.counterparty or "")
        return "\x1f".join(parts)


@dataclass(frozen=True, slots=True)
class Change:
    """A measure is imposed, prolonged or lifted.

    Attributes:
        id: Id of its event.
        time_us: When, µs UTC.
        place: Whose, which, how far.
        until_us: When it ends; of a lifting the moment itself.
        ground: Code of the reason.
        ground_text: The reason in zh and en.
        by: Who: a person's id, or ``NAME@VERSION`` of a policy.
        automatic: Whether a policy did it.
        lifts: Whether it lifts.
        amount_minor: Of a limit the most that may be paid, of any other measure the least amount that it concerns; minor units. ``None``
            leaves what was named before.
        note: What a person wrote beside it.
        second: The second person, where it took one.
        customer: Whose the subject is, where that is known and another.
        decision: Id of the decision that led to it.
        event: Id of the event decided.
        held_minor: Money that it stopped, minor units.
        may_lift: Roles of which one is needed to lift it.
        lift_second: Whether lifting it takes a second person.
        tells_core: Whether the core system is told.
        alert: Id of the alert that a person did it for, where they said so.
        case: Id of the case, likewise.
    """

    id: str
    time_us: int
    place: Place
    until_us: int
    ground: str
    ground_text: Text
    by: str
    automatic: bool = False
    lifts: bool = False
    amount_minor: int | None = None
    note: str | None = None
    second: str | None = None
    customer: str | None = None
    decision: str | None = None
    event: str | None = None
    held_minor: int | None = None
    may_lift: tuple[Role, ...] = ()
    lift_second: bool = False
    tells_core: bool = False
    alert: str | None = None
    case: str | None = None

    @property
    def ends(self) -> bool:
        """Whether nothing holds in its place after it."""
        return self.until_us <= self.time_us


def event_of(change: Change, kind: str = CHANGED, *, expires_us: int | None = None, asked_minor: int | None = None) -> Event:
    """The change as an event of the log; ``asked_minor`` is the amount that was asked for, where the change leaves another one."""
    subject, scope = change.place.subject, change.place.scope
    keys: dict[str, str] = {subject.role: subject.id}
    if change.customer is not None and subject.role != "customer":
        keys["customer"] = change.customer
    if scope.counterparty is not None:
        keys["counterparty"] = scope.counterparty
    data: dict[str, Value] = {
        "change": "lifted" if change.lifts else "imposed",
        "role": subject.role,
        "measure": change.place.kind,
        "scope": scope.word,
        "channel": scope.channel,
        "amount": change.amount_minor,
        "until": change.until_us,
        "ground": change.ground,
        "ground_zh": change.ground_text["zh"],
        "ground_en": change.ground_text["en"],
        "note": change.note,
        "source": "policy" if change.automatic else "person",
        "by": change.by,
        "second": change.second,
        "decision": change.decision,
        "event": change.event,
        "held": change.held_minor,
        "may_lift": " ".join(change.may_lift),
        "lift_second": change.lift_second,
        "tells_core": change.tells_core,
        "alert": change.alert,
        "case": change.case,
        "expires": expires_us,
        ASKED_AMOUNT: asked_minor,
    }
    return Event(change.id, kind, change.time_us, keys, {name: value for name, value in data.items() if value is not None})


def change_of(event: Event) -> Change:
    """The change that an event tells of; the reverse of ``event_of``."""
    data, keys = event.data, event.keys
    role = cast("SubjectRole", data["role"])  # the data contract's one_of
    kind = cast("MeasureKind", data["measure"])
    place = Place(Subject(role, keys[role]), kind, Scope(_text(data, "channel"), keys.get("counterparty")))
    return Change(
        event.id,
        event.time_us,
        place,
        _whole(data, "until") or event.time_us,
        _text(data, "ground") or "",
        _ground(_text(data, "ground_zh") or "-", _text(data, "ground_en") or "-"),
        _text(data, "by") or "",
        data.get("source") == "policy",
        data.get("change") == "lifted",
        _whole(data, "amount"),
        _text(data, "note"),
        _text(data, "second"),
        keys.get("customer") if role != "customer" else None,
        _text(data, "decision"),
        _text(data, "event"),
        _whole(data, "held"),
        _roles(_text(data, "may_lift") or ""),
        data.get("lift_second") is True,
        data.get("tells_core") is True,
        _text(data, "alert"),
        _text(data, "case"),
    )


@lru_cache(maxsize=4_096)
def _ground(zh: str, en: str) -> Text:
    """One and the same for all who share it: a ledger holds many changes and few grounds."""
    return {"zh": zh, "en": en}


@lru_cache(maxsize=256)
def _roles(text: str) -> tuple[Role, ...]:
    return cast("tuple[Role, ...]", tuple(text.split()))


def _text(data: Mapping[str, Value], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


def _whole(data: Mapping[str, Value], name: str) -> int | None:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
