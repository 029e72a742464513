"""Prequential evaluation of a policy's model: trained on the past, tested on weeks whose labels it could not know."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from huitong import evaluation as ev
from huitong.app.labels import labels_of
from huitong.app.progress import Progress
from huitong.app.sources import Taken
from huitong.app.training import training_spec
from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.decisions.policy import LoadedPolicy, wrong
from huitong.decisions.replay import feature_matrix
from huitong.evaluation.metrics import average_precision, card_precision, rank_scores, roc_auc
from huitong.features import FeatureEngine
from huitong.kernel import MICROSECONDS_PER_DAY, Text, time_text
from huitong.risk.transactions import BOOK, MONTH, PrequentialProtocol, PrequentialResult, prequential
from huitong.risk.transactions.prequential import BoolArray

CARDS_PER_DAY = 100

_TITLES: tuple[tuple[PrequentialProtocol, Text], ...] = (
    (
        BOOK,
        {
            "zh": "书中方案：训练 7 天、延迟 7 天、检验 7 天，剔除已知被盗客户",
            "en": "the book's protocol: 7 days of training, 7 of delay, 7 of test, customers known as compromised removed",
        },
    ),
    (
        MONTH,
        {
            "zh": "银行的做法：训练 30 天、延迟 7 天、检验 7 天，不剔除任何客户",
            "en": "as a bank would: 30 days of training, 7 of delay, 7 of test, nobody removed",
        },
    ),
)


def rolling_evaluation(
    loaded: LoadedPolicy, engine: FeatureEngine, taken: Taken, first_training_us: int, *, threads: int, progress: Progress
) -> list[ev.Prequential]:
    """The policy's model under the book's protocol and under a bank's.

    Args:
        loaded: The policy; its trained model plays no part, each fold trains its own.
        engine: A fresh feature engine of its plan.
        taken: Events of every kind.
        first_training_us: Midnight at which the book's first fold begins to train, µs UTC (the book's: 2018-07-25).
        threads: Threads for the features.
        progress: Told how far it is.

    Raises:
        PolicyError: If the policy has no model.
        DataError: If the events do not cover the folds.
    """
    setting = loaded.program.settings.model
    if setting is None:
        raise wrong(loaded.program.settings.name, "has no [model]", "没有 [model]")
    ordered = {kind: batch.in_time_order() for kind, batch in taken.batches.items() if kind in loaded.plan.kinds}
    events = ordered[loaded.plan.decides]
    fraud = labels_of(events, taken.batches.get(loaded.program.settings.labels_kind or ""), loaded.program.settings).label == 1
    first_test_us = first_training_us + (BOOK.train_days + BOOK.delay_days) * MICROSECONDS_PER_DAY
    protocols = [(replace(protocol, first_test_us=first_test_us), title) for protocol, title in _TITLES]
    keep = _needed(events.time_us, [protocol for protocol, _ in protocols])
    matrix = feature_matrix(
        engine,
        list(ordered.values()),
        keep,
        loaded.program.model_columns,
        threads=threads,
        told=lambda done, total: progress("features", done, total),
    )
    rows = np.flatnonzero(keep)
    customer, times_us = events.keys["customer"].codes[rows], events.time_us[rows]
    spec = replace(
        training_spec(setting, loaded.inputs_version), validation_share=0.0, calibration_share=0.0, label_delay_us=0, refit=False
    )
    results = []
    for number, (protocol, title) in enumerate(protocols):

        def told(done: int, total: int, number: int = number) -> None:
            progress("rolling", number * total + done, len(protocols) * total)

        result = prequential(
            matrix,
            fraud[rows],
            customer,
            times_us,
            protocol=protocol,
            spec=spec,
            measure=_measures,
            seeds=(setting.training.seed,),
            progress=told,
        )
        results.append(ev.Prequential(title, [_fold(result, place) for place in range(len(result.folds))]))
    return results


def _needed(time_us: Int64Array, protocols: list[PrequentialProtocol]) -> BoolArray:
    starts = [one.first_test_us - (one.delay_days + one.train_days) * MICROSECONDS_PER_DAY for one in protocols]
    stops = [one.first_test_us + one.folds * one.test_days * MICROSECONDS_PER_DAY for one in protocols]
    needed: BoolArray = (time_us >= min(starts)) & (time_us < max(stops))
    return needed


def _measures(score: Float64Array, fraud: BoolArray, customer: Int32Array, day: Int32Array) -> Mapping[str, float]:
    ranked = rank_scores(score, fraud)
    precision, area = average_precision(ranked), roc_auc(ranked)
    cards = card_precision(score, fraud, customer, day, CARDS_PER_DAY)
    return {
        "average_precision": math.nan if precision is None else precision.value,
        "roc_auc": math.nan if area is None else area.value,
        "card_precision_100": math.nan if cards.mean is None else cards.mean,
    }


def _fold(result: PrequentialResult, place: int) -> ev.Fold:
    fold, protocol = result.folds[place], result.protocol
    train_until_us = fold.test_from_us - protocol.delay_days * MICROSECONDS_PER_DAY
    train_from_us = train_until_us - protocol.train_days * MICROSECONDS_PER_DAY
    test_until_us = fold.test_from_us + protocol.test_days * MICROSECONDS_PER_DAY
    measures = fold.measures
    return ev.Fold(
        train_from=_date(train_from_us),
        train_to=_date(train_until_us - 1),
        test_from=_date(fold.test_from_us),
        test_to=_date(test_until_us - 1),
        payments=fold.test_rows,
        frauds=fold.test_fraud,
        average_precision=measures["average_precision"],
        roc_auc=measures["roc_auc"],
        card_precision_100=measures["card_precision_100"],
    )


def _date(moment_us: int) -> str:
    return time_text(moment_us)[:10]
