"""Around every request: who calls, what may go wrong, and the headers of each answer."""

import logging
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huitong.api.problems import fault, problem_response
from huitong.identity import Signed
from huitong.kernel import HuitongError

Authenticate = Callable[[Mapping[str, str], str, str], Signed]
"""From a request's headers (names in lower case), the caller's address and the method to who calls; a ``PolicyError`` for nobody."""
SIGNED = "huitong.signed"
"""Where a request's scope holds who calls, and what they may."""
NAMED = "huitong.headers"
"""Where it holds the headers, by name in lower case; of several of one name the last."""
ARRIVED = "huitong.arrived_ns"
"""Where it holds when it came, on the performance counter."""
OPEN_PATHS = frozenset({"/v1/health"})
"""Whoever watches over the machine may ask these without a name."""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
HEADER_PAIRS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_log = logging.getLogger("huitong.api")


class Doors:
    """The application as servers see it.

    Args:
        inside: Everything but the hot way.
        hot: Routes that go past the framework, by method and path.
        authenticate: Tells who calls.
    """

    def __init__(self, inside: ASGIApp, hot: Mapping[tuple[str, str], ASGIApp], authenticate: Authenticate) -> None:
        self._inside = inside
        self._hot = hot
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        scope[ARRIVED] = time.perf_counter_ns()
        headers = scope[NAMED] = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message.get("headers", ()), *HEADER_PAIRS]
            await send(message)

        try:
            if scope["path"] not in OPEN_PATHS:
                client = scope.get("client")
                scope[SIGNED] = self._authenticate(headers, client[0] if client else "", scope["method"])
            hot = self._hot.get((scope["method"], scope["path"]))
            if hot is not None:
                await hot(scope, receive, send)
            else:
                await self._inside(scope, receive, sending)
        except HuitongError as error:
            await self._tell(error, scope, receive, sending)
        except Exception as error:
            _log.exception("%s %s", scope["method"], scope["path"])
            if begun:
                raise
            await self._tell(fault(error), scope, receive, sending)

    async def _tell(self, error: HuitongError, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem_response(error, {}, scope[NAMED].get("accept-language", ""))
        await response(scope, receive, send)
