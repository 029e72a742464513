"""Events through features and policy: the one way in which they are decided live, and decided again from what came before them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from huitong.contracts import Decision, Event, Float64Array, Reason, SmallestChange
from huitong.decisions.policy import (
    Answers,
    LoadedPolicy,
    Questions,
    WhatIf,
    decide,
    decide_together,
    searches,
    smallest_change,
    tier_within_budget,
    time_to_search,
)
from huitong.features import LATE, FeatureEngine, late_text
from huitong.kernel import HuitongError, InputError


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
    if event.kind != loaded.plan.decides:
        raise other_kind(event, loaded)
    if not loaded.program.settings.change_fields:
        (done,) = _together(loaded, engine, [Asked(event, elapsed_ns)], tier)
        if isinstance(done, HuitongError):
            raise done
        return done
    program, behind_us = loaded.program, engine.too_late_us(event.time_us)
    searched = time_to_search(program, elapsed_ns) if tier is None else searches(tier)
    row = engine.preview(event, searched=searched)
    allowed = tier_within_budget(program, elapsed_ns() / 1_000, searched=searched) if tier is None else tier
    question = Questions.one(event, row, engine.symbols.text)

    def change(answers: Answers) -> SmallestChange | None:
        return would_change(loaded, engine, event, int(answers.outcome[0]), tier=allowed)

    decision = marked(decide(program, question, tier=allowed, elapsed_ns=elapsed_ns, change=change), behind_us)
    taken = engine.update(event, searched=searched)
    assert taken is not None and taken.tobytes() == row.tobytes()  # noqa: S101, PT018 -- what a preview is
    return replace(decision, evidence=replace(decision.evidence, patterns=engine.evidence()), latency_ns=elapsed_ns())


@dataclass(frozen=True, slots=True)
class Asked:
    """An event that somebody waits for an answer to, and the time that has passed since it came, ns."""

    event: Event
    elapsed_ns: Callable[[], int] = lambda: 0


def decided_together(
    loaded: LoadedPolicy, engine: FeatureEngine, asked: Sequence[Asked], before: FeatureEngine | None = None
) -> list[Decision | HuitongError]:
    """Decides events one after another, each on what the ones before it left: the same bits as ``decided`` one by one.

    What would have been must be asked of the state that an event found, and that is gone once the group is taken. So where the policy
    says what would have changed a decision, events are taken one by one, ten times as slowly; unless there is another engine to ask,
    which takes the group's events after the questions about them.

    Args:
        loaded: The policy.
        engine: Features of everything before the first event.
        asked: Events of the kind that the policy decides.
        before: An engine in the same state; so it is afterwards, too.

    Returns:
        For each its decision, or why it was refused; what was refused changed nothing.
    """
    if not loaded.program.settings.change_fields:
        return _together(loaded, engine, asked, None)
    if before is not None:
        return _with_changes(loaded, before, asked, _together(loaded, engine, asked, None))
    done: list[Decision | HuitongError] = []
    for one in asked:
        try:
            done.append(decided(loaded, engine, one.event, elapsed_ns=one.elapsed_ns))
        except InputError as error:
            done.append(error)
    return done


def _with_changes(
    loaded: LoadedPolicy, before: FeatureEngine, asked: Sequence[Asked], done: Sequence[Decision | HuitongError]
) -> list[Decision | HuitongError]:
    """The decisions with what would have led to milder ones; the engine takes the events on the way."""
    settings = loaded.program.settings
    found, taken = list(done), 0

    def take(stop: int) -> None:
        before.update_many([one.event for one in asked[taken:stop]], [False] * (stop - taken))  # whom nobody asks need not search

    for place, decision in enumerate(done):
        if isinstance(decision, Decision) and (severity := settings.severity(decision.outcome)) > 0:
            take(place)
            taken, one = place, asked[place]
            change = would_change(loaded, before, one.event, severity, tier=decision.tier)
            found[place] = replace(decision, smallest_change=change, latency_ns=one.elapsed_ns())
    take(len(asked))
    return found


def _together(loaded: LoadedPolicy, engine: FeatureEngine, asked: Sequence[Asked], tier: str | None) -> list[Decision | HuitongError]:
    """Takes the events into the state, then asks the policy about all of them at once."""
    program = loaded.program
    searched = [time_to_search(program, one.elapsed_ns) if tier is None else searches(tier) for one in asked]
    taken = engine.update_many([one.event for one in asked], searched)
    done: list[Decision | HuitongError | None] = [taken.refused.get(place) for place in range(len(asked))]
    by_tier: dict[str, list[int]] = {}
    for row, place in enumerate(taken.places):
        elapsed_ns = asked[place].elapsed_ns
        allowed = tier_within_budget(program, elapsed_ns() / 1_000, searched=searched[place]) if tier is None else tier
        by_tier.setdefault(allowed, []).append(row)
    for allowed, rows in by_tier.items():
        some = [asked[taken.places[row]] for row in rows]
        features = taken.features if len(rows) == len(taken.features) else taken.features[rows]
        patterns = [taken.patterns[row] for row in rows]
        questions = Questions([one.event for one in some], features, engine.symbols.text, patterns)
        decisions = decide_together(program, questions, tier=allowed, elapsed_ns=[one.elapsed_ns for one in some])
        for row, decision in zip(rows, decisions, strict=True):
            done[taken.places[row]] = marked(decision, taken.behind_us[row])
    return [one for one in done if one is not None]


def marked(decision: Decision, behind_us: int) -> Decision:
    """The decision; where its event came too late for windows, with that as its last reason, which asked for no outcome."""
    if behind_us == 0:
        return decision
    return replace(decision, reasons=(*decision.reasons, Reason(LATE, late_text(behind_us), 0.0, "features")))


def would_change(loaded: LoadedPolicy, engine: FeatureEngine, event: Event, severity: int, *, tier: str) -> SmallestChange | None:
    """The smallest change that would have led to a milder outcome than of a severity, asked of an engine that has not taken the event."""
    searched = searches(tier)
    as_it_was = engine.preview(event, searched=searched)

    def preview(changed: Event) -> Float64Array:
        return engine.preview(changed, searched=searched, like=as_it_was)

    asked = WhatIf(loaded.program, loaded.contract, event, preview, engine.symbols.text, tier)
    return smallest_change(asked, severity)


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
