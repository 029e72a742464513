"""One event through a compiled policy, from its features to a decision with reasons.

The budget: lists, rules and tables always run. The model runs only while the time left covers what its stage may take; without it
the tier says so, and a replay that is told the tier gives the same answer again.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from huitong.contracts import TIER_FULL, Decision, Event, Float64Array, ListHit, PatternEdge, RuleHit, SmallestChange
from huitong.decisions.policy.answer import Findings, Spoken, answer
from huitong.decisions.policy.inputs import TextOf
from huitong.decisions.policy.program import Answers, Program, text_field
from huitong.kernel import Text

TIER_WITHOUT_MODEL = "without_model"
"""Tier of a decision for which the model's time was not left."""

_NO_PATTERNS: Mapping[str, tuple[PatternEdge, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Question:
    """An event and what is known about it.

    Attributes:
        event: The event.
        features: Its feature row, shape ``(f,)``.
        text_of: Text of a code of the feature engine.
        patterns: Edges of the graph patterns found, by feature.
        text_features: Features whose value is a code of the feature engine.
    """

    event: Event
    features: Float64Array
    text_of: TextOf
    patterns: Mapping[str, tuple[PatternEdge, ...]] = field(default_factory=lambda: _NO_PATTERNS)
    text_features: frozenset[str] = frozenset()


def tier_within_budget(program: Program, elapsed_us: float) -> str:
    """The tier that the budget still allows when ``elapsed_us`` of it are gone; without a trained model, the one that says so."""
    budget = program.settings.budget_us
    total = budget.get("total")
    if program.settings.model is not None and program.scorer is None:
        return TIER_WITHOUT_MODEL
    if total is None or program.scorer is None or elapsed_us + budget.get("model", 0) <= total:
        return TIER_FULL
    return TIER_WITHOUT_MODEL


def decide(
    program: Program,
    question: Question,
    *,
    tier: str = TIER_FULL,
    elapsed_ns: Callable[[], int] = lambda: 0,
    change: Callable[[Answers], SmallestChange | None] = lambda _: None,
) -> Decision:
    """The decision on one event.

    Args:
        program: The compiled policy.
        question: The event with its features.
        tier: What to run.
        elapsed_ns: Time since the question came, ns.
        change: Finds the smallest change that would have led to a milder outcome; asked only where there is a milder one.
    """
    answers, explained = _asked(program, [question], tier)
    smallest = change(answers) if answers.outcome[0] > 0 else None
    return _answer(program, question, 0, answers, explained, tier, elapsed_ns(), smallest)


def decide_together(
    program: Program, questions: Sequence[Question], *, tier: str = TIER_FULL, elapsed_ns: Sequence[Callable[[], int]]
) -> list[Decision]:
    """The decisions on several events whose features are known: the same bits as one by one, in a fraction of the time.

    Args:
        program: The compiled policy.
        questions: The events with their features, at least one.
        tier: What to run.
        elapsed_ns: For each, time since the question came, ns.
    """
    answers, explained = _asked(program, questions, tier)
    return [
        _answer(program, question, row, answers, explained, tier, elapsed(), None)
        for row, (question, elapsed) in enumerate(zip(questions, elapsed_ns, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _Explained:
    """What the model says about ``n`` rows: log-odds contributions of its inputs, shape ``(n, inputs)``, and their base."""

    contributions: Float64Array
    base: float


def _asked(program: Program, questions: Sequence[Question], tier: str) -> tuple[Answers, _Explained | None]:
    """What every stage says about each question; the model with its reasons."""
    rows = np.array([question.features for question in questions])
    hits = np.concatenate([program.list_hits_of(question.event) for question in questions])
    text_of = questions[0].text_of
    if tier != TIER_FULL or program.scorer is None or "model" not in program.settings.stages:
        return program.answers(rows, hits, text_of, with_model=tier == TIER_FULL), None
    scorer = program.scorer
    score, contributions = scorer.explained(rows[:, program.model_columns])
    return program.answers(rows, hits, text_of, score=score), _Explained(contributions, scorer.base)


def _answer(
    program: Program,
    question: Question,
    row: int,
    answers: Answers,
    explained: _Explained | None,
    tier: str,
    latency_ns: int,
    smallest: SmallestChange | None,
) -> Decision:
    return answer(
        question.event,
        program.settings,
        program.version,
        _findings(program, question, row, answers, explained),
        program.titles,
        program.units,
        tier=tier,
        latency_ns=latency_ns,
        smallest_change=smallest,
    )


def _findings(program: Program, question: Question, row: int, answers: Answers, explained: _Explained | None) -> Findings:
    """Everything the stages said about one row of ``answers``, with the model's contributions; where it refused the row, without."""
    settings = program.settings
    score = float(answers.score[row])
    ran = answers.model[row] >= 0
    contributions: Mapping[str, float] = {}
    base = None
    if explained is not None and program.scorer is not None and not math.isnan(score):
        contributions = dict(zip(program.scorer.feature_names, explained.contributions[row].tolist(), strict=True))
        base = explained.base
    spoken, rule_hits = _rules(program, row, answers)
    said, list_hits = _lists(program, question.event, row, answers)
    if ran and math.isnan(score):
        spoken.append(Spoken("model", "model.required_blank", settings.outcomes[1], _blank_text(program, question)))
    return Findings(
        outcome=settings.outcomes[int(answers.outcome[row])],
        spoken=[*said, *spoken],
        score=None if math.isnan(score) else score,
        model_outcome=settings.outcomes[int(answers.model[row])] if ran and not math.isnan(score) else None,
        features=_values(program, question),
        contributions=contributions,
        base=base,
        rules=rule_hits,
        lists=list_hits,
        patterns=question.patterns,
    )


def _rules(program: Program, at: int, answers: Answers) -> tuple[list[Spoken], list[RuleHit]]:
    spoken, hits = [], []
    for place in np.flatnonzero(answers.rules[at]).tolist():
        rule = program.rules.settings[place]
        hits.append(RuleHit("rules", place + 1, rule.outcome))
        spoken.append(Spoken("rule", f"rule.{rule.id}", rule.outcome, rule.reason))
    for place, table in enumerate(program.tables):
        row = int(answers.tables[at, place])
        severity = int(answers.table_severity[at, place])
        outcome = program.settings.outcomes[severity] if severity >= 0 else None
        if row >= 0:
            hits.append(RuleHit(table.setting.name, row + 1, outcome))
        if severity > 0 and outcome is not None:
            spoken.append(Spoken("rule", table.code(row), outcome, table.reason(row)))
    return spoken, hits


def _lists(program: Program, event: Event, at: int, answers: Answers) -> tuple[list[Spoken], list[ListHit]]:
    spoken, hits = [], []
    for place, (setting, entries) in enumerate(zip(program.settings.lists, program.lists, strict=True)):
        hit = entries.hit(text_field(event, setting.of), event.time_us) if answers.lists[at, place] else None
        if hit is None:
            continue
        hits.append(hit)
        if setting.outcome is not None:
            spoken.append(Spoken("list", f"list.{setting.name}", setting.outcome, setting.reason))
    return spoken, hits


def _values(program: Program, question: Question) -> dict[str, float | str | None]:
    values: dict[str, float | str | None] = dict(zip(program.features, question.features.tolist(), strict=True))
    for name in question.text_features:
        code = values[name]
        values[name] = question.text_of(int(code)) if isinstance(code, float) and not math.isnan(code) else None
    for place in np.flatnonzero(np.isnan(question.features)).tolist():
        values[program.features[place]] = None
    return values


def _blank_text(program: Program, question: Question) -> Text:
    model = program.settings.model
    names = model.features if model else ()
    blank = [
        name
        for name, column in zip(names, program.model_columns, strict=True)
        if model and model.missing[name].treatment == "required" and math.isnan(question.features[column])
    ]
    titles = [program.titles[name] for name in blank]
    return {
        "en": f"the model needs values that are missing: {', '.join(title['en'] for title in titles)}",
        "zh": f"模型所需的值缺失：{'、'.join(title['zh'] for title in titles)}",
    }
