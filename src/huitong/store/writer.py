"""One writer thread with group commit: what arrives while a commit is under way shares the next one."""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from huitong.kernel import HuitongError
from huitong.store import errors

T = TypeVar("T")


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
class _Call:
    work: Callable[[sqlite3.Connection], Any]
    future: "Future[Any]" = field(default_factory=Future)


class Writer:
    """Runs work on the only connection that writes, each call in its own savepoint, many calls in one commit.

    A call is answered after the commit that holds it. A call that fails takes nothing with it but its own work.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, bounds: GroupCommit) -> None:
        self._connection = connection
        self._path = path
        self._bounds = bounds
        self._calls: queue.Queue[_Call | None] = queue.Queue(bounds.queue_max)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="huitong-log-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Queues work; its future is done once the work is on the disk.

        Raises:
            InputError: If the writer is closed.
        """
        call = _Call(work)
        with self._closing:
            if self._closed:
                raise errors.closed(self._path)
            self._calls.put(call)
        return call.future

    def close(self) -> None:
        """Finishes what is queued and closes the connection."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._calls.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        open_for_more = True
        while open_for_more:
            first = self._calls.get()
            if first is None:
                return
            group, open_for_more = self._gather(first)
            self._commit(group)

    def _gather(self, first: _Call) -> tuple[list[_Call], bool]:
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

    def _commit(self, group: list[_Call]) -> None:
        done: list[tuple[_Call, Any]] = []
        refused: list[tuple[_Call, BaseException]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for call in group:
                self._attempt(call, done, refused)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            answer = errors.of_sqlite(error, self._path) if isinstance(error, sqlite3.Error) else error
            settled = {id(call) for call, _ in refused}
            refused += [(call, answer) for call in group if id(call) not in settled]
            done = []
        for call, result in done:
            call.future.set_result(result)
        for call, why in refused:
            call.future.set_exception(why)

    def _attempt(self, call: _Call, done: list[tuple[_Call, Any]], refused: list[tuple[_Call, BaseException]]) -> None:
        """Runs one call in its savepoint; raises only where the whole transaction is lost."""
        self._connection.execute("SAVEPOINT one")
        try:
            result = call.work(self._connection)
        except sqlite3.Error as error:
            if not self._connection.in_transaction:
                raise
            self._undo_one()
            refused.append((call, errors.of_sqlite(error, self._path)))
        except (HuitongError, Exception) as error:
            self._undo_one()
            refused.append((call, error))
        else:
            self._connection.execute("RELEASE one")
            done.append((call, result))

    def _undo_one(self) -> None:
        self._connection.execute("ROLLBACK TO one")
        self._connection.execute("RELEASE one")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
