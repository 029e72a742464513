"""One writer thread with group commit: what arrives while a commit is under way shares the next one."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from huitong.store import errors
from huitong.store.journal import Journal
from huitong.store.storage import AgainError, UncertainError

T = TypeVar("T")
RETRY_S = 0.2
"""Pause between two tries to reach a storage that went away."""


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
class Call:
    """Work on the journal, and whoever waits for its answer."""

    work: Callable[[Journal], Any]
    future: "Future[Any]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Answer:
    result: Any = None
    error: BaseException | None = None


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
        patience_s: float = 30.0,
        *,
        passed: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._where = where
        self._bounds = bounds
        self._patience_s = patience_s
        self._passed, self._pause = passed, pause
        self._calls: queue.Queue[Call | None] = queue.Queue(bounds.queue_max)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="huitong-log-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Journal], T]) -> "Future[T]":
        """Queues work; its future is done once the work is on the disk.

        Raises:
            InputError: If the writer is closed.
        """
        call = Call(work)
        with self._closing:
            if self._closed:
                raise errors.closed(self._where)
            self._calls.put(call)
        return call.future

    def close(self) -> None:
        """Finishes what is queued, signs a last head, and lets go of the storage."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._calls.put(Call(Journal.sign))
            self._calls.put(None)
        self._thread.join()
        self._journal.session.close()

    def _run(self) -> None:
        open_for_more = True
        while open_for_more:
            first = self._calls.get()
            if first is None:
                return
            group, open_for_more = self._gather(first)
            self._commit(group)

    def _gather(self, first: Call) -> tuple[list[Call], bool]:
        group = [first]
        until = time.monotonic() + self._bounds.delay_us_max / 1e6
        while len(group) < self._bounds.calls_max:
            rest = until - time.monotonic()
            try:
                call = self._calls.get(timeout=rest) if rest > 0 else self._calls.get_nowait()
            except queue.Empty:
                break
            if call is None:
                return group, False
            group.append(call)
        return group, True

    def _commit(self, group: list[Call]) -> None:
        until = self._passed() + self._patience_s
        answers: list[_Answer] = []
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
                if self._passed() >= until:
                    answers = [_Answer(error=errors.gone(self._where, str(error)))] * len(group)
                    break
                self._pause(RETRY_S)
            except BaseException as error:
                self._journal.roll_back()
                # For every call: what one was refused for may have been the work of another, which is dropped as well.
                answers = [_Answer(error=self._said(error))] * len(group)
                break
        for call, answer in zip(group, answers, strict=True):
            if answer.error is None:
                call.future.set_result(answer.result)
            else:
                call.future.set_exception(answer.error)

    def _attempt(self, call: Call) -> _Answer:
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
            return _Answer(error=self._said(error))
        self._journal.release()
        return _Answer(result)

    def _said(self, error: BaseException) -> BaseException:
        return (self._journal.session.error(error) if isinstance(error, Exception) else None) or error
