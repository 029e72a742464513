"""Records as words of 64 bits, for a snapshot, and back."""

from itertools import accumulate

import numpy as np

from huitong.features.graph.layout import Ints, Records
from huitong.features.graph.room import room


def held_of(ring: Records, first: int, after: int) -> tuple[Records, Records]:
    """The records of a ring from one number to before another, as they lie: up to its end, and from its beginning."""
    start = first & (len(ring) - 1)
    stop = start + after - first
    return ring[start:stop], ring[: max(stop - len(ring), 0)]


def as_words(*parts: Records) -> Ints:
    """Records, part after part, as rows of 64-bit words, which any format stores; shape ``(n, words)``."""
    dtype = parts[0].dtype
    blank = room((sum(part.size for part in parts),), dtype)  # numpy leaves the padding of copied records as it finds it
    for part, stop in zip(parts, accumulate(part.size for part in parts), strict=True):
        for name in dtype.names or ():
            blank[name][stop - part.size : stop] = part.reshape(-1)[name]
    return blank.view(np.int64).reshape(-1, dtype.itemsize // 8)


def as_records(words: np.ndarray, dtype: np.dtype[np.void]) -> Records:
    """The records that `as_words` took apart; shape ``(n,)``."""
    return np.ascontiguousarray(words).view(dtype).reshape(-1)
