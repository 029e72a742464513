"""Threads of which one moves at a time, in an order that the seed gives; and a writer without a thread of its own, which is one of them."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from random import Random
from types import TracebackType
from typing import Any, TypeVar

from huitong.store.journal import Journal
from huitong.store.writer import Answer, Call, GroupCommit, Writer
from tests.simulation.chance import CrashError, SimulatedClock

T = TypeVar("T")
PREEMPTED = 0.05
"""How often somebody else moves first where one need not wait."""
EARLY = 0.15
"""How often the writer commits while somebody could still bring it more."""


class Client:
    """A thread that moves when it is told to."""

    def __init__(self, turns: "Turns", job: Callable[[], Any]) -> None:
        self.outcome: Any = None
        self.done = False
        self.ready: Callable[[], bool] = lambda: True
        self.killed = False
        self.resume = threading.Semaphore(0)
        self._turns, self._job = turns, job
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        self.resume.acquire()
        try:
            if not self.killed:
                self.outcome = self._job()
        except BaseException as error:
            self.outcome = error
        self.done = True
        self._turns.came_back.release()


class Turns:
    """Who moves next.

    Args:
        chance: Says who.
        gone: Whether the process is gone: then nobody moves any more.
    """

    def __init__(self, chance: Random, gone: Callable[[], bool]) -> None:
        self.now: Client | None = None
        self.came_back = threading.Semaphore(0)
        self._chance, self._gone = chance, gone
        self._clients: list[Client] = []
        self._calls: list[tuple[LockstepWriter, Call[Any]]] = []

    def start(self, job: Callable[[], Any]) -> Client:
        """A further client, which moves when it is its turn."""
        self._clients.append(Client(self, job))
        return self._clients[-1]

    def together(self, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        """Runs jobs as clients of their own until nobody can move any more; returns what each returned or raised."""
        mine = [self.start(job) for job in jobs]
        while self._move():
            pass
        if self._gone():
            self.end()
        assert all(client.done for client in mine), "clients wait for each other"
        return [client.outcome for client in mine]

    def wait(self, until: Callable[[], bool]) -> None:
        """Has others move until something is so, as whoever waits for it does."""
        client = self.now
        if client is None:  # outside of all clients
            while not until():
                if self._gone():
                    raise CrashError
                assert self._move(), "nobody could let go of it"
            return
        if until() and self._chance.random() >= PREEMPTED:
            return
        while True:
            if client.killed:
                raise CrashError
            client.ready = until
            self.came_back.release()
            client.resume.acquire()
            if client.killed:
                raise CrashError
            if until():
                return

    def call(self, writer: "LockstepWriter", call: Call[Any]) -> None:
        """Queues a call of the writer."""
        self._calls.append((writer, call))

    def end(self) -> None:
        """The process is gone, with all that moved in it."""
        for client in self._clients:
            client.killed = True
            while not client.done:
                self._turn(client)
            client.outcome = CrashError()
        self._clients.clear()
        self._calls.clear()

    def _move(self) -> bool:
        """One moves, or the writer commits what waits; says whether there was anything to do."""
        if self._gone():
            return False
        ready = [client for client in self._clients if client.ready()]
        if self._calls and (not ready or self._chance.random() < EARLY):
            calls, self._calls = self._calls, []
            calls[0][0].answer([call for _, call in calls])
        elif ready:
            self._turn(self._chance.choice(ready))
        else:
            return False
        return True

    def _turn(self, client: Client) -> None:
        self.now = client
        client.resume.release()
        self.came_back.acquire()
        self.now = None
        if client.done and client in self._clients and not client.killed:
            self._clients.remove(client)


class LockstepCall(Call[T]):
    """A call of the writer that whoever waits for it stands aside for."""

    __slots__ = ("_turns",)

    def __init__(self, work: Callable[[Journal], T], turns: Turns) -> None:
        super().__init__(work)
        self._turns = turns

    def outcome(self) -> Answer:
        self._turns.wait(lambda: self.answered)
        return super().outcome()


class LockstepWriter(Writer):
    """Commits what has come when it is its turn: a lone call, or those of many clients in one group."""

    def __init__(self, journal: Journal, where: str, clock: SimulatedClock, turns: Turns) -> None:
        super().__init__(journal, where, GroupCommit(), patience_s=30.0, passed=clock.passed, pause=clock.pause)
        self._turns = turns

    def _run(self) -> None:
        """The thread has nothing to do."""

    def submit(self, work: Callable[[Journal], T]) -> Call[T]:
        call = LockstepCall(work, self._turns)
        self._turns.call(self, call)
        return call

    def answer(self, group: list[Call[Any]]) -> None:
        """Commits a group."""
        try:
            self._commit(group)
        except BaseException as error:
            # A crash ends the process; anything else here would end the writer's thread, and every caller would wait for ever.
            said = error if isinstance(error, CrashError) else AssertionError(f"the writer's thread ends: {error!r}")
            for call in group:
                if not call.answered:
                    call.answer(Answer(error=said))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            call = Call(Journal.sign)
            self.answer([call])
            if isinstance(call.error(), CrashError):
                raise CrashError
            self._journal.session.close()


class LockstepLock:
    """See ``threading.Lock``."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._taken = False

    def acquire(self) -> bool:
        self._turns.wait(lambda: not self._taken)
        self._taken = True
        return True

    def release(self) -> None:
        assert self._taken, "nobody holds it"
        self._taken = False

    def locked(self) -> bool:
        return self._taken

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


