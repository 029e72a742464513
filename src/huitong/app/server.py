"""The bank as a running server: one process, ended by SIGTERM or Ctrl-C after what was accepted is answered."""

import gc
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from socket import socket as Socket  # noqa: N812 -- a class
from types import TracebackType

import uvicorn

from huitong.api import Authenticate, application
from huitong.app.acting import BankWork
from huitong.app.bank import Bank
from huitong.app.front import Front, console_of
from huitong.app.joining import messages_of
from huitong.app.rounds import PAUSE_SECONDS, Part, Rounds
from huitong.app.serving import BankService

GRACE_SECONDS = 30
"""How long requests that were accepted may still take once the server is told to end."""
IDLE_SECONDS = 75
"""How long a connection may be idle."""
BACKLOG = 2_048
COLLECTED_EVERY = (20_000, 20, 50)
"""How rarely the collector of cycles runs; see ``gc.set_threshold``."""


def serve(
    bank: Bank,
    *,
    policy: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    authenticate: Authenticate | None = None,
    console: bool = False,
    ready: Callable[[str], None] = lambda _: None,
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
    """
    parts: list[Part] = [*rounds_of(bank), *messages_of(bank, policy)]
    with ExitStack() as running:
        for part in parts:
            running.enter_context(part)
        server = _Server(_config(bank, policy, host, port, authenticate, console=console, parts=parts), ready)
        _settle_memory()
        server.run()


def rounds_of(bank: Bank, pause_seconds: float = PAUSE_SECONDS) -> list[Rounds]:
    """What goes on by itself while a bank is served: challengers are looked at, so that harm ends soon; the core system is told.

    Args:
        bank: The bank.
        pause_seconds: Between two rounds.
    """
    rounds = [Rounds("rollouts", lambda: [bank.rollouts.look(policy) for policy in bank.policies], pause_seconds)]
    core = bank.measures.core
    if core is not None:
        rounds.append(Rounds("measures", lambda: bank.measures.deliver(core), pause_seconds))
    return rounds


def _settle_memory() -> None:
    """What was loaded by now stays: the collector need not look through it again while callers wait.

    Little of what a decision leaves behind is a cycle, so that rarer collections find all there is to find.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)


def _config(
    bank: Bank,
    policy: str | None,
    host: str,
    port: int,
    authenticate: Authenticate | None,
    *,
    console: bool = False,
    parts: Sequence[Part] = (),
) -> uvicorn.Config:
    service = BankService(bank, policy, parts)
    api = application(service, BankWork(bank, service.default_policy), authenticate or bank.people.caller, version("huitong"))
    return uvicorn.Config(
        Front(api, console_of(bank, service)) if console else api,
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


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

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
                host, port = socket.getsockname()[:2]
                self._ready(f"http://{'[' + host + ']' if ':' in host else host}:{port}")


class Served:
    """A bank served in a thread, for as long as a ``with`` block lasts; gives the address.

    Args:
        bank: The bank, which stays its owner's to close.
        policy: What decides where a caller names no policy.
        authenticate: Tells who calls.
    """

    def __init__(self, bank: Bank, *, policy: str | None = None, authenticate: Authenticate | None = None) -> None:
        self._address: Future[str] = Future()
        self._server = _Server(_config(bank, policy, "127.0.0.1", 0, authenticate), self._address.set_result)
        self._thread = threading.Thread(target=self._server.run, name="huitong-server", daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return self._address.result(timeout=GRACE_SECONDS)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
