"""The way of every payment: one event in, its decision out, without a framework between.

It is gone in two forms, which answer alike: as a route of the application, and from requests that fronts hand over whole.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from huitong.api.callers import answer_grade
from huitong.api.doors import ARRIVED, HEADER_PAIRS, NAMED, SIGNED, Authenticate, end_request
from huitong.api.filters import require_parameters
from huitong.api.journal import REFUSED, REQUEST_HEADER, request_id_of, write_down
from huitong.api.meter import UNKNOWN_ROUTE
from huitong.api.problems import fault, problem_response
from huitong.api.reading import EVENT_BYTES_MAX, JSON_TYPES, body_at_once, media_type_of, require_plain
from huitong.api.service import Service
from huitong.api.shapes import answer_up_to, encoded
from huitong.contracts import Decision, require_role
from huitong.fronts.answers import header_lines
from huitong.fronts.frames import Answer, Asked
from huitong.fronts.refusals import refused_in
from huitong.identity import Signed
from huitong.kernel import ID_LENGTH_MAX, HuitongError, InputError
from huitong.telemetry import tracing

WAIT_HEADER = "deadline-ms"
WAIT_MS_MAX = 60_000
KEY_HEADER = "idempotency-key"
PARAMETERS = frozenset({"policy"})
"""Of the address."""
_HEADERS = [(b"content-type", b"application/json"), *HEADER_PAIRS]
_HEADER_LINES = header_lines(_HEADERS)
_log = logging.getLogger("huitong.api")


def decide_route(service: Service) -> ASGIApp:
    """``POST /v1/decisions``."""

    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        signed: Signed = scope[SIGNED]
        headers: Mapping[str, str] = scope[NAMED]
        _require_decider(signed, headers)
        body = await body_at_once(headers, receive, EVENT_BYTES_MAX)
        policy = _policy_in(scope["query_string"])
        decision = await service.decide(body, key_of(headers), policy, wait_ms_of(headers), scope[ARRIVED])
        answer = encoded(answer_up_to(answer_grade(signed), decision, service.grades_of))
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length, *_HEADERS]})
        await send({"type": "http.response.body", "body": answer})

    return decide


def _require_decider(signed: Signed, headers: Mapping[str, str]) -> None:
    signed.require_scope("decide")
    require_role(signed.actor, "machine")
    media_type_of(headers.get("content-type", ""), JSON_TYPES)


def _policy_in(query: bytes) -> str | None:
    if not query:
        return None
    asked = QueryParams(query)
    require_parameters(asked, PARAMETERS)
    return policy_asked(asked.get("policy"))


class HandedDecisions:
    """``POST /v1/decisions`` as fronts hand it over.

    Args:
        service: What a bank does for systems.
        authenticate: Tells who calls.
    """

    def __init__(self, service: Service, authenticate: Authenticate) -> None:
        self._service = service
        self._authenticate = authenticate
        self._meter = service.requests

    def take(self, asked: Asked, done: Callable[[Answer], None]) -> None:
        """In the loop's thread: has an event decided.

        Args:
            asked: The request.
            done: Gets the answer, in the loop's thread.
        """
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked.headers}
        traced = tracing()
        if traced is None:
            self._take(asked, headers, done)
            return
        span = traced.begin(asked.method, headers)

        def ended(answer: Answer) -> None:
            end_request(traced, span, asked.method, asked.path, answer.status, None)
            done(answer)

        with traced.within(span):
            self._take(asked, headers, ended)

    def refused(self, asked: Asked) -> None:
        """Counts what a front refused by itself; how long it took is the front's time, and none of the bank's."""
        for one in refused_in(asked):
            self._meter.add(one.method, one.path or UNKNOWN_ROUTE, one.status, one.code, one.count)

    def _take(self, asked: Asked, headers: Mapping[str, str], done: Callable[[Answer], None]) -> None:
        try:
            found = self._authenticate(headers, asked.client[0], asked.method)
        except Exception as error:
            done(self._refusal(asked, error))
            return
        if isinstance(found, Signed):
            self._ask(asked, headers, found, done)
            return

        def known(signed: "asyncio.Future[Signed]") -> None:
            refused = signed.exception()
            if refused is None:
                self._ask(asked, headers, signed.result(), done)
            else:
                done(self._refusal(asked, refused))

        asyncio.wrap_future(found).add_done_callback(known)

    def _ask(self, asked: Asked, headers: Mapping[str, str], signed: Signed, done: Callable[[Answer], None]) -> None:
        def told(outcome: Decision | BaseException) -> None:
            done(self._answer(asked, signed, outcome))

        try:
            _require_decider(signed, headers)
            require_plain(headers, EVENT_BYTES_MAX)
            policy = _policy_in(asked.query)
            self._service.ask(asked.body, key_of(headers), policy, wait_ms_of(headers), asked.arrived_ns, told)
        except Exception as error:
            done(self._refusal(asked, error))

    def _answer(self, asked: Asked, signed: Signed, outcome: Decision | BaseException) -> Answer:
        if not isinstance(outcome, Decision):
            return self._refusal(asked, outcome)
        try:
            body = encoded(answer_up_to(answer_grade(signed), outcome, self._service.grades_of))
        except Exception as error:
            return self._refusal(asked, error)
        self._meter.take(asked.method, asked.path, 200, _seconds_of(asked), None)
        return Answer(asked.number, 200, b"content-length: %d\r\n%b" % (len(body), _HEADER_LINES), body)

    def _refusal(self, asked: Asked, error: BaseException) -> Answer:
        """The answer that tells of an error, which is counted and written down."""
        scope: Scope = {"method": asked.method}
        answer, code = told_of(asked, error, request_id_of(scope))
        scope[REFUSED] = code
        seconds = _seconds_of(asked)
        self._meter.take(asked.method, asked.path, answer.status, seconds, code)
        write_down(scope, asked.path, answer.status, seconds)
        return answer


def _seconds_of(asked: Asked) -> float:
    return (time.perf_counter_ns() - asked.arrived_ns) / 1e9


def told_of(asked: Asked, error: BaseException, request_id: str) -> tuple[Answer, str]:
    """The answer that tells of an error, and the error's code; what nobody foresaw stays in our own log."""
    if not isinstance(error, HuitongError):
        _log.error("fault", exc_info=error, extra={"request": request_id, "method": asked.method})
        error = fault(error)
    response = problem_response(error, {}, asked.language)
    pairs = [*response.raw_headers, *HEADER_PAIRS, (REQUEST_HEADER.encode(), request_id.encode())]
    return Answer(asked.number, response.status_code, header_lines(pairs), bytes(response.body)), error.code