class LockstepRLock(LockstepLock):
    """See ``threading.RLock``."""

    def __init__(self, turns: Turns) -> None:
        super().__init__(turns)
        self._owner: Client | None = None
        self._times = 0

    def acquire(self) -> bool:
        if self._times == 0 or self._owner is not self._turns.now:
            super().acquire()
            self._owner = self._turns.now
        self._times += 1
        return True

    def release(self) -> None:
        self._times -= 1
        if self._times == 0:
            super().release()


class LockstepCondition(LockstepLock):
    """See ``threading.Condition``."""

    def __init__(self, turns: Turns) -> None:
        super().__init__(turns)
        self._told = 0

    def wait(self) -> None:
        told = self._told
        self.release()
        self._turns.wait(lambda: self._told > told and not self._taken)
        self._taken = True

    def notify_all(self) -> None:
        self._told += 1


class LockstepThread:
    """See ``threading.Thread``."""

    def __init__(self, turns: Turns, target: Callable[[], None], name: str = "", daemon: bool = True) -> None:
        self.name, self.daemon = name, daemon
        self._turns, self._target = turns, target
        self._client: Client | None = None

    def start(self) -> None:
        self._client = self._turns.start(self._target)

    def join(self) -> None:
        client = self._client
        assert client is not None, "not started"
        self._turns.wait(lambda: client.done)


class LockstepFuture(Future[T]):
    """See ``concurrent.futures.Future``."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns

    def result(self, timeout: float | None = None) -> T:  # noqa: ARG002 whoever waits is not hurried
        self._turns.wait(self.done)
        return super().result(0)


class LockstepPool:
    """See ``concurrent.futures.ThreadPoolExecutor``: one that has one thread."""

    def __init__(self, turns: Turns, workers: int, prefix: str) -> None:
        assert workers == 1, prefix
        self._turns = turns
        self._jobs: deque[Callable[[], None]] = deque()
        self._thread: LockstepThread | None = None
        self._closed = False

    def submit(self, job: Callable[..., None], *given: object) -> None:
        if self._closed:
            raise RuntimeError("closed")
        self._jobs.append(partial(job, *given))
        if self._thread is None:
            self._thread = LockstepThread(self._turns, self._work)
            self._thread.start()

    def _work(self) -> None:
        while True:
            self._turns.wait(lambda: bool(self._jobs) or self._closed)
            if not self._jobs:
                return
            self._jobs.popleft()()

    def shutdown(self) -> None:
        self._closed = True
        if self._thread is not None:
            self._thread.join()


class LockstepThreading:
    """What a module finds under the name ``threading``."""

    def __init__(self, turns: Turns) -> None:
        self.Lock = partial(LockstepLock, turns)
        self.RLock = partial(LockstepRLock, turns)
        self.Condition = partial(LockstepCondition, turns)
        self.Thread = partial(LockstepThread, turns)
