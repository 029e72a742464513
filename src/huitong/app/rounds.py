"""Work that goes on while the bank is served: round after round, in a thread of its own."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from huitong.kernel import HuitongError

PAUSE_SECONDS = 1.0
"""Between two rounds."""


class Rounds:
    """One kind of work, from the start of a ``with`` block to its end; ends after the round that is under way.

    Args:
        name: Of the work, for the thread and for whoever asks what is wrong.
        work: One round. Where it cannot be gone through, the next one tries again.
        pause_seconds: Between two rounds.
    """

    def __init__(self, name: str, work: Callable[[], object], pause_seconds: float = PAUSE_SECONDS) -> None:
        self.name = name
        self.error: HuitongError | None = None
        """Why the last round could not be gone through."""
        self._work = work
        self._pause_seconds = pause_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"huitong-{name}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._work()
                self.error = None
            except HuitongError as error:
                self.error = error
            if self._over.wait(self._pause_seconds):
                return
