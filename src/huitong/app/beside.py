"""A question that may be answered late or never, for whoever cannot wait: it is asked in a thread of its own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

T = TypeVar("T")
ANSWERS_SECONDS = 1.0
"""How long whoever asks for health waits, whatever has become of the log's storage and however much of it has to be read."""


class Beside(Generic[T]):
    """Asks a question, once at a time; who comes while it is open shares it.

    Args:
        question: The question.
        passed: Tells the seconds that passed, from any beginning.
    """

    def __init__(self, question: Callable[[], T], passed: Callable[[], float] = time.monotonic) -> None:
        self._question, self._passed = question, passed
        self._guard = threading.Lock()
        self._asking: Future[T] | None = None
        self._since_s = 0.0

    def ask(self, until_s: float = float("inf")) -> T | None:
        """What is answered by then, and within ``ANSWERS_SECONDS`` of when it was asked; ``None`` where nothing is.

        Raises:
            HuitongError: What the question raised.
        """
        asking = self._asked()
        wait([asking], max(0.0, min(until_s, self._since_s + ANSWERS_SECONDS) - self._passed()))
        return asking.result() if asking.done() else None

    @property
    def open_seconds(self) -> float:
        """Since when it is, or was, asked."""
        return self._passed() - self._since_s

    def _asked(self) -> "Future[T]":
        with self._guard:
            if self._asking is None or self._asking.done():
                asking = Future[T]()
                threading.Thread(target=self._ask, args=(asking,), name="huitong-beside", daemon=True).start()
                self._asking, self._since_s = asking, self._passed()  # once there is who answers it
            return self._asking

    def _ask(self, asking: "Future[T]") -> None:
        try:
            asking.set_result(self._question())
        except BaseException as error:
            asking.set_exception(error)
