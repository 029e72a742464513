"""The process that writes: ``python -m huitong.store.apart.process SOCKET``, started by an ``ApartWriter``, which it does not outlive."""

import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from huitong.kernel import settle_memory
from huitong.store.apart.opening import Opening
from huitong.store.apart.wire import BEAT_SECONDS, Beat, Hurry, Link, packed, sendable
from huitong.store.log import RecordLog
from huitong.store.opening import open_log
from huitong.store.starting import LogOptions
from huitong.store.writer import Answer, Call

ANSWERS_MAX = 256
"""Most answers of one message."""


class _Answers:
    """Sends what became of calls, in their order."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._calls: queue.SimpleQueue[Call[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="huitong-log-answers", daemon=True)
        self._thread.start()

    def owe(self, call: Call[Any]) -> None:
        """Notes that a call is to be answered after those before it."""
        self._calls.put(call)

    def close(self) -> None:
        """Waits until all of them were."""
        self._calls.put(None)
        self._thread.join()

    def _run(self) -> None:
        answers: list[Answer] = []  # of calls of the same commit
        while (call := self._calls.get()) is not None:
            if not call.answered:
                answers = self._say(answers)
            answers.append(call.outcome())
            if self._calls.empty() or len(answers) == ANSWERS_MAX:
                answers = self._say(answers)
        self._say(answers)

    def _say(self, answers: list[Answer]) -> list[Answer]:
        """Sends answers; gives those that are left."""
        if answers:
            with suppress(OSError):  # whoever asked is gone, which the thread that listens hears
                self._link.say(packed([sendable(one) for one in answers]))
        return []


class _Pulse:
    """Says that this process lives, from its start on."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._over = threading.Event()
        self.log: RecordLog | None = None
        """The log, once it is open."""
        threading.Thread(target=self._beat, name="huitong-log-pulse", daemon=True).start()

    def say(self) -> None:
        """Says it once; where nobody hears it, nothing is waited for any more, though the thread that listens waits itself."""
        log = self.log
        try:
            self._link.say(packed(Beat([], []) if log is None else Beat(log.witness_troubles, log.witnesses_away)))
        except OSError:
            if log is not None:
                log.hurry()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self.say()

    def end(self) -> None:
        """Says no more."""
        self._over.set()


def write(link: Link) -> None:
    """Opens the log that it is told to, and does the work that it is sent until it is told that there is no more, or nobody is there."""
    opening: Opening = link.hear()
    options: LogOptions = {**opening.options, "owner": os.getppid()}
    pulse = _Pulse(link)
    try:
        log = pulse.log = open_log(opening.address, **options)
    except Exception as error:
        link.say(packed([sendable(Answer(error=error))]))
        return
    if opening.witnesses:
        log.tell(opening.witnesses)
    answers = _Answers(link)
    with suppress(EOFError, OSError):  # whoever asks is gone, maybe in the middle of a word
        link.say(packed([Answer()]))
        while (work := link.hear()) is not None:
            if isinstance(work, Hurry):
                log.hurry()
            else:
                answers.owe(log.queue(work))
    log.hurry()  # whoever asks is gone, or about to end: what is owed waits for no storage that is away
    answers.close()
    log.close()
    pulse.end()
    pulse.say()


def main() -> None:
    """Runs the process."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to a whole group of processes: this one ends with whoever asks it
        signal.signal(number, signal.SIG_IGN)
    settle_memory()
    write(Link(Connection(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
