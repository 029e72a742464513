"""One line for each request that is not a decision that was simply made: those are records of the log, and counted.

A line names what was asked by its route, who answered how, and nothing that a caller sent: no address, no body, no name, no token.
"""

import logging
from secrets import token_hex

from starlette.types import Scope

_log = logging.getLogger("huitong.requests")
REQUEST_ID = "huitong.request_id"
"""Where a request's scope holds its id, which its line and its answer name."""
REFUSED = "huitong.refused"
"""Where it holds the code of the error that it was refused with."""
REQUEST_HEADER = "x-request-id"


def request_id_of(scope: Scope) -> str:
    """The id of a request, drawn at the first question: ours, never what a caller sends, in which there could be anything."""
    found: str | None = scope.get(REQUEST_ID)
    if found is None:
        found = scope[REQUEST_ID] = token_hex(8)
    return found


def write_down(scope: Scope, route: str, status: int, seconds: float) -> None:
    """Writes the line of a request that was answered."""
    _log.log(
        logging.ERROR if status >= 500 else logging.INFO,
        "request",
        extra={
            "request": request_id_of(scope),
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1e3, 3),
            "code": scope.get(REFUSED),
        },
    )
