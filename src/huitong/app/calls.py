"""A call for a decision, the limits under which it waits, and what it is told where it is not decided."""

from collections.abc import Callable
from dataclasses import dataclass

from huitong.contracts import Decision, Event
from huitong.kernel import BusyError, ExternalError


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a decider.

    Attributes:
        waiting_max: Most calls that may wait; the next one is turned away.
        group_max: Most events of one commit.
        ahead_max: Most groups that are on their way to the disk.
        deadline_ms: How long a call that names no deadline may wait for its turn.
    """

    waiting_max: int = 4_096
    group_max: int = 512
    ahead_max: int = 2
    deadline_ms: int = 10_000


@dataclass(slots=True, eq=False)
class Call:
    """An event that somebody wants decided.

    Attributes:
        event: The event.
        done: Told, in any thread, once ``outcome`` is there; it must return at once.
        deadline_ns: When it is too late to begin, on the monotonic clock.
        elapsed_ns: Time since the call came, ns; of a row of a batch, for which nobody waits alone, ``OwnTime``.
        outcome: The decision, durable; or what it was refused for.
        alone: Whether its group is to be it alone: it was in one that failed.
        trace: In which trace it came; ``None`` where nothing is traced.
    """

    event: Event
    done: "Callable[[Call], None]"
    deadline_ns: int
    elapsed_ns: Callable[[], int]
    outcome: Decision | BaseException | None = None
    alone: bool = False
    trace: object | None = None

    def settle(self, outcome: Decision | BaseException) -> None:
        """Hands the outcome to whoever asked."""
        self.outcome = outcome
        self.done(self)


class OwnTime:
    """Time since it was first asked for: what came before a row of a batch is no reason to leave anything out of its decision.

    Args:
        now_ns: The monotonic clock.
    """

    __slots__ = ("_begun_ns", "_now_ns")

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._begun_ns: int | None = None

    def restart(self) -> None:
        """Begins anew when it is next asked for: what was computed in vain is no reason either."""
        self._begun_ns = None

    def __call__(self) -> int:
        """Nanoseconds."""
        now_ns = self._now_ns()
        if self._begun_ns is None:
            self._begun_ns = now_ns
        return now_ns - self._begun_ns


def busy(waiting: int) -> BusyError:
    """The error for a call that finds too many before it."""
    return BusyError(
        "decide.busy",
        {"en": f"{waiting:,} calls wait already; nothing was decided", "zh": f"已有 {waiting:,} 个请求在等待；本次未作决策"},
        {"en": "ask again in a second", "zh": "请一秒后重试"},
    )


def too_late() -> BusyError:
    """The error for a call whose turn came after its deadline."""
    return BusyError(
        "decide.deadline",
        {"en": "the call's time was over before its turn came; nothing was decided", "zh": "请求在轮到之前已超过期限；未作决策"},
        {"en": "ask again a little later, or with a later deadline", "zh": "请稍后重试，或放宽期限"},
    )


def closing() -> ExternalError:
    """The error for a call that comes while the service ends."""
    return ExternalError(
        "decide.closing",
        {"en": "the service is stopping; nothing was decided", "zh": "服务正在停止；未作决策"},
        {"en": "ask again when it is back", "zh": "请在服务恢复后重试"},
    )
