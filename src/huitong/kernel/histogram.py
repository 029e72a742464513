"""Counts of values by size, in memory that does not grow."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

SECONDS = (0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Bounds for how long something took."""
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
"""Bounds for how many there were at once."""


class Histogram:
    """Counts values; one thread adds, any thread reads.

    Args:
        bounds: Upper bounds of the classes, ascending; larger values make a class of their own.
    """

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        """Sum of the values."""

    def add(self, value: float) -> None:
        """Counts a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def add_all(self, values: Sequence[float]) -> None:
        """Counts many values: each bound is looked for once in all of them."""
        ordered, before = sorted(values), 0
        for place, bound in enumerate(self._bounds):
            upto = bisect_right(ordered, bound, before)
            self._counts[place] += upto - before
            before = upto
        self._counts[-1] += len(ordered) - before
        self.total += sum(values)

    def cumulative(self) -> Iterator[tuple[float, int]]:
        """Each bound with how many values were not above it; the last bound is infinite.

        >>> counted = Histogram((1.0, 2.0))
        >>> for value in (0.5, 1.0, 7.0):
        ...     counted.add(value)
        >>> list(counted.cumulative())
        [(1.0, 2), (2.0, 2), (inf, 3)]
        """
        below = 0
        for bound, count in zip((*self._bounds, float("inf")), tuple(self._counts), strict=True):
            below += count
            yield bound, below
