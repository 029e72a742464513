"""Opens a log in a PostgreSQL database."""

import os
from collections.abc import Mapping
from pathlib import Path

from huitong.contracts.fields import DataContract
from huitong.kernel import Clock, SystemClock, ulid
from huitong.store.checkpoint import Signer
from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.postgres.address import Address
from huitong.store.postgres.reading import PostgresReader
from huitong.store.postgres.session import PostgresSession
from huitong.store.segments.places import place_of
from huitong.store.segments.reading import SealedReader
from huitong.store.vault import FindMaster, MasterKey, vault_of
from huitong.store.writer import GroupCommit, Writer

PATIENCE_S = 30.0


class PostgresLog(RecordLog):
    """A log in one schema of a PostgreSQL database.

    It needs connections of its own: with a pooler that lends a connection for a transaction only, the lock is lost.

    Args:
        url: ``postgresql://user:password@host:port/database?schema=NAME``; the schema is ``huitong`` where none is named, and made where it
            is missing.
        writable: Whether this process writes. One process may; any number may read meanwhile.
        bounds: Of a group commit.
        clock: For the note of who writes, and the time of heads.
        signer: Signs heads of the tree; without one there are none.
        master: Wraps the keys under which names of persons are encrypted; without one names are written as they come. Or what finds it.
        contracts: Data contracts by kind, which say what identifies a person.
        relaxed: Whether an append may be acknowledged before it is on the server's disk; each record then says so.
        segments: Where sealed records are: a folder, or a URL such as ``s3://bucket/prefix``; ``segments=…`` in the URL says the same.
        copy_of: Identity of the log that this one becomes a copy of, if it is new; an unfinished copy opens only so.
        patience_s: How long a call waits for a database that went away.

    Raises:
        InputError: If the URL cannot be read, or there is nothing to read.
        DataError: If the schema is of another program or a later version.
        ExternalError: If another process writes there, or the database cannot be reached or refuses.
    """

    def __init__(
        self,
        url: str,
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
        patience_s: float = PATIENCE_S,
    ) -> None:
        address = Address.of_url(url)
        if not writable:
            reader = _sealed_reader(address, patience_s, segments)
            super().__init__(reader, None, vault_of(reader, master, contracts))
            self.require_finished()
            return
        clock = clock or SystemClock()
        now_us = clock.now_us()
        session = PostgresSession(address, now_us, copy_of or ulid(now_us, os.urandom), relaxed=relaxed)
        try:
            reader = _sealed_reader(address, patience_s, segments)
            try:
                vault = vault_of(reader, master, contracts)
                undone = (lambda: None) if vault is None else vault.names.renew
                journal = Journal(session, reader, signer=signer, clock=clock, relaxed=relaxed, undone=undone)
            except BaseException:
                reader.close()
                raise
        except BaseException:
            session.close()
            raise
        super().__init__(reader, Writer(journal, address.where, bounds or GroupCommit(), patience_s), vault)
        if copy_of is None:
            self.require_finished()


def _sealed_reader(address: Address, patience_s: float, segments: str | Path | None) -> SealedReader:
    tail = PostgresReader(address, patience_s)
    where = address.segments if segments is None else segments
    try:
        return SealedReader(tail, None if where is None else place_of(where, tail.log_id))
    except BaseException:
        tail.close()
        raise
