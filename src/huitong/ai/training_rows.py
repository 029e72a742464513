"""The rows that train: checked, blanks as declared, cut by time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.ai.ensemble import Float64Array, Missing, TrainingSlice
from huitong.ai.training_spec import TrainingSpec
from huitong.kernel import DataError, Finding, InputError, Severity


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Checked input: features with blanks filled where ``imputed`` (n, f), labels (n,), times (n,), weights (n,) or None."""

    matrix: Float64Array
    labels: npt.NDArray[np.bool_]
    time_us: npt.NDArray[np.int64]
    weights: Float64Array | None

    def described(self, name: str, rows: slice) -> TrainingSlice:
        """The slice as it goes into the model's record."""
        labels, time_us = self.labels[rows], self.time_us[rows]
        return TrainingSlice(name, int(time_us[0]), int(time_us[-1]), len(labels), int(labels.sum()))


def checked_rows(
    matrix: Float64Array, labels: npt.NDArray[np.generic], time_us: npt.NDArray[np.int64], weights: Float64Array | None, spec: TrainingSpec
) -> TrainingRows:
    """The rows, if they can train at all; the arguments are left as they are.

    Raises:
        InputError: If shapes disagree, labels are not 0 or 1, times are not in order, weights are not positive or have no
            calibration after them.
        DataError: If a required feature is blank.
    """
    rows = len(matrix)
    if matrix.ndim != 2 or matrix.shape[1] != len(spec.features) or {len(labels), len(time_us)} != {rows} or labels.ndim != 1:
        raise _wrong(
            "training.rows.shape",
            f"the matrix has shape {matrix.shape} for {len(spec.features)} features, {len(labels)} labels, {len(time_us)} times",
            f"矩阵形状为 {matrix.shape}，而特征 {len(spec.features)} 个、标签 {len(labels)} 个、时间 {len(time_us)} 个",
        )
    if not np.isin(labels, (0, 1)).all():
        raise _wrong("training.rows.labels", "a label is neither 0 nor 1", "存在既非 0 也非 1 的标签")
    if (np.diff(time_us) < 0).any():
        raise _wrong("training.rows.time", "the rows are not in time order", "样本未按时间排序")
    if weights is not None and (
        weights.shape != (rows,) or not np.isfinite(weights).all() or (weights <= 0).any() or not spec.calibration_share
    ):
        raise _wrong(
            "training.rows.weights",
            "the weights are not one positive number per row, or no slice calibrates after them",
            "权重不是每行一个正数，或没有用于校准的时段",
        )
    filled = _blanks_as_declared(np.asarray(matrix, np.float64), spec)
    return TrainingRows(filled, labels.astype(bool), np.asarray(time_us, np.int64), weights)


def _blanks_as_declared(matrix: Float64Array, spec: TrainingSpec) -> Float64Array:
    blanks = np.array([np.count_nonzero(np.isnan(matrix[:, column])) for column in range(matrix.shape[1])])
    required = [feature.name for feature, count in zip(spec.features, blanks, strict=True) if count and feature.missing is Missing.REQUIRED]
    if required:
        raise DataError(
            "training.required_feature.blank",
            {"en": f"features {required} are required but blank in some rows", "zh": f"特征 {required} 声明为必需，但部分样本缺失"},
            {"en": "declare them informative or imputed, or leave those rows out", "zh": "请声明为 informative 或 imputed，或剔除这些样本"},
        )
    to_fill = [column for column, feature in enumerate(spec.features) if feature.missing is Missing.IMPUTED and blanks[column]]
    if to_fill:
        matrix = matrix.copy()
        for column in to_fill:
            fill = spec.features[column].fill
            matrix[np.isnan(matrix[:, column]), column] = fill
    return matrix


