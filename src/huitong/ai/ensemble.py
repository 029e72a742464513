"""The model artefact: a gradient-boosted tree ensemble as frozen flat arrays, with everything needed to score and to trust it.

Structure of one tree: nodes in preorder, leaves from left to right. A child is an index local to its tree: zero or more is a node,
below zero is the leaf ``~child``. A row goes left when its value is at most the threshold; ``node_missing`` says which values count
as missing at the node, and those follow ``node_default_left``.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from huitong.kernel import DataError, PolicyError, Text

if TYPE_CHECKING:
    from huitong.ai.scorer import Scorer

Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
UInt8Array = npt.NDArray[np.uint8]
UInt64Array = npt.NDArray[np.uint64]
BoolArray = npt.NDArray[np.bool_]

FEATURES_MAX = 4_096
TREES_MAX = 20_000
NODES_MAX = 5_000_000

MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2
"""What a node takes as missing: nothing (a blank is read as zero), zero and blank, blank. LightGBM's ``missing_type``."""


class Missing(StrEnum):
    """What a blank (NaN) in a feature means; declared by the policy, never guessed by the tree library."""

    REQUIRED = "required"
    """A blank is an error: nothing is scored."""
    INFORMATIVE = "informative"
    """A blank says something; training saw blanks, and the trees learned where they go."""
    IMPUTED = "imputed"
    """A blank is replaced by the declared ``fill``, in training and in scoring."""


@dataclass(frozen=True, slots=True)
class ModelFeature:
    """One input of the model.

    Attributes:
        name: The feature's name in the policy.
        missing: What a blank means.
        fill: Value that replaces a blank where ``missing`` is ``imputed``; else None.
        monotone: 1 if the score may never fall as the value rises, -1 if it may never rise, 0 if it is free.
        blanks_in_training: Rows of the training slice in which it was blank.
    """

    name: str
    missing: Missing = Missing.REQUIRED
    fill: float | None = None
    monotone: int = 0
    blanks_in_training: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibrated log-odds = ``slope`` × raw score + ``intercept``; the slope is above zero, so the order of rows is kept."""

    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingSlice:
    """The rows of one purpose: ``start_us`` <= time <= ``end_us``."""

    name: str
    start_us: int
    end_us: int
    rows: int
    positives: int


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How the model came to be; part of its content, so it has no wall-clock time in it.

    Attributes:
        feature_version: Hash of the feature plan that made the training columns.
        seed: Seed of every random choice.
        label_delay_us: Gap left between the training rows and the next slice.
        rounds: Trees kept.
        library: Name and version of the library that grew the trees.
        slices: Time ranges, rows and positives of training, validation and calibration.
        parameters: The library's parameters, as given.
        metrics: Named results of early stopping and calibration.
    """

    feature_version: str
    seed: int = 0
    label_delay_us: int = 0
    rounds: int = 0
    library: str = ""
    slices: tuple[TrainingSlice, ...] = ()
    parameters: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class TreeArrays:
    """All trees, flat; ``t`` trees, ``n`` nodes, ``l`` leaves.

    Attributes:
        tree_node: First node of each tree, and ``n`` at the end; shape (t + 1,).
        tree_leaf: First leaf of each tree, and ``l`` at the end; shape (t + 1,).
        node_feature: Index of the feature asked; shape (n,).
        node_threshold: At most this goes left; shape (n,).
        node_missing: ``MISSING_NONE``, ``MISSING_ZERO`` or ``MISSING_NAN``; shape (n,).
        node_default_left: 1 where a missing value goes left; shape (n,).
        node_left: Left child, local; shape (n,).
        node_right: Right child, local; shape (n,).
        node_count: Training rows that reached the node; shape (n,).
        leaf_value: Log-odds added by the leaf; shape (l,).
        leaf_count: Training rows that reached the leaf; shape (l,).
    """

    tree_node: Int64Array
    tree_leaf: Int64Array
    node_feature: Int32Array
    node_threshold: Float64Array
    node_missing: UInt8Array
    node_default_left: UInt8Array
    node_left: Int32Array
    node_right: Int32Array
    node_count: Int64Array
    leaf_value: Float64Array
    leaf_count: Int64Array

    def __post_init__(self) -> None:
        for item in fields(self):
            array = np.array(getattr(self, item.name), dtype=ARRAY_DTYPES[item.name], order="C")
            array.flags.writeable = False
            object.__setattr__(self, item.name, array)
        _check_shapes(self)
        _check_trees(self)

    @property
    def tree_count(self) -> int:
        """Number of trees."""
        return len(self.tree_node) - 1


