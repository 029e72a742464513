"""A decision with its reasons, evidence and measures: the answer that can be replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from huitong.contracts.reasons import Standing, standing_of
from huitong.kernel import DecisionId, EventId, Text

MeasureKind = Literal["watch", "step_up", "limit", "hold", "freeze"]
"""What is done about it, weakest first."""

TIER_FULL = "full"
"""The tier of a decision from which nothing was left out."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision came out as it did.

    Attributes:
        code: Stable name (``"rule.large_night_payment"``, ``"model.amount_ratio_30d"``).
        text: The sentence for a person, in zh and en.
        contribution: Weight, for ordering: log-odds for a model's reason, infinity-free rank weight for a list or rule.
        source: The stage that gave it; ``"features"`` for what is to be known about the event's features and asked for no outcome.
    """

    code: str
    text: Text
    contribution: float
    source: Literal["list", "rule", "model", "combine", "measure", "features"]

    @property
    def standing(self) -> Standing:
        """What part it had in the outcome."""
        return standing_of(self.source, self.contribution)


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule or a row of a decision table that matched: where it stands, what it said."""

    table: str
    row: int
    outcome: str | None


@dataclass(frozen=True, slots=True)
class ListHit:
    """An entry of a list that matched a value of the event."""

    list: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class PatternEdge:
    """One edge of a graph pattern, by the event that made it."""

    event: EventId
    source: str
    target: str
    time_us: int
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the decision rests on.

    Attributes:
        features: Value of each feature used; ``None`` where it was missing.
        rules: Rules and table rows that hit, in the order of evaluation.
        lists: List entries that hit.
        patterns: Edges of each graph pattern found, by pattern name.
        contributions: Log-odds contribution of each feature to the model's score; sums with ``base`` to the score's log-odds.
        base: Log-odds of the model before any feature is known; ``None`` without a model.
    """

    features: Mapping[str, float | str | None] = field(default_factory=lambda: MappingProxyType({}))
    rules: tuple[RuleHit, ...] = ()
    lists: tuple[ListHit, ...] = ()
    patterns: Mapping[str, tuple[PatternEdge, ...]] = field(default_factory=lambda: MappingProxyType({}))
    contributions: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    base: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What is done about a decision: reversible, and with an end.

    Attributes:
        kind: Watch < step-up < limit < hold < freeze.
        role: Key role of the subject (``"account"``).
        subject: Whom it concerns.
        until_us: When it ends by itself, in µs UTC.
        ground: Code of the reason that called for it.
    """

    kind: MeasureKind
    role: str
    subject: str
    until_us: int
    ground: str


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """The smallest change of one field that would have led to a milder outcome ("below CNY 1,250 this would have passed")."""

    field: str
    value: float
    outcome: str
    text: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a policy to an event.

    Attributes:
        id: Made from the event id and the policy version, so that a repeated question has one answer.
        event: The event decided.
        policy: Name of the policy.
        version: Content hash of the policy with its models and lists.
        outcome: A word of the policy's own vocabulary.
        score: Calibrated probability, where the policy has a model that ran.
        reasons: Strongest first; ``as_told`` has them in the order for people.
        evidence: What it rests on.
        measures: What is done about it.
        tier: ``"full"``, or what was left out for lack of time.
        latency_ns: Time that the decision took; not part of its content.
        smallest_change: What would have led to a milder outcome, where one field alone can do that.
    """

    id: DecisionId
    event: EventId
    policy: str
    version: str
    outcome: str
    score: float | None
    reasons: tuple[Reason, ...]
    evidence: Evidence
    measures: tuple[Measure, ...]
    tier: str
    latency_ns: int
    smallest_change: SmallestChange | None = None