def time_slices(rows: TrainingRows, spec: TrainingSpec) -> tuple[slice, slice, slice]:
    """Training, validation and calibration rows; the last two may be empty where the spec wants none.

    Raises:
        DataError: If a slice has too few rows or positives, or no negative.
    """
    count = len(rows.labels)
    calibration = _first_of_its_time(rows.time_us, count - round(count * spec.calibration_share))
    validation = _first_of_its_time(rows.time_us, calibration - round(count * spec.validation_share))
    train = validation
    if 0 < validation < count:
        known_since = int(rows.time_us[validation]) - spec.label_delay_us
        train = min(validation, int(np.searchsorted(rows.time_us, known_since, side="right")))
    slices = slice(0, train), slice(validation, calibration), slice(calibration, count)
    wanted = True, spec.validation_share > 0, spec.calibration_share > 0
    names = (("training", "训练"), ("validation", "验证"), ("calibration", "校准"))
    for part, needed, name in zip(slices, wanted, names, strict=True):
        if needed:
            _check_slice(rows.labels[part], name, spec)
    return slices


def _first_of_its_time(time_us: npt.NDArray[np.int64], index: int) -> int:
    """Rows of one instant stay together, on the later side."""
    return int(np.searchsorted(time_us, time_us[index], side="left")) if index < len(time_us) else len(time_us)


def _check_slice(labels: npt.NDArray[np.bool_], name: tuple[str, str], spec: TrainingSpec) -> None:
    positives = int(labels.sum())
    if len(labels) >= spec.rows_min and spec.positives_min <= positives < len(labels):
        return
    raise DataError(
        "training.slice.too_small",
        {
            "en": f"the {name[0]} slice has {len(labels)} rows, {positives} of them positive; it needs {spec.rows_min} rows, "
            f"{spec.positives_min} positives and some negatives",
            "zh": f"{name[1]}时段有 {len(labels)} 行，其中正样本 {positives} 行；"
            f"至少需要 {spec.rows_min} 行、{spec.positives_min} 个正样本以及负样本",
        },
        {
            "en": "give more days or more customers, change the shares, or check the label delay and the labels",
            "zh": "请提供更长时间或更多客户的数据、调整占比，或检查标签延迟与标签本身",
        },
    )


def column_findings(matrix: Float64Array, spec: TrainingSpec) -> list[Finding]:
    """Warnings: features with one value in all training rows, which cannot tell anything.

    Raises:
        DataError: If an ``informative`` feature is never blank in these rows: a blank would later be read as zero.
    """
    blanks = [int(np.isnan(matrix[:, column]).sum()) for column in range(matrix.shape[1])]
    never = [
        feature.name for feature, count in zip(spec.features, blanks, strict=True) if feature.missing is Missing.INFORMATIVE and not count
    ]
    if never:
        raise DataError(
            "training.blank.never_seen",
            {
                "en": f"features {never} are informative but never blank in the training rows: a later blank would be read as zero",
                "zh": f"特征 {never} 声明为 informative，但训练样本中从未缺失：以后的缺失会被当作零",
            },
            {"en": "declare them required, or imputed with a value", "zh": "请声明为 required，或声明为 imputed 并给出填补值"},
        )
    return [_constant(feature.name) for column, feature in enumerate(spec.features) if _is_constant(matrix[:, column])]


def _is_constant(column: Float64Array) -> bool:
    first = column[0]
    return bool(np.isnan(column).all() if np.isnan(first) else (column == first).all())


def _constant(name: str) -> Finding:
    return Finding(
        code="training.feature.constant",
        where=name,
        text={"en": f"{name} has the same value in all training rows", "zh": f"{name} 在全部训练样本中取值相同"},
        remedy={"en": "check how it is computed, or drop it", "zh": "请检查其计算方式，或去掉该特征"},
        severity=Severity.WARNING,
    )


def _wrong(code: str, en: str, zh: str) -> InputError:
    return InputError(
        code,
        {"en": en, "zh": zh},
        {
            "en": "give a matrix (n, f), labels 0 or 1, rising times, and positive weights only with a calibration_share",
            "zh": "请给出 (n, f) 矩阵、取值 0 或 1 的标签、升序的时间；使用正权重时须设置 calibration_share",
        },
    )
