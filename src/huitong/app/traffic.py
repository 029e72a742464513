"""Traffic for a bank that has none: the events of some tables, moved by whole weeks to the present and decided as they come."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import numpy as np

from huitong.app.bank import Bank
from huitong.app.calls import Call
from huitong.app.decider import Decider
from huitong.app.ingesting import append
from huitong.app.live import Live
from huitong.app.progress import Progress, silent
from huitong.app.sources import Source
from huitong.app.workspace import write_whole
from huitong.contracts import Event, EventBatch
from huitong.kernel import MICROSECONDS_PER_DAY, HuitongError, time_text, time_us

WEEK_US = 7 * MICROSECONDS_PER_DAY
GROUP = 512
"""Events that are taken at once while the past is made up: of a group, payments first."""
LOOK_EVERY_SECONDS = 0.5
HURRIED_PAYMENTS = 1
"""Payments that hurried traffic takes at each look, day and night: some thirty times as many as a synthetic bank has."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Events moved to the present, by kind, each kind in the order of time.

    Attributes:
        batches: The events.
        weeks: By how many weeks they were moved.
    """

    batches: Mapping[str, EventBatch]
    weeks: int

    def between(self, since_us: int, until_us: int) -> "dict[str, EventBatch]":
        """The events from one moment on and before another."""
        found = {}
        for kind, batch in self.batches.items():
            first, last = np.searchsorted(batch.time_us, [since_us, until_us])
            found[kind] = batch.slice(int(first), int(last - first))
        return found


def weeks_to(batch: EventBatch, now_us: int) -> int:
    """By how many weeks events have to be moved for the last one to lie less than a week ahead of now; week days stay what they are."""
    return -((int(batch.time_us.max()) - now_us) // WEEK_US)


def moved_by(batches: Mapping[str, EventBatch], weeks: int) -> Moved:
    """Events moved by whole weeks, each kind in the order of time."""
    ordered = {kind: batch.in_time_order() for kind, batch in batches.items()}
    return Moved({kind: replace(batch, time_us=batch.time_us + weeks * WEEK_US) for kind, batch in ordered.items()}, weeks)


def move_learned(trained: Path, first_us: int, weeks: int) -> None:
    """Moves until when a model has learned along with the events that it has learned from, unless that was done before.

    Args:
        trained: The policy's ``trained.toml``.
        first_us: The first of the events, where it is now.
        weeks: By how many weeks they were moved.
    """
    text = trained.read_text("utf-8") if trained.exists() else ""
    learned = re.search(r'(?m)^(learned_before = ")([^"]+)"', text)
    if learned is None or (until_us := time_us(learned[2])) > first_us:
        return
    moved = f'{learned[1]}{time_text(until_us + weeks * WEEK_US)}"'
    write_whole(trained, (text[: learned.start()] + moved + text[learned.end() :]).encode())


class Traffic:
    """Synthetic traffic of a bank: the past up to now at once, what follows as its time comes, for as long as a ``with`` block lasts.

    Args:
        bank: The bank.
        policy: What decides.
        sources: Tables of events with their mappings.
        decided_days: For how many of the last days payments are decided; earlier ones are only written down, as history.
        hurried: Whether the payments to come are taken one after the other at an even pace, each at the moment when it is taken, instead
            of as their time comes; at night hardly any comes.
        progress: Told how far it is.

    Attributes:
        moved: The events, moved to the present.
    """

    def __init__(
        self,
        bank: Bank,
        policy: str,
        sources: list[Source],
        *,
        decided_days: float = 2.0,
        hurried: bool = False,
        progress: Progress = silent,
    ) -> None:
        self._bank, self._hurried = bank, hurried
        self._decides = bank.load(policy).plan.decides
        batches = bank.take_in(sources, None, progress).batches
        first = next(batches[self._decides].in_time_order().slice(0, 1).events(bank.contracts[self._decides]))
        known = bank.log.event(first.id)  # what began once goes on with the same times
        weeks = weeks_to(batches[self._decides], bank.clock.now_us()) + hurried  # whoever hurries needs more of what is to come
        if known is not None:
            weeks = (known.time_us - first.time_us) // WEEK_US
        self.moved = moved_by(batches, weeks)
        if not bank.rollouts.status(policy).versions:  # what somebody signed stays as it is
            trained = bank.workspace.policy_folder(policy) / "trained.toml"
            move_learned(trained, int(self.moved.batches[self._decides].time_us.min()), weeks)
        self._live: Live = bank.live(policy)
        self._decided_days = decided_days
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="huitong-traffic", daemon=True)
        self._reached_us = 0

    def catch_up(self, progress: Progress = silent) -> int:
        """Writes the past down and decides its last days; how many payments were decided."""
        now_us, began_us = self._bank.clock.now_us(), self._first_missing_us()
        since_us = max(now_us - int(self._decided_days * MICROSECONDS_PER_DAY), began_us)
        history = self.moved.between(began_us, since_us)
        append(self._bank.log, history, self._bank.contracts, self._bank.policies_say.decided_kinds(), self._bank.turn, progress)
        self._live.follow(progress)
        self._reached_us = max(now_us, began_us)  # hurried traffic took some before their time
        return self._play(since_us, max(now_us, since_us), progress)

    @property
    def left(self) -> int:
        """How many payments are still to come."""
        times = self.moved.batches[self._decides].time_us
        return len(times) - int(np.searchsorted(times, self._reached_us))

    @property
    def last_us(self) -> int:
        """Time of the last payment, as it was moved; hurried traffic may take it before."""
        return int(self.moved.batches[self._decides].time_us.max())

    def _first_missing_us(self) -> int:
        """Time of the first payment that the log does not hold yet."""
        batch = self.moved.batches[self._decides]
        low, high = 0, len(batch)
        while low < high:
            middle = (low + high) // 2
            there = self._bank.log.event(str(batch.ids[middle])) is not None
            low, high = (middle + 1, high) if there else (low, middle)
        return -(2**62) if low == 0 else int(batch.time_us[low]) if low < len(batch) else 2**62

    def _play(self, since_us: int, until_us: int, progress: Progress = silent, now_us: int | None = None) -> int:
        """Takes events group by group: has those decided that are, then writes down what else there was meanwhile.

        Args:
            since_us: From this moment of their times on.
            until_us: Until this one.
            progress: Told how far it is.
            now_us: When they happen; by default at their times.
        """
        events = self._in_order(since_us, until_us)
        if now_us is not None:
            events = [replace(event, time_us=now_us + place - len(events)) for place, event in enumerate(events)]
        decided = 0
        for start in range(0, len(events), GROUP):
            group = events[start : start + GROUP]
            decided += self._decided([event for event in group if event.kind == self._decides])
            others = [event for event in group if event.kind != self._decides]
            if others:
                with self._bank.turn:
                    self._bank.log.append_events(others)
            progress("deciding", start + len(group), len(events))
        return decided

    def _in_order(self, since_us: int, until_us: int) -> list[Event]:
        events: list[Event] = []
        for kind, batch in self.moved.between(since_us, until_us).items():
            events.extend(batch.events(self._bank.contracts[kind]))
        return sorted(events, key=lambda event: (event.time_us, event.kind == self._decides, event.id))

    def _decided(self, payments: Sequence[Event]) -> int:
        """Has payments decided, each by the arm of a roll-out that it falls to; how many there were."""
        told: SimpleQueue[Call] = SimpleQueue()
        by_decider: dict[Decider, list[Event]] = {}
        for payment in payments:
            by_decider.setdefault(self._bank.rollouts.deciding(self._live, payment).decider, []).append(payment)
        for decider, some in by_decider.items():
            decider.ask_many(some, told.put)
        for _ in payments:
            told.get()
        return len(payments)

    def _go_on(self) -> None:
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            now_us = self._bank.clock.now_us()
            until_us = self._next_us() if self._hurried else max(now_us, self._reached_us)
            try:
                self._play(self._reached_us, until_us, now_us=now_us if self._hurried else None)
            except HuitongError:  # the disk refuses, or too many wait: what is due is tried again
                continue
            self._reached_us = until_us

    def _next_us(self) -> int:
        """Until when hurried traffic goes in its next step."""
        times = self.moved.batches[self._decides].time_us
        last = int(np.searchsorted(times, self._reached_us)) + HURRIED_PAYMENTS
        return int(times[min(last, len(times)) - 1]) + 1 if len(times) else self._reached_us

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
