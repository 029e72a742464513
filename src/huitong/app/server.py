"""The bank as a running server: one process, ended by SIGTERM or Ctrl-C after what was accepted is answered."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from socket import socket as Socket  # noqa: N812 -- a class
from types import TracebackType
from typing import Literal

import uvicorn

from huitong.api import Authenticate, FrontLinks, application
from huitong.app.acting import BankWork
from huitong.app.bank import Bank
from huitong.app.behind import Behind
from huitong.app.front import Front, console_of
from huitong.app.joining import messages_of
from huitong.app.replays import Replays
from huitong.app.rounds import PAUSE_SECONDS, Part, Rounds
from huitong.app.sealing import Sealing
from huitong.app.serving import BankService
from huitong.app.settling import Settling
from huitong.app.webhooks import deliveries_of
from huitong.fronts.sockets import BACKLOG, HOST, sockets_at
from huitong.kernel import settle_memory
from huitong.telemetry import traced

GRACE_SECONDS = 30
"""How long requests that were accepted may still take once the server is told to end."""
IDLE_SECONDS = 75
"""How long a connection may be idle."""
KEPT_EVERY_SECONDS = 60
"""How often feature state is kept, see ``Settling``."""
SEALED_EVERY_SECONDS = 30
"""How often it is looked whether there is enough to be sealed."""


def serve(
    bank: Bank,
    *,
    policy: str | None = None,
    host: str = HOST,
    port: int = 8000,
    authenticate: Authenticate | None = None,
    console: bool = False,
    ready: Callable[[str], None] = lambda _: None,
    behind: Behind | None = None,
) -> None:
    """Serves a bank until it is told to end.

    Args:
        bank: The bank, which stays its owner's to close.
        policy: What decides where a caller names no policy.
        host: Address to listen at.
        port: Port; 0 for any free one.
        authenticate: Tells who calls the service; by default the bank's own users, API keys and, while it has none, this machine.
        console: Whether people find their pages at the same address.
        ready: Told the address once connections are taken.
        behind: The fronts that this process is behind; then it listens at their sockets, and ``host`` and ``port`` say where they do.

    Raises:
        ExternalError: If the address cannot be listened at.
    """
    with ExitStack() as running:
        listening = None if behind else [running.enter_context(one) for one in sockets_at(host, port, 1)]
        if bank.settings.writes_apart:
            bank.logbook.write_apart()
        parts: list[Part] = [*rounds_of(bank), *messages_of(bank, policy)]
        running.enter_context(traced(version("huitong")))
        for part in parts:
            running.enter_context(part)
        server = _server(bank, policy, host, port, authenticate, ready, console=console, parts=parts, behind=behind)
        settle_memory()
        server.ending = bank.logbook.hurry
        server.run(listening)


def rounds_of(bank: Bank, pause_seconds: float = PAUSE_SECONDS) -> list[Rounds]:
    """What goes on by itself while a bank is served: challengers are looked at, so that harm ends soon; other systems are told;
    feature state is kept, that of versions which decide no more let go, and versions to step back to are started; older records are
    sealed.

    Args:
        bank: The bank.
        pause_seconds: Between two rounds.
    """
    rounds = [Rounds("rollouts", bank.rollouts.look_at_canaries, pause_seconds)]
    core = bank.measures.core
    if core is not None:
        rounds.append(Rounds("measures", partial(bank.measures.deliver, core, core.ending.done), pause_seconds, stop=core.end))
    told, settling, sealing = deliveries_of(bank), Settling(bank), Sealing(bank, bank.settings.rows)
    rounds.append(Rounds("shadows", bank.rollouts.look_at_shadows, pause_seconds))
    rounds.append(Rounds("state", settling.round, KEPT_EVERY_SECONDS, stop=settling.stop))
    rounds.append(Rounds("sealing", sealing.round, SEALED_EVERY_SECONDS, sealing.counts, sealing.stop))
    return [*rounds, Rounds("webhooks", told.round, pause_seconds, told.counts, told.stop)]


def _server(
    bank: Bank,
    policy: str | None,
    host: str,
    port: int,
    authenticate: Authenticate | None,
    ready: Callable[[str], None] = lambda _: None,
    *,
    console: bool = False,
    parts: Sequence[Part] = (),
    behind: Behind | None = None,
) -> "_Server":
    service = BankService(bank, policy, parts)
    who = authenticate or bank.people.calling
    replays = Replays(bank)
    api = application(service, BankWork(bank, service.default_policy, replays), who, version("huitong"))
    config = uvicorn.Config(
        Front(api, console_of(bank, service, replays)) if console else api,
        http=_protocol(passed=behind is not None),
        uds=None if behind is None else str(behind.passed),
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        log_level="warning",
        lifespan="on" if console else "off",
        ws="websockets-sansio" if console else "none",
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=False,
    )
    if behind is None:
        return _Server(config, ready)
    links = FrontLinks(service, who, api)
    service.fronts = lambda: links.fronts
    return _BehindServer(config, behind, links, ready)


def _protocol(*, passed: bool) -> type[asyncio.Protocol] | Literal["auto"]:
    if sys.platform == "win32":  # which lacks what these need
        return "auto"
    from huitong.app.passing import PassedProtocol  # noqa: PLC0415
    from huitong.app.patience import PatientProtocol  # noqa: PLC0415

    return PassedProtocol if passed else PatientProtocol


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self.ending: Callable[[], None] = lambda: None
        """Called once when it is told to end: callers that wait for a log that is away are told so, and do not keep it from ending."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes SIGTERM and Ctrl-C for the wish to end, and leaves it at that: whoever owns the bank closes it then."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[Socket] | None = None) -> None:
        """Begins to listen."""
        await super().startup(sockets)
        for server in self.servers:
            for socket in server.sockets:
                self._ready(address_of(*socket.getsockname()[:2]))

    async def shutdown(self, sockets: list[Socket] | None = None) -> None:
        """Ends, after what was accepted is answered."""
        threading.Thread(target=self.ending, name="huitong-ending", daemon=True).start()  # a full socket keeps it waiting, not the loop
        await super().shutdown(sockets)


