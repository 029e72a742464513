"""A log worth moving, and everything that is in one."""

import sqlite3
from pathlib import Path

from huitong.kernel import FixedClock
from huitong.store import FileSigner, RecordLog, make_key, open_log
from huitong.store.merkle import Tile
from huitong.store.moving import Copied, copy_log
from huitong.store.storage import Head, Kept, Stored
from huitong.store.vault.names import Name
from tests.store.build import CONTRACT, batch, decision, event
from tests.store.test_vault import CONTRACTS, EVENTS, MASTER, NOW_US

PERSON = Name("customer", "Customer-Li")
Everything = tuple[str, list[Stored], list[Kept], list[Head], list[Tile | None], bytes]


def at(second: int, address: str, signer: FileSigner | None, *, relaxed: bool = False) -> RecordLog:
    clock = FixedClock(1_000_000 * second)
    return open_log(address, signer=signer, clock=clock, master=MASTER, contracts=CONTRACTS, relaxed=relaxed)


def make_log(folder: Path) -> tuple[str, FileSigner]:
    """A log with events, decisions, names, a forgotten person, relaxed records and four heads; its edge is in no full tile."""
    address, signer = str(folder / "source.sqlite"), make_key(folder / "key.pem")
    with at(1, address, signer) as log:
        log.append_batch(batch(700, start=10), CONTRACT)
        log.append_events(EVENTS)
    with at(2, address, signer, relaxed=True) as log:
        for number in range(1_000, 1_020):
            log.append_decision(event(number), decision(number))
    with at(3, address, signer) as log:
        log.persons.forget(PERSON, "request", "forgotten-1", NOW_US)
    with at(4, address, signer) as log:
        log.append_decision(None, decision(2))
    return address, signer


def everything(address: str) -> Everything:
    with open_log(address, writable=False) as log:
        read, rows = log.reader, list(log.rows())
        tiles = [read.tile(0, index) for index in range(len(rows) // 256)]
        plain = [row._replace(relaxed=bool(row.relaxed)) for row in rows]
        return log.id, plain, read.ring(limit=10_000), read.heads(limit=10_000), tiles, log.root()


def copied(source: str, target: str) -> Copied:
    with open_log(source, writable=False) as log:
        return copy_log(log, target)


def tampered(path: str, statement: str) -> None:
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    for _, made in triggers:
        connection.execute(made)
    connection.commit()
    connection.close()
