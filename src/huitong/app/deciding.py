"""One event through features and policy: the one way in which it is decided live, and decided again from what came before it."""

from collections.abc import Callable
from dataclasses import replace

from huitong.contracts import Decision, Event, Reason, SmallestChange
from huitong.decisions.policy import Answers, LoadedPolicy, Question, WhatIf, decide, smallest_change, tier_within_budget
from huitong.features import LATE, FeatureEngine, late_text
from huitong.kernel import InputError


def decided(
    loaded: LoadedPolicy, engine: FeatureEngine, event: Event, *, tier: str | None = None, elapsed_ns: Callable[[], int] = lambda: 0
) -> Decision:
    """Decides an event and takes it into the features' state.

    Where the policy says what would have changed a decision, the event is previewed and taken last: what would have been must be asked of
    the state that the event found.

    Args:
        loaded: The policy.
        engine: Features of everything before the event.
        event: The event.
        tier: What to run; by default what the budget allows.
        elapsed_ns: Time since the question came, ns.

    Raises:
        InputError: If the policy does not decide events of this kind.
    """
    program = loaded.program
    if event.kind != loaded.plan.decides:
        raise other_kind(event, loaded)
    behind_us = engine.too_late_us(event.time_us)
    previews = bool(program.settings.change_fields)
    row = engine.preview(event) if previews else engine.update(event)
    assert row is not None  # noqa: S101 -- only events of other kinds have no features
    allowed = tier_within_budget(program, elapsed_ns() / 1_000) if tier is None else tier
    question = Question(event, row, engine.symbols.text, {} if previews else engine.evidence(), text_features_of(loaded))

    def change(answers: Answers) -> SmallestChange | None:
        return would_change(loaded, engine, question, answers, tier=allowed)

    if not previews:
        return marked(decide(program, question, tier=allowed, elapsed_ns=elapsed_ns), behind_us)
    decision = marked(decide(program, question, tier=allowed, elapsed_ns=elapsed_ns, change=change), behind_us)
    taken = engine.update(event)
    assert taken is not None and taken.tobytes() == row.tobytes()  # noqa: S101, PT018 -- what a preview is
    return replace(decision, evidence=replace(decision.evidence, patterns=engine.evidence()), latency_ns=elapsed_ns())


def marked(decision: Decision, behind_us: int) -> Decision:
    """The decision; where its event came too late for windows, with that as its last reason, which asked for no outcome."""
    if behind_us == 0:
        return decision
    return replace(decision, reasons=(*decision.reasons, Reason(LATE, late_text(behind_us), 0.0, "features")))


def would_change(loaded: LoadedPolicy, engine: FeatureEngine, question: Question, answers: Answers, *, tier: str) -> SmallestChange | None:
    """The smallest change that would have led to a milder outcome, asked of an engine that has not taken the event yet."""
    asked = WhatIf(loaded.program, loaded.contract, question.event, engine.preview, engine.symbols.text, tier)
    return smallest_change(asked, int(answers.outcome[0]))


def text_features_of(loaded: LoadedPolicy) -> frozenset[str]:
    """Features whose value is the symbol of a text."""
    return frozenset(loaded.program.features[column] for column in loaded.program.text_columns)


def other_kind(event: Event, loaded: LoadedPolicy) -> InputError:
    """The error for an event of a kind that the policy does not decide."""
    settings = loaded.program.settings
    return InputError(
        "decide.kind",
        {
            "en": f"{settings.name} decides {settings.decides}, not {event.kind}",
            "zh": f"{settings.name} 只对 {settings.decides} 决策，而不是 {event.kind}",
        },
        {"en": "ingest other events with `huitong ingest`", "zh": "其他事件请用 `huitong ingest` 写入"},
    )
