"""Whose turn it is to write to the log: first come, first served, and one who writes ahead of the disk is waited for by all others."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from huitong.contracts import Pending


class Turn:
    """Held by whoever writes to the log, so that nothing comes between what is read there and what is written upon it.

    As a context manager it is the turn of a writer who waits for its own commits: it begins when all that was queued before is on the
    disk, or was refused. ``ahead`` is the turn of one who queues commits and goes on, and who only waits for what others queued.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()
        self._owed: list[tuple[object, Pending]] = []
        self._last: object = None
        self.changes = 0
        """How often the turn went over to another writer: as long as this stays, nobody else has written."""

    def __enter__(self) -> None:
        self._take()
        self._settle(None)
        self._last, self.changes = None, self.changes + 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._give()

    @contextmanager
    def ahead(self, who: object) -> Iterator[None]:
        """The turn of a writer that does not wait for what it queued itself.

        Args:
            who: The writer, as it names itself to ``owe``.
        """
        self._take()
        self._settle(who)
        if self._last is not who:
            self._last, self.changes = who, self.changes + 1
        try:
            yield
        finally:
            self._give()

    def owe(self, who: object, pending: Pending) -> None:
        """In one's own turn: notes a commit that the others have to wait for."""
        with self._guard:  # what is paid meanwhile would take it along
            self._owed.append((who, pending))

    def paid(self, pending: Pending) -> None:
        """Says that a commit is done, one way or the other."""
        with self._guard:
            self._owed = [one for one in self._owed if one[1] is not pending]

    def _settle(self, but: object | None) -> None:
        try:
            for who, pending in list(self._owed):
                if who is not but:
                    with suppress(Exception):  # whoever queued it hears what became of it
                        pending.result()
        except BaseException:
            self._give()
            raise

    def _take(self) -> None:
        mine = threading.Lock()
        with self._guard:
            if not self._held:
                self._held = True
                return
            mine.acquire()
            self._waiting.append(mine)
        try:
            mine.acquire()
        except BaseException:  # an interrupt: whoever is next must not wait for us
            with self._guard:
                waits = mine in self._waiting
                if waits:
                    self._waiting.remove(mine)
            if not waits:
                self._give()
            raise

    def _give(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False
