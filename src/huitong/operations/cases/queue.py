"""The queue: what to look at first, who should, how many hours it holds, and what is looked at a second time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal

from huitong.operations.cases.settings import PPM, DeskSettings, Investigator
from huitong.operations.cases.state import Alert, Desk

_PRIOR_ALERTS = 5
"""Weight, in alerts, of the setting against what was measured: one quick alert says little about the next."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert in the queue.

    Attributes:
        alert: The alert.
        minutes: How long it will take.
        value_minor_a_minute: Loss avoided per minute of work, in minor units: what the queue is ordered by.
        late: Whether its deadline is over.
    """

    alert: Alert
    minutes: float
    value_minor_a_minute: float
    late: bool


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What the queue holds.

    Attributes:
        alerts: Alerts that wait, without those that sleep.
        hours: Work in them.
        late: Those whose deadline is over, also of those that sleep.
        asleep: Those that sleep.
        expected_loss_minor: What is lost if nobody looks, in minor units.
        asleep_late: Those that sleep although their deadline is over.
    """

    alerts: int
    hours: float
    late: int
    asleep: int
    expected_loss_minor: int
    asleep_late: int = 0


def queue(desk: Desk, settings: DeskSettings, now_us: int, *, assignee: str | None = None, asleep: bool = False) -> list[Waiting]:
    """Open alerts that are awake, or those that sleep, those first that avoid most loss per minute of work; equal ones by deadline and id.

    Args:
        desk: The desk.
        settings: Its settings.
        now_us: Now.
        assignee: Only what this person has.
        asleep: Those that sleep, instead of those that are awake.
    """
    waiting = [one for one in awake(desk, settings, now_us, asleep=asleep) if assignee in (None, one.alert.assignee)]
    return [Waiting(replace(one.alert), one.minutes, one.value_minor_a_minute, one.late) for one in ordered(waiting)]


def ordered(waiting: Iterable[Waiting]) -> list[Waiting]:
    """In the order of the queue."""
    return ordered_for(waiting, losses=True, due=True)


def ordered_for(waiting: Iterable[Waiting], *, losses: bool, due: bool) -> list[Waiting]:
    """In an order that tells its reader nothing which they may not see; see ``place_for``."""
    return sorted(waiting, key=lambda one: place_for(one, losses=losses, due=due))


def place_for(one: Waiting, *, losses: bool, due: bool) -> tuple[float, int, str]:
    """What the queue is sorted by, for its reader: by what is avoided, by deadline, or by age.

    Args:
        one: The alert.
        losses: Whether the reader may see expected losses.
        due: Whether they may see deadlines.
    """
    alert = one.alert
    return -one.value_minor_a_minute if losses else 0.0, alert.due_us if losses or due else alert.raised_us, alert.id


def as_waiting(desk: Desk, alert: Alert, settings: DeskSettings, now_us: int) -> Waiting:
    """An alert as it stands in the queue, or would if it were open and awake."""
    return _waiting(alert, minutes_of(desk, alert.pattern, settings), now_us)


def _waiting(alert: Alert, minutes: float, now_us: int) -> Waiting:
    return Waiting(alert, minutes, alert.expected_loss_minor / minutes, alert.open and alert.due_us < now_us)


def open_alerts(desk: Desk) -> Iterator[Alert]:
    """Open alerts, in no order, as the desk holds them: without a look at those that were closed, of which there are ever more."""
    return (desk.alerts[one] for one in desk.open_alerts.values())


def awake(desk: Desk, settings: DeskSettings, now_us: int, *, asleep: bool = False) -> Iterator[Waiting]:
    """Open alerts that do not sleep, or those that do, in no order, as the desk holds them: for whoever counts and keeps none."""
    minutes_for: dict[str, float] = {}
    for alert in open_alerts(desk):
        if (alert.snoozed_until_us > now_us) is not asleep:
            continue
        minutes = minutes_for.get(alert.pattern)
        if minutes is None:
            minutes = minutes_for[alert.pattern] = minutes_of(desk, alert.pattern, settings)
        yield _waiting(alert, minutes, now_us)