class _BehindServer(_Server):
    """The server of a bank behind fronts: frames at one socket, connections that are passed through at another."""

    def __init__(self, config: uvicorn.Config, behind: Behind, links: FrontLinks, ready: Callable[[str], None]) -> None:
        super().__init__(config, ready)
        self._behind = behind
        self._links = links

    async def startup(self, sockets: list[Socket] | None = None) -> None:
        """Begins to listen."""
        behind = self._behind
        behind.clear()
        await uvicorn.Server.startup(self, sockets)
        self._calls = await asyncio.get_running_loop().create_unix_server(self._links.accept, str(behind.calls))
        behind.when_alone(lambda: setattr(self, "should_exit", True))
        self._links.first = lambda: self._ready(address_of(self.config.host, self.config.port))
        behind.heart.say_ready()

    async def shutdown(self, sockets: list[Socket] | None = None) -> None:
        """Ends, after what fronts accepted is answered."""
        ended = asyncio.get_running_loop().create_task(super().shutdown(sockets))
        await self._links.gone(GRACE_SECONDS)
        self._calls.close()
        await ended


def address_of(host: str, port: int) -> str:
    """Where a service is reached."""
    return f"http://{'[' + host + ']' if ':' in host else host}:{port}"


class Served:
    """A bank served in a thread, for as long as a ``with`` block lasts; gives the address.

    Args:
        bank: The bank, which stays its owner's to close.
        policy: What decides where a caller names no policy.
        authenticate: Tells who calls.
        console: Whether people find their pages at the same address.
    """

    def __init__(self, bank: Bank, *, policy: str | None = None, authenticate: Authenticate | None = None, console: bool = False) -> None:
        self._address: Future[str] = Future()
        self._server = _server(bank, policy, HOST, 0, authenticate, self._address.set_result, console=console)
        self._thread = threading.Thread(target=self._server.run, name="huitong-server", daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return self._address.result(timeout=GRACE_SECONDS)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
