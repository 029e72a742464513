"""Windows against independent engines: Polars' rolling groups, DuckDB's window functions, and the handbook's published features."""

from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pytest

from huitong.contracts import Codes, Event, EventBatch, Float64Array
from huitong.features import FeatureEngine, FeaturePlan
from tests.features.world import CONTRACTS, LABEL, PAYMENT, SECOND, START, plan_of

DAY = 86_400
SPANS = {"1h": 3_600, "1d": DAY, "7d": 7 * DAY}
FEATURES: dict[str, object] = {
    f"{operation}_{over}": {operation: argument, "by": "customer", "over": over}
    for over in SPANS
    for operation, argument in {
        "count": True,
        "sum": "amount",
        "mean": "amount",
        "min": "amount",
        "max": "amount",
        "std": "amount",
        "distinct": "terminal",
    }.items()
}
COUNT = 20_000


def stream() -> pl.DataFrame:
    random = np.random.default_rng(11)
    seconds = np.sort(random.choice(14 * DAY, COUNT, replace=False))
    return pl.DataFrame(
        {
            "row": np.arange(COUNT),
            "customer": random.integers(0, 300, COUNT).astype(str),
            "terminal": random.integers(0, 40, COUNT).astype(str),
            "second": seconds,
            "minor": np.round(random.lognormal(8, 1.5, COUNT)).astype(np.int64),
        }
    )


def payments(frame: pl.DataFrame, start_us: int = START) -> EventBatch:
    keys = {role: Codes.of(frame[role].to_list()) for role in ("customer", "terminal")}
    times = start_us + frame["second"].to_numpy().astype(np.int64) * SECOND
    ids = pa.array([f"{row:09d}" for row in frame["row"].to_list()], pa.string())
    return EventBatch(PAYMENT, ids, times, keys, {"amount": frame["minor"].to_numpy()})


def ours(plan: FeaturePlan, *batches: EventBatch) -> Float64Array:
    out = np.full((len(batches[0]), len(plan.features)), np.nan)
    for chunk in FeatureEngine(plan).run(batches, chunk_rows=5_000):
        out[chunk.rows] = chunk.features
    return out


def test_windows_agree_with_polars_rolling() -> None:
    frame, plan = stream(), plan_of(FEATURES)
    out = ours(plan, payments(frame))
    amount = pl.col("minor") / 100
    for over, seconds in SPANS.items():
        expected = (
            frame.sort("second")
            .rolling("second", period=f"{seconds}i", group_by="customer")
            .agg(
                pl.col("row").last(),
                pl.len().alias("count"),
                amount.sum().alias("sum"),
                amount.mean().alias("mean"),
                amount.min().alias("min"),
                amount.max().alias("max"),
                amount.std().alias("std"),
                pl.col("terminal").n_unique().alias("distinct"),
            )
            .sort("row")
        )
        for operation in ("count", "sum", "mean", "min", "max", "std", "distinct"):
            column = out[:, plan.names.index(f"{operation}_{over}")]
            np.testing.assert_allclose(
                column, expected[operation].cast(pl.Float64).to_numpy(), rtol=1e-9, atol=1e-9, err_msg=f"{operation} {over}"
            )


def test_windows_agree_with_duckdb() -> None:
    frame, plan = stream(), plan_of(FEATURES)
    out = ours(plan, payments(frame))
    parts = []
    for over, seconds in SPANS.items():
        # DuckDB's range includes its far end; whole seconds make (t - w, t] the same as [t - w + 1, t].
        window = f"(PARTITION BY customer ORDER BY second RANGE BETWEEN {seconds - 1} PRECEDING AND CURRENT ROW)"
        parts += [
            f"count(*) OVER {window} count_{over}",
            f"sum(minor) OVER {window} / 100.0 sum_{over}",
            f"max(minor) OVER {window} / 100.0 max_{over}",
            f"min(minor) OVER {window} / 100.0 min_{over}",
            f"avg(minor) OVER {window} / 100.0 mean_{over}",
            f"count(DISTINCT terminal) OVER {window} distinct_{over}",
        ]
    with duckdb.connect() as connection:
        connection.register("frame", frame.to_arrow())
        expected = connection.sql(f"SELECT {', '.join(parts)} FROM frame ORDER BY row").to_arrow_table()  # noqa: S608 -- our own words
    for name in expected.column_names:
        column = expected[name].cast(pa.float64()).to_numpy()
        np.testing.assert_allclose(out[:, plan.names.index(name)], column, rtol=1e-9, err_msg=name)


