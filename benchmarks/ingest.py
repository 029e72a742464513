"""Events a second into the log and out of it again, beside plain sqlite3 with the same rows, in one run.

The plain peer writes the same bytes to the same table with the same settings, but finds its rows ready-made, keeps no order of its own and
never looks whether an id was there: what remains is what the log costs.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa

from huitong.contracts import Codes, DataContract, EventBatch
from huitong.store import SqliteLog, encode_batch
from huitong.store.schema import open_writer

ROWS = 500_000
BATCH_ROWS = 50_000
ROUNDS = 3
SEED = 7
_TITLE = {"en": "x", "zh": "某"}
CONTRACT = DataContract.of_table(
    {
        "kind": "payment.requested",
        "version": 1,
        "title": _TITLE,
        "currency": "CNY",
        "fields": {
            "amount": {"type": "money", "title": _TITLE, "required": True},
            "currency": {"type": "string", "title": _TITLE},
            "customer": {"type": "string", "title": _TITLE, "key": "customer"},
            "terminal": {"type": "string", "title": _TITLE, "key": "terminal"},
        },
    },
    "benchmark",
)


def payments(rows: int = ROWS, seed: int = SEED) -> EventBatch:
    """Seeded payments of 5,000 customers at 10,000 terminals."""
    rng = np.random.default_rng(seed)
    customers = pa.array([f"C{number}" for number in range(5_000)])
    terminals = pa.array([f"T{number}" for number in range(10_000)])
    return EventBatch(
        CONTRACT.kind,
        pa.array([f"hb-{number}" for number in range(rows)]),
        1_500_000_000_000_000 + np.sort(rng.integers(0, 10**13, rows)),
        {
            "customer": Codes(rng.integers(0, 5_000, rows).astype(np.int32), customers),
            "terminal": Codes(rng.integers(0, 10_000, rows).astype(np.int32), terminals),
        },
        {"amount": rng.integers(1, 10**6, rows), "currency": Codes(np.zeros(rows, np.int32), pa.array(["CNY"]))},
    )


def _pieces(batch: EventBatch) -> Iterator[EventBatch]:
    return (batch.slice(start, BATCH_ROWS) for start in range(0, len(batch), BATCH_ROWS))


def _log(path: Path, batch: EventBatch) -> None:
    with SqliteLog(path) as log:
        for piece in _pieces(batch):
            log.append_batch(piece, CONTRACT)


def _plain(path: Path, rows: list[list[tuple[str, str, None, int, bytes]]]) -> None:
    with closing(open_writer(path)) as connection:
        for piece in rows:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO record (kind, id, subject, latency_ns, payload) VALUES (?, ?, ?, ?, ?)", piece)
            connection.execute("COMMIT")


def _best_s(run: Callable[[Path], None]) -> tuple[float, float]:
    """Shortest wall and processor time of a few rounds, each in a fresh folder."""
    walls, processors = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            wall, processor = time.perf_counter(), time.process_time()
            run(Path(folder) / "log.sqlite")
            walls.append(time.perf_counter() - wall)
            processors.append(time.process_time() - processor)
    return min(walls), min(processors)


def measure(quick: bool = False) -> list[dict[str, object]]:
    """One line for each way, with events a second by the wall clock and by processor time, and the ratio to plain sqlite3.

    Args:
        quick: A twentieth of the rows, to see that everything runs.
    """
    batch = payments(ROWS // 20 if quick else ROWS)
    rows = [
        [(batch.kind, event_id, None, 0, payload) for event_id, payload in zip(ids, payloads, strict=True)]
        for ids, payloads in ((piece.ids.to_pylist(), encode_batch(piece, CONTRACT).to_pylist()) for piece in _pieces(batch))
    ]
    timed = {
        "huitong log, append in batches": _best_s(lambda path: _log(path, batch)),
        "plain sqlite3": _best_s(lambda path: _plain(path, rows)),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.sqlite"
        _log(path, batch)
        with SqliteLog(path) as log:
            wall, processor = time.perf_counter(), time.process_time()
            read = sum(len(one.batch) for one in log.read_batches(CONTRACT))
            timed["huitong log, read back as columns"] = (time.perf_counter() - wall, time.process_time() - processor)
    assert read == len(batch)
    plain = timed["plain sqlite3"][0]
    return [
        {
            "what": what,
            "rows": len(batch),
            "events_per_s": round(len(batch) / wall),
            "events_per_cpu_s": round(len(batch) / processor),
            "ratio_to_plain": round(plain / wall, 2),
        }
        for what, (wall, processor) in timed.items()
    ]


if __name__ == "__main__":
    for line in measure():
        print(line)
