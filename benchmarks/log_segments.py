"""Sealed segments: what a payment takes on the disk, and how fast a replay reads it, beside the original Parquet file.

The peer is what a replay from a file does: Parquet read under a mapping and checked against the data contract (``huitong.data``). A bare
read of the same file into columns, which checks nothing, stands beside it for information. Both are measured with names in clear, as they
are in the file, and encrypted: such a name is longer and does not compress. A replay reads encrypted names from pages of the key ring,
whose bytes are counted; names that are on none it opens one by one, with two decryptions each, which is measured as well.

``python benchmarks/log_segments.py``
"""

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.log_payments import CONTRACT, CONTRACTS, pieces
from huitong.contracts import Codes, EventBatch
from huitong.data import TableMapping, read_table
from huitong.kernel import SystemClock
from huitong.store import FileSigner, LogOptions, MasterKey, make_key, make_master_key, open_log
from huitong.store.vault.pages import drop_all

ROWS = 1_000_000
ROUNDS = 3
Row = dict[str, str | int | float | None]
MAPPING = TableMapping.of_table(
    {
        "kind": CONTRACT.kind,
        "title": {"en": "x", "zh": "某"},
        "id": {"column": "id"},
        "time": {"column": "time_us", "unit": "us"},
        "fields": {
            "amount": {"column": "amount", "unit": "minor"},
            "currency": {"column": "currency"},
            "customer": {"column": "customer"},
            "account": {"column": "account"},
        },
    },
    "benchmark",
)


def parquet(path: Path, batches: list[EventBatch]) -> None:
    """The payments as a bank might keep them in a file."""
    tables = []
    for batch in batches:
        columns = {**batch.keys, **batch.data}
        arrays = {name: column.dictionary().cast(pa.string()) if isinstance(column, Codes) else column for name, column in columns.items()}
        tables.append(pa.table({"id": batch.ids, "time_us": batch.time_us, **arrays}))
    pq.write_table(pa.concat_tables(tables), path, compression="zstd")


def sealed(folder: Path, batches: list[EventBatch], master: MasterKey | None) -> tuple[float, float, float]:
    """Makes a log in which everything is sealed; bytes for each payment in rows, in segments, and for names on pages."""
    path, signer, rows = folder / "log.sqlite", make_key(folder / "signing.pem"), sum(map(len, batches))
    options: LogOptions = {"signer": signer, "master": master, "contracts": CONTRACTS}
    with open_log(path, **options) as log:
        for batch in batches:
            log.append_batch(batch, CONTRACT)
    in_rows = path.stat().st_size
    with open_log(path, **options) as log:
        files = [file for segment in log.seal(CONTRACTS, keep_rows=0) for file in segment.files]
        on_pages = sum(len(value) for space in ("page", "paged") for value in log.reader.kept(space).values())
    assert sum(file.rows for file in files) == rows
    return in_rows / rows, sum(file.bytes for file in files) / rows, on_pages / rows


def drop_pages(folder: Path, master: MasterKey) -> None:
    """Leaves names to be opened one by one."""
    with open_log(folder / "log.sqlite", signer=FileSigner(folder / "signing.pem"), master=master, contracts=CONTRACTS) as log:
        log.write(lambda journal: drop_all(journal.session))


def best_s(run: Callable[[], int], rows: int, rounds: int) -> tuple[float, float]:
    """Shortest time of a few readings, each of all rows, by the clock and of the processor."""
    clock, processor = [], []
    for _ in range(rounds):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        assert run() == rows
        clock.append(time.perf_counter() - begin)
        processor.append(time.process_time() - begin_cpu)
    return min(clock), min(processor)


def from_segments(folder: Path, master: MasterKey | None) -> int:
    """Reads the log as a replay does that has just opened it."""
    with open_log(folder / "log.sqlite", writable=False, master=master, contracts=CONTRACTS) as log:
        return sum(len(part.batch) for part in log.read_batches(CONTRACT))


def segments(quick: bool) -> list[Row]:
    """Disk and reading, without and with encrypted names.

    Args:
        quick: Few payments.
    """
    rows, rounds = (20_000, 1) if quick else (ROWS, ROUNDS)
    batches, found = list(pieces(rows)), []
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "payments.parquet"
        parquet(file, batches)
        checked = best_s(lambda: len(read_table(file, MAPPING, CONTRACT, None, SystemClock()).events), rows, rounds)
        bare, _ = best_s(lambda: len(pq.read_table(file, read_dictionary=["customer", "account", "currency"])), rows, rounds)

        def replayed(names: str, folder: Path, master: MasterKey | None) -> Row:
            ours = best_s(partial(from_segments, folder, master), rows, rounds)
            by_clock, by_cpu = ((round(rows / mine), round(rows / theirs)) for mine, theirs in zip(ours, checked, strict=True))
            speed: Row = {"segments_per_s": by_clock[0], "parquet_per_s": by_clock[1], "bare_per_s": round(rows / bare)}
            cpu: Row = {"segments_per_cpu_s": by_cpu[0], "parquet_per_cpu_s": by_cpu[1]}
            return {"measure": "segments, replay", "names": names, "rows": rows, **speed, **cpu}

        for names in ("in clear", "encrypted"):
            folder = Path(temporary) / names
            folder.mkdir()
            master = make_master_key(folder / "master.key") if names == "encrypted" else None
            in_rows, in_segments, on_pages = sealed(folder, batches, master)
            disk: Row = {"bytes_per_payment_rows": round(in_rows), "bytes_per_payment": round(in_segments, 1)}
            disk["bytes_per_payment_pages"] = round(on_pages, 1)
            found += [{"measure": "segments, disk", "names": names, "rows": rows, **disk}, replayed(names, folder, master)]
            if master is not None:
                drop_pages(folder, master)
                found.append(replayed("encrypted, on no page", folder, master))
    return found


if __name__ == "__main__":
    for line in segments(quick=False):
        print(json.dumps(line))
