"""A challenger watched: in shadow it decides what the live version decides, beside it; as canary it decides for some. Both are counted.

It reads the log as anybody may, so it takes nothing from whoever waits for an answer, and what it counted can be counted again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from huitong.app.deciding import decided
from huitong.app.deciding_time import DecidingTime, TimesCompared
from huitong.contracts import Decision, Event, Log
from huitong.decisions.policy import LoadedPolicy, tier_within_budget, time_to_search
from huitong.decisions.policy.tiers import TIER_WITHOUT_GRAPH, TIER_WITHOUT_GRAPH_AND_MODEL
from huitong.decisions.rollout import Broken, Comparison, Found, Stage, StopSettings, Tally, broken_rules
from huitong.features import FeatureEngine

V = TypeVar("V")
REMEMBERED_MAX = 100_000
"""Most decisions that are remembered until the other version's, or a label, comes."""
SHOWN_MAX = 200
"""Most differing decisions that are kept to be looked at, the latest."""
GLANCED_MAX = 2_000
"""Most records that are taken in while a page waits."""


@dataclass(frozen=True, slots=True)
class Differing:
    """An event on which the two versions differ.

    Attributes:
        event: Its id.
        time_us: Its time.
        live: The live version's outcome.
        challenger: The challenger's.
    """

    event: str
    time_us: int
    live: str
    challenger: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched.

    Attributes:
        policy: Name of the policy.
        version: Version that is watched, by its hash in the book.
        challenger: The same, ready to run; after an update of the software its files may answer under another hash.
        comparison: What it is compared with, by its hash in the book, and since when.
        live: That version, ready to run.
        stage: ``"shadow"`` or ``"canary"``.
        since: Offset in the log where the comparison began.
        alerting: Outcomes that somebody has to look at.
        group: Field of the events by which customers are told apart for fairness; ``None`` to tell nobody apart.
    """

    policy: str
    version: str
    challenger: LoadedPolicy
    comparison: Comparison
    live: LoadedPolicy
    stage: Stage
    since: int
    alerting: frozenset[str]
    group: str | None = None

    @property
    def names(self) -> tuple[str, str]:
        """What the live version and the challenger decide as."""
        return f"{self.policy}@{self.comparison.against}", f"{self.policy}@{self.version}"

    @property
    def declining(self) -> frozenset[str]:
        """Outcomes that count as declines of either: the live version's gravest, and of the challenger's all from that one on."""
        gravest, theirs = self.live.program.settings.outcomes[-1], self.challenger.program.settings.outcomes
        return frozenset((gravest, *theirs[theirs.index(gravest) if gravest in theirs else -1 :]))

    @property
    def moved(self) -> dict[str, str]:
        """Of the two versions, by the hash in the book, those that answer under another one today: that one."""
        today = {self.version: self.challenger.program.version, str(self.comparison.against): self.live.program.version}
        return {booked: loaded for booked, loaded in today.items() if booked != loaded}


@dataclass(slots=True)
class _Arms:
    live: Tally = field(default_factory=Tally)
    challenger: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted up to one place in the log; it changes no more.

    Attributes:
        live: Counts of the live version.
        challenger: Counts of the challenger.
        found: The same as evidence.
        differing: The latest events on which the versions differ, newest first.
    """

    live: Tally
    challenger: Tally
    found: Found
    differing: tuple[Differing, ...]


