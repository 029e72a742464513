"""A few connections for any number of readers; what breaks is replaced, and a server that went away is waited for."""

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from huitong.store.errors import closed, gone
from huitong.store.postgres.address import Address, Connection
from huitong.store.postgres.errors import lost, of_postgres

T = TypeVar("T")
CONNECTIONS_MAX = 8
_PAUSE_S = 0.2


class Pool:
    """Connections in autocommit, opened as they are needed.

    Args:
        address: Of the schema.
        patience_s: How long a question waits for a database that went away.
    """

    def __init__(self, address: Address, patience_s: float) -> None:
        self._address = address
        self._patience_s = patience_s
        self._slots: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(CONNECTIONS_MAX):
            self._slots.put(None)
        self._closed = threading.Event()
        self._hurried = False

    def hurry(self) -> None:
        """From here on no question waits for a database that is away."""
        self._hurried = True

    def ask(self, question: Callable[[Connection], T]) -> T:
        """The answer to a question that changes nothing; it may be put more than once.

        Raises:
            InputError: If the pool is closed.
            ExternalError: If the database stayed away too long, or refuses.
        """
        until = time.monotonic() + self._patience_s
        while True:
            if self._closed.is_set():
                raise closed(self._address.where)
            connection = self._slots.get()
            try:
                connection = self._address.connect() if connection is None else connection
                return question(connection)
            except psycopg.Error as error:
                if connection is not None:
                    if not lost(error, connection):
                        raise of_postgres(error, self._address.where, self._address.said(error)) from error
                    connection.close()
                if self._hurried or time.monotonic() >= until:
                    raise gone(self._address.where, self._address.said(error)) from error
                if connection is None:
                    self._closed.wait(_PAUSE_S)
            finally:
                self._give_back(connection)

    def _give_back(self, connection: Connection | None) -> None:
        if connection is not None and (connection.closed or self._closed.is_set()):
            connection.close()
            connection = None
        self._slots.put(connection)

    def close(self) -> None:
        """Lets go of the connections; those in use follow when they are free."""
        self._closed.set()
        for _ in range(CONNECTIONS_MAX):
            try:
                connection = self._slots.get_nowait()
            except queue.Empty:
                break
            if connection is not None:
                connection.close()
        for _ in range(CONNECTIONS_MAX):
            self._slots.put(None)  # wakes whoever waits for one, to hear that it is closed
