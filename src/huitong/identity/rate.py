"""Rate limits: a bucket of tokens for each caller, filled by the clock that is passed in."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from huitong.kernel import MICROSECONDS_PER_SECOND

CALLERS_MAX = 100_000
"""Callers that are remembered; beyond it the one that was quiet longest is forgotten, and begins with a full bucket."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often somebody may call.

    Attributes:
        per_second: Tokens that come back each second.
        burst: Tokens that a bucket holds: what can be called at once.
    """

    per_second: float
    burst: float


SIGN_INS_BY_ADDRESS = RateLimit(per_second=0.5, burst=20)
"""Sign-ins from one address: an office behind one address signs in in the morning."""
WRONG_KEYS_BY_ADDRESS = RateLimit(per_second=0.5, burst=20)
"""API keys from one address that open nothing; counted apart, so that a job with an old key keeps nobody from signing in."""
SIGN_INS_IN_ALL = RateLimit(per_second=5, burst=500)
"""Sign-ins from everywhere: each costs a hash, and a record that stays."""
SIGN_INS_BY_USER = RateLimit(per_second=0.1, burst=10)


class RateLimiter:
    """Buckets of one limit. Any number of threads may take.

    Args:
        limit: The limit.
        callers_max: Callers that are remembered.
    """

    def __init__(self, limit: RateLimit, callers_max: int = CALLERS_MAX) -> None:
        self._limit = limit
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, caller: str, now_us: int, cost: float = 1.0) -> int:
        """Takes tokens, if there are enough.

        Args:
            caller: Key, user or address.
            now_us: The clock's reading; one that went back counts as standing still.
            cost: How many; a batch costs what its rows do.

        Returns:
            0 if they were taken, else how many microseconds to wait for them; a cost above the burst waits for a full bucket.
        """
        limit = self._limit
        with self._turn:
            tokens, then_us = self._buckets.pop(caller, (limit.burst, now_us))
            now_us = max(now_us, then_us)
            tokens = min(limit.burst, tokens + (now_us - then_us) * limit.per_second / MICROSECONDS_PER_SECOND)
            wanted = min(cost, limit.burst)
            wait_us = 0 if tokens >= wanted else int((wanted - tokens) / limit.per_second * MICROSECONDS_PER_SECOND) + 1
            self._buckets[caller] = (tokens if wait_us else tokens - wanted, now_us)
            if len(self._buckets) > self._callers_max:
                self._buckets.popitem(last=False)
        return wait_us
