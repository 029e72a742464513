"""One event through a compiled policy, from its features to a decision with reasons.

What there was time for is the tier, which is told; a replay that is told it gives the same answer again.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from huitong.contracts import (
    TIER_FULL,
    Decision,
    Event,
    Evidence,
    Float64Array,
    ListHit,
    PatternEdge,
    Row,
    RowHeader,
    RuleHit,
    SmallestChange,
    odd_places,
    row_header,
)
from huitong.decisions.policy.answer import Findings, Spoken, answer, decision_id
from huitong.decisions.policy.inputs import TextOf
from huitong.decisions.policy.program import Answers, Program, text_field
from huitong.decisions.policy.tiers import runs_model
from huitong.kernel import Text

Patterns = Mapping[str, tuple[PatternEdge, ...]]
NO_PATTERNS: Patterns = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Questions:
    """Events and what is known about them.

    Attributes:
        events: The events, at least one.
        features: Their feature rows, shape ``(n, f)``.
        text_of: Text of a code of the feature engine.
        patterns: For each the edges of the graph patterns found, by feature; empty where none are known.
    """

    events: Sequence[Event]
    features: Float64Array
    text_of: TextOf
    patterns: Sequence[Patterns] = ()

    @classmethod
    def one(cls, event: Event, features: Float64Array, text_of: TextOf, patterns: Patterns = NO_PATTERNS) -> "Questions":
        """A single event with its feature row, shape ``(f,)``."""
        return cls([event], features.reshape(1, -1), text_of, [patterns])


def decide(
    program: Program,
    question: Questions,
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
    said = _Said.of(program, question, tier)
    smallest = change(said.answers) if said.answers.outcome[0] > 0 else None
    return said.decision(0, elapsed_ns(), smallest)


def decide_together(
    program: Program, questions: Questions, *, tier: str = TIER_FULL, elapsed_ns: Sequence[Callable[[], int]]
) -> list[Decision]:
    """The decisions on several events whose features are known: the same bits as one by one, in a fraction of the time.

    Args:
        program: The compiled policy.
        questions: The events with their features.
        tier: What to run.
        elapsed_ns: For each, time since the question came, ns.
    """
    said = _Said.of(program, questions, tier)
    return [said.decision(row, elapsed(), None) for row, elapsed in enumerate(elapsed_ns)]


_NO_ROW: Row[float] = Row(row_header(()), ())


@dataclass(frozen=True, slots=True)
class _Said:
    """What every stage says about each of several events; the model with its reasons.

    Attributes:
        quiet: Whether nothing spoke: most events pass, and nothing is to be put into words then.
        values: Evidence of each event.
        contributions: Log-odds of each feature of the model, where it ran.
        base: Their base.
    """

    program: Program
    questions: Questions
    tier: str
    answers: Answers
    scores: list[float]
    quiet: list[bool]
    values: list[Row[float | str | None]]
    contributions: list[Row[float]]
    base: float | None

    @classmethod
    def of(cls, program: Program, questions: Questions, tier: str) -> "_Said":
        """Asks every stage about all of the events at once."""
        rows, text_of = questions.features, questions.text_of
        hits = program.list_hits_of(questions.events)
        contributions: list[Row[float]] = []
        base = None
        if runs_model(tier) and program.scorer is not None and "model" in program.settings.stages:
            score, shares = program.scorer.explained(rows[:, program.model_columns])
            answers, base = program.answers(rows, hits, text_of, score=score), program.scorer.base
            odd = odd_places(shares)
            contributions = [Row(program.model_header, row, odd.get(at, ())) for at, row in enumerate(shares.tolist())]
        else:
            answers = program.answers(rows, hits, text_of, with_model=runs_model(tier))
        scores, quiet = answers.score.tolist(), program.quiet(answers).tolist()
        return cls(program, questions, tier, answers, scores, quiet, _values(program, questions), contributions, base)

    def decision(self, row: int, latency_ns: int, smallest: SmallestChange | None) -> Decision:
        """The decision on one of the events."""
        program, event = self.program, self.questions.events[row]
        if not self.quiet[row]:
            found = self._findings(row)
            return answer(
                event,
                program.settings,
                program.version,
                found,
                program.titles,
                program.units,
                tier=self.tier,
                latency_ns=latency_ns,
                smallest_change=smallest,
            )
        patterns = self.questions.patterns[row] if self.questions.patterns else NO_PATTERNS
        scored = not math.isnan(self.scores[row])
        shares, base = (self.contributions[row], self.base) if scored else (_NO_ROW, None)
        return Decision(
            decision_id(event, program.settings.name, program.version, program.settings.engine),
            event.id,
            program.settings.name,
            program.version,
            program.settings.outcomes[0],
            self.scores[row] if scored else None,
            (),
            Evidence(self.values[row], (), (), patterns, shares, base),
            (),
            self.tier,
            latency_ns,
            smallest,
        )

    def _findings(self, row: int) -> Findings:
        """Everything the stages said about one event, with the model's contributions; where it refused the event, without."""
        program, answers, settings = self.program, self.answers, self.program.settings
        score = self.scores[row]
        ran, scored = answers.model[row] >= 0, not math.isnan(score)
        spoken, rule_hits = _rules(program, row, answers)
        said, list_hits = _lists(program, self.questions, row, answers)
        if ran and not scored:
            spoken.append(Spoken("model", "model.required_blank", settings.outcomes[1], _blank_text(program, self.questions.features[row])))
        return Findings(
            outcome=settings.outcomes[int(answers.outcome[row])],
            spoken=[*_measures(program, self.questions, row, answers), *said, *spoken],
            score=score if scored else None,
            model_outcome=settings.outcomes[int(answers.model[row])] if ran and scored else None,
            features=self.values[row],
            contributions=self.contributions[row] if self.contributions and scored else _NO_ROW,
            base=self.base if self.contributions and scored else None,
            rules=rule_hits,
            lists=list_hits,
            patterns=self.questions.patterns[row] if self.questions.patterns else NO_PATTERNS,
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


def _lists(program: Program, questions: Questions, at: int, answers: Answers) -> tuple[list[Spoken], list[ListHit]]:
    spoken, hits, event = [], [], questions.events[at]
    entry_columns = {one.place: one.entry for one in program.kept}
    for place in np.flatnonzero(answers.lists[at]).tolist():
        setting = program.settings.lists[place]
        if place in entry_columns:
            entry = questions.features[at, entry_columns[place]]
            note = "" if np.isnan(entry) else questions.text_of(int(entry)) or ""
            hit: ListHit | None = ListHit(setting.name, text_field(event, setting.of) or "", note)
        else:
            hit = program.lists[place].hit(text_field(event, setting.of), event.time_us)
        if hit is None:
            continue
        hits.append(hit)
        if setting.outcome is not None:
            spoken.append(Spoken("list", f"list.{setting.name}", setting.outcome, setting.reason))
    return spoken, hits


def _measures(program: Program, questions: Questions, at: int, answers: Answers) -> list[Spoken]:
    """The measures in force that concern the event, strongest first."""
    event, features, found = questions.events[at], questions.features[at], []
    for place in np.flatnonzero(answers.in_force[at]).tolist():
        one = program.in_force[place]
        told = one.measure(event, features) if one.kind == "step_up" else None
        found.append(Spoken("measure", one.code, one.outcome, one.text(event, features, questions.text_of), told))
    return found


def _values(program: Program, questions: Questions) -> list[Row[float | str | None]]:
    """Features as evidence; those that lists and measures add only of events of which one of them says something."""
    matrix = questions.features
    if program.plain == len(program.features):
        return _rows(matrix, program.header, questions.text_of)
    found = _rows(matrix[:, : program.plain], program.header, questions.text_of)
    for row in np.flatnonzero(program.says(matrix)).tolist():
        columns, header = program.told(matrix[row])
        (found[row],) = _rows(matrix[row : row + 1, columns], header, questions.text_of)
    return found


def _rows(matrix: Float64Array, header: RowHeader, text_of: TextOf) -> list[Row[float | str | None]]:
    """Rows by name: texts as such, and nothing where there is none."""
    values: list[list[float | str | None]] = matrix.tolist()
    for row, place in zip(*(found.tolist() for found in np.nonzero(np.isnan(matrix))), strict=True):
        values[row][place] = None
    for place in header.texts:
        for line in values:
            code = line[place]
            if code is not None:
                line[place] = text_of(int(code))
    odd = odd_places(matrix)
    return [Row(header, line, odd.get(at, ())) for at, line in enumerate(values)]


def _blank_text(program: Program, features: Float64Array) -> Text:
    model = program.settings.model
    names = model.features if model else ()
    blank = [
        name
        for name, column in zip(names, program.model_columns, strict=True)
        if model and model.missing[name].treatment == "required" and math.isnan(features[column])
    ]
    titles = [program.titles[name] for name in blank]
    return {
        "en": f"the model needs values that are missing: {', '.join(title['en'] for title in titles)}",
        "zh": f"模型所需的值缺失：{'、'.join(title['zh'] for title in titles)}",
    }