ARRAY_DTYPES: dict[str, str] = {
    "tree_node": "<i8",
    "tree_leaf": "<i8",
    "node_feature": "<i4",
    "node_threshold": "<f8",
    "node_missing": "|u1",
    "node_default_left": "|u1",
    "node_left": "<i4",
    "node_right": "<i4",
    "node_count": "<i8",
    "leaf_value": "<f8",
    "leaf_count": "<i8",
}
"""Every array of the artefact and how its numbers are stored."""


@dataclass(frozen=True, slots=True, eq=False)
class TreeEnsemble:
    """A trained model: its inputs, trees, calibration and history. Frozen; the arrays are read-only.

    Raises:
        DataError: If the parts contradict each other (a child outside its tree, a feature index without a feature …).
    """

    features: tuple[ModelFeature, ...]
    trees: TreeArrays
    calibration: Calibration
    record: TrainingRecord

    def __post_init__(self) -> None:
        _check_features(self.features)
        if self.trees.node_feature.size and int(self.trees.node_feature.max()) >= len(self.features):
            raise damaged("a node asks a feature that the model does not have", "有节点引用了模型中不存在的特征")
        if not (math.isfinite(self.calibration.slope) and math.isfinite(self.calibration.intercept) and self.calibration.slope > 0):
            raise damaged("the calibration slope is not above zero", "校准斜率不大于零")

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of a row's values."""
        return tuple(feature.name for feature in self.features)

    @property
    def digest(self) -> str:
        """SHA-256 of the artefact's canonical bytes, hexadecimal: the model's name and its version."""
        from huitong.ai.artefact import digest_of, encode  # noqa: PLC0415 - artefact builds on this file

        return digest_of(encode(self))

    def scorer(self, *, reasons: bool = True) -> "Scorer":
        """A compiled scorer; see ``Scorer``. Without ``reasons`` no contribution tables are built."""
        from huitong.ai.scorer import Scorer  # noqa: PLC0415 - the scorer builds on this file

        return Scorer(self, reasons=reasons)

    def check_features(self, names: Sequence[str], feature_version: str) -> None:
        """Makes sure that rows of the given feature plan may be scored.

        Raises:
            PolicyError: If the plan's version or its names, in order, differ from those of training.
        """
        if tuple(names) != self.feature_names:
            missing = [name for name in self.feature_names if name not in names]
            extra = [name for name in names if name not in self.feature_names]
            raise PolicyError(
                "model.features.differ",
                {
                    "en": f"the model was trained on other features: lacks {missing}, does not know {extra}, or another order",
                    "zh": f"模型训练时使用的特征不同：缺少 {missing}，不认识 {extra}，或顺序不一致",
                },
                _RETRAIN,
            )
        if feature_version != self.record.feature_version:
            raise PolicyError(
                "model.feature_version.differs",
                {
                    "en": f"the model was trained on feature version {self.record.feature_version}, the policy has {feature_version}",
                    "zh": f"模型训练所用的特征版本为 {self.record.feature_version}，策略当前为 {feature_version}",
                },
                _RETRAIN,
            )


