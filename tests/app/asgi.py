"""One request to an ASGI application, without a server."""

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp


@dataclass
class Asked:
    """What came back.

    Attributes:
        status: HTTP status; 0 where none came.
        headers: Headers by name in lower case.
        text: The body.
        closed: Code with which a websocket was closed.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    closed: int = 0


def ask(
    app: ASGIApp, method: str, path: str, *, host: str, query: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Asked:
    """The answer to one request; ``method`` ``WEBSOCKET`` opens one."""
    websocket = method == "WEBSOCKET"
    given = {"host": host, **(headers or {})}
    scope: dict[str, Any] = {
        "type": "websocket" if websocket else "http",
        "method": method,
        "scheme": "ws" if websocket else "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("192.0.2.7", 50_000),
        "server": (host, 80),
        "http_version": "1.1",
    }
    asked = Asked()

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"} if websocket else {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            asked.status = message["status"]
            asked.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            asked.text += message.get("body", b"").decode()
        elif message["type"] == "websocket.close":
            asked.closed = message["code"]

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return asked
