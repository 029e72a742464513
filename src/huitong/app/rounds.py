"""Work that goes on while the bank is served: round after round, in a thread of its own."""

import logging
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

from huitong.contracts.outside import OUTSIDE
from huitong.kernel import ExternalError, HuitongError

_log = logging.getLogger("huitong.parts")
PAUSE_SECONDS = 1.0
"""Between two rounds."""
AGAIN_SECONDS = 5.0
"""After a round that could not be gone through, the next comes after that at the latest: what was away may be back."""


class Part(Protocol):
    """Something that goes on while a bank is served, as health and metrics see it.

    Attributes:
        name: Stable name of it.
        error: What is wrong with it now.
    """

    @property
    def name(self) -> str: ...
    @property
    def error(self) -> HuitongError | None: ...

    def counts(self) -> Mapping[str, int]:
        """What it did since it was started, by name."""
        ...

    def __enter__(self) -> object: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Rounds:
    """One kind of work, from the start of a ``with`` block to its end; ends after the round that is under way.

    Args:
        name: Of the work, for the thread and for whoever asks what is wrong.
        work: One round. Where it cannot be gone through, the next one tries again.
        pause_seconds: Between two rounds.
        counts: What the work did so far, by name.
        stop: Has a long round end soon.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        pause_seconds: float = PAUSE_SECONDS,
        counts: Callable[[], Mapping[str, int]] = lambda: {},
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.error: HuitongError | None = None
        """Why the last round could not be gone through."""
        self.gone = self.failed = 0
        self._work, self._counts, self._stop = work, counts, stop
        self._pause_seconds = pause_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"huitong-{name}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._stop()
        self._thread.join()

    def counts(self) -> Mapping[str, int]:
        """Rounds that were gone through, and those that could not be."""
        return {"rounds": self.gone, "failed_rounds": self.failed, **self._counts()}

    def _run(self) -> None:
        while True:
            try:
                self._work()
                self._told(None)
            except HuitongError as error:
                self._told(error)
            except Exception as error:
                _log.exception("part failed", extra={"part": self.name})
                self._told(_unforeseen(error))
            if self._over.wait(self._pause_seconds if self.error is None else min(self._pause_seconds, AGAIN_SECONDS)):
                return

    def _told(self, error: HuitongError | None) -> None:
        """Counts a round, and writes down where trouble begins and ends."""
        if error is None:
            self.gone += 1
        else:
            self.failed += 1
        before, self.error = self.error, error
        if (before and before.code) != (error and error.code):
            level, event = (logging.INFO, "part well again") if error is None else (logging.WARNING, "part in trouble")
            said = {} if error is None else {"code": error.code, "cause": error.cause["en"] if error.code in OUTSIDE else None}
            _log.log(level, event, extra={"part": self.name, **said})


def _unforeseen(error: Exception) -> ExternalError:
    """A fault of ours, which ends a round and not the rounds."""
    name = type(error).__name__
    return ExternalError(
        "part.fault",
        {"en": f"a fault of ours ended the last round ({name})", "zh": f"程序自身的错误中断了上一轮（{name}）"},
        {
            "en": "the next round tries again; if it stays, report the lines on the service's error stream",
            "zh": "下一轮会重试；若持续出现，请反馈服务错误输出中的内容",
        },
    )
