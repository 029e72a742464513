"""Who is told what happens: subscriptions, as a fold over their events. How far each was told is an offset in the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, get_args

from huitong.contracts import Event
from huitong.kernel import Text

Occurrence = Literal["decision", "alert", "measure", "rollout", "case"]
"""What somebody can be told of: a decision, an alert raised, a measure imposed or lifted, a step of a roll-out, a case closed."""
SENDER_ID = "huitong:webhooks"
"""Who notes how far somebody was told, and stops who cannot be."""
_BETWEEN = " · "
"""Stands between the two languages of what the sender notes, Chinese first."""
OCCURRENCES: tuple[Occurrence, ...] = get_args(Occurrence)
MADE, TURNED, SHOWN, STOPPED = "webhook.made", "webhook.turned", "webhook.shown", "webhook.stopped"
RESUMED, PROGRESSED, TROUBLED = "webhook.resumed", "webhook.progressed", "webhook.troubled"
SET_ASIDE, AGAIN, TAKEN, DROPPED = "webhook.set_aside", "webhook.again", "webhook.taken", "webhook.dropped"
CHANGED, REMOVED = "webhook.changed", "webhook.removed"
SECRET_KINDS = frozenset({MADE, TURNED, SHOWN})
"""After these, whoever acted is shown the secret."""
FIRST_SECRET = 1


@dataclass(frozen=True)
class Aside:
    """A message that its receiver refused for good; those behind it went on.

    Attributes:
        record: Id of the message: that of its record.
        at: Offset of the record in the log.
        status: What the receiver answered.
        since_us: When it was set aside, at last.
        due: Whether somebody has it sent again.
    """

    record: str
    at: int
    status: int
    since_us: int
    due: bool = False


@dataclass
class Subscription:
    """Somebody who is told.

    Attributes:
        id: Id of the event that made it.
        name: Name for people.
        url: Where it is told.
        occurrences: Of what.
        outcome: Of decisions, only those at least as severe; ``None`` for all.
        policy: Only those of this policy; ``None`` for all.
        grade: Highest data grade that it is told.
        offset: Where in the log telling goes on: everything before was told, or is none of its business.
        made_us: Since when.
        made_by: By whom.
        generation: Number of its secret; each new one takes the place of the one before after a day.
        turned_us: When the secret was turned last.
        stopped: Why nothing is told; ``None`` where it is.
        stopped_us: Since when.
        stopped_by: Who stopped it; a machine where it failed for too long, or its receiver is gone.
        troubled: Why the latest try failed; ``None`` where it did not.
        troubled_us: Since when all tries failed.
        remedy: What to do about it; ``None`` where nobody knows.
        delivered: How many occurrences it was told.
        aside: Messages that it refused for good and that nobody has seen to yet, oldest first.
        resumed: Id of the command that had it go on, from there or from elsewhere; empty where nobody did.
    """

    id: str
    name: str
    url: str
    occurrences: list[Occurrence]
    outcome: str | None
    policy: str | None
    grade: int
    offset: int
    made_us: int
    made_by: str
    generation: int = FIRST_SECRET
    turned_us: int = 0
    stopped: str | None = None
    stopped_us: int = 0
    stopped_by: str = ""
    troubled: str | None = None
    troubled_us: int = 0
    remedy: str | None = None
    delivered: int = 0
    aside: list[Aside] = field(default_factory=list)
    resumed: str = ""

    @property
    def given_up(self) -> bool:
        """Whether it was stopped by itself and nobody has seen to it yet."""
        return self.stopped is not None and self.stopped_by == SENDER_ID

    @property
    def untold(self) -> bool:
        """Whether nothing was sent to it yet, so that nobody knows whether it takes what it is told."""
        return not self.delivered and self.troubled is None and not self.aside

    @property
    def why_stopped(self) -> Text | None:
        """Why nothing is told, in each language; what a person wrote is the same in both."""
        if self.stopped is None or self.given_up:
            return _read(self.stopped)
        return {"en": self.stopped, "zh": self.stopped}

    @property
    def why_troubled(self) -> Text | None:
        """Why the latest try failed, in each language."""
        return _read(self.troubled)

    @property
    def what_to_do(self) -> Text | None:
        """What to do about it, in each language."""
        return _read(self.remedy)


def noted(text: Text) -> str:
    """A text in both languages as the sender notes it."""
    return f"{text['zh']}{_BETWEEN}{text['en']}"


def _read(noted: str | None) -> Text | None:
    """What the sender noted, in each language."""
    if noted is None:
        return None
    chinese, _, english = noted.partition(_BETWEEN)
    return {"en": english or chinese, "zh": chinese}


@dataclass
class Webhooks:
    """All subscriptions, by id."""

    subscriptions: dict[str, Subscription] = field(default_factory=dict)


def generation_of(event: Event) -> int:
    """Number of the secret that the event of an act gives; 0, which none has, where it does not say so: one that was shown once."""
    return FIRST_SECRET if event.kind == MADE else _number(event, "generation")


class WebhookBook:
    """The book of subscriptions; ``BookKeeper`` keeps it over a log."""

    name: ClassVar[str] = "webhooks"
    version: ClassVar[int] = 4
    state: ClassVar[type[Webhooks]] = Webhooks

    @property
    def kinds(self) -> tuple[str, ...]:
        """See ``Book``."""
        return (MADE, REMOVED, *_ENTER)

    def blank(self) -> Webhooks:
        """See ``Book``."""
        return Webhooks()

    def enter(self, state: Webhooks, event: Event) -> None:
        """See ``Book``."""
        if event.kind == MADE:
            state.subscriptions[event.id] = _made(event)
            return
        subscription = event.keys.get("subscription", "")
        if event.kind == REMOVED:
            state.subscriptions.pop(subscription, None)
            return
        known = state.subscriptions.get(subscription)
        if known is not None:
            _ENTER[event.kind](known, event)


def _text(event: Event, name: str) -> str:
    value = event.data.get(name)
    return value if isinstance(value, str) else ""


def _number(event: Event, name: str) -> int:
    value = event.data.get(name)
    return value if isinstance(value, int) else 0


def _made(event: Event) -> Subscription:
    return Subscription(
        event.id,
        _text(event, "name"),
        _text(event, "url"),
        _occurrences(event),
        _text(event, "outcome") or None,
        _text(event, "policy") or None,
        _number(event, "grade"),
        _number(event, "offset"),
        event.time_us,
        _text(event, "by"),
    )


def _occurrences(event: Event) -> list[Occurrence]:
    named = _text(event, "occurrences").split()
    return [one for one in OCCURRENCES if one in named]


def _changed(known: Subscription, event: Event) -> None:
    if known.url != _text(event, "url"):
        known.troubled = None  # nobody has tried the new address yet
    known.name, known.url, known.occurrences = _text(event, "name"), _text(event, "url"), _occurrences(event)
    known.outcome, known.policy, known.grade = _text(event, "outcome") or None, _text(event, "policy") or None, _number(event, "grade")


def _turned(known: Subscription, event: Event) -> None:
    known.generation, known.turned_us = _number(event, "generation"), event.time_us


def _stopped(known: Subscription, event: Event) -> None:
    known.stopped, known.stopped_us, known.stopped_by = _text(event, "ground"), event.time_us, _text(event, "by")


def _resumed(known: Subscription, event: Event) -> None:
    known.offset, known.stopped, known.troubled, known.resumed = _number(event, "offset"), None, None, event.id
    known.aside = [one for one in known.aside if one.at < known.offset]  # the others come in their turn again


def _progressed(known: Subscription, event: Event) -> None:
    known.offset, known.troubled = _number(event, "offset"), None
    known.delivered += _number(event, "delivered")


def _set_aside(known: Subscription, event: Event) -> None:
    record, at = _text(event, "record"), _number(event, "at")
    others = [one for one in known.aside if one.record != record]
    known.aside = sorted([*others, Aside(record, at, _number(event, "status"), event.time_us)], key=lambda one: one.at)
    if at >= known.offset:
        known.offset, known.troubled = at + 1, None
        known.delivered += _number(event, "delivered")


def _again(known: Subscription, event: Event) -> None:
    record = _text(event, "record")
    known.aside = [replace(one, due=one.due or record in ("", one.record)) for one in known.aside]


def _taken(known: Subscription, event: Event) -> None:
    known.delivered += any(one.record == event.data.get("record") for one in known.aside)
    _dropped(known, event)


def _dropped(known: Subscription, event: Event) -> None:
    known.aside = [one for one in known.aside if one.record != event.data.get("record")]


def _troubled(known: Subscription, event: Event) -> None:
    if known.troubled is None:
        known.troubled_us = event.time_us
    known.troubled, known.remedy = _text(event, "ground"), _text(event, "remedy") or None


_ENTER: Mapping[str, Callable[[Subscription, Event], None]] = {
    CHANGED: _changed,
    TURNED: _turned,
    SHOWN: lambda _known, _event: None,
    STOPPED: _stopped,
    RESUMED: _resumed,
    PROGRESSED: _progressed,
    TROUBLED: _troubled,
    SET_ASIDE: _set_aside,
    AGAIN: _again,
    TAKEN: _taken,
    DROPPED: _dropped,
}
