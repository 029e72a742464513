"""The measures ledger: a book over the events of measures. Its state is the changes of each place by time; the rest is asked of it."""

from bisect import insort_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import ClassVar, Literal

from huitong.contracts import Event, MeasureKind
from huitong.kernel import MICROSECONDS_PER_DAY, InputError
from huitong.risk.disposition.measure import (
    CHANGED,
    COMMAND_ANSWERED,
    COMMAND_SENT,
    CONFIRMED,
    DRAWN,
    KINDS,
    MEASURE_EVENTS,
    PROPOSED,
    REFUSED,
    SETTLES_COVERED,
    SUBJECT_ROLES,
    Change,
    Place,
    Subject,
    change_of,
    rank,
)
from huitong.risk.disposition.stretches import Stretch, imposed, over_before, stretches, strongest, weight

KEPT_US: Mapping[MeasureKind, int] = {kind: MICROSECONDS_PER_DAY * (2 if rank(kind) < rank("limit") else 400) for kind in KINDS}
"""How long the ledger remembers what is over, by the event clock: watches and step-ups, which are many, for twice the usual lateness,
the rest for the figures of a year. The log remembers for ever."""
SWEPT_PER_CHANGE = 2
"""Places looked at with each change: more than one, so that forgetting gains on remembering."""
ProposalState = Literal["open", "confirmed", "refused"]


@dataclass(slots=True)
class Proposal:
    """A change that waits, or waited, for a second person.

    Attributes:
        change: What is to be done; it takes effect when it is confirmed, not at its own time.
        expires_us: Until when it can be confirmed.
        state: What became of it.
        second: Who decided.
        decided_us: When.
        note: Why it was refused.
    """

    change: Change
    expires_us: int
    state: ProposalState = "open"
    second: str | None = None
    decided_us: int | None = None
    note: str | None = None

    def waits(self, now_us: int) -> bool:
        """Whether it can still be confirmed."""
        return self.state == "open" and now_us < self.expires_us


@dataclass(slots=True)
class CoreCommand:
    """What is known of the command to the core system that a change leads to.

    Attributes:
        id: That of the change; the core system's idempotency key.
        place: Name of the place.
        since_us: When its change took effect, or it was first sent, whichever is later.
        attempts: How often it was sent, or was about to be.
        sent_us: When last; ``None`` if never.
        until_us: The end that it names, fixed when it is first sent, as what it says is.
        tells: What it says; ``None`` before it is sent, and of one that was sent before this was written down.
        amount_minor: The amount that it names.
        answer: What the core system said; ``None`` as long as nobody knows.
        answered_us: When.
        reason: Why it was refused.
    """

    id: str
    place: str
    since_us: int
    attempts: int = 0
    sent_us: int | None = None
    until_us: int | None = None
    tells: Literal["impose", "lift"] | None = None
    amount_minor: int | None = None
    answer: Literal["taken", "refused"] | None = None
    answered_us: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class Ledger:
    """State of the book.

    Attributes:
        places: Changes of each place, by time, by the place's name.
        reach: The furthest end that any change of a place named, so that what is long over is passed over.
        of_subject: Names of each subject's places, by role and id.
        place_of: Name of the place of each change, by its id.
        proposals: By id.
        undecided: Ids of the proposals without a decision, by what they would do: impose or lift, and the place's name.
        commands: By id of the change.
        unanswered: Ids of the commands without an answer, in the order of their changes' arrival, with the names of their places.
        draws: What was paid under a limit: time and minor units, by time, by role and id of the subject.
    """

    places: dict[str, list[Change]] = field(default_factory=dict)
    reach: dict[str, int] = field(default_factory=dict)
    of_subject: dict[str, list[str]] = field(default_factory=dict)
    place_of: dict[str, str] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    undecided: dict[str, list[str]] = field(default_factory=dict)
    commands: dict[str, CoreCommand] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    draws: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