_RETRAIN: Text = {
    "en": "train the model again on the policy's features, or restore the feature plan that it was trained on",
    "zh": "请用该策略的特征重新训练模型，或恢复训练时的特征方案",
}


def damaged(en: str, zh: str) -> DataError:
    """The error of an artefact whose content cannot be a model."""
    return DataError(
        "model.damaged",
        {"en": f"the model is damaged: {en}", "zh": f"模型已损坏：{zh}"},
        {"en": "restore the file from a copy, or train again", "zh": "请从备份恢复文件，或重新训练"},
    )


def _check_features(features: tuple[ModelFeature, ...]) -> None:
    names = [feature.name for feature in features]
    if not names or len(names) > FEATURES_MAX or len(set(names)) != len(names):
        raise damaged(f"{len(names)} features, or a name twice", f"特征数为 {len(names)}，或名称重复")
    for feature in features:
        filled = feature.fill is not None and math.isfinite(feature.fill)
        if filled != (feature.missing is Missing.IMPUTED) or feature.monotone not in (-1, 0, 1):
            raise damaged(f"feature {feature.name} is declared inconsistently", f"特征 {feature.name} 的声明自相矛盾")


def _check_shapes(trees: TreeArrays) -> None:
    nodes, leaves = len(trees.node_feature), len(trees.leaf_value)
    counts = {name: len(getattr(trees, name)) for name in ARRAY_DTYPES}
    lengths_agree = all(count == nodes for name, count in counts.items() if name.startswith("node_"))
    lengths_agree = lengths_agree and len(trees.leaf_count) == leaves and len(trees.tree_leaf) == len(trees.tree_node)
    if not lengths_agree or not 2 <= len(trees.tree_node) <= TREES_MAX + 1 or nodes > NODES_MAX:
        raise damaged("its arrays have lengths that do not fit", "数组长度互不相符或超出上限")
    node_steps, leaf_steps = np.diff(trees.tree_node), np.diff(trees.tree_leaf)
    ends_fit = trees.tree_node[0] == 0 == trees.tree_leaf[0] and trees.tree_node[-1] == nodes and trees.tree_leaf[-1] == leaves
    if not ends_fit or (node_steps < 0).any() or (leaf_steps != node_steps + 1).any():
        raise damaged("its trees overlap or have gaps", "树之间存在重叠或空隙")
    if not np.isfinite(trees.leaf_value).all() or np.isnan(trees.node_threshold).any():
        raise damaged("a leaf or a threshold is not a number", "叶值或阈值不是有效数字")
    if (trees.node_missing > MISSING_NAN).any() or (trees.node_default_left > 1).any() or (trees.node_feature < 0).any():
        raise damaged("a node has an unknown kind", "存在未知类型的节点")
    if (trees.node_count <= 0).any() or (trees.leaf_count < 0).any():
        raise damaged("a node was reached by no training row", "存在没有任何训练样本到达的节点")


def _check_trees(trees: TreeArrays) -> None:
    """Children must be in preorder, leaves from left to right: then every walk ends, and inside its own tree."""
    for tree in range(trees.tree_count):
        first = int(trees.tree_node[tree])
        node_count = int(trees.tree_node[tree + 1]) - first
        left = trees.node_left[first : first + node_count].tolist()
        right = trees.node_right[first : first + node_count].tolist()
        pending, next_node, next_leaf = [0 if node_count else -1], 0, 0
        while pending:
            child = pending.pop()
            if child < 0:
                if ~child != next_leaf:
                    raise damaged(f"tree {tree} is not a tree", f"第 {tree} 棵树的结构无效")
                next_leaf += 1
                continue
            if child != next_node or next_node >= node_count:
                raise damaged(f"tree {tree} is not a tree", f"第 {tree} 棵树的结构无效")
            next_node += 1
            pending += [right[child], left[child]]
        if next_node != node_count:
            raise damaged(f"tree {tree} is not a tree", f"第 {tree} 棵树的结构无效")
