"""Around every request: who calls, what may go wrong, and the headers of each answer."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huitong.api.journal import REFUSED, REQUEST_HEADER, request_id_of, write_down
from huitong.api.meter import UNKNOWN_ROUTE, RequestMeter
from huitong.api.problems import fault, problem_response
from huitong.api.room import ROOM, Place, Room, UnreadError
from huitong.api.segments import tell_apart
from huitong.fronts.answers import HEADERS
from huitong.identity import Signed
from huitong.kernel import ExternalError, HuitongError
from huitong.telemetry import Tracing, tracing

Authenticate = Callable[[Mapping[str, str], str, str], Signed | Future[Signed]]
"""From a request's headers (names in lower case), the caller's address and the method to who calls; a ``PolicyError`` for nobody.

It is called on the event loop and never waits: where something has to be asked, who calls is told later, from another thread.
"""
SIGNED = "huitong.signed"
"""Where a request's scope holds who calls, and what they may."""
NAMED = "huitong.headers"
"""Where it holds the headers, by name in lower case; of several of one name the last."""
ARRIVED = "huitong.arrived_ns"
"""Where it holds when it came, on the performance counter."""
ASKED_BY = "huitong.method"
"""Where it holds the method that was sent: HEAD is answered as GET is, without the body."""
SPAN = "huitong.span"
"""Where it holds its span, where it is traced."""
OPEN_PATHS = frozenset({"/v1/health"})
"""Whoever watches over the machine may ask these without a name."""
IMPATIENT_PATHS = frozenset({"/metrics"})
"""Whoever watches over the machine gives up soon: a name to be looked up in a log that does not answer is not waited for."""
LOOKED_UP_SECONDS = 1.0
"""How long they wait for it."""
HEADER_PAIRS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_CONVERTOR = re.compile(r":(path|segment)\}")
_log = logging.getLogger("huitong.api")


class Doors:
    """The application as servers see it.

    Args:
        inside: Everything but the hot way.
        hot: Routes that go past the framework, by method and path.
        authenticate: Tells who calls.
        meter: Counts what was asked.
    """

    def __init__(self, inside: ASGIApp, hot: Mapping[tuple[str, str], ASGIApp], authenticate: Authenticate, meter: RequestMeter) -> None:
        self._inside = inside
        self._hot = hot
        self._authenticate = authenticate
        self._meter = meter
        self.room = Room()
        """Of large bodies, all those at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        traced = tracing()
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
        elif traced is None:
            await self._answer(scope, receive, send)
        else:
            span = scope[SPAN] = traced.begin(scope["method"], {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]})
            with traced.within(span):
                await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault(ARRIVED, time.perf_counter_ns())
        method = scope[ASKED_BY] = scope["method"]
        if method == "HEAD":
            scope = {**scope, "method": "GET"}  # a copy: whoever serves it still knows that it has no body
        headers = scope[NAMED] = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        tell_apart(scope)
        status = 0
        place = scope[ROOM] = Place(self.room)
        hot = self._hot.get((scope["method"], scope["path"]))

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = (REQUEST_HEADER.encode(), request_id_of(scope).encode())
                message["headers"] = [*message.get("headers", ()), *HEADER_PAIRS, named]
            elif method == "HEAD":
                message = {**message, "body": b""}
            await place.told(send(message))

        try:
            if scope["path"] not in OPEN_PATHS:
                client = scope.get("client")
                found = self._authenticate(headers, client[0] if client else "", method)
                scope[SIGNED] = found if isinstance(found, Signed) else await _looked_up(found, scope["path"])
            if hot is not None:
                await hot(scope, receive, send)
            else:
                await self._inside(scope, receive, sending)
        except HuitongError as error:
            await self._tell(error, scope, receive, sending)
        except UnreadError:  # the server ends the connection of an answer that is not whole
            return
        except Exception as error:
            _log.exception("fault", extra={"request": request_id_of(scope), "method": method, "route": _route_of(scope, hot)})
            if status:
                raise
            await self._tell(fault(error), scope, receive, sending)
        finally:
            place.leave()
            scope["method"] = method
            self._answered(scope, _route_of(scope, hot), status, hot is not None)

    def _answered(self, scope: Scope, route: str, status: int, hot: bool) -> None:
        """Counts a request, and writes it down; what the hot way answered well is a record of the log already."""
        seconds = (time.perf_counter_ns() - scope[ARRIVED]) / 1e9
        self._meter.take(scope["method"], route, status or 200, seconds, scope.get(REFUSED))
        traced = tracing()
        if traced is not None and SPAN in scope:
            end_request(traced, scope[SPAN], scope["method"], route, status or 200, scope.get(REFUSED))
        if status or not hot:
            write_down(scope, route, status, seconds)

    async def _tell(self, error: HuitongError, scope: Scope, receive: Receive, send: Send) -> None:
        scope[REFUSED] = error.code
        response = problem_response(error, {}, scope[NAMED].get("accept-language", ""), scope.get(SIGNED))
        await response(scope, receive, send)


async def _looked_up(found: Future[Signed], path: str) -> Signed:
    """Who calls, as soon as the book of access says it."""
    if path not in IMPATIENT_PATHS:
        return await asyncio.wrap_future(found)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(found), LOOKED_UP_SECONDS)
    except TimeoutError:
        raise ExternalError(
            "access.away",
            {"en": "who calls cannot be looked up now: the log does not answer", "zh": "目前无法查询调用方身份：日志没有应答"},
            {"en": "ask again; GET /v1/health, which needs no name, says why", "zh": "请重试；无须认证的 GET /v1/health 会说明原因"},
        ) from None


def end_request(traced: Tracing, span: Any, method: str, route: str, status: int, code: str | None) -> None:  # noqa: ANN401 -- an extra's
    """Ends the span of a request with what OpenTelemetry's conventions for HTTP say of it; of an address, its pattern."""
    span.update_name(f"{method} {route}")
    said: dict[str, str | int] = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    traced.end(span, said | ({} if code is None else {"error.type": code}), failed=status >= 500)


def _route_of(scope: Scope, hot: ASGIApp | None) -> str:
    """The pattern of a request's address, which names nobody."""
    if hot is not None:
        path: str = scope["path"]
        return path
    return _CONVERTOR.sub("}", str(getattr(scope.get("route"), "path", UNKNOWN_ROUTE)))  # as the description has it
