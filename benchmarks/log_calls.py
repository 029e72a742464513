"""Durable single decisions of 64 callers at once: each waits until its event and its decision are on the disk.

With 64 callers and n decisions a second a call takes 64/n seconds on average, whatever the log does: 8 ms at 8,000 a second.

``python benchmarks/log_calls.py``
"""

import json
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.log_payments import decided, postgres_address, postgres_missing, sqlite_address
from huitong.contracts import Decision, Event
from huitong.store import make_key, open_log

CALLERS = 64
DECISIONS = 40_000
Row = dict[str, str | int | float | None]


def calls(address: str, work: Sequence[tuple[Event, Decision]], folder: Path) -> tuple[float, float, npt.NDArray[np.float64]]:
    """Wall and processor time of all, and how long each call took in ms."""
    taken = np.zeros(len(work))
    with open_log(address, signer=make_key(folder / "signing.pem")) as log:
        start = threading.Barrier(CALLERS + 1)

        def caller(number: int) -> None:
            start.wait()
            for place in range(number, len(work), CALLERS):
                begin = time.perf_counter()
                log.append_decision(*work[place])
                taken[place] = 1_000 * (time.perf_counter() - begin)

        threads = [threading.Thread(target=caller, args=(number,)) for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        wall, processor = time.perf_counter(), time.process_time()
        start.wait()
        for thread in threads:
            thread.join()
        times = time.perf_counter() - wall, time.process_time() - processor
        assert log.end() == 2 * len(work)
    return *times, taken


def single_decisions(quick: bool) -> list[Row]:
    """One row for each storage; the calmest of two passes.

    Args:
        quick: Few decisions.
    """
    work = [decided(number) for number in range(1_000 if quick else DECISIONS)]
    rows: list[Row] = []
    for storage, address in (("sqlite", sqlite_address), ("postgres", postgres_address)):
        row: Row = {"measure": "decisions", "storage": storage, "callers": CALLERS, "decisions": len(work)}
        missing = postgres_missing() if storage == "postgres" else None
        if missing:
            rows.append(row | {"skipped": missing})
            continue
        passes = []
        for _ in range(1 if quick else 2):
            with address() as place, tempfile.TemporaryDirectory() as folder:
                passes.append(calls(place, work, Path(folder)))
        wall, processor, taken = min(passes, key=lambda one: one[0])
        rows.append(
            row
            | {
                "decisions_per_s": round(len(work) / wall),
                "decisions_per_cpu_s": round(len(work) / processor),
                "p50_ms": round(float(np.percentile(taken, 50)), 2),
                "p99_ms": round(float(np.percentile(taken, 99)), 2),
            }
        )
    return rows


if __name__ == "__main__":
    for line in single_decisions(quick=False):
        print(json.dumps(line))
