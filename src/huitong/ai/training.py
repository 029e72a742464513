"""Training with LightGBM, in time order; the result no longer needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from huitong.ai.calibration import fit_platt
from huitong.ai.ensemble import Calibration, Float64Array, TrainingRecord, TreeArrays, TreeEnsemble
from huitong.ai.lightgbm_trees import trees_from_lightgbm
from huitong.ai.monotone import prove_monotone
from huitong.ai.training_rows import TrainingRows, checked_rows, column_findings, time_slices
from huitong.ai.training_spec import Parameter, TrainedModel, TrainingSpec
from huitong.kernel import DataError, Finding, InputError, Severity

if TYPE_CHECKING:
    from types import ModuleType

MONOTONE_METHODS = ("intermediate", "basic")
"""LightGBM's methods in the order they are tried: "intermediate" costs less accuracy, but a blank in another feature can slip past it;
"basic" bounds both sides of every split and cannot be passed. "advanced" breaks the sign on most data with blanks; it is never used."""

Progress = Callable[[int, int], None]
"""Called after each round with the rounds done and the most there may be."""


def train(
    matrix: Float64Array,
    labels: npt.NDArray[np.generic],
    time_us: npt.NDArray[np.int64],
    weights: Float64Array | None = None,
    *,
    spec: TrainingSpec,
    seed: int,
    progress: Progress | None = None,
) -> TrainedModel:
    """A calibrated model of the probability that the label is 1. The same rows, spec and seed give the same bytes.

    Args:
        matrix: Feature values; NaN is blank. Shape (n, f), columns as ``spec.features``.
        labels: 0 or 1. Shape (n,).
        time_us: Event times, rising. Shape (n,).
        weights: Positive row weights, for training only. Shape (n,).
        spec: What to train.
        seed: Seed of bagging and feature sampling.
        progress: Told after each round.

    Monotone signs are proved on the result; where one is broken, training starts again with the next of ``MONOTONE_METHODS``.

    Raises:
        InputError: If LightGBM is not installed, or the rows do not fit the spec (shape, labels, order, weights).
        DataError: If a slice is too small or has one class, a required feature is blank, an informative one never is, or nothing
            could be learned.
    """
    lightgbm = _lightgbm()
    rows = checked_rows(matrix, labels, time_us, weights, spec)
    slices = time_slices(rows, spec)
    findings = column_findings(rows.matrix[slices[0]], spec)
    for method in MONOTONE_METHODS:
        ensemble, held_out = _fit(lightgbm, rows, slices, spec, seed, method, progress)
        broken = [
            feature.name for feature in spec.features if feature.monotone and prove_monotone(ensemble, feature.name, feature.monotone)
        ]
        if not broken:
            break
        findings.append(_method_broke(method, broken))
    return TrainedModel(ensemble, tuple(findings), slices[1].start, held_out)


def _fit(
    lightgbm: ModuleType,
    rows: TrainingRows,
    slices: tuple[slice, slice, slice],
    spec: TrainingSpec,
    seed: int,
    method: str,
    progress: Progress | None,
) -> tuple[TreeEnsemble, Float64Array]:
    """The model, and the calibrated probabilities of the rows from the validation slice on by the trees that had not seen them."""
    fitting, validation, calibration = slices
    parameters = _parameters(spec, seed, method)
    booster, rounds, stopped_at = _grow(lightgbm, rows, fitting, validation, parameters, spec, progress)
    trees = trees_from_lightgbm(booster.dump_model(num_iteration=rounds))
    if not trees.node_feature.size:
        raise _nothing_learned()
    calibrated, metrics = _calibrate(_draft(trees, spec), rows, calibration, spec)
    held_out = replace(_draft(trees, spec), calibration=calibrated).scorer(reasons=False).probabilities(rows.matrix[validation.start :])
    if spec.refit:
        fitting = slice(0, len(rows.labels))
        booster, _, _ = _grow(lightgbm, rows, fitting, slice(0, 0), parameters, replace(spec, rounds_max=rounds), progress)
        trees = trees_from_lightgbm(booster.dump_model())
    parts = {"training": fitting, "validation": validation, "calibration": calibration}
    record = TrainingRecord(
        feature_version=spec.feature_version,
        seed=seed,
        label_delay_us=spec.label_delay_us,
        rounds=rounds,
        library=f"lightgbm {lightgbm.__version__}",
        slices=tuple(rows.described(name, part) for name, part in parts.items() if part.stop > part.start),
        parameters=parameters,
        metrics=stopped_at | metrics,
    )
    features = tuple(
        replace(feature, blanks_in_training=int(np.isnan(rows.matrix[fitting, column]).sum()))
        for column, feature in enumerate(spec.features)
    )
    return TreeEnsemble(features, trees, calibrated, record), held_out


def _method_broke(method: str, broken: list[str]) -> Finding:
    return Finding(
        code="training.monotone.method_broke",
        where=method,
        text={
            "en": f"LightGBM's monotone method {method} broke the sign of {broken}; the next stricter method was used",
            "zh": f"LightGBM 的单调方法 {method} 未能保持 {broken} 的符号；已改用更严格的方法",
        },
        remedy={
            "en": "nothing to do; declaring features required or imputed keeps blanks, the usual cause, out of the trees",
            "zh": "无需处理；将特征声明为 required 或 imputed 可避免缺失值进入树模型（常见原因）",
        },
        severity=Severity.WARNING,
    )


def _nothing_learned() -> DataError:
    return DataError(
        "training.nothing_learned",
        {"en": "no split was worth making: the features tell nothing about the label", "zh": "没有值得进行的分裂：特征与标签无关"},
        {
            "en": "check that labels and features belong together, or lower min_data_in_leaf",
            "zh": "请检查标签与特征是否对应，或降低 min_data_in_leaf",
        },
    )


def _lightgbm() -> ModuleType:
    try:
        import lightgbm  # noqa: PLC0415 - serving must work without it
    except ImportError as error:
        raise InputError(
            "training.lightgbm.missing",
            {"en": "LightGBM is not installed; it is needed for training only", "zh": "未安装 LightGBM；仅训练时需要"},
            {"en": "pip install huitong[train]", "zh": "请运行 pip install huitong[train]"},
        ) from error
    return lightgbm


def _parameters(spec: TrainingSpec, seed: int, method: str) -> dict[str, Parameter]:
    own: dict[str, Parameter] = {
        "objective": "binary",
        "metric": spec.metric,
        "num_leaves": spec.num_leaves,
        "max_depth": spec.max_depth,
        "learning_rate": spec.learning_rate,
        "min_data_in_leaf": spec.min_data_in_leaf,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": spec.threads,
        "verbosity": -1,
    }
    signs = [feature.monotone for feature in spec.features]
    if any(signs):
        own |= {"monotone_constraints": ",".join(map(str, signs)), "monotone_constraints_method": method}
    return {**spec.parameters, **own}


def _grow(
    lightgbm: ModuleType,
    rows: TrainingRows,
    fitting: slice,
    validation: slice,
    parameters: Mapping[str, Parameter],
    spec: TrainingSpec,
    progress: Progress | None,
) -> tuple[_Booster, int, dict[str, float]]:
    """The booster, the rounds to keep, and what early stopping saw."""
    # LightGBM refuses some characters in names, so columns go in by number.
    names = [f"f{column}" for column in range(rows.matrix.shape[1])]
    weights = None if rows.weights is None else rows.weights[fitting]
    data = lightgbm.Dataset(rows.matrix[fitting], rows.labels[fitting], weight=weights, feature_name=names, params=dict(parameters))
    stopping = validation.stop > validation.start
    callbacks = [_told(progress, spec.rounds_max)] if progress else []
    if stopping:
        callbacks.append(lightgbm.early_stopping(spec.early_stopping_rounds, first_metric_only=True, verbose=False))
    held_out = [data.create_valid(rows.matrix[validation], rows.labels[validation])] if stopping else []
    booster = lightgbm.train(
        dict(parameters), data, spec.rounds_max, valid_sets=held_out, valid_names=["validation"][: len(held_out)], callbacks=callbacks
    )
    rounds = booster.best_iteration if stopping and booster.best_iteration > 0 else booster.current_iteration()
    seen = {f"validation_{name}": float(value) for name, value in booster.best_score.get("validation", {}).items()}
    return booster, rounds, seen


def _told(progress: Progress, rounds_max: int) -> Callable[[_RoundDone], None]:
    return lambda done: progress(done.iteration + 1, rounds_max)


def _draft(trees: TreeArrays, spec: TrainingSpec) -> TreeEnsemble:
    return TreeEnsemble(spec.features, trees, Calibration(), TrainingRecord(spec.feature_version))


def _calibrate(draft: TreeEnsemble, rows: TrainingRows, part: slice, spec: TrainingSpec) -> tuple[Calibration, dict[str, float]]:
    if not spec.calibration_share:
        return Calibration(), {}
    raw, labels = draft.scorer(reasons=False).raw_scores(rows.matrix[part], threads=spec.threads), rows.labels[part]
    calibration = fit_platt(raw, labels)
    before, after = (
        float((np.logaddexp(0.0, odds) - labels * odds).mean()) for odds in (raw, calibration.slope * raw + calibration.intercept)
    )
    return calibration, {"calibration_log_loss_before": before, "calibration_log_loss": after}


if TYPE_CHECKING:
    from typing import Protocol

    class _Booster(Protocol):
        best_iteration: int
        best_score: dict[str, dict[str, float]]

        def dump_model(self, num_iteration: int | None = None) -> dict[str, object]: ...

        def current_iteration(self) -> int: ...

    class _RoundDone(Protocol):
        iteration: int
