"""Calls that were decided together and are on their way to the disk."""

from contextlib import suppress
from dataclasses import dataclass, field

from huitong.app.calls import Call
from huitong.contracts import Decision, Event, Pending


@dataclass(slots=True)
class Group:
    """Calls whose answers are on their way to the disk; ``also`` are calls that asked the same meanwhile."""

    calls: list[tuple[Call, Decision]]
    pending: Pending
    by_id: dict[str, tuple[Event, Decision]]
    queued_ns: int = 0
    trace: object | None = None
    also: list[tuple[Call, Decision]] = field(default_factory=list)

    def arrived(self) -> bool:
        """Waits for the log; whether they are there."""
        arrived = False
        with suppress(BaseException):  # its callers hear why not, whatever it is, from the thread that answers
            self.pending.result()
            arrived = True
        return arrived


END = Group([], None, {})  # type: ignore[arg-type]  # never waited for
"""After it none comes."""
