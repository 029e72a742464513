"""Prequential evaluation: the book's splits row for row, and nothing that was not yet known."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.ai import Missing, ModelFeature, TrainingSpec
from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY, DataError, time_us
from huitong.risk.transactions.prequential import BOOK, MONTH, BoolArray, PrequentialProtocol, folds_of, prequential
from huitong.risk.transactions.published import PUBLISHED, REAL_CARDS_WARNING

SMALL = PrequentialProtocol(10 * MICROSECONDS_PER_DAY, train_days=3, delay_days=2, test_days=2, folds=2)
SPEC = TrainingSpec(
    (ModelFeature("risk", Missing.REQUIRED), ModelFeature("noise", Missing.REQUIRED)),
    "test",
    validation_share=0.0,
    calibration_share=0.0,
    rounds_max=10,
    threads=1,
)


def world(seed: int, days: int = 20, per_day: int = 100) -> tuple[Float64Array, BoolArray, Int32Array, Int64Array]:
    rng = np.random.default_rng(seed)
    times_us = np.sort(rng.integers(0, days * MICROSECONDS_PER_DAY, days * per_day))
    customer = rng.integers(0, 40, len(times_us)).astype(np.int32)
    fraud = rng.random(len(times_us)) < 0.2
    matrix = np.column_stack([fraud + rng.normal(0, 0.4, len(fraud)), rng.normal(size=len(fraud))])
    return matrix, fraud, customer, times_us


def measured(score: Float64Array, fraud: BoolArray, customer: Int32Array, day: Int32Array) -> Mapping[str, float]:
    assert len(score) == len(fraud) == len(customer)
    assert (np.diff(day) >= 0).all()
    return {"gap": float(score[fraud].mean() - score[~fraud].mean())}


@given(seed=st.integers(0, 10**6), remove=st.booleans())
def test_no_fold_trains_on_what_was_not_known_when_its_test_began(seed: int, remove: bool) -> None:
    _, fraud, customer, times_us = world(seed)
    protocol = replace(SMALL, remove_compromised=remove)
    for fold in folds_of(protocol, fraud, customer, times_us):
        assert times_us[fold.train].max() < fold.test_from_us - protocol.delay_days * MICROSECONDS_PER_DAY
        assert (times_us[fold.test] >= fold.test_from_us).all()
        assert (np.diff(fold.test) > 0).all()


@given(seed=st.integers(0, 10**6))
def test_a_customer_leaves_the_test_when_a_fraud_becomes_known_and_not_before(seed: int) -> None:
    _, fraud, customer, times_us = world(seed, per_day=12)
    delay_us = SMALL.delay_days * MICROSECONDS_PER_DAY
    everyone = list(folds_of(replace(SMALL, remove_compromised=False), fraud, customer, times_us))
    for fold, all_rows in zip(folds_of(SMALL, fraud, customer, times_us), everyone, strict=True):
        kept = set(fold.test.tolist())
        for row in all_rows.test.tolist():
            midnight = times_us[row] // MICROSECONDS_PER_DAY * MICROSECONDS_PER_DAY
            since = fold.test_from_us - delay_us - SMALL.train_days * MICROSECONDS_PER_DAY
            told = (times_us >= since) & (times_us < midnight - delay_us) & (customer == customer[row])
            assert (row in kept) == (not fraud[told].any())


def test_folds_follow_each_other_by_the_length_of_the_test() -> None:
    _, fraud, customer, times_us = world(1)
    starts = [fold.test_from_us for fold in folds_of(SMALL, fraud, customer, times_us)]
    assert starts == [10 * MICROSECONDS_PER_DAY, 12 * MICROSECONDS_PER_DAY]


def test_a_model_that_knows_something_is_told_from_one_that_does_not() -> None:
    matrix, fraud, customer, times_us = world(2)
    result = prequential(matrix, fraud, customer, times_us, protocol=SMALL, spec=SPEC, measure=measured, seeds=(1, 2))
    assert result.mean("gap") > 1
    assert result.std("gap") >= 0
    assert [fold.train_rows for fold in result.folds] == [len(fold.train) for fold in folds_of(SMALL, fraud, customer, times_us)]
    blind = prequential(matrix[:, [1, 1]], fraud, customer, times_us, protocol=SMALL, spec=SPEC, measure=measured)
    assert blind.mean("gap") < result.mean("gap")


def test_progress_is_told_after_each_model() -> None:
    matrix, fraud, customer, times_us = world(3)
    told: list[tuple[int, int]] = []
    prequential(
        matrix,
        fraud,
        customer,
        times_us,
        protocol=SMALL,
        spec=SPEC,
        measure=measured,
        seeds=(1, 2),
        progress=lambda done, number: told.append((done, number)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_fold_without_payments_is_refused() -> None:
    matrix, fraud, customer, times_us = world(4)
    late = replace(SMALL, first_test_us=time_us("2018-08-08T00:00:00Z"))
    with pytest.raises(DataError, match="fold 1 has 0 payments"):
        prequential(matrix, fraud, customer, times_us, protocol=late, spec=SPEC, measure=measured)


def test_the_books_first_fold_has_the_books_rows(shared_data: Path) -> None:
    """67,240 payments train and 58,264 test, 0.89 % and 0.66 % of them fraud: chapter 3 of the handbook prints these figures."""
    columns = ["ts", "customer_id", "fraud"]
    table = pq.read_table(shared_data / "fraud/handbook_sim.parquet", columns=columns).sort_by("ts")
    times_us = table["ts"].to_numpy().astype(np.int64) * 1_000_000 + time_us("2018-04-01T00:00:00Z")
    fraud = table["fraud"].to_numpy() == 1
    customer = table["customer_id"].to_numpy().astype(np.int32)
    first = next(folds_of(BOOK, fraud, customer, times_us))
    assert (len(first.train), len(first.test)) == (67_240, 58_264)
    assert fraud[first.test].sum() == 385
    month = next(folds_of(MONTH, fraud, customer, times_us))
    assert len(month.train) > 4 * len(first.train)
    assert month.train[-1] == first.train[-1]
    assert len(month.test) > len(first.test)


def test_published_figures_come_with_their_source_and_the_books_warning() -> None:
    assert all(result.source and result.model["zh"] and result.model["en"] for result in PUBLISHED)
    assert max(result.average_precision for result in PUBLISHED) == 0.687
    assert "7 to 15 times less" in REAL_CARDS_WARNING["en"]
    assert "7 至 15 倍" in REAL_CARDS_WARNING["zh"]
