"""Explained decisions as plain values for the report."""

from collections.abc import Mapping, Sequence

from huitong.contracts import Decision
from huitong.evaluation.columns import FeatureWord, OutcomeWord, Sample
from huitong.evaluation.patterns import pattern_title
from huitong.evaluation.sample_contents import EdgeLine, FeatureLine, MeasureLine, PatternLine, ReasonLine, SampleDecision, Words
from huitong.kernel import InputError

FEATURES_MAX = 16
"""Most features shown for one decision, those that moved the score most."""
HISTORY_MAX = 60
"""Most earlier payments drawn, the latest."""


def sample_decision(sample: Sample, words: Sequence[OutcomeWord], features: Mapping[str, FeatureWord]) -> SampleDecision:
    """One decision with its reasons, contributions, own history and pattern edges.

    Raises:
        InputError: If its outcome is no word of the policy.
    """
    decision, event = sample.decision, sample.event
    amount = event.data.get("amount")
    listed = _features(sample, features)
    names = {line.name for line in listed}
    return SampleDecision(
        id=decision.id,
        event=decision.event,
        time_us=event.time_us,
        amount_minor=amount if isinstance(amount, int) and not isinstance(amount, bool) else None,
        keys=dict(event.keys),
        outcome=_code(decision.outcome, words),
        score=decision.score,
        label=sample.label,
        tier=decision.tier,
        latency_us=decision.latency_ns / 1_000,
        reasons=tuple(ReasonLine(one.code, dict(one.text), one.contribution, one.source) for one in decision.reasons),
        features=listed,
        other_contributions=sum(value for name, value in decision.evidence.contributions.items() if name not in names),
        base=decision.evidence.base,
        patterns=_patterns(decision, features),
        lists=tuple(f"{hit.list}: {hit.value} — {hit.note}" if hit.note else f"{hit.list}: {hit.value}" for hit in decision.evidence.lists),
        measures=tuple(MeasureLine(one.kind, one.role, one.subject, one.until_us) for one in decision.measures),
        change=dict(decision.smallest_change.text) if decision.smallest_change else None,
        history=tuple((past.time_us, past.amount_minor) for past in sample.history[-HISTORY_MAX:]),
    )


def _code(outcome: str, words: Sequence[OutcomeWord]) -> int:
    for code, word in enumerate(words):
        if word.name == outcome:
            return code
    names = [word.name for word in words]
    raise InputError(
        "evaluation.outcome.unknown",
        {"en": f"{outcome!r} is none of the outcomes {names}", "zh": f"{outcome!r} 不在决策结果 {names} 之中"},
        {"en": "name every outcome of the policy in ReplayColumns.outcomes", "zh": "请在 ReplayColumns.outcomes 中列出策略的全部决策结果"},
    )


def _features(sample: Sample, words: Mapping[str, FeatureWord]) -> tuple[FeatureLine, ...]:
    evidence = sample.decision.evidence
    names = sorted({**evidence.contributions, **evidence.features}, key=lambda name: -abs(evidence.contributions.get(name, 0.0)))
    lines = []
    for name in names[:FEATURES_MAX]:
        word, usual = words.get(name, FeatureWord(name, {"en": name, "zh": name})), sample.usual.get(name)
        value = evidence.features.get(name)
        lines.append(
            FeatureLine(
                name=name,
                title=dict(word.title),
                unit=word.unit,
                value=value,
                said=_said(word, value),
                contribution=evidence.contributions.get(name),
                usual=(usual.low, usual.middle, usual.high) if usual else None,
                usually=_said(word, usual.middle) if usual else None,
            )
        )
    return tuple(lines)


def _said(word: FeatureWord, value: float | str | None) -> Words | None:
    title = word.values.get(f"{value:g}" if isinstance(value, float | int) else str(value))
    return dict(title) if title else None


def _patterns(decision: Decision, words: Mapping[str, FeatureWord]) -> tuple[PatternLine, ...]:
    lines = []
    for name, edges in decision.evidence.patterns.items():
        title = pattern_title(name, len(edges)) or words.get(name, FeatureWord(name, {"en": name, "zh": name})).title
        lines.append(
            PatternLine(name, dict(title), tuple(EdgeLine(one.source, one.target, one.time_us, one.amount_minor) for one in edges))
        )
    return tuple(lines)
