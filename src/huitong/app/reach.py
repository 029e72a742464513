"""Whether the log answers, for whoever cannot wait: a question to a storage that is away lasts until patience ends, or for ever."""

import time
from collections.abc import Callable

from huitong.app.beside import Beside
from huitong.store import RecordLog
from huitong.store.errors import gone


class LogReach:
    """Asks the log how far it goes.

    Args:
        log: Gives the log.
        passed: Tells the seconds that passed, from any beginning.
    """

    def __init__(self, log: Callable[[], RecordLog], passed: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._end = Beside(lambda: log().end(), passed)

    def end(self, until_s: float = float("inf")) -> int:
        """The log's end, as it was asked for a moment ago.

        Raises:
            ExternalError: If it has not answered by then, or for ``ANSWERS_SECONDS``.
            HuitongError: What it answered.
        """
        end = self._end.ask(until_s)
        if end is None:
            raise gone(self._log().reader.where, f"no answer for {self._end.open_seconds:.0f} s")
        return end
