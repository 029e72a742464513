"""The writer as the process sees it that asks: work goes out, answers come back, and the process that writes is kept running."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from huitong.store import errors
from huitong.store.apart.errors import writer_ended
from huitong.store.apart.opening import Opening
from huitong.store.apart.starting import started
from huitong.store.apart.wire import BEAT_SECONDS, Beat, Hurry, packed
from huitong.store.journal import Journal
from huitong.store.writer import Answer, Call

T = TypeVar("T")
_log = logging.getLogger("huitong.store")
FIRST_WORD_SECONDS_MAX = 60.0
"""How long a process may take until it is loaded and says its first word, where one that hangs is killed earlier."""


class ApartWriter:
    """Has work done on the journal by a process of its own; see ``Writer``, which does it there.

    Args:
        opening: The log. Nobody else may have it open for writing.
        where: Its path or address, for messages.

    Raises:
        HuitongError: If the process cannot open it.
    """

    def __init__(self, opening: Opening, where: str) -> None:
        self.opening, self._where = opening, where
        self._guard = threading.Lock()
        self._closed = False
        self.said = Beat([], [])
        """What the process said last of witnesses."""
        self._process = self._started()

    def submit(self, work: Callable[[Journal], T]) -> Call[T]:
        """See ``Writer``. A process that ended is started again.

        Raises:
            InputError: If the writer is closed.
            HuitongError: If the process has ended, and cannot open the log again.
            TypeError: If the work cannot be sent.
        """
        call, message = Call(work), packed(work)
        with self._guard:
            if self._closed:
                raise errors.closed(self._where)
            if self._process.over:
                code = self._process.end()
                _log.error("writer.ended", extra={"exit_code": code})
                self._process = self._started()
            self._process.ask(call, message)
        return call

    def hurry(self) -> None:
        """See ``Writes``."""
        self._process.hurry()

    def close(self) -> None:
        """See ``Writer``."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._process.end()

    def _started(self) -> "_Process":
        return _Process(self.opening, self._where, self._note)

    def _note(self, said: Beat) -> None:
        self.said = said


class _Process:
    """The process, from its start to its end."""

    def __init__(self, opening: Opening, where: str, note: Callable[[Beat], None]) -> None:
        self._where, self._note, self._hung_seconds = where, note, opening.hung_seconds
        self._process, self._link = started("huitong.store.apart.process", where)
        self._open: deque[Call[Any]] = deque()
        self._guard = threading.Lock()
        self._spoke = False
        self.over = False
        """Whether it has ended, or is about to."""
        first: Call[None] = Call(_nothing)
        self._open.append(first)
        self._thread = threading.Thread(target=self._listen, name="huitong-log-apart", daemon=True)
        self._thread.start()
        try:
            self._link.say(packed(opening))
            first.result()
        except OSError as error:
            self.end()
            raise writer_ended(where) from error
        except BaseException:
            self.end()
            raise

    def ask(self, call: Call[Any], message: bytes) -> None:
        """Has work done; the call is answered in any case."""
        with self._guard:
            if not self.over:
                self._open.append(call)
                with suppress(OSError):  # it has ended, and who listens is about to say so
                    self._link.say(message)
                return
        call.answer(Answer(error=writer_ended(self._where)))

    def hurry(self) -> None:
        """Has it wait no longer for a storage that is away."""
        with suppress(OSError):  # it has ended
            self._link.say(packed(Hurry()))

    def end(self) -> int:
        """Has it finish what it was asked, and waits for its end; its exit code, or the signal that ended it as a negative number."""
        with suppress(OSError):
            self._link.say(packed(None))
        code = self._process.wait()
        self._thread.join()
        self._link.close()
        return code

    def _listen(self) -> None:
        try:
            with suppress(EOFError, OSError):
                while self._lives():
                    self._take(self._link.hear())
        finally:
            self._process.kill()  # it has ended, as a rule; one that hangs, or cannot be understood, must not go on
            with self._guard:
                self.over = True
                left, self._open = self._open, deque()
            for call in left:
                call.answer(Answer(error=writer_ended(self._where)))

    def _lives(self) -> bool:
        """Waits for its next word; where none comes for long, it hangs. Its first may take longer: it has to be loaded.

        Counted in looks of this process: where the whole machine stood still, both have as much time of their own.
        """
        silent, most = 0.0, self._hung_seconds if self._spoke else max(self._hung_seconds, FIRST_WORD_SECONDS_MAX)
        while not self._link.heard(BEAT_SECONDS):
            silent += BEAT_SECONDS
            if self._hung_seconds and silent >= most:
                return False
        self._spoke = True
        return True

    def _take(self, said: Beat | list[Answer]) -> None:
        if isinstance(said, Beat):
            self._note(said)
            return
        for answer in said:
            self._open.popleft().answer(answer)


def _nothing(_: Journal) -> None:
    """What the process is asked first: to open the log."""
