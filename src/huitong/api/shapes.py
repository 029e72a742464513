"""What answers look like, as values that are written as JSON and describe themselves in the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from huitong.api.problems import Found, Problem
from huitong.api.service import Change, Explanation, Health, PolicySummary, PolicyVersion
from huitong.contracts import Decision, Event, Evidence, Measure, SmallestChange, Value
from huitong.kernel import Finding, Text, time_text


@dataclass(frozen=True, slots=True)
class GivenReason:
    """Why: the code, and the sentence."""

    code: str
    text: Text


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
    measures: tuple[Measure, ...]
    tier: str
    latency_us: int
    smallest_change: SmallestChange | None = None


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as it stands in the log: money in minor units, decimals scaled, as its data contract says."""

    id: str
    kind: str
    time: str
    keys: Mapping[str, str]
    data: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its event and evidence."""

    decision: Answer
    evidence: Evidence
    event: ShownEvent


@dataclass(frozen=True, slots=True)
class FoundDecision:
    """One line of a search."""

    decision: Answer
    event: ShownEvent


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
    event: ShownEvent
    evidence: Evidence
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
    """A policy as it is now; ``broken`` says why it cannot be read, where it cannot."""

    name: str
    title: Text
    version: str
    decides: str
    outcomes: tuple[str, ...]
    owner: str
    trained: bool
    findings: list[Found]
    broken: Problem | None


@dataclass(frozen=True, slots=True)
class VersionItem:
    """A version that answered, and since when its files are kept."""

    version: str
    kept: str
    current: bool


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether the service is fit to answer: ``ok``, or what is wrong."""

    status: str
    findings: list[Found]
    waiting: int
    log_end: int
    started: str
    policies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies."""

    items: list[PolicyItem]


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of a policy, newest first."""

    items: list[VersionItem]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed, in the words of the policy's files."""

    items: list[Change]


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
    """A decision as whoever asked needs it."""
    return Answer(
        decision.id,
        decision.event,
        decision.policy,
        decision.version,
        decision.outcome,
        decision.score,
        [GivenReason(one.code, one.text) for one in decision.reasons],
        decision.measures,
        decision.tier,
        decision.latency_ns // 1_000,
        decision.smallest_change,
    )


def event_of(event: Event) -> ShownEvent:
    """An event as it stands in the log."""
    return ShownEvent(event.id, event.kind, time_text(event.time_us), event.keys, event.data)


def explained_of(found: Explanation) -> Explained:
    """An explanation."""
    decision = found.decision
    titles = {name: title for name, title in found.features.items() if name in decision.evidence.features}
    return Explained(answer_of(decision), event_of(found.event), decision.evidence, found.title, titles, found.origin, found.erased)


def found_of(finding: Finding) -> Found:
    """A finding."""
    return Found(finding.code, finding.where, finding.text, finding.remedy)


def policy_of(policy: PolicySummary, broken: Problem | None) -> PolicyItem:
    """A policy."""
    return PolicyItem(
        policy.name,
        policy.title,
        policy.version,
        policy.decides,
        policy.outcomes,
        policy.owner,
        policy.trained,
        [found_of(one) for one in policy.findings],
        broken,
    )


def version_of(version: PolicyVersion) -> VersionItem:
    """A version."""
    return VersionItem(version.version, time_text(version.kept_us), version.current)


def health_of(health: Health) -> HealthReport:
    """The state of the service."""
    findings = [found_of(one) for one in health.findings]
    status = "ok" if not findings else "troubled"
    return HealthReport(status, findings, health.waiting, health.log_end, time_text(health.started_us), health.policies)
