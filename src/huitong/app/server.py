"""The bank as a running server: one process, ended by SIGTERM or Ctrl-C after what was accepted is answered."""

from collections.abc import Callable
from importlib.metadata import version

import uvicorn

from huitong.api import Authenticate, application, only_this_machine
from huitong.app.bank import Bank
from huitong.app.serving import BankService

GRACE_SECONDS = 30
"""How long requests that were accepted may still take once the server is told to end."""
IDLE_SECONDS = 75
"""How long a connection may be idle."""
BACKLOG = 2_048


def serve(
    bank: Bank,
    *,
    policy: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    authenticate: Authenticate = only_this_machine,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serves a bank until it is told to end.

    Args:
        bank: The bank, which stays its owner's to close.
        policy: What decides where a caller names no policy.
        host: Address to listen at.
        port: Port; 0 for any free one.
        authenticate: Tells who calls.
        ready: Told the address once connections are taken.
    """
    service = BankService(bank, policy)
    config = uvicorn.Config(
        application(service, authenticate, version("huitong")),
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        log_level="warning",
        lifespan="off",
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=False,
    )
    _Server(config, ready).run()


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # sockets are passed on untouched
        """Begins to listen."""
        await super().startup(sockets)  # type: ignore[arg-type]
        for server in self.servers:
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                self._ready(f"http://{'[' + host + ']' if ':' in host else host}:{port}")
