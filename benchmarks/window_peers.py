"""The same windows by Polars, DuckDB and river, each as its manual would have it done; whichever of them is installed."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks.streams import Stream

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SPANS_S = {"1h": 3_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000}
POLARS, DUCKDB, RIVER = "Polars grouped rolling", "DuckDB window functions", "river TimeRolling"


def polars_frame(stream: Stream) -> "pl.DataFrame":
    """The payments as Polars reads them."""
    import polars as pl  # noqa: PLC0415 -- a peer, only where it is installed

    seconds = stream.times_us // 1_000_000
    return pl.DataFrame({"src": stream.sources, "dst": stream.targets, "ts": seconds, "amount": stream.amounts_minor / 100})


def polars(frame: "pl.DataFrame") -> "pl.DataFrame":
    """The same by Polars' grouped rolling, its fastest form that has all seventeen."""
    import polars as pl  # noqa: PLC0415 -- a peer, only where it is installed

    ordered = frame.sort("src", "ts")
    parts = []
    for over, seconds in SPANS_S.items():
        asked = [pl.len().alias(f"n_{over}"), pl.col("amount").sum().alias(f"s_{over}"), pl.col("amount").mean().alias(f"m_{over}")]
        asked.append(pl.col("amount").max().alias(f"x_{over}"))
        if over == "7d":
            asked.append(pl.col("dst").n_unique().alias("u_7d"))
        parts.append(ordered.rolling("ts", period=f"{seconds}i", group_by="src").agg(asked).drop("src", "ts"))
    return pl.concat(parts, how="horizontal")


def duck(connection: "duckdb.DuckDBPyConnection") -> None:
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
    from river import stats, utils  # noqa: PLC0415 -- a peer, only where it is installed

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


def installed(stream: Stream, few: Stream, threads: int) -> dict[str, Callable[[], object]]:
    """One pass of each peer that is installed: over ``stream``, river over ``few`` payments. Polars takes ``POLARS_MAX_THREADS``."""
    found: dict[str, Callable[[], object]] = {}
    if find_spec("polars"):
        frame = polars_frame(stream)
        found[POLARS] = lambda: polars(frame)
    if find_spec("duckdb"):
        import duckdb  # noqa: PLC0415 -- a peer, only where it is installed

        connection = duckdb.connect()
        connection.execute(f"SET threads={threads}")
        seconds = stream.times_us // 1_000_000
        columns = {"src": stream.sources, "dst": stream.targets, "ts": seconds, "amount": stream.amounts_minor / 100}
        connection.register("frame", pa.table(columns))
        connection.execute("CREATE TABLE payments AS SELECT * FROM frame")
        found[DUCKDB] = lambda: duck(connection)
    if find_spec("river"):
        found[RIVER] = lambda: river(few)
    return found
