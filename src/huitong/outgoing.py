"""Calls over HTTP to systems that settings name, and why there is no answer where there is none.

For whom: the core system, witnesses, OpenID providers. How: one call, never redirected (where an address leads, and who gets its token, is
for whoever wrote the settings to say), one bound on the answer, one time limit on the whole, one set of errors. Where it fails: who is
called at an address that somebody else chose is told by ``huitong.operations.webhooks.sending`` instead, with the same time limit.
"""

import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from huitong.kernel import HuitongError, Text, refusal

T = TypeVar("T")
ENDING_SECONDS = 3.0
"""How long what is under way may still take once whoever asked is about to end."""
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)
"""What the standard library raises where nothing answers, or something that is no HTTP; the last where a header cannot carry a text."""
LATE: Text = {"en": "it took too long", "zh": "超时"}
_WHY: Sequence[tuple[type[Exception] | tuple[type[Exception], ...], Text]] = (
    (TimeoutError, LATE),
    ((socket.gaierror, UnicodeError), {"en": "its name leads to no address", "zh": "域名无法解析"}),
    (ssl.SSLCertVerificationError, {"en": "its certificate cannot be trusted", "zh": "其证书不受信任"}),
    (ssl.SSLError, {"en": "no TLS connection came about", "zh": "TLS 连接未能建立"}),
    (http.client.RemoteDisconnected, {"en": "it closed the connection", "zh": "对方关闭了连接"}),
    (
        (http.client.InvalidURL, ValueError),
        {"en": "its address or a header cannot be sent so", "zh": "地址或请求头无法发送"},
    ),
    (http.client.HTTPException, {"en": "what it answers is no HTTP", "zh": "其应答不是 HTTP"}),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, whatever its status."""

    status: int
    content: bytes

    @property
    def good(self) -> bool:
        """Whether its status is one of 200 to 299."""
        return 200 <= self.status < 300


def timed_out() -> TimeoutError:
    """What a socket raises whose time is over; so does a call as a whole."""
    return TimeoutError("timed out")


class Line:
    """What a call goes over, so that whoever waits for it can hang up, wherever it is.

    Each byte that drips in would begin a socket's own time limit again.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: socket.socket | None = None
        self._over = False

    def goes_over(self, connected: socket.socket) -> None:
        """Holds a connection, whatever is wrapped around it later.

        Raises:
            TimeoutError: If somebody hung up.
        """
        with self._guard:
            if self._over:
                raise timed_out()
            self._held = socket.fromfd(connected.fileno(), connected.family, connected.type)

    def hang_up(self) -> None:
        """Ends the call."""
        with self._guard:
            self._over = True
            if self._held is not None:
                with suppress(OSError):  # it is over already
                    self._held.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Holds nothing any more."""
        with self._guard:
            if self._held is not None:
                self._held.close()
            self._held = None


def within(seconds: float, work: Callable[[Line], T], ending: Future[None] | None = None) -> T:
    """What a call gives; it is hung up when its time is over, in the look-up of a name as in the last byte of an answer.

    Args:
        seconds: How long all of it may take.
        work: The call, in a thread of its own that may outlive this one's patience: it touches nothing else.
        ending: Done when whoever asked is about to end; then the call has ``ENDING_SECONDS`` more at most.

    Raises:
        TimeoutError: If there is no answer in time.
        Exception: Whatever the call raises.
    """
    line, answer, over, until_s = Line(), Future[T](), Future[None](), time.monotonic() + seconds
    answer.add_done_callback(lambda _: over.set_result(None))

    def run() -> None:
        try:
            answer.set_result(work(line))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            line.let_go()

    threading.Thread(target=run, name="huitong-call", daemon=True).start()
    try:
        wait([over] if ending is None else [over, ending], seconds, FIRST_COMPLETED)
        wait([over], max(min(until_s - time.monotonic(), ENDING_SECONDS), 0.0))
        if not answer.done():
            raise timed_out()
        return answer.result()
    finally:
        line.hang_up()


def call(
    method: str,
    address: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    timeout_s: float,
    bytes_max: int,
    silent: Callable[[Text], HuitongError],
    ending: Future[None] | None = None,
) -> Reply:
    """What an address answers.

    Args:
        method: Method of HTTP.
        address: ``http://…`` or ``https://…``.
        headers: Sent with it.
        body: Sent with it.
        timeout_s: How long it may take until the answer is there whole, seconds.
        bytes_max: Longest answer that is read.
        silent: Makes the error of why there is no answer.
        ending: See ``within``.

    Raises:
        HuitongError: What ``silent`` makes.
    """

    def ask(line: Line) -> tuple[int, bytes]:
        request = urllib.request.Request(address, body, dict(headers), method=method)  # noqa: S310 -- the opener knows http(s) alone
        with _opener(line).open(request, timeout=timeout_s) as answer:
            return answer.status, answer.read(bytes_max + 1)

    try:
        status, content = within(timeout_s, ask, ending)
    except NO_ANSWER as error:
        raise silent(why_silent(error)) from error
    if len(content) > bytes_max:
        raise silent({"en": f"it answers more than {bytes_max:,} bytes", "zh": f"其应答超过 {bytes_max:,} 字节"})
    return Reply(status, content)


def answered(status: int) -> Text:
    """That it answers with a status that is not what was asked for."""
    return {"en": f"it answers {status}", "zh": f"其应答为 {status}"}


def why_silent(error: Exception) -> Text:
    """Why there is no answer, in words of our own where the system has its own language only."""
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    known = next((said for kinds, said in _WHY if isinstance(error, kinds)), None)
    return known or (refusal(error) if isinstance(error, OSError) else {"en": str(error), "zh": str(error)})


def _opener(line: Line) -> urllib.request.OpenerDirector:
    """Follows no redirect, and takes every status for an answer."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Plain(line), _Secure(line), urllib.request.UnknownHandler()):
        opener.add_handler(handler)
    return opener


class _Plain(urllib.request.HTTPHandler):
    """Opens connections on a line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """See ``HTTPHandler``."""
        line = self._line

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                line.goes_over(self.sock)

        return self.do_open(Connection, req)


class _Secure(urllib.request.HTTPSHandler):
    """Opens connections with TLS on a line; the handshake has a limit of its own."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """See ``HTTPSHandler``."""
        line = self._line

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                line.goes_over(self.sock)

        return self.do_open(Connection, req)
