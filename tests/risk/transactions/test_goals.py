"""What issue 3 promises on the handbook's payments, computed end to end by the shipped policy; minutes, so only with --full."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from huitong.app.training import training_spec
from huitong.contracts import DataContract, Float64Array, Int32Array
from huitong.data import TableMapping, read_table
from huitong.decisions.policy import load_policy
from huitong.evaluation.metrics import average_precision, rank_scores
from huitong.features import FeatureEngine
from huitong.kernel import FixedClock, time_us
from huitong.risk.transactions import BOOK, MONTH, prequential, shipped
from huitong.risk.transactions.prequential import BoolArray


def measured(score: Float64Array, fraud: BoolArray, customer: Int32Array, day: Int32Array) -> Mapping[str, float]:
    assert len(customer) == len(day)
    estimate = average_precision(rank_scores(score, fraud))
    assert estimate is not None
    return {"average_precision": estimate.value}


@pytest.mark.full
def test_the_policy_reaches_075_by_the_books_protocol_and_079_with_a_month(shared_data: Path, tmp_path: Path) -> None:
    files = shipped()
    contracts = {contract.kind: contract for contract in map(DataContract.load, files["contracts"])}
    folder = next(path for path in files["policies"] if path.name == "card_payments")
    loaded = load_policy(folder, contracts, tmp_path / "models", tmp_path / "cache")
    mapping = TableMapping.load(next(path for path in files["mappings"] if path.stem == "handbook"))
    clock = FixedClock(time_us("2026-06-01T00:00:00Z"))
    parquet = shared_data / "fraud/handbook_sim.parquet"
    intake = read_table(parquet, mapping, contracts["payment.requested"], contracts["payment.labelled"], clock)
    assert intake.events is not None
    assert intake.labels is not None
    setting = loaded.program.settings.model
    assert setting is not None
    engine = FeatureEngine(loaded.plan, {name: {} for name in loaded.plan.lists_needed})
    matrix = np.empty((len(intake.events), len(setting.features)))
    for chunk in engine.run([intake.events, intake.labels]):
        matrix[chunk.rows] = chunk.features[:, loaded.program.model_columns]
    order = np.argsort(intake.events.time_us, kind="stable")
    fraud = np.asarray(intake.labels.data["fraud"])[order] == 1
    customer, times_us = intake.events.keys["customer"].codes[order], intake.events.time_us[order]
    spec = training_spec(setting, loaded.plan.version)
    spec = replace(spec, validation_share=0.0, calibration_share=0.0, label_delay_us=0, refit=False)
    for protocol, goal in ((BOOK, 0.75), (MONTH, 0.79)):
        result = prequential(matrix[order], fraud, customer, times_us, protocol=protocol, spec=spec, measure=measured, seeds=(7,))
        assert result.mean("average_precision") >= goal
