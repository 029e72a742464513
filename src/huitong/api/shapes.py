"""What answers look like, as values that are written as JSON and describe themselves in the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from huitong.api.service import Change, Explanation, PolicySummary, PolicyVersion
from huitong.contracts import Decision, Health, Value
from huitong.contracts.outside import cause_outside
from huitong.identity import (
    Clearance,
    DecisionGrades,
    ShownChange,
    ShownDecision,
    ShownEdge,
    ShownEvent,
    ShownListHit,
    ShownMeasure,
    ShownRule,
    Veiled,
    shown_decision,
    veiled,
)
from huitong.kernel import Finding, Found, Problem, Text, time_text


@dataclass(frozen=True, slots=True)
class GivenReason:
    """Why: the code, and the sentence; or the mark of what is above the reader's grade."""

    code: Veiled[str]
    text: Veiled[Text]


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision on an event, as whoever asked needs it; with evidence at ``/v1/decisions/{id}``.

    Attributes:
        id: Of the decision.
        event: Of the event.
        policy: Name of the policy.
        version: Its version.
        outcome: A word of the policy.
        score: Calibrated probability, where the model ran.
        reasons: Strongest first.
        measures: What is done about it.
        tier: ``full``, or what was left out for lack of time.
        latency_us: Time from request to decision, without the disk.
        smallest_change: What would have led to a milder outcome.
    """

    id: str
    event: str
    policy: str
    version: str
    outcome: str
    score: float | None
    reasons: list[GivenReason]
    measures: tuple[ShownMeasure, ...]
    tier: str
    latency_us: int
    smallest_change: Veiled[ShownChange] | None = None


@dataclass(frozen=True, slots=True)
class EventInLog:
    """An event as it stands in the log: money in minor units, decimals scaled, as its data contract says; a mark for what is hidden."""

    id: str
    kind: str
    time: str
    keys: Mapping[str, Veiled[str]]
    data: Mapping[str, Veiled[Value]]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a decision rests on; a mark for what is above the reader's grade."""

    features: Mapping[str, Veiled[float | str | None]]
    contributions: Mapping[str, Veiled[float]]
    base: Veiled[float | None]
    rules: tuple[ShownRule, ...]
    lists: tuple[ShownListHit, ...]
    patterns: Veiled[Mapping[str, tuple[ShownEdge, ...]]]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its event and evidence."""

    decision: Answer
    evidence: Grounds
    event: EventInLog


@dataclass(frozen=True, slots=True)
class FoundDecision:
    """One line of a search."""

    decision: Answer
    event: EventInLog


@dataclass(frozen=True, slots=True)
class FoundDecisions:
    """A page of a search, newest first.

    Attributes:
        items: What was found.
        next: Cursor of the next page; ``null`` where the log has been looked through. A page may be short, or empty, and have a next one:
            each looks at a bounded stretch of the log.
        looked_at: How many decisions were looked at for this page.
    """

    items: list[FoundDecision]
    next: str | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a decision came out so, in words.

    Attributes:
        decision: The decision.
        event: The event.
        evidence: What it rests on.
        policy: Title of the policy.
        features: Title of each feature.
        origin: Where the decision comes from.
        erased: What can no longer be read, and why.
    """

    decision: Answer
    event: EventInLog
    evidence: Grounds
    policy: Text
    features: Mapping[str, Text]
    origin: Text
    erased: Text | None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: its place in the request, from 0, and why."""

    row: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of events that were sent: written, there already with the same content, refused."""

    new: int
    repeated: int
    refused: list[RefusedRow]


@dataclass(frozen=True, slots=True)
class PolicyItem:
    """A policy as it decides now, and what stands in its folder.

    Attributes:
        name: Its name.
        title: What people call it.
        version: What decides: the live version of its roll-out; where nothing was rolled out, what stands in its folder, as it was when it
            began to decide. Empty where nothing can decide.
        folder_version: What stands in its folder, which may be a draft that decides nothing; ``None`` where that cannot be read, and
            where a version is asked for by its hash.
        decides: Kind of the events that it decides.
        outcomes: Its words, mildest first.
        owner: Who answers for it.
        trained: Whether what decides has its model, or needs none.
        findings: What speaks against what stands in its folder.
        broken: Why its folder, or what decides, cannot be read.
    """

    name: str
    title: Text
    version: str
    folder_version: str | None
    decides: str
    outcomes: tuple[str, ...]
    owner: str
    trained: bool
    findings: list[Found]
    broken: Problem | None


@dataclass(frozen=True, slots=True)
class VersionItem:
    """A version that answered.

    Attributes:
        version: Its hash.
        kept: Since when its files are kept.
        current: Whether it decides now.
        in_folder: Whether it is what stands in the policy's folder.
    """

    version: str
    kept: str
    current: bool
    in_folder: bool


