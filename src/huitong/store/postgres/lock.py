"""One writer: a lock that the server drops with its holder's connection, and an epoch that grows with each writer.

The lock keeps a second writer out. The epoch keeps out the first one, should it come back after its connection was lost and another
took over: each transaction locks the row of the epoch and looks at it.
"""

import os
import socket
import time

from huitong.kernel import Text, time_text
from huitong.store import errors
from huitong.store.postgres.address import Address, Connection

HELD_WAIT_S = 2.0
"""How long an opener waits for the lock: the server may not have noticed yet that its holder died."""
_PAUSE_S = 0.05


def try_lock(connection: Connection, address: Address) -> bool:
    """Takes the schema's lock if it is free; it is held as long as the connection."""
    return bool(connection.execute("SELECT pg_try_advisory_lock(%s)", (address.lock_key,)).fetchall()[0][0])


def lock(connection: Connection, address: Address) -> None:
    """Takes the schema's lock.

    Raises:
        ExternalError: If another process, or this one, holds it; the error names the holder.
    """
    until = time.monotonic() + HELD_WAIT_S
    while not try_lock(connection, address):
        if time.monotonic() >= until:
            raise errors.held(address.where, holder(connection))
        time.sleep(_PAUSE_S)


def take_over(connection: Connection, now_us: int) -> int:
    """A new epoch, with a note of who writes; for whoever holds the lock. Waits for a transaction that is still under way."""
    note = (os.getpid(), socket.gethostname(), now_us)
    query = """
        INSERT INTO writer (one, epoch, pid, host, since_us) VALUES (true, 1, %s, %s, %s) ON CONFLICT (one)
        DO UPDATE SET epoch = writer.epoch + 1, pid = excluded.pid, host = excluded.host, since_us = excluded.since_us RETURNING epoch"""
    return int(connection.execute(query, note).fetchall()[0][0])


def holder(connection: Connection) -> Text:
    """Who wrote last, as the note says."""
    there = connection.execute("SELECT to_regclass('writer') IS NOT NULL").fetchall()[0][0]
    for pid, host, since_us in connection.execute("SELECT pid, host, since_us FROM writer").fetchall() if there else ():
        return errors.process(pid, host, time_text(since_us))
    return errors.SOMEBODY


def backend(connection: Connection) -> tuple[object, ...]:
    """What tells the server's process behind a connection from any other, later ones too."""
    return connection.execute("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()").fetchall()[0]


def end(connection: Connection, of: tuple[object, ...]) -> None:
    """Ends the server's process behind a connection of ours that broke, should the server not have noticed."""
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s", of)
