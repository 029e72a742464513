"""Where the simulated log is kept: in memory with exact crashes, or in the real SQLite adapter whose files a crash tears."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Protocol

from huitong.app.house import house_contracts
from huitong.contracts import DataContract
from huitong.kernel import Finding
from huitong.store import RecordLog, check_log
from huitong.store.check import check_records
from huitong.store.journal import Journal
from huitong.store.segments.places import place_of
from huitong.store.segments.reading import SealedReader
from huitong.store.sqlite.lock import WriterLock
from huitong.store.sqlite.schema import open_writer
from huitong.store.sqlite.storage import SqliteReader, SqliteSession
from huitong.store.storage import Reader, Session
from huitong.store.vault import LocalMasterKey, Names, Vault
from tests.simulation.chance import SimulatedClock, SimulatedSigner
from tests.simulation.faults import Faults, FaultySession
from tests.simulation.lockstep import LockstepWriter, Turns
from tests.simulation.memory import Disk, MemoryReader, MemorySession
from tests.simulation.model import LABEL, PAYMENT

CONTRACTS: dict[str, DataContract] = {**house_contracts(), **{one.kind: one for one in (PAYMENT, LABEL)}}
SECTOR_BYTES = 512
WAL_HEADER_BYTES = 32


class Place(Protocol):
    """A storage that survives a crash.

    Attributes:
        turns: Of everybody who uses it.
    """

    turns: Turns

    def open(self, master: LocalMasterKey | None) -> RecordLog:
        """Opens the log for writing, as a new process would."""
        ...

    def read(self, master: LocalMasterKey | None) -> RecordLog:
        """Opens the log for reading, as another process would."""
        ...

    def crash(self) -> None:
        """Ends the process that had the log open; what a crash leaves is there to be opened."""
        ...

    def check(self) -> tuple[Finding, ...]:
        """What ``huitong log check`` finds."""
        ...

    def holds(self, secret: bytes) -> bool:
        """Whether the storage's own files hold these bytes anywhere."""
        ...


