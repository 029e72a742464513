"""Events a second into the log, with its tree of proofs and signed heads, beside the same rows written plainly in the same run.

The plain peers find their rows ready-made and write them, durably and as often, into one table with the id unique: ``executemany`` into
SQLite and PostgreSQL, ``COPY`` into PostgreSQL. They keep no tree and no heads, and refuse an id that is there instead of comparing it.
What remains is the price of proof. PostgreSQL is the server of ``HUITONG_TEST_POSTGRES``; where none answers, its lines say so.
Then single durable decisions (``log_calls``), a log of ten million events (``log_length``), and sealed segments (``log_segments``).

``python benchmarks/log.py``
"""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Unpack

from benchmarks.log_calls import single_decisions
from benchmarks.log_length import long_log
from benchmarks.log_payments import (
    CONTRACT,
    CONTRACTS,
    connect,
    pieces,
    postgres_address,
    postgres_missing,
    sqlite_address,
)
from benchmarks.log_segments import segments
from huitong.contracts import EventBatch
from huitong.store import LogOptions, encode_batch, make_key, make_master_key, open_log

ROWS = 500_000
ROUNDS = 3
Row = dict[str, str | int | float | None]
PlainRow = tuple[int, str, str, int, bytes]
Address = Callable[[], AbstractContextManager[str]]

TABLE = """record (
  position {int} PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, latency_ns {int} NOT NULL, payload {bytes} NOT NULL
)"""


def append(address: str, batches: Sequence[EventBatch], **options: Unpack[LogOptions]) -> None:
    """Ours: every batch a commit, with tree and heads."""
    with open_log(address, **options) as log:
        for batch in batches:
            log.append_batch(batch, CONTRACT)


def sqlite_plain(address: str, groups: Sequence[Sequence[PlainRow]]) -> None:
    """``executemany`` into SQLite, with the settings of ours."""
    with closing(sqlite3.connect(address, isolation_level=None)) as connection:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=8192"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(f"CREATE TABLE {TABLE.format(int='INTEGER', bytes='BLOB')}")
        for rows in groups:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")


def postgres_plain(address: str, groups: Sequence[Sequence[PlainRow]], *, copy: bool) -> None:
    """``executemany`` into PostgreSQL, or ``COPY``."""
    schema = address.rpartition("=")[2]
    with connect() as connection:
        connection.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}")
        connection.execute(f"CREATE TABLE {TABLE.format(int='BIGINT', bytes='BYTEA')}")
        for rows in groups:
            with connection.transaction(), connection.cursor() as cursor:
                if not copy:
                    cursor.executemany("INSERT INTO record VALUES (%s, %s, %s, %s, %s)", rows)
                    continue
                with cursor.copy("COPY record FROM STDIN (FORMAT BINARY)") as out:
                    out.set_types(["int8", "text", "text", "int8", "bytea"])
                    for row in rows:
                        out.write_row(row)


def best_s(run: Callable[[str], None], address: Address, rounds: int) -> tuple[float, float]:
    """Shortest wall and processor time of a few rounds, each into nothing."""
    times = []
    for _ in range(rounds):
        with address() as place:
            wall, processor = time.perf_counter(), time.process_time()
            run(place)
            times.append((time.perf_counter() - wall, time.process_time() - processor))
    return min(wall for wall, _ in times), min(processor for _, processor in times)


def ingest(quick: bool) -> list[Row]:
    """Events a second: into each storage, without and with encrypted names, and the plain peers."""
    batches = list(pieces(ROWS // 50 if quick else ROWS))
    groups, first = [], 0
    for batch in batches:
        payloads = encode_batch(batch, CONTRACT).to_pylist()
        groups.append([(first + row, batch.kind, one, 0, payloads[row]) for row, one in enumerate(batch.ids.to_pylist())])
        first += len(batch)
    with tempfile.TemporaryDirectory() as folder:
        signer, master = make_key(Path(folder) / "signing.pem"), make_master_key(Path(folder) / "master.key")
        vault: LogOptions = {"signer": signer, "master": master, "contracts": CONTRACTS}
        ways: list[tuple[str, str, Address, Callable[[str], None]]] = [
            ("sqlite", "log", sqlite_address, lambda at: append(at, batches, signer=signer)),
            ("sqlite", "log, two encrypted fields", sqlite_address, lambda at: append(at, batches, **vault)),
            ("sqlite", "executemany", sqlite_address, lambda at: sqlite_plain(at, groups)),
            ("postgres", "log", postgres_address, lambda at: append(at, batches, signer=signer)),
            ("postgres", "log, two encrypted fields", postgres_address, lambda at: append(at, batches, **vault)),
            ("postgres", "executemany", postgres_address, lambda at: postgres_plain(at, groups, copy=False)),
            ("postgres", "COPY", postgres_address, lambda at: postgres_plain(at, groups, copy=True)),
        ]
        missing, rows = postgres_missing(), []
        for storage, way, address, run in ways:
            row: Row = {"measure": "ingest", "storage": storage, "way": way, "rows": first}
            if storage == "postgres" and missing:
                row["skipped"] = missing
            else:
                wall, processor = best_s(run, address, 1 if quick else ROUNDS)
                row |= {"events_per_s": round(first / wall), "events_per_cpu_s": round(first / processor)}
            rows.append(row)
    return rows


def measure(quick: bool = False) -> list[Row]:
    """One row for each figure.

    Args:
        quick: A fiftieth of the rows and less, to see that everything runs.
    """
    return [*ingest(quick), *single_decisions(quick), *long_log(quick), *segments(quick)]


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
