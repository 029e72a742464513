"""What a front refuses by itself, counted for the bank's metrics: a front has none of its own, and the bank never hears of these requests.

Counts go over the front's way to the bank, in a frame of requests, under a number that no request has. What a bank that is away could not
be told is told to the one that comes after it; what a front had not told yet when it ended is lost.
"""

from collections import Counter

import msgspec

from huitong.fronts.frames import HOT, Asked

NO_REQUEST = 0
"""Number of what is no request but says what was refused."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Refused(msgspec.Struct, array_like=True, frozen=True):
    """Requests that a front refused alike.

    Attributes:
        method: HTTP method; empty where it is not known, since the request was not whole.
        path: The one path that names nobody, ``/v1/decisions``; else empty.
        status: HTTP status.
        code: Code of the error.
        count: How many.
    """

    method: str
    path: str
    status: int
    code: str
    count: int


_decode = msgspec.msgpack.Decoder(list[Refused]).decode


class Refusals:
    """Counts what a front refuses until the bank is told."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, int, str]] = Counter()

    def count(self, method: str, path: str, status: int, code: str) -> None:
        """Counts a request that is refused."""
        known = method if method in _METHODS else ""
        self._counts[known, path if (known, path) == HOT else "", status, code] += 1

    def taken(self) -> Asked | None:
        """What is to be told, which counts as told then; ``None`` where nothing was refused."""
        if not self._counts:
            return None
        body = msgspec.msgpack.encode([Refused(*one, count) for one, count in self._counts.items()])
        self._counts.clear()
        return Asked(NO_REQUEST, "", "", b"", [], body, ("", 0), ("", 0), 0)


def refused_in(asked: Asked) -> list[Refused]:
    """What a front tells that it refused; nothing for a request."""
    return _decode(asked.body) if asked.number == NO_REQUEST else []
