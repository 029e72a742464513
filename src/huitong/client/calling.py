"""A connection to a service: sends again what may be sent again, and makes problem documents errors of the platform's tree."""

import http.client
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from huitong.client.timely import TimelyAnswer, left_s
from huitong.kernel import NO_JSON, BusyError, DataError, ExternalError, HuitongError, InputError, PolicyError, Text

TIMEOUT_S = 30.0
TRIES = 3
"""Times that a request is sent while the service says that it has too much to do, or the connection breaks."""
KEY = "idempotency-key"
"""Header that names an act: under the same one it is the same act."""
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
T = TypeVar("T")


_BETWEEN: Text = {
    "en": "check the address and what stands between here and the service",
    "zh": "请检查地址以及到服务之间的中间环节",
}


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
        timeout_s: How long an answer may take, all tries together.

    Raises:
        InputError: If that is no address.
    """

    def __init__(self, address: str, headers: Mapping[str, str], timeout_s: float) -> None:
        secure, host, port, base = _parts(address)
        self._connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(host, port, timeout=timeout_s)
        self._connection.response_class = TimelyAnswer
        self._address, self._base, self._headers, self._timeout_s = address, base, headers, timeout_s

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
        """An answer as a value; raises as ``send``. Where nobody knows whether an act was carried out, its key is told."""
        named = headers or {}
        try:
            return decoded(self.send(method, path, query, body, named)[0], shape)
        except BusyError:  # nothing was done, so that any key will do
            raise
        except ExternalError as error:
            if KEY not in named:
                raise
            raise _repeatable(error, named[KEY]) from error

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | None],
        body: bytes | None,
        headers: Mapping[str, str],
        also: Sequence[int] = (),
    ) -> tuple[bytes, str]:
        """The body of an answer, and its ETag. Every request may be sent again: ids and keys make it count once.

        Args:
            method: Method of HTTP.
            path: Path, without the address' own.
            query: Parameters; those without a value are left out.
            body: What is sent.
            headers: Beside those of every request.
            also: Statuses beside those of 200 to 299 that are answers.

        Raises:
            HuitongError: As the service says; a ``BusyError`` where it has too much to do, an ``ExternalError`` where it cannot be reached
                or something else answers, an ``InputError`` where a header can carry no such text.
        """
        given = {name: value for name, value in query.items() if value is not None}
        url = self._base + path + ("?" + urlencode(given) if given else "")
        sent = {
            "content-type": "application/json",
            **self._headers,
            **{name: text if text.isascii() else header_text(text) for name, text in headers.items()},
        }
        until_s = time.monotonic() + self._timeout_s
        for left in reversed(range(TRIES)):
            try:
                answer, said = self._once(method, url, body, sent, until_s)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if left and time.monotonic() < until_s:
                    continue
                raise _unreachable(self._address, error, self._timeout_s, act=KEY in headers) from error
            except ValueError as error:
                self._connection.close()
                raise _no_header(error) from error
            if 200 <= answer.status < 300 or answer.status in also:
                return said, answer.getheader("etag") or ""
            pause_s = _pause_s(answer.getheader("retry-after"))
            if answer.status != BusyError.http_status or not left or time.monotonic() + pause_s >= until_s:
                break
            time.sleep(pause_s)
        raise error_of(said, answer.status)

    def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], until_s: float
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self._connection
        connection.timeout = left_s(until_s)
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.request(method, url, body, headers)
        connection.sock.settimeout(left_s(until_s))
        answer = connection.getresponse()
        return answer, answer.read()


def header_text(text: str) -> str:
    """A text as a header carries it: whatever is not ASCII, and the percent sign itself, percent-encoded."""
    return quote(text, safe=_PLAIN)


def decoded(said: bytes, shape: type[T]) -> T:
    """A body as a value.

    Raises:
        ExternalError: If it is none of that shape: something else answered.
    """
    try:
        return msgspec.json.decode(said, type=shape)
    except NO_JSON as error:
        raise ExternalError(
            "client.answer",
            {"en": f"what answered is not the service: {error}", "zh": "应答内容不是本服务的格式"},
            _BETWEEN,
        ) from error


def error_of(said: bytes, status: int) -> HuitongError:
    """The error that a problem document tells of."""
    try:
        problem = msgspec.json.decode(said, type=_Problem)
    except NO_JSON:
        return ExternalError(
            "client.answer",
            {"en": f"the service answered with status {status} and no problem document", "zh": f"服务返回状态 {status}，且没有问题文档"},
            _BETWEEN,
        )
    kinds: dict[int, type[HuitongError]] = {409: DataError, 401: PolicyError, 403: PolicyError, 429: BusyError}
    kind = kinds.get(problem.status, ExternalError if problem.status >= 500 else InputError)
    cause: Text = {"en": problem.cause.get("en", ""), "zh": problem.cause.get("zh", "")}
    remedy: Text = {"en": problem.remedy.get("en", ""), "zh": problem.remedy.get("zh", "")}
    return kind(problem.code, cause, remedy)


def _parts(address: str) -> tuple[bool, str, int | None, str]:
    """Of an address: whether it is encrypted, host, port, and the path before all others."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise InputError(
            "client.address",
            {"en": f"{address!r} is no address of a service", "zh": f"{address!r} 不是服务地址"},
            {"en": "give http://HOST:PORT or https://HOST", "zh": "请给出 http://主机:端口 或 https://主机"},
        )
    return parts.scheme == "https", host, port, parts.path.rstrip("/")


def _pause_s(said: str | None) -> float:
    """How long to wait as ``Retry-After`` says: seconds, or a moment (RFC 9110, section 10.2.3)."""
    try:
        return max(float(said), 0.0) if said else BusyError.retry_after_s
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(said or "").timestamp() - time.time(), 0.0)
    except ValueError:
        return BusyError.retry_after_s


def _no_header(error: ValueError) -> InputError:
    return InputError(
        "client.header",
        {"en": f"a header cannot carry this text: {error}", "zh": f"请求头无法承载该文本：{error}"},
        {
            "en": "keys, tags and headers are ASCII in one line; see that no line break came with the API key",
            "zh": "密钥、标签与请求头须为单行 ASCII 文本；请检查 API 密钥末尾是否带有换行",
        },
    )


def _unreachable(address: str, error: Exception, timeout_s: float, *, act: bool) -> ExternalError:
    cause: Text = {"en": f"{address} cannot be reached: {error}", "zh": f"无法连接 {address}：{error}"}
    if isinstance(error, TimeoutError):
        cause = {
            "en": f"{address} gave no whole answer within {timeout_s:g} seconds",
            "zh": f"{address} 未在 {timeout_s:g} 秒内给出完整应答",
        }
    if act:  # what makes it count once is its key, which ``ask`` tells
        return ExternalError("client.unreachable", cause, {"en": "check address and network", "zh": "请检查地址与网络"})
    return ExternalError(
        "client.unreachable",
        cause,
        {
            "en": "check address and network; a request that was sent counts once, however often it is repeated",
            "zh": "请检查地址与网络；已发送的请求无论重复多少次都只计一次",
        },
    )


def _repeatable(error: ExternalError, key: str) -> ExternalError:
    """The same error of an act, with the key under which it may be asked again: under another one it would be another act."""
    return ExternalError(
        error.code,
        error.cause,
        {
            "en": f"{error.remedy['en']}; whether the act was carried out is not known: repeat it with key={key!r}, and it counts once",
            "zh": f"{error.remedy['zh']}；该操作是否已执行尚不可知：请带 key={key!r} 重复调用，只计一次",
        },
    )
