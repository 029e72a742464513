"""One writer thread with group commit: what arrives while a commit is under way shares the next one."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from huitong.store import errors
from huitong.store.journal import Journal
from huitong.store.storage import AgainError, UncertainError

T = TypeVar("T")
PATIENCE_S = 30.0
"""How long a group waits for a storage that went away, unless somebody says otherwise."""
RETRY_S = 0.2
"""Pause between two tries to reach a storage that went away."""
STALL_S = 0.000_05
"""Pause in which callers that are on their way to the log get there, if they can."""


@dataclass(frozen=True, slots=True)
class GroupCommit:
    """Bounds of a group.

    Attributes:
        calls_max: Most calls that share one commit.
        delay_us_max: How long a first call waits for others. With 0 a lone caller never waits, and a group forms of what arrives while
            the commit before is under way.
        queue_max: Most calls that may wait; the next one blocks until there is room.
    """

    calls_max: int = 512
    delay_us_max: int = 0
    queue_max: int = 4_096


@dataclass(slots=True)
class Answer:
    """What became of a call: what it gave, or why it was refused."""

    result: Any = None
    error: BaseException | None = None


class Call(Generic[T]):
    """Work on the journal, and whoever waits for its answer.

    A lock that the answer opens: a ``Future`` has a condition and a lock more to make and to wake, which at some thousand calls a second
    is a tenth of all there is to do.
    """

    __slots__ = ("_answer", "_answered", "work")

    def __init__(self, work: Callable[[Journal], T]) -> None:
        self.work = work
        self._answer: Answer | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def answer(self, answer: Answer) -> None:
        """Gives the answer, once."""
        self._answer = answer
        self._answered.release()

    @property
    def answered(self) -> bool:
        """Whether the answer is there."""
        return self._answer is not None

    def outcome(self) -> Answer:
        """Waits for the answer."""
        self._answered.acquire()
        self._answered.release()
        assert self._answer is not None  # noqa: S101 -- it opened the lock
        return self._answer

    def error(self) -> BaseException | None:
        """Waits for the answer; why the call was refused, if it was."""
        return self.outcome().error

    def result(self) -> T:
        """Waits for the answer.

        Raises:
            BaseException: What the call was refused for.
        """
        answer = self.outcome()
        if answer.error is not None:
            raise answer.error
        return cast("T", answer.result)


class Writes(Protocol):
    """Runs work on the journal of a log, wherever it is: see ``Writer``, and ``ApartWriter`` for one in another process."""

    def submit(self, work: Callable[[Journal], T]) -> Call[T]:
        """Queues work; the call is answered once the work is on the disk.

        Raises:
            InputError: If the writer is closed.
        """
        ...

    def hurry(self) -> None:
        """From here on no call waits for a storage that is away: whoever asks is about to end."""
        ...

    def close(self) -> None:
        """Finishes what is queued, signs a last head, and lets go of the storage."""
        ...


class Writer:
    """Runs work on the journal, each call between marks of its own, many calls in one commit.

    A call is answered after the commit that holds it. A call that fails takes nothing with it but its own work. Work may be run again when
    the storage went away in the middle, so it must do the same each time.

    Args:
        journal: Used by the writer's thread only, from here on.
        where: The log's path or address, for messages.
        bounds: Of a group.
        patience_s: How long a group waits for a storage that went away before its calls are refused.
        passed: Tells the seconds that passed, from any beginning.
        pause: Lets seconds pass.
    """

    def __init__(
        self,
        journal: Journal,
        where: str,
        bounds: GroupCommit,
        patience_s: float = PATIENCE_S,
        *,
        passed: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._where = where
        self._bounds = bounds
        self._patience_s = patience_s
        self._passed, self._pause = passed, pause
        self._calls: deque[Call[Any]] = deque()
        self._gate = threading.Lock()
        self._arrived, self._room = threading.Condition(self._gate), threading.Condition(self._gate)
        self._idle = self._hurried = False
        self._coming = 1
        """Calls that waited when the last group was answered, and those of that group: as many as may well be there soon."""
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="huitong-log-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Journal], T]) -> Call[T]:
        """Queues work; the call is answered once the work is on the disk.

        Raises:
            InputError: If the writer is closed.
        """
        call = Call(work)
        with self._gate:
            while len(self._calls) >= self._bounds.queue_max and not self._closed:
                self._room.wait()
            if self._closed:
                raise errors.closed(self._where)
            self._calls.append(call)
            if self._idle:
                self._arrived.notify()
        return call

    def hurry(self) -> None:
        """See ``Writes``."""
        self._hurried = True

    def close(self) -> None:
        """Finishes what is queued, signs a last head, and lets go of the storage."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._calls.append(Call(Journal.sign))
            self._arrived.notify()
            self._room.notify_all()
        self._thread.join()
        self._journal.session.close()

    def _run(self) -> None:
        while group := self._gather():
            self._commit(group)

    def _gather(self) -> list[Call[Any]]:
        """The next group; empty once the writer is closed and all is done."""
        with self._gate:
            while not self._calls and not self._closed:
                self._idle = True
                self._arrived.wait()
            self._idle = False
        self._linger()
        with self._gate:
            calls = self._calls
            group = [calls.popleft() for _ in range(min(len(calls), self._bounds.calls_max))]
            self._room.notify_all()
        return group

    def _linger(self) -> None:
        """Waits for others within the bound; and beyond it, as long as they keep coming, for those who were answered just now.

        They are likely to ask again at once. If who waits already were committed without them, they would wait for that commit and then
        for their own, and so would everybody from then on: callers in two parties, each of which waits for the other.
        """
        until = time.monotonic() + self._bounds.delay_us_max / 1e6
        seen = 0
        while (waiting := len(self._calls)) < self._bounds.calls_max and not self._closed:
            if time.monotonic() >= until and (waiting >= self._coming or waiting == seen):
                return
            seen = waiting
            time.sleep(STALL_S)

    def _commit(self, group: list[Call[Any]]) -> None:
        until = self._passed() + self._patience_s
        answers: list[Answer] = []
        while True:
            try:
                if self._journal.begin() and answers:
                    self._journal.roll_back()  # the commit that got no answer is there: its answers hold
                    break
                answers = []
                for call in group:
                    answers.append(self._attempt(call))
                self._journal.commit()
                break
            except AgainError:
                self._journal.roll_back()
                answers = []
            except UncertainError as error:
                self._journal.roll_back()
                if len(answers) < len(group):
                    answers = []
                if self._hurried or self._passed() >= until:
                    answers = [Answer(error=errors.gone(self._where, str(error)))] * len(group)
                    break
                self._pause(RETRY_S)
            except BaseException as error:
                self._journal.roll_back()
                # For every call: what one was refused for may have been the work of another, which is dropped as well.
                answers = [Answer(error=self._said(error))] * len(group)
                break
        self._coming = len(self._calls) + len(group)
        for call, answer in zip(group, answers, strict=True):
            call.answer(answer)

    def _attempt(self, call: Call[Any]) -> Answer:
        """Runs one call between its marks; raises only where the whole transaction is lost."""
        self._journal.mark()
        try:
            result = call.work(self._journal)
        except (AgainError, UncertainError):
            raise
        except Exception as error:
            try:
                self._journal.undo()
            except Exception as broken:
                # The whole transaction is lost, for every call in it; a call's own mistake is no reason to tell to the others.
                raise (broken if self._journal.session.error(error) is None else error) from None
            return Answer(error=self._said(error))
        self._journal.release()
        return Answer(result)

    def _said(self, error: BaseException) -> BaseException:
        return (self._journal.session.error(error) if isinstance(error, Exception) else None) or error
