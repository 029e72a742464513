"""Commands to the core system, sent while the bank is served: round after round, in a thread of its own."""

import threading
from types import TracebackType
from typing import Self

from huitong.app.measures import Measures
from huitong.kernel import HuitongError
from huitong.risk.disposition import CoreSystem, Delivered

PAUSE_SECONDS = 1.0
"""Between two rounds."""


class Delivery:
    """Sends what is due from its start to its end; ends after the command that is under way.

    Args:
        measures: The bank's measures.
        core: The core system; ``None`` where the bank has none, and then nothing runs.
        pause_seconds: Between two rounds.
    """

    def __init__(self, measures: Measures, core: CoreSystem | None, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._measures = measures
        self._core = core
        self._pause_seconds = pause_seconds
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.latest = Delivered()
        """The last round."""
        self.error: HuitongError | None = None
        """Why the last round could not be gone through, for a page of health; the next one tries again."""

    def __enter__(self) -> Self:
        if self._core is not None:
            self._thread = threading.Thread(target=self._run, args=(self._core,), name="measures-delivery")
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, core: CoreSystem) -> None:
        while not self._over.is_set():
            try:
                self.latest, self.error = self._measures.deliver(core), None
            except HuitongError as error:
                self.error = error
            self._over.wait(self._pause_seconds)
