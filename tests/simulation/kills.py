"""Kills a process that writes to a log, again and again, and looks each time at what is left.

``python -m tests.simulation.kills --kills 10000`` kills ten thousand; ``--postgres URL`` does it to a log in PostgreSQL.

The key to killing thousands: a process that has everything imported, has no thread and opens nothing, makes each writer, and each
observer of what a writer left, by ``fork``. A writer looks at what the one before left, and only then writes.
"""

import argparse
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from huitong.contracts import DataContract
from huitong.kernel import HuitongError
from huitong.store import RecordLog, check_log, open_log
from huitong.store.vault import LocalMasterKey
from tests.simulation.chance import SimulatedSigner
from tests.simulation.model import PAYMENT
from tests.simulation.work import Doing, do, work_of
from tests.simulation.world import root_of

KILLS_OF_A_LIFE = 20
AT_ONCE = 3
OPENING_S = 0.04
"""Within this time a writer is killed that is to be killed while it opens the log."""
CALLS_AGAIN = 2
"""A writer begins so many calls before the first that was never answered."""
CALLS_MORE = 4
"""Fewer calls than these are answered for the first time before a writer is killed."""
CALL_S = 0.005
"""Within this time after an answer a writer is killed."""
OPENED = b"\xff\xff\xff\xff"
"""What a writer says before the number of its first answered call."""
PATIENCE_S = 120
CONTRACTS: dict[str, DataContract] = {PAYMENT.kind: PAYMENT}


class Life:
    """One log and the processes that write to it, of which all but the last are killed.

    Args:
        number: Says what is written, when it is killed, whether names are concealed, and by how many threads it is written.
        address: Where the log is.
    """

    def __init__(self, number: int, address: str) -> None:
        self.number = number
        self.address = address
        self.chance = Random(number)
        self.work: list[Doing] = work_of(number)
        self.threads = 3 if number % 3 == 2 else 1
        self.vaulted = number % 2 == 1
        self.answered: set[int] = set()
        self.killed_writing = 0
        """Writers that were killed after an answer and before the last."""

    def open(self, *, writable: bool) -> RecordLog:
        """Opens the log as any process would."""
        options: dict[str, Any] = {"master": LocalMasterKey(bytes(32)), "contracts": CONTRACTS} if self.vaulted else {}
        return open_log(self.address, writable=writable, signer=SimulatedSigner(7) if writable else None, **options)

    def live(self, kills: int) -> int:
        """Kills that many writers, lets one more finish, and returns how many were killed before they were done."""
        killed = 0
        for _ in range(kills):
            killed += self.write_and_die()
            if self.chance.random() < 0.3:  # else the next writer looks, before it writes
                self.observe(self.require_answered)
        if not self.write(PATIENCE_S, len(self.work)) and len(self.answered) < len(self.work):
            raise AssertionError("the last writer did not finish")
        self.observe(self.require_whole)
        return killed

    def write_and_die(self) -> bool:
        """Lets a process write and kills it; says whether it was killed."""
        if self.chance.random() < 0.2:
            return self.write(self.chance.uniform(0.0, OPENING_S), None)
        heard = len([number for number in self.answered if number >= self._begin]) + self.chance.randrange(CALLS_MORE)
        return self.write(self.chance.uniform(0.0, CALL_S), heard)

    @property
    def _begin(self) -> int:
        """The first call that the next writer asks again: some were answered."""
        first = next((number for number in range(len(self.work)) if number not in self.answered), len(self.work))
        return max(0, first - CALLS_AGAIN)

    def write(self, killed_after_s: float, heard: int | None) -> bool:
        """Lets a process do the work from some answered calls on; says whether it was killed.

        Args:
            killed_after_s: When it is killed.
            heard: After how many answers that time begins; with ``None`` it begins at once.
        """
        answers, end = os.pipe()
        begin = self._begin

        def writer() -> None:
            with self.open(writable=True) as log:
                self._require_answered(log)
                os.write(end, OPENED)
                do(log, self.work, begin, end, self.threads)

        child = forked(writer)
        os.close(end)
        said = bytearray()
        until = time.monotonic() + PATIENCE_S
        while heard is not None and len(said) < len(OPENED) + 4 * heard and time.monotonic() < until:
            if select.select([answers], [], [], PATIENCE_S)[0]:
                more = os.read(answers, 4_096)
                if not more:
                    break
                said += more
        over = waited(child, killed_after_s)
        if over is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        elif over != 0:
            raise AssertionError("a writer failed, or what a killed one left is not as it must be")
        with os.fdopen(answers, "rb") as rest:
            said += rest.read()
        numbers = bytes(said).removeprefix(OPENED)
        self.answered |= {int.from_bytes(numbers[at : at + 4], "big") for at in range(0, len(numbers) - 3, 4)}
        self.killed_writing += over is None and 0 < len(numbers) < 4 * (len(self.work) - begin)
        return over is None

    def observe(self, look: Callable[[], None]) -> None:
        """Lets a process look at the log."""
        if waited(forked(look), PATIENCE_S) != 0:
            raise AssertionError("what a killed writer left is not as it must be")

    def require_answered(self) -> None:
        """Nothing answered is lost, nothing doubled, nothing there in half, and the tree is that of the records."""
        try:
            log = self.open(writable=False)
        except HuitongError:
            # A schema, or a file with a log's tables, is made in one transaction: before that there is nothing to look at.
            if self.answered:
                raise
            return
        with log:
            self._require_answered(log)

    def _require_answered(self, log: RecordLog) -> None:
        records = list(log.read())
        payloads = [record.payload for record in records]
        size = len(payloads)
        assert log.tree(size).root() == root_of(payloads), "the tree is not that of the records"
        assert [record.offset for record in records] == list(range(size)), "offsets have gaps"
        found = [record.content for record in records]
        findings = log.check(lambda _done, _total: None) if self._path is None else check_log(self._path)
        assert findings == (), findings
        ids = [(type(one), one.id) for one in found]
        assert len(set(ids)) == size, "a record is doubled"
        place = {one: at for at, one in enumerate(ids)}
        for number, doing in enumerate(self.work):
            there = [place[type(one), one.id] for one in doing.records if (type(one), one.id) in place]
            assert len(there) in (0, len(doing.records)), f"call {number} is there in half"
            assert there or number not in self.answered, f"call {number} was answered and is lost"
            assert there == list(range(there[0], there[0] + len(there))) if there else True, f"call {number} is torn apart"
            assert all(found[at] == one for at, one in zip(there, doing.records, strict=False)), f"call {number} reads otherwise"
        if self.threads == 1 and not self.vaulted:
            expected = [payload for doing in self.work for payload in doing.payloads]
            ends = {0, *accumulate(len(doing.records) for doing in self.work)}
            assert size in ends, "a commit is there in half"
            assert payloads == expected[:size], "the bytes are not those of an undisturbed run"

    @property
    def _path(self) -> Path | None:
        return None if "://" in self.address else Path(self.address)

    def require_whole(self) -> None:
        """All is there, once, and where one caller wrote the head is that of an undisturbed run."""
        self.require_answered()
        with self.open(writable=False) as log:
            head, size = log.head(), log.end()
            assert size == sum(len(doing.records) for doing in self.work)
            assert head is not None
            assert head.size == size
            if self.threads == 1 and not self.vaulted:
                assert log.tree().root() == root_of([payload for doing in self.work for payload in doing.payloads])


