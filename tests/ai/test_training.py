"""Training: cut by time, seeded, calibrated on a later slice, and refused where it would mislead."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from huitong.ai import Missing, ModelFeature, TrainedModel, TrainingSpec, prove_monotone, train
from huitong.ai.ensemble import Float64Array, Int64Array
from huitong.kernel import MICROSECONDS_PER_DAY, DataError, HuitongError, InputError, Severity

ROWS = 12_000
DAYS = 60
FEATURES = (
    ModelFeature("amount", monotone=1),
    ModelFeature("年龄: days", monotone=-1),
    ModelFeature("ratio", Missing.INFORMATIVE),
    ModelFeature("score", Missing.IMPUTED, fill=-1.0),
    ModelFeature("noise"),
)
SPEC = TrainingSpec(
    FEATURES, "plan 1", label_delay_us=7 * MICROSECONDS_PER_DAY, rounds_max=60, early_stopping_rounds=15, learning_rate=0.1, threads=1
)

Rows = tuple[Float64Array, Int64Array, Int64Array]


def bank_rows(seed: int = 1, count: int = ROWS) -> Rows:
    """A bank's days: amounts, days since opening, a ratio blank for newcomers, an outside score sometimes missing, noise."""
    rng = np.random.default_rng(seed)
    time_us = np.sort(rng.integers(0, DAYS * MICROSECONDS_PER_DAY, count))
    matrix = np.column_stack(
        [rng.lognormal(3, 1, count), rng.exponential(200, count), rng.normal(1, 0.5, count), rng.normal(size=(count, 2))]
    )
    newcomer = rng.random(count) < 0.15
    matrix[newcomer, 2] = np.nan
    matrix[rng.random(count) < 0.1, 3] = np.nan
    odds = np.log(matrix[:, 0]) - matrix[:, 1] / 200 + 1.5 * newcomer + np.nan_to_num(matrix[:, 3], nan=-1.0) - 6.0
    labels = (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return matrix, labels, time_us


@cache
def trained() -> TrainedModel:
    return train(*bank_rows(), spec=SPEC, seed=5)


def refused(error: type[HuitongError], code: str, *rows: object, spec: TrainingSpec = SPEC) -> HuitongError:
    with pytest.raises(error) as caught:
        train(*rows, spec=spec, seed=1)  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.code == code
    return caught.value


def test_the_same_rows_spec_and_seed_give_the_same_bytes_and_another_seed_does_not() -> None:
    spec = replace(SPEC, parameters={"bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.8}, rounds_max=20)
    first, second, other = (train(*bank_rows(), spec=spec, seed=seed).ensemble.digest for seed in (5, 5, 6))
    assert first == second != other


def test_the_number_of_threads_changes_no_tree() -> None:
    two = train(*bank_rows(), spec=replace(SPEC, threads=2), seed=5).ensemble
    assert two.trees.leaf_value.tobytes() == trained().ensemble.trees.leaf_value.tobytes()


def test_training_leaves_its_input_as_it_was() -> None:
    rows = bank_rows()
    train(*rows, spec=replace(SPEC, rounds_max=3), seed=1)
    for after, before in zip(rows, bank_rows(), strict=True):
        assert after.tobytes() == before.tobytes()


def test_slices_follow_each_other_and_training_labels_were_known_when_validation_began() -> None:
    training, validation, calibration = trained().ensemble.record.slices
    assert (training.name, validation.name, calibration.name) == ("training", "validation", "calibration")
    assert training.end_us + SPEC.label_delay_us <= validation.start_us <= validation.end_us < calibration.start_us
    assert (validation.rows, calibration.rows) == pytest.approx((ROWS * 0.15, ROWS * 0.15), abs=2)
    assert training.rows < ROWS * 0.7


def test_rows_of_one_instant_are_never_parted() -> None:
    matrix, labels, time_us = bank_rows()
    hours = time_us // (6 * MICROSECONDS_PER_DAY) * 6 * MICROSECONDS_PER_DAY
    training, validation, calibration = train(matrix, labels, hours, spec=replace(SPEC, rounds_max=3), seed=1).ensemble.record.slices
    assert training.end_us < validation.start_us
    assert validation.end_us < calibration.start_us


def test_rows_in_the_gap_teach_nothing() -> None:
    matrix, labels, time_us = bank_rows()
    training, validation, _ = trained().ensemble.record.slices
    gap = (time_us > training.end_us) & (time_us < validation.start_us)
    assert gap.sum() > 100
    matrix[gap] = 0.0
    labels[gap] = 1 - labels[gap]
    assert train(matrix, labels, time_us, spec=SPEC, seed=5).ensemble.digest == trained().ensemble.digest


def test_the_record_holds_what_is_needed_to_train_again() -> None:
    record = trained().ensemble.record
    assert (record.feature_version, record.seed, record.label_delay_us) == ("plan 1", 5, SPEC.label_delay_us)
    assert record.library.startswith("lightgbm ")
    assert record.parameters["monotone_constraints_method"] in {"intermediate", "basic"}
    assert record.rounds == trained().ensemble.trees.tree_count
    assert {"validation_average_precision", "calibration_log_loss", "calibration_log_loss_before"} <= set(record.metrics)


def test_early_stopping_keeps_the_best_round_and_progress_is_told_after_each() -> None:
    told: list[tuple[int, int]] = []
    spec = replace(
        SPEC, rounds_max=400, learning_rate=0.5, early_stopping_rounds=5, features=tuple(replace(f, monotone=0) for f in FEATURES)
    )
    ensemble = train(*bank_rows(), spec=spec, seed=1, progress=lambda done, most: told.append((done, most))).ensemble
    assert told == [(round_, 400) for round_ in range(1, len(told) + 1)]
    assert ensemble.trees.tree_count == len(told) - 5 < 400


def test_probabilities_are_calibrated_on_rows_that_were_never_seen() -> None:
    matrix, labels, _ = bank_rows(seed=2)
    probability = trained().ensemble.scorer().probabilities(matrix)
    assert probability.mean() == pytest.approx(labels.mean(), rel=0.15)
    risky = probability > np.quantile(probability, 0.9)
    assert probability[risky].mean() == pytest.approx(labels[risky].mean(), rel=0.15)


def test_class_weights_distort_the_raw_score_and_calibration_undoes_it() -> None:
    spec = replace(SPEC, parameters={"scale_pos_weight": 20.0})
    ensemble = train(*bank_rows(), spec=spec, seed=1).ensemble
    matrix, labels, _ = bank_rows(seed=2)
    raw = ensemble.scorer().raw_scores(matrix)
    assert (1 / (1 + np.exp(-raw))).mean() > 2 * labels.mean()
    assert ensemble.scorer().probabilities(matrix).mean() == pytest.approx(labels.mean(), rel=0.2)


def test_row_weights_count_in_training() -> None:
    weights = np.where(np.arange(ROWS) % 2, 1.0, 3.0)
    assert train(*bank_rows(), weights, spec=SPEC, seed=5).ensemble.digest != trained().ensemble.digest


def test_without_held_out_slices_all_rows_train_all_rounds() -> None:
    spec = replace(SPEC, validation_share=0.0, calibration_share=0.0, rounds_max=12)
    ensemble = train(*bank_rows(), spec=spec, seed=1).ensemble
    assert [part.rows for part in ensemble.record.slices] == [ROWS]
    assert (ensemble.trees.tree_count, ensemble.calibration.slope, ensemble.calibration.intercept) == (12, 1.0, 0.0)


def test_a_refit_grows_the_same_rounds_on_all_rows_and_keeps_the_calibration() -> None:
    refit = train(*bank_rows(), spec=replace(SPEC, refit=True), seed=5).ensemble
    assert refit.record.slices[0].rows == ROWS
    assert refit.trees.tree_count == trained().ensemble.trees.tree_count
    assert refit.calibration == trained().ensemble.calibration
    assert refit.trees.leaf_value.tobytes() != trained().ensemble.trees.leaf_value.tobytes()


def test_the_signs_of_the_spec_hold_and_are_remembered() -> None:
    ensemble = trained().ensemble
    assert [feature.monotone for feature in ensemble.features] == [1, -1, 0, 0, 0]
    assert prove_monotone(ensemble, "amount", 1) == prove_monotone(ensemble, "年龄: days", -1) == []


def test_where_lightgbm_breaks_a_sign_training_falls_back_to_the_method_that_cannot_and_says_so() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(2_000, 3)).round(1)
    odds = sum(rng.normal() * np.sin(rng.uniform(1, 4) * matrix[:, i] + matrix[:, j]) for i in range(3) for j in range(3)) + matrix[:, 0]
    labels = (odds > np.median(odds)).astype(np.int64)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    features = tuple(ModelFeature(f"wave {index}", Missing.INFORMATIVE, monotone=1) for index in range(3))
    spec = TrainingSpec(features, "plan 1", validation_share=0.0, calibration_share=0.0, rounds_max=20, learning_rate=0.1)
    model = train(matrix, labels, np.arange(2_000), spec=spec, seed=1)
    assert [finding.code for finding in model.findings] == ["training.monotone.method_broke"]
    assert model.ensemble.record.parameters["monotone_constraints_method"] == "basic"
    assert [prove_monotone(model.ensemble, feature.name, 1) for feature in features] == [[], [], []]


def test_a_constant_feature_is_a_warning() -> None:
    matrix, labels, time_us = bank_rows()
    matrix[:, 4] = 3.0
    (finding,) = (
        f for f in train(matrix, labels, time_us, spec=replace(SPEC, rounds_max=3), seed=1).findings if f.code.endswith("constant")
    )
    assert (finding.where, finding.severity) == ("noise", Severity.WARNING)


def changed(change: Callable[[Float64Array, Int64Array, Int64Array], object]) -> Rows:
    rows = bank_rows()
    change(*rows)
    return rows


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (changed(lambda _x, y, _t: y.__setitem__(3, 2)), "training.rows.labels"),
        (changed(lambda _x, _y, t: t.__setitem__(3, 0)), "training.rows.time"),
        ((np.zeros((5, 4)), np.zeros(5), np.arange(5)), "training.rows.shape"),
        ((np.zeros((5, 5)), np.zeros(4), np.arange(5)), "training.rows.shape"),
        ((np.zeros((5, 5)), np.full(5, np.nan), np.arange(5)), "training.rows.labels"),
        ((*bank_rows(), -np.ones(ROWS)), "training.rows.weights"),
        ((*bank_rows(), np.ones(3)), "training.rows.weights"),
    ],
    ids=["label 2", "time", "width", "length", "blank label", "negative weight", "few weights"],
)
def test_rows_that_do_not_fit_are_refused(rows: tuple[object, ...], code: str) -> None:
    refused(InputError, code, *rows)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (changed(lambda x, _y, _t: x.__setitem__((7, 0), np.nan)), "training.required_feature.blank"),
        (changed(lambda x, _y, _t: x.__setitem__((slice(None), 2), 1.0)), "training.blank.never_seen"),
        (changed(lambda _x, y, _t: y.fill(0)), "training.slice.too_small"),
        (changed(lambda _x, y, _t: y.fill(1)), "training.slice.too_small"),
        (changed(lambda _x, y, _t: y.__setitem__(slice(-1_800, None), 0)), "training.slice.too_small"),
        (bank_rows(count=900), "training.slice.too_small"),
        ((np.empty((0, 5)), np.empty(0, np.int64), np.empty(0, np.int64)), "training.slice.too_small"),
    ],
    ids=["required blank", "never blank", "no positives", "no negatives", "no late positives", "few rows", "no rows"],
)
def test_data_that_cannot_teach_are_refused(rows: tuple[object, ...], code: str) -> None:
    refused(DataError, code, *rows)


