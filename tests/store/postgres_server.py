"""The PostgreSQL server that tests use, and a way to it that can be cut. ``HUITONG_TEST_POSTGRES`` names another server's database."""

import os
import socket
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
import pytest

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


class Wire:
    """A way to the server that can be cut and mended.

    Args:
        url: Where the server is.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
        self._up = True
        self._mute = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self._up:
                    client.close()
                    continue
                pair = (client, socket.create_connection(self._server))
                self._pairs.append(pair)
                threading.Thread(target=self._carry, args=(*pair, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(*pair[::-1], True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                if not (answers and self._mute):
                    target.sendall(content)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mute(self) -> None:
        """From now on the server hears, and is not heard."""
        self._mute = True

    def cut(self) -> None:
        """Breaks every connection, and takes none."""
        self._up = False
        while self._pairs:
            for end in self._pairs.pop():
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def mend(self) -> None:
        """Takes connections again."""
        self._up, self._mute = True, False