def figures(desk: Desk, settings: DeskSettings, now_us: int) -> QueueFigures:
    """What the queue holds now."""
    alerts = late = loss_minor = 0
    minutes = 0.0
    for one in awake(desk, settings, now_us):
        alerts += 1
        minutes += one.minutes
        late += one.late
        loss_minor += one.alert.expected_loss_minor
    late_in_all = sum(alert.due_us < now_us for alert in open_alerts(desk))
    return QueueFigures(alerts, minutes / 60, late_in_all, len(desk.open_alerts) - alerts, loss_minor, late_in_all - late)


def minutes_of(desk: Desk, pattern: str, settings: DeskSettings) -> float:
    """How long an alert of a pattern takes: what was measured, and as long as that is little, what the institution expects."""
    expected = settings.minutes.get(pattern, settings.minutes_default)
    handled = desk.handled.get(pattern)
    if handled is None:
        return expected
    return max((expected * _PRIOR_ALERTS + handled.minutes) / (_PRIOR_ALERTS + handled.alerts), 0.5)


def best_for(desk: Desk, people: Sequence[Investigator], settings: DeskSettings, now_us: int) -> Callable[[Alert], Investigator | None]:
    """Says who should have an alert: of those with its skill, whoever has least work for their hours.

    The work of each is counted once, for as many alerts as are asked about, and of these, what is proposed for one alert is work for the
    next: else a page of alerts that nobody has would be proposed to one person. ``None`` where nobody can, where the alert is closed, and
    where it was escalated: then it is an approver's.
    """
    load, minutes = {person.id: 0.0 for person in people}, dict[str, float]()
    for one in awake(desk, settings, now_us):
        minutes[one.alert.pattern] = one.minutes
        if one.alert.assignee in load:
            load[one.alert.assignee] += one.minutes

    def best(alert: Alert) -> Investigator | None:
        able = [person for person in people if has_skill(alert, person, settings)]
        if not alert.open or alert.escalated is not None:
            return None
        chosen = min(able, key=lambda person: (load[person.id] / person.minutes_a_day, person.id), default=None)
        if chosen is not None and alert.assignee is None:
            load[chosen.id] += minutes.get(alert.pattern, settings.minutes_default)
        return chosen

    return best


def skilled(alert: Alert, settings: DeskSettings, person: str) -> bool:
    """Whether somebody has the skill that the pattern of an alert asks for; one that was escalated asks for an approver and no skill."""
    return alert.escalated is not None or has_skill(alert, settings.people.get(person, Investigator(person)), settings)


def has_skill(alert: Alert, person: Investigator, settings: DeskSettings) -> bool:
    """Whether somebody has the skill that the pattern of an alert asks for; most ask for none."""
    skill = settings.skills.get(alert.pattern)
    return skill is None or skill in person.skills


def drawn_for_review(alert_id: str, settings: DeskSettings) -> bool:
    """Whether a closed alert is one that a second person looks at: drawn by a hash, so that nobody can choose, and anybody can check."""
    place = int.from_bytes(blake2b(alert_id.encode(), digest_size=8, person=b"quality").digest()) * PPM >> 64
    return place < settings.quality_ppm


def to_review(desk: Desk, settings: DeskSettings) -> list[Alert]:
    """Closed alerts that were drawn and that nobody has looked at again yet, oldest first."""
    drawn = [alert for alert in desk.alerts.values() if not alert.open and alert.reviewed is None and drawn_for_review(alert.id, settings)]
    return [replace(alert) for alert in sorted(drawn, key=lambda alert: (alert.closed_us or 0, alert.id))]


def past(desk: Desk, settings: DeskSettings, state: Literal["closed", "review", "all"], assignee: str | None = None) -> list[Alert]:
    """Alerts that are closed, that wait for a second look, or all there are, in no order, as the desk holds them.

    Args:
        desk: The desk.
        settings: Its settings.
        state: Which of these.
        assignee: Only what this person has, or had when it was closed.
    """
    return [
        alert
        for alert in desk.alerts.values()
        if (state == "all" or not alert.open)
        and assignee in (None, alert.assignee)
        and (state != "review" or (alert.reviewed is None and drawn_for_review(alert.id, settings)))
    ]


def agreement(desk: Desk) -> tuple[int, int]:
    """How many second looks there were, and how many agreed with the first."""
    seen = [alert for alert in desk.alerts.values() if alert.reviewed is not None]
    return len(seen), sum(alert.reviewed == alert.verdict for alert in seen)