def test_a_label_delay_longer_than_the_data_says_that_training_has_no_rows() -> None:
    error = refused(DataError, "training.slice.too_small", *bank_rows(), spec=replace(SPEC, label_delay_us=DAYS * MICROSECONDS_PER_DAY))
    assert "training slice has 0 rows" in error.cause["en"]


def test_features_without_information_are_refused() -> None:
    spec = replace(SPEC, features=(ModelFeature("same"),))
    matrix, labels, time_us = bank_rows()
    refused(DataError, "training.nothing_learned", np.ones((len(matrix), 1)), labels, time_us, spec=spec)


@pytest.mark.parametrize(
    "change",
    [
        {"features": ()},
        {"features": (ModelFeature("a"), ModelFeature("a"))},
        {"features": (ModelFeature("a", Missing.IMPUTED),)},
        {"features": (ModelFeature("a", fill=1.0),)},
        {"features": (ModelFeature("a", Missing.IMPUTED, fill=float("nan")),)},
        {"features": (ModelFeature("a", monotone=2),)},
        {"parameters": {"objective": "regression"}},
        {"parameters": {"monotone_constraints_method": "advanced"}},
        {"parameters": {"is_unbalance": True}, "calibration_share": 0.0},
        {"validation_share": 0.5, "calibration_share": 0.5},
        {"rounds_max": 0},
        {"learning_rate": float("nan")},
        {"label_delay_us": -1},
    ],
    ids=str,
)
def test_a_spec_that_would_mislead_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        replace(SPEC, **change)  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.code.startswith("training.spec.")


def test_row_weights_without_calibration_are_refused() -> None:
    refused(InputError, "training.rows.weights", *bank_rows(), np.ones(ROWS), spec=replace(SPEC, calibration_share=0.0))


def test_without_lightgbm_training_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    error = refused(InputError, "training.lightgbm.missing", *bank_rows())
    assert "pip install huitong[train]" in error.remedy["en"]
    assert "pip install huitong[train]" in error.remedy["zh"]
