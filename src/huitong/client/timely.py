"""Answers of HTTP that are there whole in time: a socket's own time limit begins again with each byte that drips in."""

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class TimelyAnswer(http.client.HTTPResponse):
    """An answer that is there whole within the time limit that its socket has at first; else reading it raises a ``TimeoutError``."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = io.BufferedReader(_Timely(sock, self.fp.detach()))


class _Timely(io.RawIOBase):
    """What comes over a socket, until its time is over.

    Args:
        sock: The socket, with a time limit.
        raw: Reads from it.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw = sock, raw
        self._until_s = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        """See ``io.RawIOBase``."""
        return True

    def readinto(self, into: "WriteableBuffer") -> int | None:
        """See ``io.RawIOBase``."""
        self._sock.settimeout(left_s(self._until_s))
        return self._raw.readinto(into)

    def close(self) -> None:
        """See ``io.RawIOBase``."""
        self._raw.close()
        super().close()


def left_s(until_s: float) -> float:
    """Seconds that are left until a moment on the monotonic clock.

    Raises:
        TimeoutError: If none are.
    """
    left = until_s - time.monotonic()
    if left <= 0:
        raise _over()
    return left


def _over() -> TimeoutError:
    """What a socket says when its time is over."""
    return TimeoutError("timed out")
