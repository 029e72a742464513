"""What an institution sets for its alert desk."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from huitong.contracts import Role
from huitong.kernel import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND

MINUTE_US = 60 * MICROSECONDS_PER_SECOND
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who may be given alerts.

    Attributes:
        id: As in ``Actor``.
        name: Name for people.
        roles: What they may do.
    """

    id: str
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Investigator:
    """Who works alerts.

    Attributes:
        id: As in ``Actor``.
        skills: What they can do.
        minutes_a_day: How long they work on alerts.
    """

    id: str
    skills: frozenset[str] = frozenset()
    minutes_a_day: float = 360.0


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Everything has a default that works.

    Attributes:
        alerting: Outcomes that somebody has to look at.
        stopping: Outcomes by which a payment is not paid, so that nothing of it can be lost any more.
        subject_roles: Whom an alert is about: the first of these key roles that the event has.
        answer_within_us: From an alert's first payment to its deadline, µs.
        urgent_minor: Expected loss from which an alert is urgent, in minor units.
        urgent_within_us: From the payment that makes it urgent to its deadline, µs.
        minutes: Minutes that an alert of a pattern takes until there are enough to measure.
        minutes_default: The same for every other pattern.
        skills: Skill that a pattern asks for; patterns without one anybody can do.
        quality_ppm: Share of closed alerts that a second person looks at again, in parts per million.
        snooze_max_us: Longest snooze, µs.
        checklist: What has to be ticked off before a case may be closed.
        people: What is known of investigators, by id; of others nothing special.
    """

    alerting: frozenset[str] = frozenset({"review", "decline"})
    stopping: frozenset[str] = frozenset({"decline"})
    subject_roles: tuple[str, ...] = ("customer", "account", "counterparty", "device", "terminal")
    answer_within_us: int = MICROSECONDS_PER_DAY
    urgent_minor: int = 500_000
    urgent_within_us: int = 60 * MINUTE_US
    minutes: Mapping[str, float] = field(default_factory=dict)
    minutes_default: float = 10.0
    skills: Mapping[str, str] = field(default_factory=dict)
    quality_ppm: int = 50_000
    snooze_max_us: int = 7 * MICROSECONDS_PER_DAY
    checklist: tuple[str, ...] = ("evidence_seen", "customer_contacted", "measures_reviewed")
    people: Mapping[str, Investigator] = field(default_factory=dict)