HealthStatus = Literal["ok", "warning", "troubled"]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether the service is fit to answer: ``ok``; ``warning``, where it decides but something is wrong; ``troubled``, where it cannot."""

    status: HealthStatus
    findings: list[Found]
    waiting: int
    log_end: int
    started: str
    policies: Mapping[str, str]
    fronts: int


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies."""

    items: list[PolicyItem]


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of a policy, newest first."""

    items: list[VersionItem]


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One difference: what it is in, where, before and after; a mark for entries of a list that are above the reader's grade."""

    part: str
    place: Veiled[str]
    before: Veiled[str | None]
    after: Veiled[str | None]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed, in the words of the policy's files."""

    items: list[ChangeItem]


def _other(value: object) -> object:
    """Mappings of other kinds, as JSON objects."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value).__name__)


_encoder = msgspec.json.Encoder(enc_hook=_other)


def encoded(shape: Any) -> bytes:  # noqa: ANN401 -- whatever JSON can hold
    """A shape as JSON."""
    return _encoder.encode(shape)


def answer_of(decision: Decision) -> Answer:
    """A decision as whoever asked needs it, with nothing hidden."""
    change = decision.smallest_change
    return Answer(
        decision.id,
        decision.event,
        decision.policy,
        decision.version,
        decision.outcome,
        decision.score,
        [GivenReason(one.code, one.text) for one in decision.reasons],
        tuple(ShownMeasure(one.kind, one.role, one.subject, one.until_us, one.ground) for one in decision.measures),
        decision.tier,
        decision.latency_ns // 1_000,
        None if change is None else ShownChange(change.field, change.value, change.outcome, change.text),
    )


def answer_up_to(grade: int | None, decision: Decision, grades_of: Callable[[Decision], DecisionGrades]) -> Answer:
    """The answer to an event, as far as a grade reaches.

    Args:
        grade: The grade, of an API key; ``None`` for the whole of it.
        decision: The decision.
        grades_of: Gives the grades of what a decision says.
    """
    if grade is None:
        return answer_of(decision)
    grades = grades_of(decision)
    if grades.strongest <= grade:
        return answer_of(decision)
    return shown_answer(shown_decision(decision, grades, Clearance(grade, of_key=True)))


def shown_answer(shown: ShownDecision) -> Answer:
    """A decision as its reader may see it."""
    return Answer(
        shown.id,
        shown.event,
        shown.policy,
        shown.version,
        shown.outcome,
        shown.score,
        [GivenReason(one.code, one.text) for one in shown.reasons],
        shown.measures,
        shown.tier,
        shown.latency_ns // 1_000,
        shown.smallest_change,
    )


def grounds_of(shown: ShownDecision) -> Grounds:
    """What a decision rests on, as its reader may see it."""
    return Grounds(shown.features, shown.contributions, shown.base, shown.rules, shown.lists, shown.patterns)


def event_of(event: ShownEvent) -> EventInLog:
    """An event as its reader may see it."""
    return EventInLog(event.id, event.kind, time_text(event.time_us), event.keys, event.data)


def explained_of(found: Explanation, decision: ShownDecision, event: ShownEvent) -> Explained:
    """An explanation, with its decision and event as their reader may see them."""
    titles = {name: title for name, title in found.features.items() if name in decision.features}
    return Explained(shown_answer(decision), event_of(event), grounds_of(decision), found.title, titles, found.origin, found.erased)


def change_of(change: Change, clearance: Clearance) -> ChangeItem:
    """A difference between two versions, as its reader may see it."""
    grade = change.grade
    place, before, after = (veiled(text, grade, clearance) for text in (change.place, change.before, change.after))
    return ChangeItem(change.part, place or "", before, after)


def found_of(finding: Finding) -> Found:
    """A finding."""
    return Found(finding.code, finding.where, finding.text, finding.remedy)


def policy_of(policy: PolicySummary, broken: Problem | None) -> PolicyItem:
    """A policy."""
    return PolicyItem(
        policy.name,
        policy.title,
        policy.version,
        policy.folder_version,
        policy.decides,
        policy.outcomes,
        policy.owner,
        policy.trained,
        [found_of(one) for one in policy.findings],
        broken,
    )


def version_of(version: PolicyVersion) -> VersionItem:
    """A version."""
    return VersionItem(version.version, time_text(version.kept_us), version.current, version.in_folder)


def health_of(health: Health) -> HealthReport:
    """The state of the service, for whoever asks: it needs no name."""
    findings = [Found(one.code, one.where, cause_outside(one.code, one.text), one.remedy) for one in health.findings]
    status: HealthStatus = "ok" if not findings else "warning" if health.fit else "troubled"
    return HealthReport(status, findings, health.waiting, health.log_end, time_text(health.started_us), health.policies, health.fronts)
