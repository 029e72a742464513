"""Prequential evaluation: train on the past, skip the days whose labels are not yet known, test the next week, roll on.

Source: Le Borgne, Siblini, Lebichot & Bontempi (2022), Reproducible Machine Learning for Credit Card Fraud Detection, chapter 5,
"Validation strategies", and chapter 3 for the customers who are taken out of the test.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from huitong.ai import Scorer, TrainingSpec, train
from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY, DataError, time_us

BoolArray = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Progress = Callable[[int, int], None]
"""Called after each model with the models trained and their number."""


class Measure(Protocol):
    """Measures scores against the truth; ``huitong.evaluation`` has the functions, the composition root brings both together."""

    def __call__(self, score: Float64Array, fraud: BoolArray, customer: Int32Array, day: Int32Array) -> Mapping[str, float]:
        """Measures by name; rows are in time order, ``day`` never falls."""
        ...


@dataclass(frozen=True, slots=True)
class PrequentialProtocol:
    """Which days train, which are skipped, which test.

    Attributes:
        first_test_us: Midnight at which the first fold's test begins, µs UTC.
        train_days: Days that train.
        delay_days: Days between training and test, for labels to arrive.
        test_days: Days that test; each fold begins so much later than the one before.
        folds: Number of folds.
        remove_compromised: Take customers out of the test whose fraud is known by then: those with a fraud in the training
            days, and from day to day those whose fraud has become known since.
    """

    first_test_us: int
    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7
    folds: int = 4
    remove_compromised: bool = True


BOOK = PrequentialProtocol(time_us("2018-08-08T00:00:00Z"))
"""The handbook's: training from 2018-07-25, four folds, the last one trained from 2018-08-15."""
MONTH = replace(BOOK, train_days=30, remove_compromised=False)
"""What a bank would do: a month of training, and nobody taken out of the test."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold: rows that train, rows that test, both in time order."""

    number: int
    test_from_us: int
    train: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What came out of one fold.

    Attributes:
        test_from_us: Midnight at which its test begins, µs UTC.
        train_rows: Payments that trained.
        train_fraud: Fraudulent ones among them.
        test_rows: Payments that tested.
        test_fraud: Fraudulent ones among them.
        measures: By name.
    """

    test_from_us: int
    train_rows: int
    train_fraud: int
    test_rows: int
    test_fraud: int
    measures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PrequentialResult:
    """All folds of one protocol."""

    protocol: PrequentialProtocol
    folds: tuple[FoldResult, ...]

    def mean(self, measure: str) -> float:
        """Mean over the folds."""
        return float(np.mean([fold.measures[measure] for fold in self.folds]))

    def std(self, measure: str) -> float:
        """Standard deviation over the folds, with ``n`` in the divisor, as the book prints it."""
        return float(np.std([fold.measures[measure] for fold in self.folds]))


def folds_of(protocol: PrequentialProtocol, fraud: BoolArray, customer: Int32Array, times_us: Int64Array) -> Iterator[Fold]:
    """The folds, earliest first.

    Args:
        protocol: Which days do what.
        fraud: What turned out to be true, shape ``(n,)``.
        customer: Customer codes from 0, shape ``(n,)``.
        times_us: Times of the payments, rising, shape ``(n,)``.
    """
    for number in range(protocol.folds):
        test_from = protocol.first_test_us + number * protocol.test_days * MICROSECONDS_PER_DAY
        train_until = test_from - protocol.delay_days * MICROSECONDS_PER_DAY
        first = int(np.searchsorted(times_us, train_until - protocol.train_days * MICROSECONDS_PER_DAY))
        last = int(np.searchsorted(times_us, train_until))
        test = np.concatenate(list(_test_days(protocol, test_from, fraud, customer, times_us)))
        yield Fold(number, test_from, np.arange(first, last), test)


def _test_days(
    protocol: PrequentialProtocol, test_from: int, fraud: BoolArray, customer: Int32Array, times_us: Int64Array
) -> Iterator[Rows]:
    """Rows of each day of a test. A fraud of day d is known on the morning of day d + delay + 1, as in the book's own code."""
    known = np.zeros(int(customer.max(initial=-1)) + 1, np.bool_)
    delay_us = protocol.delay_days * MICROSECONDS_PER_DAY
    since = test_from - delay_us - protocol.train_days * MICROSECONDS_PER_DAY
    for day in range(protocol.test_days):
        start = test_from + day * MICROSECONDS_PER_DAY
        rows = np.arange(*np.searchsorted(times_us, [start, start + MICROSECONDS_PER_DAY]))
        if protocol.remove_compromised:
            told = slice(*np.searchsorted(times_us, [since, start - delay_us]))
            known[customer[told][fraud[told]]] = True
            rows = rows[~known[customer[rows]]]
        yield rows


def prequential(
    matrix: Float64Array,
    fraud: BoolArray,
    customer: Int32Array,
    times_us: Int64Array,
    *,
    protocol: PrequentialProtocol,
    spec: TrainingSpec,
    measure: Measure,
    seeds: Sequence[int] = (1,),
    progress: Progress | None = None,
) -> PrequentialResult:
    """Trains and tests a model in each fold.

    Args:
        matrix: Features as they were at each payment, shape ``(n, f)``, columns as ``spec.features``.
        fraud: What turned out to be true, shape ``(n,)``.
        customer: Customer codes from 0, shape ``(n,)``.
        times_us: Times of the payments, rising, shape ``(n,)``.
        protocol: Which days do what.
        spec: How a model is trained.
        measure: What is measured on the test.
        seeds: One model each; their log-odds are averaged, which is the same as one ensemble with all their trees.
        progress: Told after each model.

    Raises:
        DataError: If a fold has no rows to train or to test on, or as ``huitong.ai.train``.
    """
    results: list[FoldResult] = []
    for fold in folds_of(protocol, fraud, customer, times_us):
        if not len(fold.train) or not len(fold.test):
            raise _no_rows(fold)
        score = np.zeros(len(fold.test))
        for done, seed in enumerate(seeds, 1):
            model = train(matrix[fold.train], fraud[fold.train], times_us[fold.train], spec=spec, seed=seed).ensemble
            probability = Scorer(model, reasons=False).probabilities(matrix[fold.test])
            score += np.log(probability) - np.log1p(-probability)
            if progress is not None:
                progress(fold.number * len(seeds) + done, protocol.folds * len(seeds))
        day = (times_us[fold.test] // MICROSECONDS_PER_DAY).astype(np.int32)
        measures = measure(score / len(seeds), fraud[fold.test], customer[fold.test], day)
        train_fraud, test_fraud = int(fraud[fold.train].sum()), int(fraud[fold.test].sum())
        results.append(FoldResult(fold.test_from_us, len(fold.train), train_fraud, len(fold.test), test_fraud, measures))
    return PrequentialResult(protocol, tuple(results))


def _no_rows(fold: Fold) -> DataError:
    return DataError(
        "prequential.fold.empty",
        {
            "en": f"fold {fold.number + 1} has {len(fold.train)} payments to train and {len(fold.test)} to test on",
            "zh": f"第 {fold.number + 1} 折有 {len(fold.train)} 笔训练支付、{len(fold.test)} 笔测试支付",
        },
        {"en": "give payments of all its days, or another first test day", "zh": "请提供其全部日期的支付数据，或更换首个测试日"},
    )