class MeasuresBook:
    """The book of measures; ``BookKeeper`` keeps it over a log."""

    name: ClassVar[str] = "measures"
    version: ClassVar[int] = 5
    kinds: ClassVar[tuple[str, ...]] = MEASURE_EVENTS
    state: ClassVar[type[Ledger]] = Ledger

    def blank(self) -> Ledger:
        return Ledger()

    def enter(self, state: Ledger, event: Event) -> None:
        if event.kind == CHANGED:
            _change(state, change_of(event))
        elif event.kind == PROPOSED:
            change = change_of(event)
            state.proposals[event.id] = Proposal(change, _moment(event, "expires"))
            state.undecided.setdefault(_aim(change), []).append(event.id)
        elif event.kind in (CONFIRMED, REFUSED):
            _decide(state, event)
        elif event.kind == DRAWN:
            _draw(state, event)
        elif event.kind in (COMMAND_SENT, COMMAND_ANSWERED):
            _command(state, event)


def _change(state: Ledger, change: Change) -> None:
    name = change.place.name
    if name not in state.places:
        state.places[name] = []
        state.of_subject.setdefault(_subject(change.place.subject), []).append(name)
    elif change.time_us >= state.reach[name]:  # a stretch begins: only then, so that a long one is not gone through at each change
        _forget(state, name, over_before(state.places[name], change.time_us - KEPT_US[change.place.kind]))
    insort_right(state.places[name], change, key=lambda one: one.time_us)
    state.reach[name] = max(change.until_us, state.reach.get(name, 0))
    state.place_of[change.id] = name
    _sweep(state, change.time_us)
    if change.tells_core:
        state.commands[change.id] = CoreCommand(change.id, name, change.time_us)
        state.unanswered[change.id] = name


def _sweep(state: Ledger, now_us: int) -> None:
    """Forgets places that are over for long, a few in turn, so that the state is no larger than what it is asked about."""
    for _ in range(min(SWEPT_PER_CHANGE, len(state.reach))):
        name = next(iter(state.reach))
        reach_us, changes = state.reach.pop(name), state.places[name]
        kept_us = KEPT_US[changes[0].place.kind]
        subject = _subject(changes[0].place.subject)
        if reach_us + kept_us >= now_us or not _forget(state, name, len(changes)):
            state.reach[name] = reach_us  # behind all others
            continue
        del state.places[name]
        state.of_subject[subject].remove(name)
        if not state.of_subject[subject]:
            del state.of_subject[subject]
            state.draws.pop(subject, None)
    for proposal_id in list(islice(state.proposals, SWEPT_PER_CHANGE)):
        proposal = state.proposals.pop(proposal_id)
        if proposal.expires_us + KEPT_US["freeze"] >= now_us:
            state.proposals[proposal_id] = proposal
        elif proposal.state == "open":
            state.undecided.get(_aim(proposal.change), []).remove(proposal_id)


def _forget(state: Ledger, name: str, count: int) -> bool:
    """Forgets the first changes of a place, and says so; none of them as long as one has a command that the core system may hold.

    What is over and of which the core system was told nothing, where there is one at all, needs no command any more.
    """
    changes = state.places[name]
    gone = changes[:count]
    commands = [state.commands[change.id] for change in gone if change.id in state.commands]
    if any(one.answer is None for one in commands) and any(one.attempts for one in commands):
        return False
    for change in gone:
        state.place_of.pop(change.id, None)
        state.commands.pop(change.id, None)
        state.unanswered.pop(change.id, None)
    del changes[:count]
    return True


def _decide(state: Ledger, event: Event) -> None:
    named = state.proposals.get(str(event.data["proposal"]))
    if named is None:
        return
    note, aim = event.data.get("note"), _aim(named.change)
    beside = state.undecided.get(aim, [])
    settled = _settled(state, named, beside, event)
    for proposal_id in settled:
        proposal = state.proposals[proposal_id]
        proposal.state = "confirmed" if event.kind == CONFIRMED else "refused"
        proposal.second, proposal.decided_us = str(event.data["by"]), event.time_us
        proposal.note = note if isinstance(note, str) else None
    if rest := [one for one in beside if one not in settled]:
        state.undecided[aim] = rest
    else:
        state.undecided.pop(aim, None)


