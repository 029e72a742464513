"""How long a version itself takes to decide, whoever waited how long for it.

Versions decide in turns, so one that is slow slows the others down: what callers waited does not tell whose fault it was.
"""

import threading
from collections import Counter

from huitong.decisions.rollout import Counted

_US_PER_MS, _NS_PER_MS = 1_000, 1_000_000
LONGEST_MS = 60_000
"""Longer ones count as this long."""


class DecidingTime:
    """Groups that a version decided, by the milliseconds that each took; one thread adds, any thread asks."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._by_ms: Counter[int] = Counter()

    def add(self, took_ns: int) -> None:
        """Counts a group."""
        with self._guard:
            self._by_ms[min(-(-took_ns // _NS_PER_MS), LONGEST_MS)] += 1

    def slower_than(self, limit_us: int) -> Counted:
        """How many groups took longer, to the millisecond, of all."""
        with self._guard:
            return Counted(sum(count for ms, count in self._by_ms.items() if ms * _US_PER_MS > limit_us), self._by_ms.total())
