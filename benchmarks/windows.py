"""Seventeen windows per account beside Polars, DuckDB and river, on the same payments in the same run.

Count, sum, mean and greatest amount over 1 h, 24 h, 7 d and 30 d, and distinct counterparties over 7 d. Ours and Polars and DuckDB take all
of E1M, in turn, several times; the fastest pass counts, because other work on the machine can only slow a pass down. river takes fewer
payments and fewer windows: it has no rolling maximum and no rolling distinct count over time. Rates by the clock and by processor time.

``python benchmarks/windows.py``
"""

import gc
import json
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from river import stats, utils

from benchmarks.streams import Stream, e1m
from huitong.contracts import Codes, DataContract, EventBatch
from huitong.features import FeatureEngine, FeaturePlan
from huitong.features.grouping import Grouping

THREADS = 2
SPANS_S = {"1h": 3_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000}
RIVER_ROWS = 20_000
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


def polars_frame(stream: Stream) -> pl.DataFrame:
    """The payments as Polars reads them."""
    seconds = stream.times_us // 1_000_000
    return pl.DataFrame({"src": stream.sources, "dst": stream.targets, "ts": seconds, "amount": stream.amounts_minor / 100})


def polars(frame: pl.DataFrame) -> pl.DataFrame:
    """The same by Polars' grouped rolling, its fastest form that has all seventeen."""
    ordered = frame.sort("src", "ts")
    parts = []
    for over, seconds in SPANS_S.items():
        asked = [pl.len().alias(f"n_{over}"), pl.col("amount").sum().alias(f"s_{over}"), pl.col("amount").mean().alias(f"m_{over}")]
        asked.append(pl.col("amount").max().alias(f"x_{over}"))
        if over == "7d":
            asked.append(pl.col("dst").n_unique().alias("u_7d"))
        parts.append(ordered.rolling("ts", period=f"{seconds}i", group_by="src").agg(asked).drop("src", "ts"))
    return pl.concat(parts, how="horizontal")


def duck(connection: duckdb.DuckDBPyConnection) -> None:
    """The same by DuckDB's window functions; a second's payments see each other."""
    columns, windows = [], []
    for over, seconds in SPANS_S.items():
        w = f"w{over}"
        columns.append(
            f"count(*) OVER {w} n_{over}, sum(amount) OVER {w} s_{over}, avg(amount) OVER {w} m_{over}, max(amount) OVER {w} x_{over}"
        )
        windows.append(f"{w} AS (PARTITION BY src ORDER BY ts RANGE BETWEEN {seconds - 1} PRECEDING AND CURRENT ROW)")
    columns.append("count(DISTINCT dst) OVER w7d u_7d")
    text = f"CREATE OR REPLACE TABLE answer AS SELECT {', '.join(columns)} FROM payments WINDOW {', '.join(windows)}"  # noqa: S608 -- our own words
    connection.execute(text)


def river(stream: Stream) -> float:
    """Sum and mean only, one payment at a time."""
    periods = [timedelta(seconds=seconds) for seconds in SPANS_S.values()]
    state: dict[int, list[Any]] = defaultdict(
        lambda: [utils.TimeRolling(kind, period=period) for period in periods for kind in (stats.Sum, stats.Mean)]
    )
    start, total = datetime(2026, 1, 1), 0.0  # river compares with a time without a zone
    times = [start + timedelta(microseconds=moment) for moment in stream.times_us.tolist()]
    for account, amount, moment in zip(stream.sources.tolist(), stream.amounts_minor.tolist(), times, strict=True):
        for rolling in state[account]:
            rolling.update(amount, t=moment)
            total += rolling.get()
    return total


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


def measure(quick: bool = False) -> list[Row]:
    """One row per comparison: rates of ours and the peer, their ratio; then the time of a single event.

    Args:
        quick: A tenth of the stream and one pass, to see that everything runs.
    """
    stream = e1m(100_000) if quick else e1m()
    plan = FeaturePlan.load({"features": FEATURES}, {KIND: CONTRACT}, KIND)
    batch, frame = batch_of(stream), polars_frame(stream)
    rounds = 1 if quick else 5
    ours(plan, batch_of(stream.head(1_000)))
    with duckdb.connect() as connection:
        connection.execute(f"SET threads={THREADS}")
        connection.register("frame", frame.to_arrow())
        connection.execute("CREATE TABLE payments AS SELECT * FROM frame")
        found = pace(len(stream), rounds, {"ours": lambda: ours(plan, batch), "polars": lambda: polars(frame)})
        found |= pace(len(stream), 1 if quick else 2, {"duckdb": lambda: duck(connection)})
    few = stream.head(RIVER_ROWS)
    found |= pace(len(few), 1, {"river": lambda: river(few)})
    by_clock, by_processor = found["ours"]
    table: list[Row] = [
        {
            "measure": f"17 windows per account, {THREADS} threads" + (" (river: 8 of them, 1 thread)" if peer == "river" else ""),
            "stream": stream.name,
            "payments_timed": len(stream) if peer != "river" else RIVER_ROWS,
            "ours_per_s": round(by_clock),
            "ours_per_cpu_s": round(by_processor),
            "peer": {"polars": "Polars grouped rolling", "duckdb": "DuckDB window functions", "river": "river TimeRolling"}[peer],
            "peer_per_s": round(found[peer][0]),
            "peer_per_cpu_s": round(found[peer][1]),
            "ratio": round(by_clock / found[peer][0], 2),
            "ratio_cpu": round(by_processor / found[peer][1], 2),
            "goal": {"polars": 1.3, "duckdb": None, "river": 80}[peer],
        }
        for peer in ("polars", "duckdb", "river")
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
