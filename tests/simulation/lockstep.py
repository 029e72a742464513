"""A writer without a thread of its own, and clients that take turns: many callers at once, in an order that the seed gives."""

import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from huitong.store.journal import Journal
from huitong.store.writer import Call, GroupCommit, Writer, _Answer
from tests.simulation.chance import CrashError, SimulatedClock

T = TypeVar("T")


class LockstepWriter(Writer):
    """Commits a lone call at once; the calls of clients that act together, in one group."""

    def __init__(self, journal: Journal, where: str, clock: SimulatedClock) -> None:
        super().__init__(journal, where, GroupCommit(), patience_s=30.0, passed=clock.passed, pause=clock.pause)
        self._turns: Turns | None = None

    def _run(self) -> None:
        """The thread has nothing to do."""

    def submit(self, work: Callable[[Journal], T]) -> Call[T]:
        call = Call(work)
        if self._turns is None:
            self._answer([call])
        else:
            self._turns.give_way(call)
        return call

    def stand_aside(self) -> None:
        """Lets the other clients go on, as one does who waits for a lock."""
        assert self._turns is not None, "nobody else could let go of it"
        self._turns.stand_aside()

    def _answer(self, group: list[Call[Any]]) -> None:
        try:
            self._commit(group)
        except BaseException as error:
            # A crash ends the process; anything else here would end the writer's thread, and every caller would wait for ever.
            said = error if isinstance(error, CrashError) else AssertionError(f"the writer's thread ends: {error!r}")
            for call in group:
                if call._answered.locked():
                    call.answer(_Answer(error=said))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            call = Call(Journal.sign)
            self._answer([call])
            if isinstance(call.error(), CrashError):
                raise CrashError
            self._journal.session.close()

    def together(self, jobs: Sequence[Callable[[], Any]], chance: Random) -> list[Any]:
        """Runs jobs as clients of their own; returns what each returned or raised."""
        self._turns = Turns(jobs)
        try:
            return self._turns.run(self._answer, chance)
        finally:
            self._turns = None


class TurnLock:
    """A lock for clients that take turns: who finds it taken stands aside."""

    def __init__(self, writer: LockstepWriter) -> None:
        self._writer = writer
        self._taken = False

    def __enter__(self) -> None:
        while self._taken:
            self._writer.stand_aside()
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self._taken = False


class Turns:
    """Clients in threads of which one moves at a time: until it waits for the log, or is done."""

    def __init__(self, jobs: Sequence[Callable[[], Any]]) -> None:
        self._outcomes: list[Any] = [None] * len(jobs)
        self._resume = [threading.Semaphore(0) for _ in jobs]
        self._yielded = threading.Semaphore(0)
        self._calls: dict[int, Call[Any]] = {}
        self._aside: set[int] = set()
        self._now = 0
        self._threads = [threading.Thread(target=self._client, args=(number, job), daemon=True) for number, job in enumerate(jobs)]

    def _client(self, number: int, job: Callable[[], Any]) -> None:
        self._resume[number].acquire()
        try:
            self._outcomes[number] = job()
        except BaseException as error:
            self._outcomes[number] = error
        self._yielded.release()

    def give_way(self, call: Call[Any]) -> None:
        """Waits, as a client, until the call was answered and it is this client's turn again."""
        number = self._now
        self._calls[number] = call
        self._yielded.release()
        self._resume[number].acquire()

    def stand_aside(self) -> None:
        """Waits, as a client, until it is this client's turn again."""
        number = self._now
        self._aside.add(number)
        self._yielded.release()
        self._resume[number].acquire()

    def run(self, answer: Callable[[list[Call[Any]]], None], chance: Random) -> list[Any]:
        for thread in self._threads:
            thread.start()
        for number in range(len(self._threads)):
            self._turn(number)
        while self._calls or self._aside:
            # The order of the calls is that of the clients; who hears its answer first is chance.
            order, aside = sorted(self._calls), sorted(self._aside)
            calls = [self._calls.pop(number) for number in order]
            self._aside.clear()
            if calls:
                answer(calls)
            order += aside
            chance.shuffle(order)
            for number in order:
                self._turn(number)
            assert calls or sorted(self._aside) != aside, "clients wait for each other"
        for thread in self._threads:
            thread.join()
        return self._outcomes

    def _turn(self, number: int) -> None:
        self._now = number
        self._resume[number].release()
        self._yielded.acquire()
