"""The bank's process behind fronts: where it listens, and when it ends."""

import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huitong.fronts.frames import CALLS_SOCKET, PASSED_SOCKET
from huitong.fronts.pulse import Heart


@dataclass(frozen=True, slots=True)
class Behind:
    """How a bank's process is tied to its fronts.

    Attributes:
        folder: Where its sockets are; nobody but this user may enter.
        lifeline: Number of a pipe that ends with the supervisor.
        heart: Tells the supervisor that this process lives, and that requests are taken.
        fronts: How many fronts there are.
    """

    folder: Path
    lifeline: int
    heart: Heart
    fronts: int

    @property
    def calls(self) -> Path:
        """The socket for frames."""
        return self.folder / CALLS_SOCKET

    @property
    def passed(self) -> Path:
        """The socket for connections that are passed through."""
        return self.folder / PASSED_SOCKET

    def clear(self) -> None:
        """Removes what a process before may have left."""
        for path in (self.calls, self.passed):
            path.unlink(missing_ok=True)

    def when_alone(self, end: Callable[[], None]) -> None:
        """Has ``end`` called, in a thread, once the supervisor is gone."""

        def wait() -> None:
            select.select([self.lifeline], [], [])  # a front may have made it one that cannot be waited for by reading
            end()

        threading.Thread(target=wait, name="huitong-lifeline", daemon=True).start()