def _without_leftovers(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """A crash may leave files of a segment that came to nothing: they are told, and harm nobody."""
    return tuple(finding for finding in findings if finding.code != "log.segment.unneeded")


def vault_of(reader: Reader, master: LocalMasterKey | None, random_bytes: Callable[[int], bytes]) -> Vault | None:
    return None if master is None else Vault(Names(reader, master, random_bytes), CONTRACTS)


class _Opening:
    """What every place does alike."""

    def __init__(self, chance: Random, faults: Faults, signer: SimulatedSigner) -> None:
        self.chance = chance
        self.faults = faults
        self.clock: SimulatedClock = faults.clock
        self.signer = signer
        self.turns = Turns(chance, lambda: faults.crashed)

    def log(self, session: Session, reader: Reader, master: LocalMasterKey | None) -> RecordLog:
        vault = vault_of(reader, master, self.chance.randbytes)
        journal = Journal(FaultySession(session, self.faults), reader, signer=self.signer, clock=self.clock, relaxed=False, vault=vault)
        writer = LockstepWriter(journal, reader.where, self.clock, self.turns)
        return RecordLog(reader, writer, vault)


class MemoryPlace(_Opening):
    """In memory."""

    def __init__(self, chance: Random, faults: Faults, signer: SimulatedSigner, folder: Path, *, late: bool) -> None:
        super().__init__(chance, faults, signer)
        self.disk = Disk(late=late)
        self._folder = folder

    def _reader(self) -> SealedReader:
        return SealedReader(MemoryReader(self.disk), place_of(self._folder, "MEMORY"))

    def open(self, master: LocalMasterKey | None) -> RecordLog:
        return self.log(MemorySession(self.disk), self._reader(), master)

    def read(self, master: LocalMasterKey | None) -> RecordLog:
        reader = self._reader()
        return RecordLog(reader, None, vault_of(reader, master, self.chance.randbytes))

    def crash(self) -> None:
        self.disk.crash()

    def check(self) -> tuple[Finding, ...]:
        return _without_leftovers(check_records(self._reader(), lambda _done, _total: None))

    def holds(self, secret: bytes) -> bool:
        return any(secret in value for value in self.disk.committed.keys.values())


class SqlitePlace(_Opening):
    """A SQLite file. A crash leaves the files as they were at some call, or in the middle of one: whatever was not synchronized by then,
    sector by sector, may be there or not.

    Args:
        chance: Of the simulation.
        faults: Of the simulation.
        signer: Signs heads.
        folder: Where the files lie; each crash goes on in a new folder below it.
        checkpoint_pages: Pages after which SQLite takes the write-ahead file over.
    """

    def __init__(self, chance: Random, faults: Faults, signer: SimulatedSigner, folder: Path, *, checkpoint_pages: int) -> None:
        super().__init__(chance, faults, signer)
        self._folder = folder
        self._checkpoint_pages = checkpoint_pages
        self._lives = 0
        self._left: tuple[bytes, bytes] = (b"", b"")
        self._dying: list[Callable[[], None]] = []
        faults.on_crash = self._torn

    @property
    def path(self) -> Path:
        return self._folder / str(self._lives) / "log.sqlite"

    def _reader(self) -> SealedReader:
        return SealedReader(SqliteReader(self.path), place_of(self._folder, "SQLITE"))

    def open(self, master: LocalMasterKey | None) -> RecordLog:
        self.path.parent.mkdir(exist_ok=True)
        lock = WriterLock(self.path, self.clock.now_us())
        try:
            connection = open_writer(self.path, self.clock.now_us(), lambda: "SQLITE")
            connection.execute(f"PRAGMA wal_autocheckpoint={self._checkpoint_pages}")
            connection.execute("PRAGMA synchronous=OFF")  # the simulation says itself what a crash leaves
            reader = self._reader()
            session = SqliteSession(connection, self.path, lock)
            self._dying += [reader.close, session.close]
            return self.log(session, reader, master)
        except BaseException:
            lock.release()
            raise

    def read(self, master: LocalMasterKey | None) -> RecordLog:
        reader = self._reader()
        return RecordLog(reader, None, vault_of(reader, master, self.chance.randbytes))

    def _files(self) -> tuple[bytes, bytes]:
        wal = self.path.with_name(self.path.name + "-wal")
        return self.path.read_bytes(), wal.read_bytes() if wal.exists() else b""

    def _torn(self, name: str, act: Callable[[], object] | None) -> None:
        before = self._files()
        if name not in ("commit", "scrub"):
            if act is not None:
                with suppress(Exception):
                    act()
            self._left = self._files()
            return
        if act is None:
            self._left = before
            return
        with suppress(Exception):  # a session that hears late of an id that is taken drops the transaction
            act()
        after = self._files()
        if self.chance.random() < 0.3:
            self._left = after
        elif before[0] != after[0] and self.chance.random() < 0.5:
            # The write-ahead file is synchronized before its pages are copied into the database, and cut only after those are.
            wal = before[1] if name == "scrub" else after[1]
            self._left = self._mixed(before[0], after[0], 0), wal
        elif name == "commit":
            self._left = before[0], self._mixed(before[1], after[1], WAL_HEADER_BYTES)
        else:
            self._left = before

    def _mixed(self, before: bytes, after: bytes, header_bytes: int) -> bytes:
        """Some sectors of ``after``, the rest of ``before``; a header that changed is there before all else."""
        mixed = bytearray(after)
        for start in range(header_bytes, len(after), SECTOR_BYTES):
            if self.chance.random() < 0.3:
                old = before[start : start + SECTOR_BYTES]
                mixed[start : start + SECTOR_BYTES] = old.ljust(len(after[start : start + SECTOR_BYTES]), b"\x00")
        mixed += before[len(after) :]
        return bytes(mixed[: self.chance.randrange(len(before), len(mixed) + 1)] if len(mixed) > len(before) else mixed)

    def crash(self) -> None:
        if not self.faults.fired or not self.faults.fired[-1].endswith(("crash", "crash_after")):
            self._left = self._files()
        for let_go in self._dying:
            let_go()
        self._dying.clear()
        shutil.rmtree(self.path.parent)
        self._lives += 1
        self.path.parent.mkdir()
        self.path.write_bytes(self._left[0])
        if self._left[1]:
            self.path.with_name(self.path.name + "-wal").write_bytes(self._left[1])

    def check(self) -> tuple[Finding, ...]:
        return _without_leftovers(check_log(self.path, segments=self._folder))

    def holds(self, secret: bytes) -> bool:
        return any(secret in content for content in self._files())
