"""What the report holds of one decision shown in full; part of ``contents``."""

import msgspec

from huitong.contracts import Standing, standing_of
from huitong.kernel import Language

Words = dict[Language, str]
"""A sentence in zh and en."""


class ReasonLine(msgspec.Struct, frozen=True):
    """Why, strongest first."""

    code: str
    text: Words
    contribution: float
    source: str

    @property
    def standing(self) -> Standing:
        """What part it had in the outcome."""
        return standing_of(self.source, self.contribution)


class FeatureLine(msgspec.Struct, frozen=True):
    """A feature of one decision.

    Attributes:
        value: As it was; ``None`` where missing.
        said: What the value is called, where it is not read as a number.
        contribution: What it added to the log-odds.
        usual: What is usual: 5 %, 50 % and 95 % point.
        usually: What the middle of these is called, where it is not read as a number.
    """

    name: str
    title: Words
    unit: str
    value: float | str | None
    said: Words | None
    contribution: float | None
    usual: tuple[float, float, float] | None
    usually: Words | None


class EdgeLine(msgspec.Struct, frozen=True):
    """One edge of a pattern."""

    source: str
    target: str
    time_us: int
    amount_minor: int | None


class MeasureLine(msgspec.Struct, frozen=True):
    """What is done about a decision, and until when."""

    kind: str
    role: str
    subject: str
    until_us: int


class PatternLine(msgspec.Struct, frozen=True):
    """A graph pattern with its edges."""

    name: str
    title: Words
    edges: tuple[EdgeLine, ...]


class SampleDecision(msgspec.Struct, frozen=True):
    """A decision in full.

    Attributes:
        features: Those that moved the score most.
        other_contributions: Log-odds that all features not listed added together.
        base: Log-odds before any feature; with all contributions it sums to the score's log-odds.
    """

    id: str
    event: str
    time_us: int
    amount_minor: int | None
    keys: dict[str, str]
    outcome: int
    score: float | None
    label: int
    tier: str
    latency_us: float
    reasons: tuple[ReasonLine, ...]
    features: tuple[FeatureLine, ...]
    other_contributions: float
    base: float | None
    patterns: tuple[PatternLine, ...]
    lists: tuple[str, ...]
    measures: tuple[MeasureLine, ...]
    change: Words | None
    history: tuple[tuple[int, int], ...]
