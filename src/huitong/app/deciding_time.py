"""How long a version itself takes to decide, whoever waited how long for it.

Versions decide in turns, so one that is slow slows the others down: what callers waited does not tell whose fault it was.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from huitong.decisions.rollout import GROUP_SIZES, Counted

_US_PER_MS, _NS_PER_MS = 1_000, 1_000_000
LONGEST_MS = 60_000
"""Longer ones count as this long."""


@dataclass(frozen=True, slots=True)
class GroupTimes:
    """Groups that a version decided.

    Attributes:
        counts: How many, by the class of their size (see ``GROUP_SIZES``) and the milliseconds that each took.
    """

    counts: Mapping[tuple[int, int], int]

    def after(self, earlier: "GroupTimes") -> "GroupTimes":
        """Those that came after what was counted earlier."""
        return GroupTimes({key: count - earlier.counts.get(key, 0) for key, count in self.counts.items()})

    def slower_than(self, limit_us: int) -> tuple[Counted, ...]:
        """How many groups took longer, to the millisecond, of all of their size; for each size."""
        slow, groups = [0] * GROUP_SIZES, [0] * GROUP_SIZES
        for (size, ms), count in self.counts.items():
            groups[size] += count
            slow[size] += count if ms * _US_PER_MS > limit_us else 0
        return tuple(map(Counted, slow, groups))


class DecidingTime:
    """Counts groups that a version decided; one thread adds, any thread asks."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: Counter[tuple[int, int]] = Counter()

    def add(self, took_ns: int, events: int) -> None:
        """Counts a group of so many events."""
        size = min(events.bit_length(), GROUP_SIZES) - 1
        with self._guard:
            self._counts[size, min(-(-took_ns // _NS_PER_MS), LONGEST_MS)] += 1

    def told(self) -> GroupTimes:
        """What was counted so far; it changes no more."""
        with self._guard:
            return GroupTimes(dict(self._counts))


class TimesCompared:
    """Deciding times of two versions since a comparison of them began; where one of them was started anew, since then."""

    def __init__(self) -> None:
        self._of: tuple[DecidingTime, ...] = ()
        self._before: tuple[GroupTimes, ...] = ()

    def slower_than(self, limit_us: int, own: tuple[DecidingTime, ...]) -> tuple[tuple[Counted, ...], ...]:
        """For each of the two and each size of group, how many took longer; nothing of none.

        Args:
            limit_us: The limit, µs.
            own: Both counters, or none where not both versions decide here.
        """
        now = tuple(one.told() for one in own)
        if own != self._of:
            self._of, self._before = own, now
        return tuple(one.after(before).slower_than(limit_us) for one, before in zip(now, self._before, strict=True))