def _settled(state: Ledger, named: Proposal, beside: list[str], event: Event) -> list[str]:
    """Ids of the proposals that a decision settles: the one it names, by a confirmation also those that ask for no more than is in force.

    A policy may have proposed a freeze at each of ten payments; whoever confirms the last has confirmed them all. To refuse one says
    nothing of another, which somebody else may have made on other grounds.
    """
    settles = event.data.get("settles")
    if settles is None:  # written before a decision said so: it settled all
        return list(beside)
    covered: list[str] = []
    if settles == SETTLES_COVERED and not named.change.lifts:
        known = state.places.get(named.change.place.name, [])
        until_now = [one for one in known if one.time_us <= event.time_us]
        held = stretches([*until_now, replace(named.change, time_us=event.time_us)])[-1]
        others = (state.proposals[one] for one in beside)
        covered = [one.change.id for one in others if one.waits(event.time_us) and held.covers(one.change)]
    return [one for one in beside if one == named.change.id or one in covered]


def _aim(change: Change) -> str:
    return f"{'lift' if change.lifts else 'impose'}\x1f{change.place.name}"


def _draw(state: Ledger, event: Event) -> None:
    role, amount = str(event.data["role"]), event.data["amount"]
    if role in event.keys and isinstance(amount, int):
        insort_right(state.draws.setdefault(f"{role}\x1f{event.keys[role]}", []), (event.time_us, amount), key=lambda one: one[0])


def _command(state: Ledger, event: Event) -> None:
    command = state.commands.get(str(event.data["command"]))
    if command is None:
        return
    if event.kind == COMMAND_SENT:
        if command.attempts == 0:
            command.since_us = max(command.since_us, event.time_us)
        command.attempts, command.sent_us = command.attempts + 1, event.time_us
        command.until_us, tells, amount = _moment(event, "until"), event.data.get("change"), event.data.get("amount")
        command.tells = None if tells is None else "lift" if tells == "lift" else "impose"
        command.amount_minor = amount if isinstance(amount, int) else None
        return
    state.unanswered.pop(command.id, None)
    command.answer = "taken" if event.data["answer"] == "taken" else "refused"
    command.answered_us = event.time_us
    reason = event.data.get("reason")
    command.reason = reason if isinstance(reason, str) else None


def _moment(event: Event, name: str) -> int:
    value = event.data.get(name)
    return value if isinstance(value, int) else event.time_us


def _subject(subject: Subject) -> str:
    return f"{subject.role}\x1f{subject.id}"


def every_stretch(ledger: Ledger) -> Iterator[Stretch]:
    """Every measure that the ledger remembers, place by place."""
    for changes in ledger.places.values():
        yield from stretches(changes)


def measures_of(ledger: Ledger, subject: Subject) -> list[Stretch]:
    """Every measure of a subject that the ledger remembers, by time."""
    found = [stretch for name in ledger.of_subject.get(_subject(subject), ()) for stretch in stretches(ledger.places[name])]
    return sorted(found, key=lambda one: (one.from_us, one.id))


def held_since(ledger: Ledger, subjects: Iterable[Subject], since_us: int, now_us: int) -> list[Stretch]:
    """The measures on some subjects that were in force at some time since a moment, by time."""
    found = (one for subject in subjects for one in measures_of(ledger, subject) if one.over_us > since_us and one.from_us <= now_us)
    return sorted(found, key=lambda one: (one.from_us, one.id))


