"""What the desk knows: alerts and cases, as a fold over their events."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, get_args

Verdict = Literal["fraud", "genuine", "unclear"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

ALERT_RAISED, ALERT_ASSIGNED, ALERT_BEGUN = "alert.raised", "alert.assigned", "alert.begun"
ALERT_SNOOZED, ALERT_ESCALATED, ALERT_CLOSED = "alert.snoozed", "alert.escalated", "alert.closed"
ALERT_REOPENED, ALERT_REVIEWED = "alert.reopened", "alert.reviewed"
CASE_OPENED, CASE_LINKED, CASE_NOTED = "case.opened", "case.linked", "case.noted"
CASE_FILED, CASE_CHECKED, CASE_PROPOSED = "case.filed", "case.checked", "case.proposed"
CASE_CLOSED, CASE_REFUSED, CASE_REOPENED = "case.closed", "case.refused", "case.reopened"
TEXT_FIELDS = {CASE_NOTED: "note", CASE_FILED: "name", CASE_CHECKED: "item", ALERT_RAISED: "payment"}
"""By kind of event the field that a line of a time line has its text from; of all others the reason."""

TIMELINE_MAX = 10_000
"""Most entries of a case."""
PAYMENTS_MAX = 1_000
"""Most payments that an alert names; more are only counted."""


@dataclass
class Alert:
    """What somebody has to look at: the suspicious payments of one subject that show one pattern.

    Attributes:
        id: Id of the event that raised it first.
        role: Key role of the subject (``"customer"``).
        subject: Whom it is about.
        pattern: Code of the main reason.
        raised_us: Time of its first payment.
        last_us: Time of its latest payment.
        due_us: When it should be answered.
        payments: Ids of its payments' events, oldest first.
        decisions: Ids of their decisions, in the same order.
        count: How many there are in all.
        amount_minor: Their sum, in minor units.
        expected_loss_minor: What is lost if nobody looks, in minor units: amounts times probability of fraud of its payments that were
            not stopped.
        certain_minor: What of that is counted as certain, since it was decided without a model's score, in minor units.
        assignee: Who has it.
        begun_us: When somebody began to work on it.
        begun_by: Who.
        snoozed_until_us: Until when it sleeps.
        escalated: Why it was escalated.
        case: The case it belongs to.
        verdict: What it turned out to be.
        closed_us: When it was closed.
        closed_by: By whom.
        proposed_by: Who had proposed the verdict, where it was closed with its case.
        reason: Why.
        labelled: The latest verdict that labelled its payments; a reopened alert keeps it, as they keep the label.
        labelled_count: How many of them, the first ones, have that label.
        reviewed: What the second look at it found, where it was drawn for one.
    """

    id: str
    role: str
    subject: str
    pattern: str
    raised_us: int
    last_us: int
    due_us: int
    payments: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    count: int = 0
    amount_minor: int = 0
    expected_loss_minor: int = 0
    certain_minor: int = 0
    assignee: str | None = None
    begun_us: int | None = None
    begun_by: str | None = None
    snoozed_until_us: int = 0
    escalated: str | None = None
    case: str | None = None
    verdict: str | None = None
    closed_us: int | None = None
    closed_by: str | None = None
    proposed_by: str | None = None
    reason: str | None = None
    labelled: str | None = None
    labelled_count: int = 0
    reviewed: str | None = None

    @property
    def open(self) -> bool:
        """Whether nobody has closed it."""
        return self.closed_us is None


@dataclass
class Entry:
    """One line of a case's time line.

    Attributes:
        id: Id of its event.
        time_us: When.
        by: Who; empty of a payment.
        kind: Kind of the event.
        text: The note, name of the file, item of the checklist, payment, or reason.
        reference: What it points to: content hash of a file, another case, an alert.
        voids: Id of the proposal that it made void.
        back: Whether it is another case's, in ``reference``, that was linked to this one.
    """

    id: str
    time_us: int
    by: str
    kind: str
    text: str = ""
    reference: str | None = None
    voids: str | None = None
    back: bool = False


@dataclass
class Case:
    """What alerts grew into.

    Attributes:
        id: Id of the event that opened it.
        title: What it is about.
        role: Key role of the subject of its first alert.
        subject: Whom that is about.
        opened_us: When.
        opened_by: By whom; it is their case.
        alerts: Its alerts, in the order in which they came.
        links: Other cases that it has to do with.
        linked_from: Cases that are linked to it.
        checked: Items of the checklist that are done, and by whom.
        proposal: Id of the event by which a verdict is proposed: a second person confirms that one and no other.
        proposed: Verdict that its investigator proposes.
        proposed_by: Who.
        reasons: Why.
        closed_us: When it was closed.
        closed_by: The second person who closed it.
        timeline: Everything that happened, oldest first.
    """

    id: str
    title: str
    role: str
    subject: str
    opened_us: int
    opened_by: str
    alerts: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    linked_from: list[str] = field(default_factory=list)
    checked: dict[str, str] = field(default_factory=dict)
    proposal: str | None = None
    proposed: str | None = None
    proposed_by: str | None = None
    reasons: str | None = None
    closed_us: int | None = None
    closed_by: str | None = None
    timeline: list[Entry] = field(default_factory=list)


@dataclass
class Handled:
    """How long alerts of a pattern took."""

    alerts: int = 0
    minutes: float = 0.0


@dataclass
class Desk:
    """Everything that people work on.

    Attributes:
        alerts: Every alert, by id.
        cases: Every case, by id.
        open_alerts: Ids of the alerts that are open, by subject and pattern: far fewer than there ever were.
        open_cases: Ids of the cases that are open, in the order in which they were opened.
        of_decision: Id of the alert that names a decision, by the decision's id.
        handled: How long alerts took, by pattern.
    """

    alerts: dict[str, Alert] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    open_alerts: dict[str, str] = field(default_factory=dict)
    open_cases: list[str] = field(default_factory=list)
    of_decision: dict[str, str] = field(default_factory=dict)
    handled: dict[str, Handled] = field(default_factory=dict)


def voided(case: Case) -> Entry | None:
    """What made the latest proposal to close a case void, as long as nothing was proposed since."""
    latest = next((one for one in reversed(case.timeline) if one.voids or one.kind in (CASE_PROPOSED, CASE_CLOSED)), None)
    return None if latest is None or latest.voids is None else latest


def place_in_queue(role: str, subject: str, pattern: str) -> str:
    """What alerts are grouped by."""
    return f"{role}\0{subject}\0{pattern}"


def verdicts_of(desk: Desk, ids: Collection[str]) -> dict[str, bool]:
    """Whether closed alerts and cases turned out to be fraud, by their ids; what is open or unclear is left out."""
    alerts = {one: desk.alerts[one].verdict for one in ids if one in desk.alerts}
    closed = {one: desk.cases[one].proposed for one in ids if one in desk.cases and desk.cases[one].closed_us is not None}
    return {one: verdict == "fraud" for one, verdict in (alerts | closed).items() if verdict in ("fraud", "genuine")}
