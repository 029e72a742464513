"""A policy deciding live: feature state that follows the log, and answers that wait for the disk.

The log is the truth; the state is a fold over it. While a group of answers is on its way to the disk the state is ahead of the log by just
that group; where it does not arrive, the state is thrown away and rebuilt from the log before the next question.
"""

import time
from collections.abc import Callable, Sequence

from huitong.app.calls import Bounds
from huitong.app.consequences import Consequences
from huitong.app.decider import Decider
from huitong.app.deciding import Asked, decided, decided_together
from huitong.app.deciding_time import DecidingTime
from huitong.app.folding import fold, fold_before, forgotten_since
from huitong.app.progress import Progress, silent
from huitong.app.projections import Projection
from huitong.app.rehearsing import rehearse
from huitong.app.stretches import names_others, roles_asked_of, stretches
from huitong.app.turn import Turn
from huitong.app.workspace import Workspace
from huitong.contracts import NULL_INT, Answered, Consequence, Decision, Event, Log
from huitong.data import EventReader, PlainReader
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import DataError, HuitongError

MakeEngine = Callable[[LoadedPolicy], FeatureEngine]


class Live:
    """One policy with the feature state of the log's end.

    Args:
        name: What the policy was asked for by.
        loaded: The policy.
        make: Makes a fresh engine.
        log: The log.
        projection: Where the state is kept.
        turn: Held by whoever writes to the log: nothing may come between the state that a decision rests on and its place in the log.
        consequence: What follows from a decision by itself.
        consequence_kinds: Kinds of the events that may follow.
        bounds: Of groups and queues.
    """

    def __init__(
        self,
        name: str,
        loaded: LoadedPolicy,
        make: MakeEngine,
        log: Log,
        projection: Projection,
        turn: Turn,
        *,
        consequence: Consequence = lambda _event, _decision: (),
        consequence_kinds: frozenset[str] = frozenset(),
        bounds: Bounds | None = None,
    ) -> None:
        self.name = name
        self.loaded = loaded
        self.reader = EventReader(loaded.contract)
        self.plain = PlainReader(loaded.contract)
        self._make = make
        self._log = log
        self._projection = projection
        self._turn = turn
        self._consequence = consequence
        self._roles_asked = roles_asked_of(loaded.plan, consequence_kinds)
        self._lateness_us = loaded.plan.lateness_us
        self._engine: FeatureEngine | None = None
        self._before: FeatureEngine | None = None
        """In the same state between groups; see ``decided_together``. Made when there is first a group of several that asks for it."""
        self._offset = self._kept_offset = 0
        self.deciding_time = DecidingTime()
        self.decider = Decider(self, log, turn, bounds or Bounds())

    @classmethod
    def start(
        cls,
        name: str,
        loaded: LoadedPolicy,
        make: MakeEngine,
        log: Log,
        workspace: Workspace,
        turn: Turn,
        progress: Progress,
        consequences: Consequences,
    ) -> "Live":
        """Restores the state kept last time and brings it up to the log's end; without one it is folded from the whole log."""
        program = loaded.program
        workspace.freeze(program.settings.name, program.version, program.content)
        kept = Projection(name, loaded.plan, lambda: make(loaded), workspace.state_file(loaded.plan.version))
        live = cls(name, loaded, make, log, kept, turn, consequence=consequences, consequence_kinds=consequences.kinds)
        rehearse(loaded, make(loaded))
        live.follow(progress)  # nobody asks it yet: what is folded of a long log keeps nobody else from the turn
        with turn:
            live.follow()
        return live

    def follow(self, progress: Progress = silent) -> int:
        """In the turn, with nothing on its way, or while nobody asks: brings the state to the log's end; the offset there."""
        engine, offset = (self._engine, self._offset) if self._engine is not None else self._restored()
        before = self._before
        if forgotten_since(self._log, offset):
            engine, before, offset = self._make(self.loaded), None, 0
        self.forget()  # an engine that stopped half-way must not be gone on with
        self._offset = fold(engine, self._log, offset, progress)
        if before is not None and fold(before, self._log, offset) != self._offset:
            before = None
        self._engine, self._before = engine, before
        return self._offset

    def forget(self) -> None:
        """Throws the state away: it holds what the log does not, or what nobody may know any more."""
        self._engine = self._before = None

    def _restored(self) -> tuple[FeatureEngine, int]:
        try:
            engine, self._kept_offset = self._projection.kept(self._log)
        except DataError:
            # The state is only a fold: a missing, damaged, outdated or foreign one costs the time to fold again, never an answer.
            return self._make(self.loaded), 0
        return engine, self._kept_offset

    @property
    def offset(self) -> int:
        """Where the next record will stand, if all that is on its way arrives."""
        return self._offset

    @property
    def newest_us(self) -> int | None:
        """Time of the newest event in the state; ``None`` where there is none, or nobody can tell at this moment."""
        engine = self._engine
        return None if engine is None or engine.watermark_us == NULL_INT else engine.watermark_us

    def answers(self, asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision | HuitongError]]:
        """In the turn, after ``follow``: decides events that the log does not hold, and takes them into the state.

        What follows from a decision counts for the events after it: at once where features read it, else from the next call on.

        Returns:
            What is to be written at ``offset`` as it was, in this order; and for each event its decision, or why it was refused.
        """
        written: list[Answered] = []
        outcomes: list[Decision | HuitongError] = []
        begun_ns = time.perf_counter_ns()
        for part in stretches([one.event for one in asked], self._roles_asked, self._lateness_us):
            done, answered = self._stretch(asked[part])
            outcomes += done
            if answered is not None:
                written.append(answered)
        self._offset += sum(len(one.events) + len(one.decisions) + len(one.consequences) for one in written)
        self.deciding_time.add(time.perf_counter_ns() - begun_ns, len(asked))
        return written, outcomes

    def _stretch(self, asked: Sequence[Asked]) -> tuple[list[Decision | HuitongError], Answered | None]:
        engine, before = self._engine, self._before
        self.forget()
        assert engine is not None  # noqa: S101 -- ``follow`` came before
        if before is None and len(asked) > 1 and self.loaded.program.settings.change_fields:
            before = engine.twin()
        done = decided_together(self.loaded, engine, asked, before)
        given = [(one.event, decision) for one, decision in zip(asked, done, strict=True) if isinstance(decision, Decision)]
        follows: list[Event] = []
        for event, decision in given:
            after = self._consequence(event, decision)
            if self._roles_asked and len(given) > 1 and any(names_others(event, one) for one in after):
                raise TypeError(f"what follows from event {event.id} names somebody whom it does not name")
            follows += after
        if follows:
            for one in (engine, before):
                if one is not None:
                    one.update_many(follows)
        self._engine, self._before = engine, before
        if not given:
            return done, None
        return done, Answered(tuple(event for event, _ in given), tuple(decision for _, decision in given), tuple(follows))

    def decide(self, event: Event, clock_ns: Callable[[], int] = time.perf_counter_ns) -> Decision:
        """Decides one event; answers once event and decision are durable.

        Raises:
            InputError: If the policy does not decide events of this kind.
            DataError: If an event of this id is there with other content; the error shows both.
            BusyError: If too many wait already.
            ExternalError: If the disk refuses; nothing was answered, and the event counts nowhere.
        """
        return self.decider.decide(event, clock_ns)

    def decide_known(self, event: Event, clock_ns: Callable[[], int]) -> Decision:
        """Decides an event of the log, from what stands before it there; for one decided before, the first answer.

        Raises:
            DataError: If an event of this id is there with other content; the error shows both.
            ExternalError: If the disk refuses.
        """
        with self._turn:
            self._log.append_events([event])  # refuses other content under the same id
        while True:
            with self._turn:
                earlier, end = self.answered(event), self._log.end()
                known = self._log.event(event.id) or event  # as it reads there: whom it named may be forgotten
            if earlier is not None:
                return earlier
            decision = self.recomputed(known, clock_ns)
            with self._turn:
                # Who was forgotten meanwhile must not come back by what was computed before.
                if self.answered(event) is None and not forgotten_since(self._log, end):
                    follows = tuple(self._consequence(known, decision))
                    self._log.append_answers([Answered((), (decision,), follows)], self._log.end()).result()
                    return decision

    def recomputed(self, event: Event, clock_ns: Callable[[], int] = lambda: 0, tier: str | None = None) -> Decision:
        """The decision on an event of the log, from the events that stand before it there and nothing else.

        Args:
            event: An event of the log.
            clock_ns: Tells the time, ns; it counts from when the state is there, since nobody has waited for this event's answer.
            tier: What to run; by default what the budget allows.
        """
        engine = self._make(self.loaded)
        fold_before(engine, self._log, event.id)
        started_ns = clock_ns()
        return decided(self.loaded, engine, event, tier=tier, elapsed_ns=lambda: clock_ns() - started_ns)

    def answered(self, event: Event) -> Decision | None:
        """The first answer to an event of the log under this policy."""
        name = self.loaded.program.settings.name
        return next((one for one in self._log.decisions_of(event.id) if one.policy == name), None)

    def keep(self, records_min: int = 1) -> bool:
        """Keeps the state as it is now, so that a start after a crash is quick. Calls wait while it is copied, not while it is written.

        Args:
            records_min: Nothing is done where fewer records have come since it was kept last.

        Returns:
            Whether it was kept.

        Raises:
            ExternalError: If the disk refuses; what was kept before is still there.
        """
        if self._offset - self._kept_offset < records_min:
            return False
        with self._turn:
            if self._engine is None or not self.decider.arrived():
                return False
            offset, copy = self._offset, self._engine.copied(self._offset)
        self._projection.write(copy, offset, self._log)
        self._kept_offset = offset
        return True

    def close(self) -> None:
        """Answers what waits, and keeps the state with the log's offset, so that the next start is quick."""
        self.decider.close()
        with self._turn:
            if self._engine is not None:
                self._projection.keep(self._engine, self._offset, self._log)
