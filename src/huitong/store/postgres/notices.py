"""Tells readers elsewhere that the log has grown: by NOTIFY, beside the commits and never in them.

A NOTIFY in every commit would take most of the commits away, for PostgreSQL lets only one transaction at a time commit with one. So a
thread with a connection of its own sends at most one every ``EVERY_S``, for all commits since the last. A notice may be lost with a
connection: whoever listens looks for itself now and then.
"""

import threading
import time
from contextlib import suppress

import psycopg
from psycopg import sql

from huitong.store.postgres.address import Address, Connection

EVERY_S = 0.005
LOOK_EVERY_S = 1.0
"""How often a listener looks for itself."""
_PAUSE_S = 0.5
_STOP_S = 0.1


class Notifier:
    """Sends notices from a thread of its own."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._grown = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="huitong-log-notifier", daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """The log may have grown; returns at once."""
        self._grown.set()

    def close(self) -> None:
        """Sends what is left, and stops."""
        self._closed = True
        self._grown.set()
        self._thread.join()

    def _run(self) -> None:
        connection: Connection | None = None
        while not self._closed:
            self._grown.wait()
            self._grown.clear()
            connection = self._send(connection)
            time.sleep(EVERY_S)
        if connection is not None:
            connection.close()

    def _send(self, connection: Connection | None) -> Connection | None:
        try:
            if connection is None:
                connection = self._address.connect(["SET synchronous_commit TO off"])  # a notice need not outlive the server
            connection.execute("SELECT pg_notify(%s, '')", (self._address.channel,))
        except psycopg.Error:
            if connection is not None:
                connection.close()
            time.sleep(0 if self._closed else _PAUSE_S)
            return None
        return connection


class Listener:
    """Hears notices on a connection of its own, opened when somebody first waits."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._changed = threading.Condition()
        self._heard = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def heard(self) -> int:
        """Number of notices so far; begins to listen."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="huitong-log-listener", daemon=True)
                self._thread.start()
            return self._heard

    def wait(self, heard: int, timeout_s: float) -> None:
        """Returns when there were more notices than ``heard``, or it is time to look for oneself."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._heard > heard, min(timeout_s, LOOK_EVERY_S))

    def close(self) -> None:
        """Stops, and wakes whoever waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            try:
                with self._address.connect() as connection:
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._address.channel)))
                    self._wake()  # whatever came before
                    while not self._closed:
                        for _ in connection.notifies(timeout=_STOP_S, stop_after=1):
                            self._wake()
            except psycopg.Error:
                with self._changed, suppress(TimeoutError):
                    self._changed.wait_for(lambda: self._closed, _PAUSE_S)

    def _wake(self) -> None:
        with self._changed:
            self._heard += 1
            self._changed.notify_all()