def in_force(ledger: Ledger, at_us: int, subject: Subject | None = None) -> list[Stretch]:
    """The measures that hold at a moment, strongest first; of one subject, or of all."""
    names = ledger.reach if subject is None else ledger.of_subject.get(_subject(subject), ())
    held = [one for name in names if ledger.reach[name] > at_us for one in stretches(ledger.places[name]) if one.holds(at_us)]
    return sorted(held, key=weight, reverse=True)


def effective(
    ledger: Ledger,
    keys: Mapping[str, str],
    at_us: int,
    *,
    amount_minor: int | None = None,
    channel: str | None = None,
    counterparty: str | None = None,
) -> Stretch | None:
    """The measure that counts for a payment: the strongest that holds for any of its subjects and reaches as far as the payment.

    Args:
        ledger: The ledger.
        keys: The payment's subjects, by role.
        at_us: When.
        amount_minor: Its amount, minor units.
        channel: Its channel.
        counterparty: The account that it goes to.
    """
    return strongest(
        one
        for role in SUBJECT_ROLES
        if role in keys
        for one in measures_of(ledger, Subject(role, keys[role]))
        if one.holds(at_us) and one.concerns(amount_minor, channel, counterparty)
    )


def waiting(ledger: Ledger, now_us: int, *, place: Place | None = None, lifts: bool | None = None) -> list[Proposal]:
    """Proposals that wait for a second person, oldest first; of one place, or only those that lift or impose."""
    proposals = (ledger.proposals[one] for ids in ledger.undecided.values() for one in ids)
    found = [one for one in proposals if one.waits(now_us) and place in (None, one.change.place) and lifts in (None, one.change.lifts)]
    return sorted(found, key=lambda one: (one.change.time_us, one.change.id))


def refused(ledger: Ledger, since_us: int, subject: Subject | None = None) -> list[Proposal]:
    """What was refused or taken back since a moment, the latest first; about one subject, or about all."""
    found = [one for one in ledger.proposals.values() if one.state == "refused" and subject in (None, one.change.place.subject)]
    dated = sorted(((one.decided_us or 0, one) for one in found), key=lambda pair: (-pair[0], pair[1].change.id))
    return [one for at_us, one in dated if at_us >= since_us]


def measure_of(ledger: Ledger, change_id: str) -> Stretch:
    """The measure that a change began, prolonged or lifted.

    Raises:
        InputError: If there is none.
    """
    for stretch in imposed(ledger.places.get(ledger.place_of.get(change_id, ""), ())):
        ids = {change.id for change in stretch.changes} | ({stretch.ended_by.id} if stretch.ended_by else set())
        if change_id in ids:
            return stretch
    raise InputError(
        "measure.unknown",
        {"en": f"there is no measure {change_id!r}", "zh": f"没有编号为 {change_id!r} 的措施"},
        {"en": "take its id from the list of measures", "zh": "请从措施列表中取用编号"},
    )


def still_meant(ledger: Ledger, lifting: Change, now_us: int) -> bool:
    """Whether what a proposed lifting is about is in force still, and as whoever proposed it saw it.

    What a policy adds meanwhile is lifted with it, since payments that are tried would else keep it from ever being lifted; what a person
    adds was not known when the lifting was proposed.
    """
    held = next((one for one in in_force(ledger, now_us, lifting.place.subject) if one.place == lifting.place), None)
    return (
        held is not None
        and held.from_us <= lifting.time_us
        and not any(change.time_us > lifting.time_us and not change.automatic for change in held.changes)
    )


def lift_waits(ledger: Ledger, measure: Stretch, now_us: int) -> bool:
    """Whether to lift a measure in force waits for a second person, who can still confirm it."""
    proposed = waiting(ledger, now_us, place=measure.place, lifts=True)
    return measure.holds(now_us) and any(still_meant(ledger, one.change, now_us) for one in proposed)


def drawn_minor(ledger: Ledger, subject: Subject, from_us: int, until_us: int) -> int:
    """What a subject paid under limits in (from, until], minor units."""
    return sum(amount for time_us, amount in ledger.draws.get(_subject(subject), ()) if from_us < time_us <= until_us)
