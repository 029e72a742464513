"""A policy deciding live: feature state that follows the log, and answers that wait for the disk.

The log is the truth; the state is a fold over it. A decision that could not be written leaves no trace: the state is thrown away and
rebuilt from the log before the next question.
"""

import threading
import time
from collections.abc import Callable

from huitong.app.deciding import decided, other_kind
from huitong.app.folding import fold, fold_before, forgotten_since
from huitong.app.progress import Progress, silent
from huitong.app.projections import Projection
from huitong.app.rehearsing import rehearse
from huitong.app.workspace import Workspace
from huitong.contracts import Decision, Event, Log
from huitong.data import EventReader
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import DataError

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
    """

    def __init__(self, name: str, loaded: LoadedPolicy, make: MakeEngine, log: Log, projection: Projection, turn: threading.Lock) -> None:
        self.name = name
        self.loaded = loaded
        self.reader = EventReader(loaded.contract)
        self._make = make
        self._log = log
        self._projection = projection
        self._turn = turn
        self._engine: FeatureEngine | None = None
        self._offset = 0

    @classmethod
    def start(
        cls, name: str, loaded: LoadedPolicy, make: MakeEngine, log: Log, workspace: Workspace, turn: threading.Lock, progress: Progress
    ) -> "Live":
        """Restores the state kept last time and brings it up to the log's end; without one it is folded from the whole log."""
        program = loaded.program
        workspace.freeze(program.settings.name, program.version, program.content)
        kept = Projection(name, loaded.plan, lambda: make(loaded), workspace.state_file(loaded.plan.version))
        live = cls(name, loaded, make, log, kept, turn)
        rehearse(loaded, make(loaded))
        live.follow(progress)
        return live

    def follow(self, progress: Progress) -> FeatureEngine:
        """The engine, at the log's end."""
        engine, offset = (self._engine, self._offset) if self._engine is not None else self._restored()
        if forgotten_since(self._log, offset):
            engine, offset = self._make(self.loaded), 0
        self._engine = None  # an engine that stopped half-way must not be gone on with
        self._offset = fold(engine, self._log, offset, progress)
        self._engine = engine
        return engine

    def _restored(self) -> tuple[FeatureEngine, int]:
        try:
            return self._projection.kept(self._log)
        except DataError:
            # The state is only a fold: a missing, damaged, outdated or foreign one costs the time to fold again, never an answer.
            return self._make(self.loaded), 0

    def decide(self, event: Event, clock_ns: Callable[[], int] = time.perf_counter_ns) -> Decision:
        """Decides one event; answers once event and decision are durable.

        Raises:
            InputError: If the policy does not decide events of this kind.
            DataError: If an event of this id is there with other content; the error shows both.
            ExternalError: If the disk refuses; nothing was answered, and the event counts nowhere.
        """
        started_ns = clock_ns()
        if event.kind != self.loaded.plan.decides:
            raise other_kind(event, self.loaded)
        with self._turn:
            earlier = self._answered(event)
            if earlier is not None:
                return earlier
            engine = self.follow(silent)
            known = self._log.event(event.id)
            try:
                if known is not None:
                    self._log.append_events([event])  # refuses other content under the same id
                    decision = self.recomputed(known, clock_ns)  # as it reads there: whom it named may be forgotten
                else:
                    decision = decided(self.loaded, engine, event, elapsed_ns=lambda: clock_ns() - started_ns)
                written = self._log.append_decision(None if known else event, decision)
            except BaseException:
                self._engine = None
                raise
            self._offset = self._log.end()
            return written

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

    def _answered(self, event: Event) -> Decision | None:
        """The first answer to this event under this policy; appending the event again finds out whether it is the same event."""
        decisions = [one for one in self._log.decisions_of(event.id) if one.policy == self.loaded.program.settings.name]
        if not decisions:
            return None
        self._log.append_events([event])
        return decisions[0]

    def keep(self) -> None:
        """Keeps the state with the log's offset, so that the next start is quick."""
        with self._turn:
            if self._engine is not None:
                self._projection.keep(self._engine, self._offset, self._log)