def wait_ms_of(headers: Mapping[str, str]) -> int | None:
    """How long a caller lets the service wait, in milliseconds; ``None`` where it does not say.

    Raises:
        InputError: If what it says is no such number.
    """
    text = headers.get(WAIT_HEADER)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 0 < int(text) <= WAIT_MS_MAX):
        raise InputError(
            "http.header",
            {"en": f"the header {WAIT_HEADER} is {text!r}", "zh": f"请求头 {WAIT_HEADER} 为 {text!r}"},
            {"en": f"send whole milliseconds from 1 to {WAIT_MS_MAX:,}", "zh": f"请发送 1 至 {WAIT_MS_MAX:,} 的整数毫秒"},
        )
    return int(text)


def key_of(headers: Mapping[str, str]) -> str | None:
    """The idempotency key, where one is given.

    Raises:
        InputError: If it can be no id.
    """
    key = headers.get(KEY_HEADER)
    if key is None or (0 < len(key) <= ID_LENGTH_MAX and key.isprintable()):
        return key
    raise InputError(
        "http.header",
        {"en": f"the header {KEY_HEADER} can be no id: {key[:40]!r}", "zh": f"请求头 {KEY_HEADER} 不能作为编号：{key[:40]!r}"},
        {"en": f"send 1 to {ID_LENGTH_MAX} printable characters", "zh": f"请发送 1 至 {ID_LENGTH_MAX} 个可打印字符"},
    )


def policy_asked(name: str | None) -> str | None:
    """The name of a policy or of a version of one, which is never the path of a folder.

    Raises:
        InputError: If it is no name.
    """
    if name is None:
        return None
    before, _, version = name.partition("@")
    plain = before.replace("_", "").replace("-", "")
    if plain.isalnum() and plain.isascii() and (version == "" or (version.isalnum() and version.isascii())) and len(name) <= 200:
        return name
    raise InputError(
        "bank.policy.unknown",
        {"en": f"{name!r} is no policy", "zh": f"没有策略 {name!r}"},
        {"en": "GET /v1/policies names them all", "zh": "GET /v1/policies 列出全部策略"},
    )
