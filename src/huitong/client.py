"""A caller of the service: decisions, events, labels and look-ups as typed values. Needs nothing but the standard library and msgspec.

For whom: systems in Python that ask a bank for decisions. How: one connection that stays open, errors of the platform's own tree with
cause and remedy. Where it fails: a client is for one thread at a time; give each thread its own.
"""

import http.client
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from huitong.kernel import BusyError, DataError, ExternalError, HuitongError, InputError, PolicyError, Text

TIMEOUT_S = 30.0
TRIES = 3
"""Times that a request is sent while the service says that it has too much to do, or the connection breaks."""
_LINES = "application/x-ndjson"
T = TypeVar("T")
Document = Mapping[str, object]


class Hidden(msgspec.Struct, frozen=True):
    """Stands where a value would that is above the caller's grade, and says why."""

    grade: int
    why: dict[str, str]


class Reason(msgspec.Struct, frozen=True):
    """Why: the code, and the sentence in zh and en; both hidden where they tell of a field above the caller's grade."""

    code: str | Hidden
    text: dict[str, Any]


class Measure(msgspec.Struct, frozen=True):
    """What is done about it: what, to whom, until when (µs UTC), and the code of the reason."""

    kind: str
    role: str
    subject: str | Hidden
    until_us: int
    ground: str | Hidden


class Answer(msgspec.Struct, frozen=True):
    """The decision on an event; see ``GET /v1/openapi.json``."""

    id: str
    event: str
    policy: str
    version: str
    outcome: str
    score: float | None
    reasons: list[Reason]
    measures: list[Measure]
    tier: str
    latency_us: int
    smallest_change: dict[str, Any] | None = None


class ShownEvent(msgspec.Struct, frozen=True):
    """An event as it stands in the log."""

    id: str
    kind: str
    time: str
    keys: dict[str, str | Hidden]
    data: dict[str, int | str | bool | Hidden | None]


class Decided(msgspec.Struct, frozen=True):
    """A decision with its event; evidence where one decision was asked for."""

    decision: Answer
    event: ShownEvent
    evidence: dict[str, Any] = msgspec.field(default_factory=dict)


class Taken(msgspec.Struct, frozen=True):
    """What became of events: written, there already, and those refused by their row."""

    new: int
    repeated: int
    refused: list[dict[str, Any]]


class _Page(msgspec.Struct, frozen=True):
    items: list[Decided]
    next: str | None = None


class _Problem(msgspec.Struct, frozen=True):
    code: str
    status: int
    cause: dict[str, str]
    remedy: dict[str, str]


class Client:
    """Calls a service.

    Args:
        address: ``http://host:port`` or ``https://host``.
        headers: Sent with every request: the API key.
        purpose: What one reads for, like ``"case:C-77"``: from grade 3 on data says something about a person, and needs one.
        timeout_s: How long an answer may take.
    """

    def __init__(
        self, address: str, *, headers: Mapping[str, str] | None = None, purpose: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                "client.address",
                {"en": f"{address!r} is no address of a service", "zh": f"{address!r} 不是服务地址"},
                {"en": "give http://HOST:PORT or https://HOST", "zh": "请给出 http://主机:端口 或 https://主机"},
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._address, self._base, self._headers = (
            address,
            parts.path.rstrip("/"),
            {**(headers or {}), **({"x-purpose": purpose} if purpose else {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def decide(self, event: Document, *, policy: str | None = None, wait_ms: int | None = None) -> Answer:
        """The decision on an event, durable. Asked again after a break of the connection, it is the first answer.

        Args:
            event: Names and values as its data contract understands them, with an ``id``.
            policy: Name of the policy; by default the service's.
            wait_ms: How long it may wait for its turn.

        Raises:
            HuitongError: As the service says; a ``BusyError`` where it has too much to do, an ``ExternalError`` where it cannot be reached.
        """
        more = {} if wait_ms is None else {"deadline-ms": str(wait_ms)}
        return self._ask("POST", "/v1/decisions", Answer, {"policy": policy}, msgspec.json.encode(event), more)

    def decide_many(self, events: Iterable[Document], *, policy: str | None = None) -> list[Answer | HuitongError]:
        """The decisions on many events in their order; an error stands where one was refused."""
        lines = b"\n".join(map(msgspec.json.encode, events))
        said = self._send("POST", "/v1/decisions/batch", {"policy": policy}, lines, {"content-type": _LINES})
        return [_answer_or_error(line) for line in said.splitlines()]

    def send(self, events: Sequence[Document]) -> Taken:
        """Writes events to the log; each names its kind."""
        lines = b"\n".join(map(msgspec.json.encode, events))
        return self._ask("POST", "/v1/events", Taken, {}, lines, {"content-type": _LINES})

    def label(self, labels: Sequence[Document]) -> Taken:
        """Says how decided events turned out."""
        lines = b"\n".join(map(msgspec.json.encode, labels))
        return self._ask("POST", "/v1/feedback", Taken, {}, lines, {"content-type": _LINES})

    def decision(self, record_id: str) -> Decided:
        """A decision by its id or its event's."""
        return self._ask("GET", f"/v1/decisions/{quote(record_id, safe='')}", Decided, {})

    def proof(self, record_id: str) -> dict[str, Any]:
        """The proof that it is in the log."""
        return self._ask("GET", f"/v1/decisions/{quote(record_id, safe='')}/proof", dict[str, Any], {})

    def decisions(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        subject: str | None = None,
        role: str | None = None,
        outcome: str | None = None,
        policy: str | None = None,
    ) -> Iterator[Decided]:
        """Decisions, newest first, page after page; a subject under any key role, or under the one that ``role`` names."""
        asked = {"since": since, "until": until, "subject": subject, "role": role, "outcome": outcome, "policy": policy}
        cursor: str | None = None
        while True:
            page = self._ask("GET", "/v1/decisions", _Page, {**asked, "cursor": cursor, "limit": "500"})
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def _ask(
        self,
        method: str,
        path: str,
        shape: type[T],
        query: Mapping[str, str | None],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        return msgspec.json.decode(self._send(method, path, query, body, headers or {}), type=shape)

    def _send(self, method: str, path: str, query: Mapping[str, str | None], body: bytes | None, headers: Mapping[str, str]) -> bytes:
        """The body of the answer. Every request may be sent again: ids make it count once."""
        given = {name: value for name, value in query.items() if value is not None}
        url = self._base + path + ("?" + urlencode(given) if given else "")
        sent = {"content-type": "application/json", **self._headers, **headers}
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
                return said
            if answer.status == BusyError.http_status and left:
                time.sleep(float(answer.getheader("retry-after") or BusyError.retry_after_s))
                continue
            raise _error_of(said, answer.status)


def _answer_or_error(line: bytes) -> Answer | HuitongError:
    try:
        return msgspec.json.decode(line, type=Answer)
    except msgspec.ValidationError:
        return _error_of(line, 0)


def _error_of(said: bytes, status: int) -> HuitongError:
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
