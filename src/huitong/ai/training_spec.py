"""What to train, and what came out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from huitong.ai.ensemble import FEATURES_MAX, Float64Array, Missing, ModelFeature, TreeEnsemble
from huitong.kernel import Finding, InputError

Parameter = bool | int | float | str

CLASS_WEIGHTS = frozenset({"scale_pos_weight", "is_unbalance", "pos_bagging_fraction", "neg_bagging_fraction"})
"""Parameters that distort probabilities; allowed only where a later slice calibrates them back."""
PARAMETERS = CLASS_WEIGHTS | {
    "bagging_fraction",
    "bagging_freq",
    "bin_construct_sample_cnt",
    "data_sample_strategy",
    "extra_trees",
    "feature_fraction",
    "feature_fraction_bynode",
    "lambda_l1",
    "lambda_l2",
    "max_bin",
    "max_delta_step",
    "min_data_in_bin",
    "min_gain_to_split",
    "min_sum_hessian_in_leaf",
    "monotone_penalty",
    "other_rate",
    "path_smooth",
    "top_rate",
}
"""LightGBM parameters that a spec may set beyond its own fields; the others are ours, for determinism and exactness."""


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """How to train a model on rows in time order.

    The newest ``calibration_share`` of the rows calibrates, the ``validation_share`` before it stops the training, and of the older
    rows those train whose labels were known when validation began: at least ``label_delay_us`` older.

    Attributes:
        features: The columns: name, what a blank means, monotone sign.
        feature_version: Hash of the feature plan that made the columns.
        label_delay_us: How long a label takes to become known, in microseconds.
        validation_share: Share of the rows for early stopping, in [0, 1); 0 trains ``rounds_max`` rounds.
        calibration_share: Share of the rows for calibration, in [0, 1); 0 leaves the model's own probabilities.
        refit: Grow the final trees on all rows, with the number of rounds and the calibration found on the held-out slices.
        rounds_max: Most boosting rounds.
        early_stopping_rounds: Rounds without improvement before training stops.
        metric: What early stopping watches.
        num_leaves: Leaves per tree; up to 8 the reasons are fastest.
        max_depth: Depth per tree; -1 for no bound.
        learning_rate: Shrinkage of each tree.
        min_data_in_leaf: Fewest training rows in a leaf.
        parameters: Further LightGBM parameters, of those in ``PARAMETERS``.
        threads: Threads of the training; fixed, because it is part of the record.
        rows_min: Fewest rows in a slice.
        positives_min: Fewest positives in a slice.

    Raises:
        InputError: If a value is out of range, a name occurs twice, or a class weight has no calibration to undo it.
    """

    features: tuple[ModelFeature, ...]
    feature_version: str
    label_delay_us: int = 0
    validation_share: float = 0.15
    calibration_share: float = 0.15
    refit: bool = False
    rounds_max: int = 500
    early_stopping_rounds: int = 50
    metric: Literal["average_precision", "binary_logloss", "auc"] = "average_precision"
    num_leaves: int = 8
    max_depth: int = -1
    learning_rate: float = 0.05
    min_data_in_leaf: int = 20
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    threads: int = 2
    rows_min: int = 200
    positives_min: int = 20

    def __post_init__(self) -> None:
        self._check_features()
        self._check_numbers()
        unknown = sorted(set(self.parameters) - PARAMETERS)
        if unknown:
            raise _wrong(
                "training.spec.parameters",
                f"parameters {unknown} may not be set",
                f"不允许设置参数 {unknown}",
                f"allowed: {sorted(PARAMETERS)}",
                f"可用参数：{sorted(PARAMETERS)}",
            )
        weighted = sorted(set(self.parameters) & CLASS_WEIGHTS)
        if weighted and self.calibration_share == 0:
            raise _wrong(
                "training.spec.class_weights",
                f"class weights ({weighted}) without calibration give probabilities that are wrong by design",
                f"在没有校准的情况下使用类别权重（{weighted}），得到的概率必然失真",
                "drop them, or give a calibration_share",
                "请去掉类别权重，或设置 calibration_share",
            )

    def _check_features(self) -> None:
        names = [feature.name for feature in self.features]
        if not 0 < len(names) <= FEATURES_MAX or len(set(names)) != len(names):
            raise _wrong(
                "training.spec.names",
                f"there are {len(names)} feature names, some of them twice or too many",
                f"特征名共 {len(names)} 个，有重复或超出上限",
                f"give 1 to {FEATURES_MAX} different names",
                f"请给出 1 至 {FEATURES_MAX} 个互不相同的名称",
            )
        for feature in self.features:
            filled = feature.fill is not None and math.isfinite(feature.fill)
            if filled != (feature.missing is Missing.IMPUTED):
                raise _wrong(
                    "training.spec.fill",
                    f"feature {feature.name} is {feature.missing.value} with fill {feature.fill}",
                    f"特征 {feature.name} 声明为 {feature.missing.value}，fill 为 {feature.fill}",
                    "give a finite fill for imputed features, and only for them",
                    "仅对 imputed 特征给出有限的 fill 值",
                )
            if feature.monotone not in (-1, 0, 1):
                raise _wrong(
                    "training.spec.sign",
                    f"the sign of {feature.name} is {feature.monotone}",
                    f"{feature.name} 的符号为 {feature.monotone}",
                    "use -1, 0 or 1",
                    "请使用 -1、0 或 1",
                )

    def _check_numbers(self) -> None:
        ranges = {
            "label_delay_us": (0, 2**62),
            "validation_share": (0.0, 0.9),
            "calibration_share": (0.0, 0.9),
            "rounds_max": (1, 20_000),
            "early_stopping_rounds": (1, 20_000),
            "num_leaves": (2, 4_096),
            "max_depth": (-1, 64),
            "learning_rate": (1e-6, 1.0),
            "min_data_in_leaf": (1, 10**9),
            "threads": (1, 256),
            "rows_min": (1, 10**9),
            "positives_min": (1, 10**9),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise _wrong(
                    "training.spec.range",
                    f"{name} is {value}",
                    f"{name} 为 {value}",
                    f"give a value from {low} to {high}",
                    f"请给出 {low} 至 {high} 之间的值",
                )
        if self.validation_share + self.calibration_share > 0.9:
            raise _wrong(
                "training.spec.shares",
                "validation and calibration take more than nine tenths of the rows",
                "验证与校准占用了超过九成的样本",
                "give smaller shares",
                "请减小占比",
            )


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model and what was noticed while training it.

    Attributes:
        ensemble: The model.
        findings: What was noticed.
        held_out_start: First of the rows that validated or calibrated.
        held_out: Calibrated probabilities of the rows from there on, by trees that had not learned from them; what thresholds are
            chosen on. After a ``refit`` the model itself has seen these rows, so its own scores on them would flatter.
    """

    ensemble: TreeEnsemble
    findings: tuple[Finding, ...]
    held_out_start: int
    held_out: Float64Array


def _wrong(code: str, en: str, zh: str, remedy_en: str, remedy_zh: str) -> InputError:
    return InputError(code, {"en": en, "zh": zh}, {"en": remedy_en, "zh": remedy_zh})
