"""The adapter between log and storage at which things go wrong: at the call that the seed names, in the way that it names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from huitong.kernel import HuitongError
from huitong.store import errors
from huitong.store.merkle import Tile
from huitong.store.segments.manifest import Segment
from huitong.store.storage import Head, Records, Session, Stored, UncertainError
from tests.simulation.chance import CrashError, SimulatedClock

T = TypeVar("T")
Kind = Literal["fails", "fails_after", "fails_dropped", "lost", "lost_kept", "slow", "crash", "crash_after"]
"""``fails``: the call raises and did nothing; ``_after``: it did all; ``_dropped``: the database drops the transaction too, as SQLite may.
``lost``: the connection is gone, and the transaction with it; ``_kept``: a commit got through all the same.
``crash``: the process is gone before the call; ``_after``: after it."""


class DiskError(Exception):
    """The disk refuses."""


@dataclass
class Fault:
    """What goes wrong.

    Attributes:
        at: Number of calls that go well before.
        kind: How it goes wrong.
        calls: How many calls one after the other go wrong so.
        seconds: How slow it is, or how long the storage is away.
        on: The only call that it waits for; any where none is named.
    """

    at: int
    kind: Kind
    calls: int = 1
    seconds: float = 0.0
    on: str | None = None


class Faults:
    """What is to go wrong next, and what did."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.fault: Fault | None = None
        self.fired: list[str] = []
        self.crashed = False
        self._away_until_s = 0.0
        self.on_crash: Callable[[str, Callable[[], object] | None], None] | None = None
        """Told of the call, and of how to do it where the crash comes in its middle: the storage keeps what a crash leaves."""

    def arm(self, fault: Fault | None) -> None:
        self.fault, self.fired = fault, []

    def call(self, name: str, session: Session, act: Callable[[], T]) -> T:
        if self.crashed:
            raise CrashError
        if name == "begin" and self.clock.passed() < self._away_until_s:
            raise UncertainError("still away")
        fault = self.fault
        if fault is None or fault.on not in (None, name):
            return act()
        if fault.at > 0:
            fault.at -= 1
            return act()
        fault.calls -= 1
        if fault.calls <= 0:
            self.fault = None
        self.fired.append(f"{name} {fault.kind}")
        return self._go_wrong(fault, name, session, act)

    def _go_wrong(self, fault: Fault, name: str, session: Session, act: Callable[[], T]) -> T:
        if name == "scrub" and not fault.kind.startswith("crash"):
            return act()  # what goes wrong there is the session's own affair
        if fault.kind == "slow":
            self.clock.pause(fault.seconds)
            return act()
        if fault.kind.startswith("crash"):
            self.crashed = True
            if self.on_crash is not None:
                self.on_crash(name, act if fault.kind == "crash_after" else None)
            elif fault.kind == "crash_after":
                act()
            raise CrashError
        if fault.kind.startswith("lost"):
            if fault.kind == "lost_kept" and name == "commit":
                act()
            session.roll_back()
            self._away_until_s = self.clock.passed() + fault.seconds
            if name == "roll_back":
                return act()
            raise UncertainError("the connection was lost")
        if fault.kind == "fails_after" and name != "commit":
            act()
        if fault.kind == "fails_dropped":
            session.roll_back()
        raise DiskError(name)


class FaultySession:
    """A ``Session`` at which things go wrong."""

    def __init__(self, session: Session, faults: Faults) -> None:
        self.inner = session
        self._faults = faults

    def _do(self, name: str, act: Callable[[], T]) -> T:
        return self._faults.call(name, self.inner, act)

    def begin(self) -> int:
        return self._do("begin", self.inner.begin)

    def commit(self) -> None:
        self._do("commit", self.inner.commit)

    def roll_back(self) -> None:
        self._do("roll_back", self.inner.roll_back)

    def mark(self) -> None:
        self._do("mark", self.inner.mark)

    def undo(self) -> None:
        self._do("undo", self.inner.undo)

    def release(self) -> None:
        self._do("release", self.inner.release)

    def insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        self._do("insert", lambda: self.inner.insert(first, records, relaxed=relaxed))

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        return self._do("stored", lambda: self.inner.stored(ids, decisions=decisions))

    def put_tiles(self, tiles: Sequence[Tile]) -> None:
        self._do("put_tiles", lambda: self.inner.put_tiles(tiles))

    def put_head(self, head: Head) -> None:
        self._do("put_head", lambda: self.inner.put_head(head))

    def put_segment(self, segment: Segment) -> None:
        self._do("put_segment", lambda: self.inner.put_segment(segment))

    def drop_sealed(self, first: int, stop: int) -> None:
        self._do("drop_sealed", lambda: self.inner.drop_sealed(first, stop))

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        return self._do("kept", lambda: self.inner.kept(space, names))

    def keep(self, space: str, entries: Mapping[bytes, bytes]) -> None:
        self._do("keep", lambda: self.inner.keep(space, entries))

    def drop(self, space: str, names: Sequence[bytes]) -> None:
        self._do("drop", lambda: self.inner.drop(space, names))

    def scrub(self) -> None:
        self._do("scrub", self.inner.scrub)

    def error(self, error: Exception) -> HuitongError | None:
        if isinstance(error, DiskError):
            return errors.external("store.disk.full", "simulated", str(error), str(error), "go on", "继续")
        return self.inner.error(error)

    def close(self) -> None:
        if not self._faults.crashed:
            self.inner.close()
