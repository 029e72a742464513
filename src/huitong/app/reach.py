"""Whether the log answers, for whoever cannot wait: a question to a storage that is away lasts until patience ends, or for ever."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

from huitong.store import RecordLog
from huitong.store.errors import gone

ANSWERS_SECONDS = 1.0
"""How long whoever asks for health waits for the log, whatever has become of its storage."""


class LogReach:
    """Asks the log how far it goes, one question at a time; who comes while one is open shares it.

    Args:
        log: Gives the log.
        passed: Tells the seconds that passed, from any beginning.
    """

    def __init__(self, log: Callable[[], RecordLog], passed: Callable[[], float] = time.monotonic) -> None:
        self._log, self._passed = log, passed
        self._guard = threading.Lock()
        self._asking: Future[int] | None = None
        self._since = 0.0

    def end(self) -> int:
        """The log's end, as it was asked for a moment ago.

        Raises:
            ExternalError: If it has not answered for ``ANSWERS_SECONDS``.
            HuitongError: What it answered.
        """
        asking = self._asked()
        wait([asking], max(0.0, self._since + ANSWERS_SECONDS - self._passed()))
        if not asking.done():
            raise gone(self._log().reader.where, f"no answer for {self._passed() - self._since:.0f} s")
        return asking.result()

    def _asked(self) -> "Future[int]":
        with self._guard:
            if self._asking is None or self._asking.done():
                self._asking, self._since = Future(), self._passed()
                threading.Thread(target=self._ask, args=(self._asking,), name="huitong-reach", daemon=True).start()
            return self._asking

    def _ask(self, asking: "Future[int]") -> None:
        try:
            asking.set_result(self._log().end())
        except BaseException as error:
            asking.set_exception(error)
