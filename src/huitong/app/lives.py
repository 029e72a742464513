"""The policies of a bank that decide now, each with its state: started when they are first asked, all on one log and in one turn."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress

from huitong.app.deciding_time import DecidingTime
from huitong.app.live import Live
from huitong.app.meter import DecisionMeter
from huitong.app.progress import Progress, silent
from huitong.app.turn import Turn
from huitong.contracts import Log
from huitong.kernel import HuitongError

BEHIND_MAX = 20_000
"""Records that a policy may have missed and still take in while others wait: a fifth of a second."""


class Lives:
    """Policies that decide.

    Args:
        turn: Held by whoever writes to the log.
        start: Starts a policy by name.
        log: Gives the log, opened when it is first asked for.

    Attributes:
        meter: Counts what they decide.
    """

    def __init__(self, turn: Turn, start: Callable[[str, Progress], Live], log: Callable[[], Log]) -> None:
        self._turn = turn
        self._start, self._log = start, log
        self._lives: dict[str, Live] = {}
        self._leaving: list[Live] = []
        """Policies that nobody is given any more; who was given one before may still ask it."""
        self._opening = threading.Condition()
        self._starting: set[str] = set()
        """Policies that are being started, in nobody's way: of a long log that takes minutes."""
        self._stilled = 0
        """How often feature states were thrown away: one that is just being made is then, too."""
        self.meter = DecisionMeter()

    def of(self, name: str, progress: Progress = silent) -> Live:
        """The policy as it decides now: its state is that of the log's end."""
        live = self._lives.get(name)
        if live is not None:
            return live
        with self._opening:
            while name in self._starting:
                self._opening.wait()
            if (live := self._lives.get(name)) is not None:
                return live
            self._starting.add(name)
            stilled = self._stilled
        try:
            live = self._start(name, progress)
            live.decider.heard = self.meter
            with self._opening:
                if stilled != self._stilled:
                    live.forget()
                self._lives[name] = live
            return live
        finally:
            with self._opening:
                self._starting.remove(name)
                self._opening.notify_all()

    def known(self, name: str) -> Live | None:
        """The policy where it is started; neither starts it nor waits."""
        return self._lives.get(name)

    def started(self, name: str) -> bool:
        """Whether a policy can be asked at once."""
        return name in self._lives

    def deciding_times(self, names: Sequence[str]) -> tuple[DecidingTime, ...]:
        """How long policies take to decide; of none where not all of them decide here."""
        known = tuple(live.deciding_time for name in names if (live := self.known(name)) is not None)
        return known if len(known) == len(names) else ()

    def ready(self, name: str) -> Live:
        """The policy near the log's end, before it is the one that decides: nobody who asks has to wait for what it missed.

        Args:
            name: Of a policy that decides nothing now; one that decides is ready.
        """
        live = self.of(name)
        if self._log().end() - live.offset <= BEHIND_MAX:
            return live
        with self._opening:
            if self._lives.get(name) is live:  # another one that reads the log in nobody's way, in place of this one
                del self._lives[name]
                live.decider.close()
        return self.of(name)

    def keep(self, records_min: int) -> int:
        """Keeps the feature states that are so many records ahead of what is kept of them, while calls go on; how many were.

        Args:
            records_min: How many.

        Raises:
            ExternalError: If the disk refused one of them, after the others were kept.
        """
        kept, refused = 0, None
        with self._opening:  # so that nobody is forgotten while a file that names them is written
            for live in self._lives.values():
                try:
                    kept += live.keep(records_min)
                except HuitongError as error:
                    refused = refused or error
        if refused is not None:
            raise refused
        return kept

    def let_go(self, needed: Collection[str]) -> None:
        """Lets go of the policies that nobody needs any more, so that roll-outs do not add up in memory.

        Nobody is given them from here on. Whoever was given one before is answered by it: they are closed when this is next called, and
        in nobody's way. One that is needed again is started as one that never was; see ``ready``.

        Args:
            needed: Names of those that stay.
        """
        with self._opening:
            leaving, self._leaving = self._leaving, [self._lives.pop(name) for name in self._lives.keys() - needed]
        for live in leaving:
            live.decider.close()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is decided meanwhile; feature states are thrown away."""
        with self._opening, self._turn:
            self._stilled += 1
            for live in (*self._lives.values(), *self._leaving):
                live.forget()
            yield

    def rest(self) -> None:
        """Answers what waits and keeps the feature states; the next decisions start from them.

        A state that cannot be kept is only a fold of the log: without it the next start takes longer, no more.
        """
        with self._opening:
            while self._starting:
                self._opening.wait()
            # Versions with the same features keep one file: what stays in it is the state that goes furthest.
            for name in sorted(self._lives, key=lambda name: self._lives[name].offset):
                with suppress(HuitongError):
                    self._lives.pop(name).close()
            while self._leaving:
                self._leaving.pop().decider.close()
