"""The PostgreSQL server that tests use, and a way to it that can be cut. ``HUITONG_TEST_POSTGRES`` names another server's database."""

import os
import socket
import threading
import time
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
import pytest

from huitong.store.postgres.address import Address

SERVER = os.environ.get("HUITONG_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/test")
_MADE: set[str] = set()


def reachable() -> bool:
    """Whether a server answers."""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def schema_of(folder: Path) -> str:
    """Address of a log of its own for each test's folder; skips where no server answers. Whoever asks drops it: see ``conftest``."""
    if not reachable():
        pytest.skip(f"skipped: no PostgreSQL server at {SERVER}")
    name = f"test_{sha256(str(folder).encode()).hexdigest()[:16]}_{os.getpid()}"
    _MADE.add(name)
    return f"{SERVER}?schema={name}"


def drop_schemas() -> None:
    """Drops what was made."""
    while _MADE:
        ask(f"DROP SCHEMA IF EXISTS {_MADE.pop()} CASCADE")


def ask(query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """Asks the server from outside."""
    with psycopg.connect(SERVER, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []


def ask_in(url: str, query: str) -> list[tuple[Any, ...]]:
    """Asks from outside, but by the names of a log's schema."""
    address = Address.of_url(url)
    with closing(address.connect()) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def backend_of(url: str) -> int:
    """The server's process that holds the lock of a log's writer."""
    key = Address.of_url(url).lock_key % 2**64
    query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %s AND objid::bigint = %s AND granted"
    return int(ask(query, (key >> 32, key % 2**32))[0][0])


class Wire:
    """A way to the server that can be cut and mended.

    Args:
        url: Of the log.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
        self._up = True
        self._mute = False
        self._stays_up = True
        self._trap: tuple[bytes, bool] | None = None
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._up:
                    client.close()
                    continue
                server = socket.create_connection(self._server)
                self._ends += [client, server]
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while content := client.recv(65_536):
                trap = self._trap
                if trap is not None and trap[0] in content:
                    self._trap, self._mute = None, True
                    if trap[1]:
                        server.sendall(content)
                        time.sleep(0.1)
                    self._up = self._stays_up
                    self._break()
                    self._mute = False
                    return
                server.sendall(content)
        self._hang_up(client, server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while content := server.recv(65_536):
                if not self._mute:
                    client.sendall(content)
        self._hang_up(client, server)

    def _hang_up(self, *ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _break(self) -> None:
        ends, self._ends = self._ends, []
        self._hang_up(*ends)

    def break_at(self, statement: bytes, *, arrives: bool, stays_up: bool = True) -> None:
        """Breaks every connection when that statement next passes; says whether it still arrives, and whether new ones are taken."""
        self._trap, self._stays_up = (statement, arrives), stays_up

    @property
    def broken(self) -> bool:
        """Whether the statement has passed."""
        return self._trap is None

    def cut(self) -> None:
        """Breaks every connection, and takes none."""
        self._up = False
        self._break()

    def mend(self) -> None:
        """Takes connections again."""
        self._up = True
