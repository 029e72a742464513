"""How many callers are decided together, so that one half of them is decided while the other is written.

Callers who are answered together ask together again. Taken on all at once, they would wait for the log while nothing is decided, and then
to be decided while nothing is written. So a group is at most half of who waits or is on the way to the disk, and the next one begins when
about as many wait as are on the way.
"""

PART_MIN = 8
"""Fewer calls than these are neither divided nor waited for."""
PART_SHARE = 0.75
"""A group begins when so many calls wait, as a share of those on the way: some of the other half may not ask again."""


def enough(on_the_way: int) -> int:
    """How many calls have to wait for a group to begin.

    >>> [enough(on_the_way) for on_the_way in (0, 7, 8, 48)]
    [1, 1, 6, 36]
    """
    return int(PART_SHARE * on_the_way) if on_the_way >= PART_MIN else 1


def half(waiting: int, on_the_way: int) -> int:
    """How many of those who wait a group takes at most.

    >>> half(96, 0), half(48, 48), half(3, 0)
    (48, 48, 8)
    """
    return max(PART_MIN, (waiting + on_the_way + 1) // 2)
