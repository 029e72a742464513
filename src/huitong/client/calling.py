"""A connection to a service: sends again what may be sent again, and makes problem documents errors of the platform's tree."""

import http.client
import time
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from huitong.kernel import BusyError, DataError, ExternalError, HuitongError, InputError, PolicyError, Text

TIMEOUT_S = 30.0
TRIES = 3
"""Times that a request is sent while the service says that it has too much to do, or the connection breaks."""
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
T = TypeVar("T")


class _Problem(msgspec.Struct, frozen=True):
    code: str
    status: int
    cause: dict[str, str]
    remedy: dict[str, str]


class Connection:
    """One connection that stays open, for one thread at a time.

    Args:
        address: ``http://host:port`` or ``https://host``.
        headers: Sent with every request.
        timeout_s: How long an answer may take.

    Raises:
        InputError: If that is no address.
    """

    def __init__(self, address: str, headers: Mapping[str, str], timeout_s: float) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                "client.address",
                {"en": f"{address!r} is no address of a service", "zh": f"{address!r} 不是服务地址"},
                {"en": "give http://HOST:PORT or https://HOST", "zh": "请给出 http://主机:端口 或 https://主机"},
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._address, self._base, self._headers = address, parts.path.rstrip("/"), headers

    def close(self) -> None:
        """Closes it; the next request opens it again."""
        self._connection.close()

    def ask(
        self,
        method: str,
        path: str,
        shape: type[T],
        query: Mapping[str, str | None],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """An answer as a value."""
        return msgspec.json.decode(self.send(method, path, query, body, headers or {})[0], type=shape)

    def send(
        self, method: str, path: str, query: Mapping[str, str | None], body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[bytes, str]:
        """The body of an answer, and its ETag. Every request may be sent again: ids and keys make it count once.

        Raises:
            HuitongError: As the service says; a ``BusyError`` where it has too much to do, an ``ExternalError`` where it cannot be reached.
        """
        given = {name: value for name, value in query.items() if value is not None}
        url = self._base + path + ("?" + urlencode(given) if given else "")
        sent = {
            "content-type": "application/json",
            **self._headers,
            **{name: text if text.isascii() else header_text(text) for name, text in headers.items()},
        }
        left = TRIES
        while True:
            left -= 1
            try:
                self._connection.request(method, url, body, sent)
                answer = self._connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if left:
                    continue
                raise _unreachable(self._address, error) from error
            if answer.status < 400:
                return said, answer.getheader("etag") or ""
            if answer.status == BusyError.http_status and left:
                time.sleep(float(answer.getheader("retry-after") or BusyError.retry_after_s))
                continue
            raise error_of(said, answer.status)


def header_text(text: str) -> str:
    """A text as a header carries it: whatever is not ASCII, and the percent sign itself, percent-encoded."""
    return quote(text, safe=_PLAIN)


def error_of(said: bytes, status: int) -> HuitongError:
    """The error that a problem document tells of."""
    try:
        problem = msgspec.json.decode(said, type=_Problem)
    except msgspec.DecodeError:
        return ExternalError(
            "client.answer",
            {"en": f"the service answered with status {status} and no problem document", "zh": f"服务返回状态 {status}，且没有问题文档"},
            {"en": "check what stands between here and the service", "zh": "请检查到服务之间的中间环节"},
        )
    kinds: dict[int, type[HuitongError]] = {409: DataError, 401: PolicyError, 403: PolicyError, 429: BusyError}
    kind = kinds.get(problem.status, ExternalError if problem.status >= 500 else InputError)
    cause: Text = {"en": problem.cause.get("en", ""), "zh": problem.cause.get("zh", "")}
    remedy: Text = {"en": problem.remedy.get("en", ""), "zh": problem.remedy.get("zh", "")}
    return kind(problem.code, cause, remedy)


def _unreachable(address: str, error: Exception) -> ExternalError:
    return ExternalError(
        "client.unreachable",
        {"en": f"{address} cannot be reached: {error}", "zh": f"无法连接 {address}：{error}"},
        {
            "en": "check address and network; a request that was sent counts once, however often it is repeated",
            "zh": "请检查地址与网络；已发送的请求无论重复多少次都只计一次",
        },
    )
