"""Starts a log over any storage: the same steps for each adapter, and nothing left open where one of them fails."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypedDict

from huitong.contracts import DataContract
from huitong.kernel import Clock, SystemClock, ulid
from huitong.store import errors
from huitong.store.checkpoint import Signer
from huitong.store.journal import Journal
from huitong.store.segments.places import place_of
from huitong.store.segments.reading import SealedReader
from huitong.store.storage import Reader, Session
from huitong.store.vault import FindMaster, MasterKey, Vault, vault_of
from huitong.store.writer import PATIENCE_S, GroupCommit, Writer

COPY_SPACE = "copy"
"""Space of the key ring that says of a log that it is a copy which is not finished."""


class LogOptions(TypedDict, total=False):
    """How a log is opened; what is not given is as said first.

    Attributes:
        writable: True. Whether this process writes. One process may; any number may read meanwhile.
        bounds: Of a group commit.
        clock: The system's. For the note of who writes, and the time of heads.
        signer: Signs heads of the tree; without one there are none.
        master: Wraps the keys under which names of persons are encrypted; without one names are written as they come. Or what finds it.
        contracts: Data contracts by kind, which say what identifies a person.
        relaxed: False. Whether an append may be acknowledged before it is on the disk; each record then says so.
        segments: Where sealed records are: a folder, or a URL such as ``s3://bucket/prefix``. Of a SQLite file, ``segments`` beside it.
        copy_of: Identity of the log that this one becomes a copy of, if it is new; an unfinished copy opens only so.
        patience_s: 30. How long a call waits for a storage that went away.
        upgrading: Told how many records of how many a log of an earlier version has been walked through.
        owner: Number of the process that this one writes for, which it outlives by no more than what it was asked.
    """

    writable: bool
    bounds: GroupCommit | None
    clock: Clock | None
    signer: Signer | None
    master: MasterKey | FindMaster | None
    contracts: Mapping[str, DataContract] | None
    relaxed: bool
    segments: str | Path | None
    copy_of: str | None
    patience_s: float
    upgrading: Callable[[int, int], None]
    owner: int | None


Started = tuple[SealedReader, Writer | None, Vault | None]
"""What a log is made of: its readers' side, its writer, and who conceals names."""


def start(
    where: str, options: LogOptions, open_reader: Callable[[], SealedReader], open_session: Callable[[int, str, bool], Session]
) -> Started:
    """The parts of a log.

    Args:
        where: Path or address, for messages.
        options: How it is opened.
        open_reader: Opens the readers' side.
        open_session: Opens the writer's side, told the time in microseconds, the log's identity if it is new, and whether its commits may
            be acknowledged before they are durable.

    Raises:
        DataError: If it is a copy of another log that stopped half-way.
    """
    clock, relaxed = options.get("clock") or SystemClock(), options.get("relaxed", False)
    writer: Writer | None = None
    with ExitStack() as opened:  # a log that does not open leaves no connection behind, and no lock
        session: Session | None = None
        if options.get("writable", True):
            now_us = clock.now_us()
            session = open_session(now_us, options.get("copy_of") or ulid(now_us, os.urandom), relaxed)
            opened.callback(session.close)
        reader = open_reader()
        opened.callback(reader.close)
        if options.get("copy_of") is None and reader.kept(COPY_SPACE):
            raise errors.unfinished(where)
        vault = vault_of(reader, options.get("master"), options.get("contracts"))
        if session is not None:
            journal = Journal(session, reader, signer=options.get("signer"), clock=clock, relaxed=relaxed, vault=vault)
            writer = Writer(journal, where, options.get("bounds") or GroupCommit(), options.get("patience_s", PATIENCE_S))
        opened.pop_all()
    return reader, writer, vault


def sealed_over(tail: Reader, segments: str | Path | None) -> SealedReader:
    """Reads a storage and its segments; closes the storage where those cannot be.

    Args:
        tail: The storage's own reader.
        segments: Where its segments are, if anybody said.
    """
    try:
        return SealedReader(tail, None if segments is None else place_of(segments, tail.log_id))
    except BaseException:
        tail.close()
        raise