class Watch:
    """Follows the log and counts. Any number of threads may ask for it, and for what was counted: that is told between two steps.

    Args:
        watched: What is watched.
        log: The log, for reading.
        before: Makes a feature engine of the challenger that holds what stands before the comparison's begin; a shadow runs on one of
            its own, made by the first step.
        settings: When it has done harm.

    Attributes:
        watched: What is watched.
        counts: What was counted up to the end of the last step.
        at_end: Whether the last step came to the log's end.
        caught_up: Whether it was once at the log's end: before, it counts what may be a long past.
    """

    def __init__(
        self,
        watched: Watched,
        log: Log,
        before: Callable[[], FeatureEngine],
        settings: StopSettings,
    ) -> None:
        self.watched = watched
        self._log = log
        self._settings = settings
        self._offset = watched.since
        self._arms = _Arms()
        self._differing = 0
        self._shown: OrderedDict[str, Differing] = OrderedDict()
        self._events: OrderedDict[str, Event] = OrderedDict()
        self._pending: OrderedDict[str, Event] = OrderedDict()
        """In shadow: what the engine has yet to take, in the order of the log; an event waits for the live decision, whose tier it gets."""
        self._declined: OrderedDict[str, tuple[Tally, ...]] = OrderedDict()
        """Who declined each payment lately: in shadow it may have been both."""
        self._declining = watched.declining
        self._last_us = watched.comparison.since_us
        self._own = TimesCompared()
        self._turn = threading.Lock()
        self.counts = self._told()
        self.at_end = self.caught_up = False
        self._before: Callable[[], FeatureEngine] | None = before if watched.stage == "shadow" else None
        self._engine: FeatureEngine | None = None

    def step(self, records_max: int | None = None) -> int:
        """Takes in what is new in the log; how many records that was.

        Args:
            records_max: How many at most; by default all.
        """
        with self._turn:
            if self._before is not None:
                self._engine, self._before = self._before(), None
            end = self._log.end()
            taken = self._step(end if records_max is None else min(end, self._offset + records_max))
            self.at_end = self._offset == end
            self.caught_up = self.caught_up or self.at_end
            return taken

    def glance(self) -> None:
        """As ``step``, for whoever waits for no long past: nothing is taken in where another thread is about it, and else not much."""
        if self._turn.acquire(blocking=False):
            try:
                self._step(min(self._log.end(), self._offset + GLANCED_MAX))
            finally:
                self._turn.release()

    def _step(self, end: int) -> int:
        begun = self._offset
        for record in self._log.read(self._offset):
            if record.offset >= end:
                break
            content = record.content
            if isinstance(content, Event):
                self._take_event(content)
            elif content.policy == self.watched.policy:
                self._take_decision(content)
            self._offset = record.offset + 1
        self.counts = self._told()
        return self._offset - begun

    def _told(self) -> Counts:
        live, challenger = (replace(tally, groups=dict(tally.groups)) for tally in (self._arms.live, self._arms.challenger))
        found = Found(
            self.watched.stage,
            self.watched.comparison.since_us,
            self._last_us,
            challenger.decided,
            challenger.declined,
            self.watched.comparison.against,
            live.decided,
            live.declined,
            self._differing if self.watched.stage == "shadow" else None,
        )
        return Counts(live, challenger, found, tuple(reversed(self._shown.values())))

    def broken(self, alpha: float, own: tuple[DecidingTime, ...] = ()) -> list[Broken]:
        """Every stop rule that the challenger broke; in shadow it harms nobody, and breaks none.

        Args:
            alpha: Probability that a harmless one is ever stopped.
            own: How long the live version and the challenger take to decide; nothing where not both of them decide here.
        """
        if self.watched.stage != "canary":
            return []
        counts, slow = self.counts, self._own.slower_than(self._settings.slow_us, own)
        return broken_rules(counts.live, counts.challenger, self._settings, alpha, *slow)

    def found(self) -> Found:
        """What was counted, as evidence."""
        return self.counts.found

    def _take_event(self, event: Event) -> None:
        program = self.watched.challenger.program
        if event.kind == program.settings.labels_kind:
            self._take_label(event)
        if self._engine is not None:
            self._pending[event.id] = event
            if len(self._pending) > REMEMBERED_MAX:
                self._engine.update(self._pending.popitem(last=False)[1])
        if event.kind == program.settings.decides:
            self._last_us = max(self._last_us, event.time_us)
            _remember(self._events, event.id, event)

    def _take_decision(self, decision: Decision) -> None:
        event = self._events.pop(decision.event, None)
        if event is None:  # decided long after it came: no answer that anybody waited for
            return
        if self.watched.stage == "canary" and "customer" not in event.keys:  # nobody drew it, so it tells nothing about those drawn
            return
        if decision.version in (self.watched.version, self.watched.challenger.program.version):
            self._count(self._arms.challenger, decision, event)
        elif decision.version in (self.watched.comparison.against, self.watched.live.program.version):
            if self._engine is None:
                self._count(self._arms.live, decision, event)
            elif event.id in self._pending:  # else later events were decided first, and its state is gone
                shadow = self._shadow(self._engine, event, decision.tier)
                self._count(self._arms.live, decision, event)
                self._count(self._arms.challenger, shadow, event)
                self._compare(event, decision, shadow)

    def _shadow(self, engine: FeatureEngine, event: Event, tier: str) -> Decision:
        """The challenger's decision, with what the live version had time for, from all that stands before the event in the log."""
        while (before := self._pending.popitem(last=False)[1]).id != event.id:
            engine.update(before)
        return decided(self.watched.challenger, engine, event, tier=self._tier(tier))

    def _tier(self, tier: str) -> str | None:
        """What the challenger may run where the live version ran this: its own best, unless that one was short of time."""
        challenger, live = self.watched.challenger.program, self.watched.live.program
        if tier == tier_within_budget(live, 0.0, searched=time_to_search(live, lambda: 0)):
            return None
        return TIER_WITHOUT_GRAPH_AND_MODEL if tier == TIER_WITHOUT_GRAPH and challenger.model_requires_search else tier

    def _compare(self, event: Event, live: Decision, shadow: Decision) -> None:
        if live.outcome != shadow.outcome:
            self._differing += 1
            _remember(self._shown, event.id, Differing(event.id, event.time_us, live.outcome, shadow.outcome), SHOWN_MAX)

    def _count(self, tally: Tally, decision: Decision, event: Event) -> None:
        declined = decision.outcome in self._declining
        group = None if self.watched.group is None else event.data.get(self.watched.group)
        tally.add(
            declined=declined,
            alert=decision.outcome in self.watched.alerting,
            slow=decision.latency_ns > self._settings.slow_us * 1_000,
            group=group if isinstance(group, str) else None,
        )
        if declined:
            _remember(self._declined, event.id, (*self._declined.get(event.id, ()), tally))

    def _take_label(self, event: Event) -> None:
        """Whoever was declined and turns out honest has reason to complain."""
        payment, fraud = event.data.get("payment"), event.data.get(self.watched.challenger.program.settings.labels_field or "")
        if isinstance(payment, str) and fraud is False:
            for tally in self._declined.pop(payment, ()):
                tally.complain()


def _remember(memory: OrderedDict[str, V], key: str, value: V, most: int = REMEMBERED_MAX) -> None:
    memory[key] = value
    if len(memory) > most:
        memory.popitem(last=False)
