"""The policies of a bank that decide now, each with its state: started when they are first asked, all on one log and in one turn."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from huitong.app.live import Live
from huitong.app.meter import DecisionMeter
from huitong.app.progress import Progress, silent
from huitong.app.turn import Turn
from huitong.kernel import HuitongError


class Lives:
    """Policies that decide.

    Args:
        turn: Held by whoever writes to the log.
        start: Starts a policy by name.

    Attributes:
        meter: Counts what they decide.
    """

    def __init__(self, turn: Turn, start: Callable[[str, Progress], Live]) -> None:
        self._turn = turn
        self._start = start
        self._lives: dict[str, Live] = {}
        self._opening = threading.RLock()
        self.meter = DecisionMeter()

    def of(self, name: str, progress: Progress = silent) -> Live:
        """The policy as it decides now: its state is that of the log's end."""
        live = self._lives.get(name)
        if live is not None:
            return live
        with self._opening:
            if name not in self._lives:
                live = self._start(name, progress)
                live.decider.heard = self.meter
                self._lives[name] = live
            return self._lives[name]

    def keep(self, records_min: int) -> int:
        """Keeps the feature states that are so many records ahead of what is kept of them, while calls go on; how many were.

        Args:
            records_min: How many.

        Raises:
            ExternalError: If the disk refuses.
        """
        with self._opening:
            return sum(live.keep(records_min) for live in self._lives.values())

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is decided meanwhile; feature states are thrown away."""
        with self._opening, self._turn:
            for live in self._lives.values():
                live.forget()
            yield

    def rest(self) -> None:
        """Answers what waits and keeps the feature states; the next decisions start from them.

        A state that cannot be kept is only a fold of the log: without it the next start takes longer, no more.
        """
        with self._opening:
            while self._lives:
                _, live = self._lives.popitem()
                with suppress(HuitongError):
                    live.close()
