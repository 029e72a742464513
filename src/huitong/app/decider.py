"""Many callers, one order: events wait in a queue, are decided in groups, and each group is written in one commit.

While a group is on its way to the disk the next one is computed. Callers hear an answer only when it is durable. Where a group does not
arrive, its callers hear why, the state is rebuilt from the log, and groups that were computed on it are computed again: the log refuses
them, because it does not end where they were to stand. A group that fails for what is in it is taken apart, so that one bad event harms
nobody but whoever sent it. Rows of batches fill groups up: whoever waits for one answer goes before whoever asks much at once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Protocol

from huitong.app.aside import Aside, Knows
from huitong.app.calls import Bounds, Call, OwnTime, busy, closing, too_late
from huitong.app.deciding import Asked, other_kind
from huitong.app.groups import END, Group
from huitong.app.halves import enough, half
from huitong.app.turn import Turn
from huitong.contracts import Answered, Decision, Event, Log
from huitong.decisions.policy import LoadedPolicy
from huitong.kernel import ExternalError, HuitongError
from huitong.telemetry import tracing

NEVER_NS = 2**63 - 1
"""A deadline that does not come."""


class Desk(Knows, Protocol):
    """What decides: see ``Live``."""

    loaded: LoadedPolicy

    def follow(self) -> int: ...
    def forget(self) -> None: ...
    @property
    def offset(self) -> int: ...
    def answers(self, asked: Sequence[Asked]) -> tuple[list[Answered], list[Decision | HuitongError]]: ...
    def answered(self, event: Event) -> Decision | None: ...


class Heard(Protocol):
    """Hears of each group, in the thread that answers; see ``DecisionMeter``."""

    def take(self, answered: Sequence[tuple[Call, Decision]], append_ns: int) -> None: ...
    def fell(self, error: BaseException) -> None: ...


class Decider:
    """Decides what callers ask, in groups.

    Args:
        desk: What decides.
        log: The log.
        turn: Held while a group is decided and queued.
        bounds: Limits.
        now_ns: The monotonic clock.
    """

    def __init__(self, desk: Desk, log: Log, turn: Turn, bounds: Bounds, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._desk, self._log, self._turn, self.bounds, self._now_ns = desk, log, turn, bounds, now_ns
        self._guard = threading.Condition()
        self._waiting: deque[Call] = deque()
        self._again: deque[Call] = deque()
        self._rows: deque[Call] = deque()
        self._ahead: list[Group] = []
        self._lost = False
        self._closed = False
        self._seen = -1
        self._unqueued = False
        self._wanted = 1
        """How many calls have to wait for the decider's thread to go on."""
        self._aside = Aside(desk, now_ns)
        self._work = (("decider", self._decide_all), ("answers", self._answer_all))
        self._threads: list[threading.Thread] = []
        """Those that were started, in the order of their work: a machine may refuse one."""
        self.heard: Heard | None = None
        """Who hears of the groups."""

    def decide(self, event: Event, clock_ns: Callable[[], int] = time.perf_counter_ns) -> Decision:
        """Decides one event and waits until event and decision are durable.

        Raises:
            HuitongError: As ``ask``, or what the event was refused for.
        """
        answer: Future[Decision] = Future()

        def done(call: Call) -> None:
            if isinstance(call.outcome, Decision):
                answer.set_result(call.outcome)
            else:
                answer.set_exception(call.outcome)

        started_ns = clock_ns()
        self.ask(event, done, elapsed_ns=lambda: clock_ns() - started_ns)
        return answer.result()

    def ask(self, event: Event, done: Callable[[Call], None], *, elapsed_ns: Callable[[], int], deadline_ns: int | None = None) -> None:
        """Queues an event to be decided.

        Args:
            event: The event.
            done: See ``Call``.
            elapsed_ns: Time since the call came, ns.
            deadline_ns: When it is too late to begin, on the monotonic clock.

        Raises:
            InputError: If the policy does not decide events of this kind.
            BusyError: If too many wait already.
            ExternalError: If the decider is closed.
        """
        if event.kind != self._desk.loaded.plan.decides:
            raise other_kind(event, self._desk.loaded)
        traced = tracing()
        by_ns = self._now_ns() + self.bounds.deadline_ms * 1_000_000 if deadline_ns is None else deadline_ns
        with self._guard:
            if len(self._waiting) >= self.bounds.waiting_max:
                raise busy(len(self._waiting))
            self._open()
            self._waiting.append(Call(event, done, by_ns, elapsed_ns, trace=None if traced is None else traced.current()))
            if len(self._waiting) >= self._wanted:
                self._guard.notify_all()

    def ask_many(self, events: Sequence[Event], done: Callable[[Call], None], deadline_ns: int = NEVER_NS) -> list[Call]:
        """Queues rows of a batch, which are decided where groups have room; who sends them sees to it that they are not too many.

        Args:
            events: Events of the kind that the policy decides, in the order in which they are to be decided.
            done: See ``Call``; told of each.
            deadline_ns: When it is too late to begin, on the monotonic clock.

        Returns:
            A call for each.

        Raises:
            ExternalError: If the decider is closed.
        """
        calls = [Call(event, done, deadline_ns, OwnTime(self._now_ns)) for event in events]
        with self._guard:
            self._open()
            self._rows.extend(calls)
            self._guard.notify_all()
        return calls

    def _open(self) -> None:
        """Under the guard: has the threads ready for what comes."""
        if self._closed:
            raise closing()
        if len(self._threads) < len(self._work):
            self._start()

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._waiting)

    @property
    def oldest_ns(self) -> int:
        """How long the call has waited that waits longest; 0 where none does."""
        with self._guard:
            return self._waiting[0].elapsed_ns() if self._waiting else 0

    @property
    def unwritten_ns(self) -> int:
        """How long the oldest group that is on its way to the disk has been; 0 where none is."""
        with self._guard:
            oldest = self._ahead[0] if self._ahead else END
        return 0 if oldest is END else self._now_ns() - oldest.queued_ns

    @property
    def closed(self) -> bool:
        """Whether it takes no calls any more."""
        return self._closed

    def _start(self) -> None:
        for name, work in self._work[len(self._threads) :]:
            thread = threading.Thread(target=work, name=f"huitong-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def arrived(self) -> bool:
        """In the turn, with nothing on its way: whether everything that was decided has arrived, so that the state is one of the log."""
        with self._guard:
            return not self._lost and not self._unqueued and all(group.arrived() for group in self._ahead)

    def close(self) -> None:
        """Answers what waits, and takes nothing more."""
        with self._guard:
            self._closed = True
            self._guard.notify_all()
        for thread in self._threads:
            thread.join()
        self._aside.close()
        if self._lost:  # what did not arrive must not be kept as if it had
            self._desk.forget()

    # The decider's thread.

    def _decide_all(self) -> None:
        while calls := self._gather():
            try:
                self._take_on(calls)
            except BaseException as error:
                self._fell(calls, error)
        with self._guard:
            self._closed = True
            self._ahead.append(END)
            self._guard.notify_all()

    def _gather(self) -> list[Call]:
        """The next group, once there is room for it on the way to the disk; empty where there will be none any more."""
        bounds = self.bounds
        with self._guard:
            while True:
                on_the_way = sum(len(group.calls) for group in self._ahead)
                self._wanted = enough(on_the_way)
                if self._again and self._again[0].alone:
                    if not self._ahead:
                        return [self._again.popleft()]
                elif len(self._ahead) < bounds.ahead_max and (self._again or self._rows or len(self._waiting) >= self._wanted):
                    calls: list[Call] = []
                    while self._again and not self._again[0].alone and len(calls) < bounds.group_max:
                        calls.append(self._again.popleft())
                    most = bounds.group_max if self._rows else min(bounds.group_max, half(len(self._waiting), on_the_way))
                    for queue in (self._waiting, self._rows):
                        calls += [queue.popleft() for _ in range(min(len(queue), most - len(calls)))]
                    return calls
                elif self._closed and not self._again and not self._waiting and not self._rows and not self._ahead:
                    return []
                self._guard.wait()

    def _take_on(self, calls: list[Call]) -> None:
        """Decides a group and queues it. ``calls`` loses whoever hears from somebody else: if this fails, only the others are told."""
        self._keep_timely(calls)
        with self._turn.ahead(self):
            self._stand_at_end()
            self._keep_timely(calls)  # the turn may have come late
            self._keep_new(calls)
            if not calls:
                return
            at = self._desk.offset
            self._unqueued = True
            traced = tracing()
            with nullcontext() if traced is None else traced.group("decide", [call.trace for call in calls]) as trace:
                written, outcomes = self._desk.answers([Asked(call.event, call.elapsed_ns) for call in calls])
            decided: list[tuple[Call, Decision]] = []
            for call, outcome in zip(calls, outcomes, strict=True):
                if isinstance(outcome, Decision):
                    decided.append((call, outcome))
                else:
                    call.settle(outcome)
            self._unqueued = bool(decided)
            if not decided:
                return
            pending = self._log.append_answers(written, at)
            self._turn.owe(self, pending)
            group = Group(decided, pending, {call.event.id: (call.event, decision) for call, decision in decided}, self._now_ns(), trace)
            with self._guard:
                self._ahead.append(group)
                self._unqueued = False
                self._guard.notify_all()

    def _keep_timely(self, calls: list[Call]) -> None:
        """Tells those whose time is over."""
        now_ns = self._now_ns()
        for call in calls:
            if call.deadline_ns < now_ns:
                call.settle(too_late())
        calls[:] = [call for call in calls if call.outcome is None]

    def _stand_at_end(self) -> None:
        """In the turn: makes sure that the state is that of everything before the place of the next group."""
        ahead = list(self._ahead)
        if ahead and self._seen == self._turn.changes and not self._lost and not self._unqueued:
            return
        for group in ahead:  # others wrote after these, or one of them did not arrive
            if not group.arrived():
                self._lost = True
        if self._lost or self._unqueued:
            self._lost = self._unqueued = False
            self._desk.forget()
        self._desk.follow()
        self._seen = self._turn.changes

    def _keep_new(self, calls: list[Call]) -> None:
        """Leaves the calls whose events are new, each once; the others are answered, joined to who asks the same, or put aside."""
        new: dict[str, Call] = {}
        doubles: list[Call] = []
        with self._guard:
            for call in tuple(calls):
                if self._joined(call):
                    calls.remove(call)
                elif call.event.id in new:
                    doubles.append(call)
                else:
                    new[call.event.id] = call
        there = self._log.events(list(new))
        for event_id, event in there.items():
            self._known_already(new[event_id], event)
            calls.remove(new[event_id])
        if doubles:
            with self._guard:
                calls[:] = [call for call in calls if call not in doubles]
                self._again.extendleft(reversed(doubles))

    def _joined(self, call: Call) -> bool:
        """Under the guard: joins a call to the group that answers the same event; another one under its id waits until it is there."""
        for group in self._ahead:
            event, decision = group.by_id.get(call.event.id, (None, None))
            if event is None or decision is None:
                continue
            if event == call.event:
                group.also.append((call, decision))
            else:
                self._aside.put(call)
            return True
        return False

    def _known_already(self, call: Call, event: Event) -> None:
        earlier = self._desk.answered(event) if event == call.event else None
        if earlier is not None:
            call.settle(earlier)
        else:
            self._aside.put(call)

    # The thread that answers.

    def _answer_all(self) -> None:
        while True:
            with self._guard:
                while not self._ahead:
                    self._guard.wait()
                group = self._ahead[0]
            if group is END:
                return
            try:
                group.pending.result()
            except BaseException as error:
                self._end(group)
                self._traced(group, failed=True)
                if self.heard is not None:
                    self.heard.fell(error)
                self._fell([call for call, _ in (*group.calls, *group.also)], error)
            else:
                self._end(group)
                self._traced(group)
                if self.heard is not None:
                    self.heard.take(group.calls, self._now_ns() - group.queued_ns)
                for call, decision in (*group.calls, *group.also):
                    call.settle(decision)

    def _traced(self, group: Group, *, failed: bool = False) -> None:
        """Says how long the log took, where that is traced."""
        traced = tracing()
        if traced is None or group.trace is None:
            return
        traced.passed("append", group.trace, self._now_ns() - group.queued_ns, failed=failed)
        for call, decision in () if failed else group.calls:
            traced.remember(decision.id, call.trace or group.trace)

    def _end(self, group: Group) -> None:
        self._turn.paid(group.pending)
        with self._guard:
            if not group.arrived():
                self._lost = True
            self._ahead.remove(group)
            self._guard.notify_all()

    def _fell(self, calls: Sequence[Call], error: BaseException) -> None:
        """What becomes of calls whose group was not written."""
        open_calls = [call for call in calls if call.outcome is None]
        once_more = isinstance(error, HuitongError) and error.code == "store.elsewhere"
        with self._guard:
            self._lost = True
            if once_more or (len(open_calls) > 1 and not isinstance(error, ExternalError)):
                for call in open_calls:
                    call.alone = call.alone or not once_more
                    if isinstance(call.elapsed_ns, OwnTime):
                        call.elapsed_ns.restart()
                self._again.extendleft(reversed(open_calls))
                self._guard.notify_all()
                return
        for call in open_calls:
            call.settle(error)
