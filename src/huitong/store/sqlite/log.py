"""Opens a log in a SQLite file."""

import os
from collections.abc import Mapping
from pathlib import Path

from huitong.contracts import DataContract
from huitong.kernel import Clock, SystemClock, ulid
from huitong.store.checkpoint import Signer
from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.segments.places import place_of
from huitong.store.segments.reading import SealedReader
from huitong.store.sqlite.lock import WriterLock
from huitong.store.sqlite.schema import open_writer
from huitong.store.sqlite.storage import SqliteReader, SqliteSession
from huitong.store.vault import FindMaster, MasterKey, vault_of
from huitong.store.writer import GroupCommit, Writer


class SqliteLog(RecordLog):
    """A log in a SQLite file.

    Args:
        path: The file. Beside it lie ``-wal`` and ``-shm`` while it is open, and ``.lock``.
        writable: Whether this process writes. One process may; any number may read meanwhile.
        bounds: Of a group commit.
        clock: For the note of who writes, and the time of heads.
        signer: Signs heads of the tree; without one there are none.
        master: Wraps the keys under which names of persons are encrypted; without one names are written as they come. Or what finds it.
        contracts: Data contracts by kind, which say what identifies a person.
        relaxed: Whether an append may be acknowledged before it is on the disk; each record then says so.
        segments: Where sealed records are: a folder, or a URL such as ``s3://bucket/prefix``; by default ``segments`` beside the file.
        copy_of: Identity of the log that this one becomes a copy of, if it is new; an unfinished copy opens only so.

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
        segments: str | Path | None = None,
        copy_of: str | None = None,
        master: MasterKey | FindMaster | None = None,
        contracts: Mapping[str, DataContract] | None = None,
    ) -> None:
        if not writable:
            reader = sealed_reader(path, segments)
            super().__init__(reader, None, vault_of(reader, master, contracts))
            self.require_finished()
            return
        clock = clock or SystemClock()
        now_us = clock.now_us()
        lock = WriterLock(path, now_us)
        try:
            connection = open_writer(path, now_us, lambda: copy_of or ulid(now_us, os.urandom), relaxed=relaxed)
        except BaseException:
            lock.release()
            raise
        session = SqliteSession(connection, path, lock)
        try:
            reader = sealed_reader(path, segments)
            try:
                vault = vault_of(reader, master, contracts)
                undone = (lambda: None) if vault is None else vault.names.renew
                journal = Journal(session, reader, signer=signer, clock=clock, relaxed=relaxed, undone=undone)
            except BaseException:
                reader.close()
                raise
        except BaseException:
            session.close()  # with the lock: a log that did not open leaves no connection behind
            raise
        super().__init__(reader, Writer(journal, str(path), bounds or GroupCommit()), vault)
        if copy_of is None:
            self.require_finished()


def sealed_reader(path: Path, segments: str | Path | None = None) -> SealedReader:
    """Reads the file and its segments."""
    tail = SqliteReader(path)
    try:
        return SealedReader(tail, place_of(path.parent / "segments" if segments is None else segments, tail.log_id))
    except BaseException:
        tail.close()
        raise