def forked(work: Callable[[], None]) -> int:
    """Starts a process that does the work; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def waited(child: int, seconds: float) -> int | None:
    """The exit status of a process, negative for a signal; ``None`` where it still runs after that time."""
    until = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        rest = until - time.monotonic()
        if rest <= 0:
            return None
        time.sleep(min(0.002, rest))


def drop(server: str, schema: str) -> None:
    """Drops what a life made."""
    import psycopg  # noqa: PLC0415 - logs in SQLite need no driver

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())


class Running(NamedTuple):
    """A life in a process of its own; two numbers come from it: how many were killed, and how many of them between two answers."""

    child: int
    address: str
    told: int

    @classmethod
    def begin(cls, number: int, server: str | None, place: str) -> "Running":
        """Lets a life begin.

        Args:
            number: Of the life.
            server: URL of a database, for a log in PostgreSQL.
            place: Folder of SQLite logs, or how the names of schemas begin.
        """
        schema = f"{place}_{number}"
        address = str(Path(place) / f"{number}.sqlite") if server is None else f"{server}?schema={schema}"
        told, end = os.pipe()

        def live() -> None:
            life = Life(number, address)
            killed = life.live(KILLS_OF_A_LIFE)
            if server is not None:
                drop(server, schema)
            os.write(end, bytes([killed, life.killed_writing]))

        child = forked(live)
        os.close(end)
        return cls(child, address, told)

    def ended(self) -> tuple[int, int] | None:
        """What came of it, once it has ended; ``None`` where something broke, of which it has told."""
        waited(self.child, PATIENCE_S)
        with os.fdopen(self.told, "rb") as told:
            said = told.read()
        return (said[0], said[1]) if said else None


def main() -> int:
    """Runs what the command line says; 0 where every life held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first life; a life that broke can be lived again")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="lives at one time: most of each is waiting")
    parser.add_argument("--folder", type=Path, help="where SQLite logs are made; a temporary folder where none is named")
    parser.add_argument("--postgres", help="URL of a database; each life makes a schema there and drops it")
    parser.add_argument("--schema", default=f"kills_{os.getpid()}", help="how the schemas' names begin")
    given = parser.parse_args()
    if given.postgres is not None:
        import huitong.store.postgres  # noqa: F401, PLC0415 - before the first fork, so that no child has to
    folder = given.folder or Path(tempfile.mkdtemp(prefix="huitong-kills-"))
    place = str(folder) if given.postgres is None else given.schema
    began, killed, writing, number = time.monotonic(), 0, 0, given.first
    running: dict[int, Running] = {}
    broken: list[str] = []
    while running or (killed < given.kills and not broken):
        while len(running) < given.at_once and killed + len(running) * KILLS_OF_A_LIFE < given.kills and not broken:
            life = Running.begin(number, given.postgres, place)
            running[life.told] = life
            number += 1
        for told in select.select(list(running), [], [])[0]:
            life = running.pop(told)
            done = life.ended()
            if done is None:
                broken.append(life.address)
                continue
            killed, writing = killed + done[0], writing + done[1]
        seconds = time.monotonic() - began
        sys.stderr.write(f"\r{killed} of {given.kills} kills, {killed / seconds:.1f}/s, {number - given.first} logs ")
    sys.stderr.write("\n")
    if broken:
        sys.stdout.write(f"what broke is at {', '.join(broken)}\n")
        return 1
    if given.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    said = f"{killed} kills, {writing} of them between two answers, {number - given.first} logs, {time.monotonic() - began:.1f} s"
    sys.stdout.write(f"{said}: nothing lost, nothing doubled\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
