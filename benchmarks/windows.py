"""Seventeen windows per account beside Polars, DuckDB and river, on the same payments in the same run.

Count, sum, mean and greatest amount over 1 h, 24 h, 7 d and 30 d, and distinct counterparties over 7 d. Ours and Polars and DuckDB take all
of E1M, in turn, several times; the fastest pass counts, because other work on the machine can only slow a pass down. river takes fewer
payments and fewer windows: it has no rolling maximum and no rolling distinct count over time. Rates by the clock and by processor time.

``python benchmarks/run.py --only windows``
"""

import gc
import json
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.streams import Stream, e1m
from benchmarks.window_peers import DUCKDB, POLARS, RIVER, SPANS_S, installed
from huitong.contracts import Codes, DataContract, EventBatch
from huitong.features import FeatureEngine, FeaturePlan
from huitong.features.grouping import Grouping

THREADS = 2
RIVER_ROWS = 20_000
GOALS: dict[str, float | None] = {POLARS: 1.3, DUCKDB: None, RIVER: 80}
KIND = "payment.requested"

Row = dict[str, str | int | float | None]


def _title(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}


CONTRACT = DataContract.of_table(
    {
        "kind": KIND,
        "version": 1,
        "title": _title("payment"),
        "currency": "CNY",
        "fields": {
            "account": {"type": "string", "title": _title("account"), "key": "account", "space": "account"},
            "counterparty": {"type": "string", "title": _title("counterparty"), "key": "counterparty", "space": "account"},
            "amount": {"type": "money", "title": _title("amount"), "required": True},
        },
    },
    "benchmark",
)
FEATURES = {
    f"{operation}_{over}": {operation: argument, "by": "account", "over": over}
    for over in SPANS_S
    for operation, argument in {"count": True, "sum": "amount", "mean": "amount", "max": "amount"}.items()
} | {"counterparties_7d": {"distinct": "counterparty", "by": "account", "over": "7d"}}


def batch_of(stream: Stream) -> EventBatch:
    """The payments as events, in columns."""
    names = pa.array([f"a{code}" for code in range(int(max(stream.sources.max(), stream.targets.max())) + 1)], pa.string())
    keys = {"account": Codes(stream.sources, names), "counterparty": Codes(stream.targets, names)}
    ids = pa.array([f"{row:09d}" for row in range(len(stream))], pa.string())
    return EventBatch(KIND, ids, stream.times_us, keys, {"amount": stream.amounts_minor})


def ours(plan: FeaturePlan, batch: EventBatch) -> list[npt.NDArray[np.float64]]:
    """Every row's windows, from a fresh engine, chunk by chunk."""
    return [chunk.features for chunk in FeatureEngine(plan).run([batch], threads=THREADS)]


def pace(count: int, rounds: int, work: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Rows per second of each tool, by the clock and by processor time: the fastest of several passes taken in turn."""
    best = dict.fromkeys(work, (0.0, 0.0))
    for _ in range(rounds):
        for name, run in work.items():
            gc.collect()
            clock, processor = time.perf_counter(), time.process_time()
            run()
            found = count / (time.perf_counter() - clock), count / (time.process_time() - processor)
            best[name] = max(best[name][0], found[0]), max(best[name][1], found[1])
    return best


def latencies_us(plan: FeaturePlan, batch: EventBatch, stream: Stream, events: int) -> npt.NDArray[np.float64]:
    """Microseconds of single events in process, codes and values known, after the rest of the stream; shape ``(events,)``."""
    engine = FeatureEngine(plan)
    warm = len(stream) - events
    for _ in engine.run([batch.take(np.arange(warm))], threads=THREADS):
        pass
    grouping: Grouping = engine.groupings[0]
    accounts = engine.space("account")
    sources = accounts.table(batch.keys["account"].values)[stream.sources[warm:]].tolist()
    targets = accounts.table(batch.keys["account"].values)[stream.targets[warm:]].tolist()
    grouping.key([max(sources)], True)
    values, codes, out = np.zeros((1, 1), np.int64), np.zeros((1, 1), np.int32), np.zeros((1, len(FEATURES)))
    taken = np.empty(events)
    inputs = zip(sources, targets, stream.times_us[warm:].tolist(), stream.amounts_minor[warm:].tolist(), strict=True)
    for place, (source, target, time_us, amount) in enumerate(inputs):
        started = time.perf_counter_ns()
        values[0, 0], codes[0, 0] = amount, target
        grouping.advance_one(source, time_us, True, True, time_us - grouping.program.retention_us, values, codes, out)
        taken[place] = time.perf_counter_ns() - started
    return taken / 1_000


def _turns(
    peers: dict[str, Callable[[], object]], rounds: int, own: Callable[[], object]
) -> list[tuple[int, dict[str, Callable[[], object]]]]:
    """What runs together: ours and Polars in turn, so that both see the same machine; the slow ones fewer times."""
    turns = [(rounds, {"ours": own} | ({POLARS: peers[POLARS]} if POLARS in peers else {}))]
    if DUCKDB in peers:
        turns.append((min(rounds, 2), {DUCKDB: peers[DUCKDB]}))
    if RIVER in peers:
        turns.append((1, {RIVER: peers[RIVER]}))
    return turns


def measure(quick: bool = False) -> list[Row]:
    """One row per comparison: rates of ours and the peer, their ratio; then the time of a single event.

    Args:
        quick: A twentieth of the stream and one pass, to see that everything runs.
    """
    stream = e1m(50_000) if quick else e1m()
    few = stream.head(1_000 if quick else RIVER_ROWS)
    plan = FeaturePlan.load({"features": FEATURES}, {KIND: CONTRACT}, KIND)
    batch = batch_of(stream)
    ours(plan, batch_of(stream.head(1_000)))
    peers = installed(stream, few, THREADS)
    found: dict[str, tuple[float, float]] = {}
    for rounds, work in _turns(peers, 1 if quick else 5, lambda: ours(plan, batch)):
        found |= pace(len(few if RIVER in work else stream), rounds, work)
    by_clock, by_processor = found["ours"]
    table: list[Row] = [
        {
            "measure": f"17 windows per account, {THREADS} threads" + (" (river: 8 of them, 1 thread)" if peer == RIVER else ""),
            "stream": stream.name,
            "payments_timed": len(few if peer == RIVER else stream),
            "ours_per_s": round(by_clock),
            "ours_per_cpu_s": round(by_processor),
            "peer": peer,
            "peer_per_s": round(found[peer][0]) if peer in found else None,
            "peer_per_cpu_s": round(found[peer][1]) if peer in found else None,
            "ratio": round(by_clock / found[peer][0], 2) if peer in found else None,
            "ratio_cpu": round(by_processor / found[peer][1], 2) if peer in found else None,
            "goal": goal,
        }
        for peer, goal in GOALS.items()
    ]
    taken = latencies_us(plan, batch, stream, len(stream) // 20)
    p50, p99 = np.percentile(taken, [50, 99]).tolist()
    table.append(
        {
            "measure": "17 windows, one event in process",
            "stream": stream.name,
            "events": len(taken),
            "p50_us": round(p50, 2),
            "p99_us": round(p99, 2),
            "peer": None,
            "goal": "3 / 10",
        }
    )
    return table


if __name__ == "__main__":
    for row in measure():
        print(json.dumps(row))
