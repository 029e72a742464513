"""Commands to the core system: at least once, under a key by which it does each only once, and nothing lost in a crash.

That a command is about to be sent is written before it is sent, and the answer after: where a process dies between, the command is sent
again under the same key. Commands on one place go one after another, in the order of its changes; an unanswered one holds up the rest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from huitong.contracts import Event
from huitong.kernel import MICROSECONDS_PER_SECOND, Clock, ExternalError
from huitong.risk.disposition.core_system import Answer, CoreSystem, Instruction
from huitong.risk.disposition.ledger import CoreCommand, Ledger, in_force
from huitong.risk.disposition.measure import COMMAND_ANSWERED, COMMAND_SENT, Change, Place
from huitong.risk.disposition.stretches import Stretch, stretches
from huitong.store import BookKeeper

WAIT_FIRST_US, WAIT_MAX_US = 1 * MICROSECONDS_PER_SECOND, 600 * MICROSECONDS_PER_SECOND
"""Wait after the first attempt; it doubles with each, up to the second."""
ANSWERED_WITHIN_US = 30 * MICROSECONDS_PER_SECOND
"""How long after its sending a command may go without an answer before its fate counts as unknown."""
CommandState = Literal["waiting", "sent", "unknown", "taken", "refused"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a round of commands, counted."""

    taken: int = 0
    refused: int = 0
    unanswered: int = 0


def state_of(command: CoreCommand, now_us: int) -> CommandState:
    """How a command stands: not sent yet, just sent, sent and nobody knows, taken, or refused."""
    if command.answer is not None:
        return command.answer
    if command.sent_us is None:
        return "waiting"
    return "sent" if now_us < command.sent_us + ANSWERED_WITHIN_US else "unknown"


def core_state(ledger: Ledger, measure: Stretch, now_us: int) -> CommandState | None:
    """How the command of a measure's latest change stands; ``None`` where the core system is not told of it."""
    changes = (*measure.changes, *([] if measure.ended_by is None else [measure.ended_by]))
    states = [state_of(ledger.commands[one.id], now_us) for one in changes if one.id in ledger.commands]
    return states[-1] if states else None


def wait_us(attempts: int) -> int:
    """How long to wait after so many attempts."""
    return int(min(WAIT_FIRST_US << min(attempts - 1, 20), WAIT_MAX_US)) if attempts > 0 else 0


def overdue(ledger: Ledger, now_us: int) -> list[CoreCommand]:
    """The commands that have gone without an answer for longer than one should take, however often they were sent meanwhile."""
    commands = (ledger.commands[one] for one in ledger.unanswered)
    return [one for one in commands if now_us >= one.since_us + ANSWERED_WITHIN_US]


def holds_against(ledger: Ledger, person: str, now_us: int) -> bool:
    """Whether the core system holds anything against a person or what is theirs, or is about to be told of it."""
    told = (one.changes[-1] for one in in_force(ledger, now_us) if one.tells_core)
    open_ = (ledger.places[place][-1] for place in ledger.unanswered.values())
    return any(person in (change.place.subject.id, change.customer) for change in (*told, *open_))


def due(ledger: Ledger, now_us: int) -> list[Instruction]:
    """The instructions that are to be given now: of each place the first that has no answer, if its wait is over."""
    return [
        _instruction(ledger.places[command.place], command, change, now_us)
        for command, change in _first_open(ledger)
        if command.sent_us is None or now_us >= command.sent_us + wait_us(command.attempts)
    ]


def _first_open(ledger: Ledger) -> Iterator[tuple[CoreCommand, Change]]:
    busy: set[str] = set()
    for command_id, place in ledger.unanswered.items():
        if place not in busy:
            busy.add(place)
            yield ledger.commands[command_id], next(change for change in ledger.places[place] if change.id == command_id)


def _instruction(changes: Sequence[Change], command: CoreCommand, change: Change, now_us: int) -> Instruction:
    """What the core system is to do so that it holds what the place holds, whatever order its changes arrived in.

    Told change by change it would hold anew whom a late payment finds released. What was once sent under a key stays as it was sent.
    """
    at_us, known = max(now_us, changes[-1].time_us), stretches(changes)
    held = known[-1] if known and known[-1].holds(at_us) else None
    if command.until_us is not None:
        tells = command.tells or ("lift" if change.ends else "impose")
        amount_minor = held.amount_minor if command.tells is None and held is not None else command.amount_minor
        return Instruction(command.id, change.place, tells, command.until_us, amount_minor if tells == "impose" else None, change.ground)
    if held is None:
        over_us = known[-1].over_us if known else change.until_us
        return Instruction(command.id, change.place, "lift", over_us, None, change.ground)
    return Instruction(command.id, change.place, "impose", held.over_us, held.amount_minor, change.ground)


class Outbox:
    """Delivers the ledger's commands.

    Args:
        keeper: Keeps the ledger.
        core: The core system.
        clock: Tells the present.
    """

    def __init__(self, keeper: BookKeeper[Ledger], core: CoreSystem, clock: Clock) -> None:
        self._keeper = keeper
        self._core = core
        self._clock = clock

    def deliver(self, ending: Callable[[], bool] = lambda: False) -> Delivered:
        """Gives every instruction that is due, and those that become due by their answers; returns when none is left.

        An instruction that gets no answer stays due for another round, in which its place is looked at again; this never raises for it.

        Args:
            ending: Whether to leave the rest for another round; asked before each instruction.
        """
        taken = refused = unanswered = 0
        silent: set[Place] = set()

        def left() -> list[Instruction]:
            instructions = self._keeper.ask(lambda ledger: due(ledger, self._clock.now_us()))
            return [one for one in instructions if one.place not in silent]

        while instructions := left():
            for instruction in instructions:
                if ending():
                    return Delivered(taken, refused, unanswered)
                answer = self._give(instruction)
                taken += answer is not None and answer.taken
                refused += answer is not None and not answer.taken
                if answer is None:
                    unanswered += 1
                    silent.add(instruction.place)
        return Delivered(taken, refused, unanswered)

    def _give(self, instruction: Instruction) -> Answer | None:
        attempt = self._keeper.ask(lambda ledger: ledger.commands[instruction.key].attempts) + 1
        sent: dict[str, int | str] = {"attempt": attempt, "until": instruction.until_us, "change": instruction.change}
        if instruction.amount_minor is not None:
            sent["amount"] = instruction.amount_minor
        self._write(f"{instruction.key}/sent/{attempt}", COMMAND_SENT, sent, instruction.key)
        try:
            answer = self._core.tell(instruction)
        except ExternalError:
            return None  # its being unanswered is what the log says already
        said: dict[str, int | str] = {"answer": "taken" if answer.taken else "refused"}
        if answer.reason:
            said["reason"] = answer.reason
        self._write(f"{instruction.key}/answer", COMMAND_ANSWERED, said, instruction.key)
        return answer

    def _write(self, event_id: str, kind: str, data: dict[str, int | str], command: str) -> None:
        event = Event(event_id, kind, self._clock.now_us(), {}, {"command": command, **data})
        self._keeper.act(event_id, lambda _ledger: [event])
