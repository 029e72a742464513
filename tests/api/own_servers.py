"""Servers of a test's own, which it may kill: PostgreSQL and NATS, each with its data in a folder that outlives it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

import pytest

from tests.api.serving import processes_under

READY_SECONDS = 60


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: Sequence[int]


class OwnServer:
    """A server that can be killed with all that it started, and started again on what it left.

    Args:
        command: How it is started.
        port: Where it listens.
        who: As whom it runs.
    """

    def __init__(self, command: Sequence[str], port: int, who: _As, answers: Callable[[], bool]) -> None:
        self._command, self.port, self._who, self._answers = command, port, who, answers
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **self._who
        )
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert time.monotonic() < until, "it does not answer"
            threading.Event().wait(0.05)

    def kill(self) -> None:
        """Nothing of it is left, and nothing was told to end."""
        for pid in (*processes_under(self._process.pid, ""), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name) or next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.skip(f"skipped: no {name} on this machine")
    return found


def _server_user() -> _As:
    """PostgreSQL does not run as root: then as a user that owns nothing else here."""
    if os.geteuid() != 0:
        return {}
    with suppress(KeyError):
        found = pwd.getpwnam("postgres")
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": ()}
    pytest.skip("skipped: no user postgres, and PostgreSQL does not run as root")


@contextmanager
def own_postgres() -> Iterator[tuple[OwnServer, str]]:
    """A PostgreSQL server, and the address of a log in it."""
    psycopg = pytest.importorskip("psycopg")
    initdb, postgres, who = _program("initdb"), _program("postgres"), _server_user()
    folder, port = Path(tempfile.mkdtemp(prefix="huitong-pg-")), free_port()
    try:
        if "user" in who:
            os.chown(folder, who["user"], who["group"])
        made = [initdb, "-D", str(folder / "data"), "-A", "trust", "-U", "huitong", "-E", "UTF8", "--locale=C"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, **who)
        address = f"postgresql://huitong@127.0.0.1:{port}/postgres"

        def answers() -> bool:
            with suppress(psycopg.OperationalError):
                psycopg.connect(address, connect_timeout=3).close()
                return True
            return False

        command = [postgres, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
        server = OwnServer(command, port, who, answers)
        try:
            yield server, f"{address}?schema=huitong"
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_nats(folder: Path) -> Iterator[tuple[OwnServer, str]]:
    """A NATS server with JetStream, and its address."""
    port = free_port()
    command = [_program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    server = OwnServer(command, port, {}, lambda: listens(port))
    try:
        yield server, f"nats://127.0.0.1:{port}"
    finally:
        server.kill()
