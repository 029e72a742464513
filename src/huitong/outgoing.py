"""Calls over HTTP to systems that settings name, and why there is no answer where there is none.

For whom: the core system, witnesses, OpenID providers. How: one call, never redirected (where an address leads, and who gets its token, is
for whoever wrote the settings to say), one bound on the answer, one set of errors. Where it fails: the time limit is each step's, not the
whole call's; who is called at an address that somebody else chose is told by ``huitong.operations.webhooks.sending`` instead.
"""

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from huitong.kernel import HuitongError, Text, refusal

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


def call(
    method: str,
    address: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    timeout_s: float,
    bytes_max: int,
    silent: Callable[[Text], HuitongError],
) -> Reply:
    """What an address answers.

    Args:
        method: Method of HTTP.
        address: ``http://…`` or ``https://…``.
        headers: Sent with it.
        body: Sent with it.
        timeout_s: How long each step may take, seconds.
        bytes_max: Longest answer that is read.
        silent: Makes the error of why there is no answer.

    Raises:
        HuitongError: What ``silent`` makes.
    """
    try:
        request = urllib.request.Request(address, body, dict(headers), method=method)  # noqa: S310 -- the opener knows http(s) alone
        with _opener().open(request, timeout=timeout_s) as answer:
            content = answer.read(bytes_max + 1)
    except NO_ANSWER as error:
        raise silent(why_silent(error)) from error
    if len(content) > bytes_max:
        raise silent({"en": f"it answers more than {bytes_max:,} bytes", "zh": f"其应答超过 {bytes_max:,} 字节"})
    return Reply(answer.status, content)


def answered(status: int) -> Text:
    """That it answers with a status that is not what was asked for."""
    return {"en": f"it answers {status}", "zh": f"其应答为 {status}"}


def why_silent(error: Exception) -> Text:
    """Why there is no answer, in words of our own where the system has its own language only."""
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    known = next((said for kinds, said in _WHY if isinstance(error, kinds)), None)
    return known or (refusal(error) if isinstance(error, OSError) else {"en": str(error), "zh": str(error)})


def _opener() -> urllib.request.OpenerDirector:
    """Follows no redirect, and takes every status for an answer."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
