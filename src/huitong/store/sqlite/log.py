"""Opens a log in a SQLite file."""

import os
from pathlib import Path

from huitong.kernel import Clock, SystemClock, ulid
from huitong.store.checkpoint import Signer
from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.sqlite.lock import WriterLock
from huitong.store.sqlite.schema import open_writer
from huitong.store.sqlite.storage import SqliteReader, SqliteSession
from huitong.store.writer import GroupCommit, Writer


class SqliteLog(RecordLog):
    """A log in a SQLite file.

    Args:
        path: The file. Beside it lie ``-wal`` and ``-shm`` while it is open, and ``.lock``.
        writable: Whether this process writes. One process may; any number may read meanwhile.
        bounds: Of a group commit.
        clock: For the note of who writes, and the time of heads.
        signer: Signs heads of the tree; without one there are none.
        relaxed: Whether an append may be acknowledged before it is on the disk; each record then says so.

    Raises:
        InputError: If there is nothing to read.
        DataError: If the file is no log, damaged, or written by a later version.
        ExternalError: If another process writes there, or the system refuses.
    """

    def __init__(
        self,
        path: Path,
        *,
        writable: bool = True,
        bounds: GroupCommit | None = None,
        clock: Clock | None = None,
        signer: Signer | None = None,
        relaxed: bool = False,
    ) -> None:
        if not writable:
            super().__init__(SqliteReader(path), None)
            return
        clock = clock or SystemClock()
        now_us = clock.now_us()
        lock = WriterLock(path, now_us)
        try:
            connection = open_writer(path, now_us, lambda: ulid(now_us, os.urandom), relaxed=relaxed)
            reader = SqliteReader(path)
            journal = Journal(SqliteSession(connection, path, lock), reader, signer=signer, clock=clock, relaxed=relaxed)
        except BaseException:
            lock.release()
            raise
        super().__init__(reader, Writer(journal, str(path), bounds or GroupCommit()))