PUBLISHED: dict[str, tuple[str, dict[str, object]]] = {}
for _days in (1, 7, 30):
    _customer = {"by": "customer", "over": f"{_days}d"}
    _terminal = {"by": "terminal", "over": f"{_days}d", "events": LABEL}
    PUBLISHED |= {
        f"CUSTOMER_ID_NB_TX_{_days}DAY_WINDOW": (f"customer_count_{_days}", {"count": True, **_customer}),
        f"CUSTOMER_ID_AVG_AMOUNT_{_days}DAY_WINDOW": (f"customer_mean_{_days}", {"mean": "amount", **_customer}),
        f"TERMINAL_ID_NB_TX_{_days}DAY_WINDOW": (f"terminal_count_{_days}", {"count": True, **_terminal}),
        f"TERMINAL_ID_RISK_{_days}DAY_WINDOW": (f"terminal_risk_{_days}", {"rate": "fraud", **_terminal}),
    }
BOOK = {**dict(PUBLISHED.values()), "is_weekend": {"calendar": "is_weekend"}, "hour": {"calendar": "hour"}}
HANDBOOK_START = 1_522_540_800 * SECOND
"""2018-04-01T00:00:00Z."""


def handbook(path: Path, first_day: int, last_day: int) -> tuple[pl.DataFrame, EventBatch, EventBatch]:
    """Some days of the handbook's payments, and their labels, which arrive a week later."""
    frame = (
        pl.read_parquet(path / "fraud" / "handbook_sim.parquet")
        .filter(pl.col("ts").is_between(first_day * DAY, last_day * DAY, closed="left"))
        .select(
            row="transaction_id",
            customer=pl.col("customer_id").cast(pl.String),
            terminal=pl.col("terminal_id").cast(pl.String),
            second="ts",
            minor=(pl.col("amount").cast(pl.Float64) * 100).round().cast(pl.Int64),
            fraud=pl.col("fraud").cast(pl.Int64),
        )
    )
    batch = payments(frame, HANDBOOK_START)
    labels = EventBatch(
        LABEL, batch.ids, batch.time_us + 7 * DAY * SECOND, {"terminal": batch.keys["terminal"]}, {"fraud": frame["fraud"].to_numpy()}
    )
    return frame, batch, labels


def test_every_published_handbook_feature_is_met_in_every_row(shared_data: Path) -> None:
    # The longest window is 30 days over labels that are 7 days late: 38 days before day 100 are enough.
    frame, batch, labels = handbook(shared_data, 62, 107)
    plan = FeaturePlan.load({"features": BOOK, "settings": {"zone": "UTC"}}, CONTRACTS, PAYMENT)
    out = ours(plan, batch, labels)
    book = pl.read_parquet(shared_data / "fraud" / "handbook_sim_features_days100_106.parquet")
    rows = frame.with_row_index("place").join(book, left_on="row", right_on="TRANSACTION_ID")
    assert len(rows) == 66_803
    found = out[rows["place"].to_numpy()]

    def column(name: str) -> npt.NDArray[np.float64]:
        return np.asarray(found[:, plan.names.index(name)])

    for published, (name, _) in PUBLISHED.items():
        # The book fills a risk of no payment with 0; its file holds float32.
        np.testing.assert_allclose(np.nan_to_num(column(name)), rows[published].to_numpy(), rtol=1e-6, atol=1e-6, err_msg=published)
    np.testing.assert_array_equal(column("is_weekend"), rows["TX_DURING_WEEKEND"].to_numpy())
    np.testing.assert_array_equal(column("hour") <= 6, rows["TX_DURING_NIGHT"].to_numpy() == 1)


def agreed(plan: FeaturePlan, batch: EventBatch, labels: EventBatch) -> int:
    """How many payments have the same bits live and in a replay; fails at the first that has not."""
    replayed = ours(plan, batch, labels)
    engine = FeatureEngine(plan)
    steps: list[tuple[int, int, str, Event, int]] = []
    for rank, part in enumerate((labels, batch)):
        events = part.events(CONTRACTS[part.kind])
        steps += [(event.time_us, rank, event.id, event, row) for row, event in enumerate(events)]
    count = 0
    for _, _, _, event, row in sorted(steps, key=lambda step: step[:3]):
        answer = engine.update(event)
        if answer is not None:
            assert np.array_equal(answer.view(np.int64), replayed[row].view(np.int64)), event.id
            count += 1
    return count


def test_a_slice_of_the_handbook_is_replayed_bit_for_bit(shared_data: Path) -> None:
    plan = FeaturePlan.load({"features": BOOK}, CONTRACTS, PAYMENT)
    _, batch, labels = handbook(shared_data, 0, 3)
    assert agreed(plan, batch, labels) == len(batch)


@pytest.mark.full
def test_the_whole_handbook_is_replayed_bit_for_bit(shared_data: Path) -> None:
    plan = FeaturePlan.load({"features": BOOK}, CONTRACTS, PAYMENT)
    _, batch, labels = handbook(shared_data, 0, 10_000)
    assert agreed(plan, batch, labels) == 1_754_155
