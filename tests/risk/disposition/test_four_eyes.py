"""Random people doing random things: nothing strong is ever in force or lifted without two persons, and the log alone gives the state."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.contracts import Act, Actor, Command, Event, MeasureKind, Role
from huitong.kernel import HuitongError
from huitong.risk.disposition import (
    KINDS,
    Ledger,
    MeasuresBook,
    Stretch,
    Subject,
    Wanted,
    confirm,
    every_stretch,
    impose,
    in_force,
    lift,
    rank,
    refuse,
)
from tests.risk.disposition.build import HOUR, NOW, SETTINGS, folded

PEOPLE = [
    Actor("li", frozenset[Role]({"investigator"})),
    Actor("wang", frozenset[Role]({"approver"})),
    Actor("chen", frozenset[Role]({"approver", "investigator"})),
    Actor("zhao", frozenset[Role]({"analyst"})),
    Actor("key:core", frozenset[Role]({"investigator", "approver"}), person=False),
]
APPROVERS = {"wang", "chen"}


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody tries something, a while after the last step."""

    who: Actor
    what: str
    kind: MeasureKind
    subject: str
    which: int
    hours: int


steps = st.builds(
    Step,
    st.sampled_from(PEOPLE),
    st.sampled_from(["impose", "impose", "lift", "confirm", "confirm", "refuse"]),
    st.sampled_from(KINDS),
    st.sampled_from(["A1", "A2"]),
    st.integers(0, 5),
    st.integers(0, 20),
)


def act_of(step: Step, command: Command, ledger: Ledger) -> Act[Ledger] | None:
    if step.what == "impose":
        wanted = Wanted(Subject("account", step.subject), step.kind, command.now_us + 48 * HOUR, "investigation", amount_minor=100)
        return impose(command, wanted, SETTINGS)
    if step.what == "lift":
        held = in_force(ledger, command.now_us)
        return lift(command, held[step.which % len(held)].id, "verified", SETTINGS) if held else None
    proposals = list(ledger.proposals)
    if not proposals:
        return None
    proposal = proposals[step.which % len(proposals)]
    return confirm(command, proposal, SETTINGS) if step.what == "confirm" else refuse(command, proposal, SETTINGS)


def signed_twice(measure: Stretch) -> bool:
    """Whether everything that imposed and lifted it has two signatures, the second an approver's."""
    done = [*measure.changes, *([] if measure.ended_by is None else [measure.ended_by])]
    return all(one.second in APPROVERS and one.second != one.by for one in done)


@given(st.lists(steps, max_size=40))
@settings(max_examples=150, deadline=None)
def test_two_persons_always_and_the_log_alone_gives_the_state(given_steps: Sequence[Step]) -> None:
    ledger, log, now_us = Ledger(), list[Event](), NOW
    for number, step in enumerate(given_steps):
        now_us += step.hours * HOUR
        act = act_of(step, Command(f"c{number}", step.who, now_us), ledger)
        if act is None:
            continue
        before = folded(*log)
        try:
            events = act(ledger)
        except HuitongError:
            assert ledger == before, "an act that may not be changes nothing"
            continue
        assert events[0].id == f"c{number}"
        assert len({event.id for event in (*log, *events)}) == len(log) + len(events)
        for event in events:
            MeasuresBook().enter(ledger, event)
        log += events
    assert folded(*log) == ledger
    for measure in every_stretch(ledger):
        assert rank(measure.kind) <= rank("hold") or signed_twice(measure)
        assert measure.over_us <= max(change.until_us for change in measure.changes)
