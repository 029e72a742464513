"""Scoring a model: probabilities and exact reasons, one row or many, the same bits either way."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Literal

import numpy as np

from huitong.ai import block_kernels, row_kernels
from huitong.ai.calibration import sigmoid
from huitong.ai.ensemble import Float64Array, Missing, TreeEnsemble, UInt64Array
from huitong.ai.nodes import FILL_KEEP, FILL_REQUIRED, FILL_VALUE, node_kinds
from huitong.ai.tables import SMALL_LEAVES_MAX, ReasonTables, build_tables
from huitong.kernel import DataError, InputError, PolicyError

OnMissing = Literal["raise", "mark"]

CHUNK_ROWS = 16_384
"""Rows handed to one compiled call; also the most that is copied when a matrix is not in C order."""
THREADS_MAX = 64

_TREATMENT = {Missing.REQUIRED: FILL_REQUIRED, Missing.INFORMATIVE: FILL_KEEP, Missing.IMPUTED: FILL_VALUE}


class Scorer:
    """A compiled ensemble. Safe to share between threads; holds no state that a call changes.

    Contributions are in calibrated log-odds: they and ``base`` sum to ``log(p / (1 - p))``. They are the TreeSHAP contributions to
    the raw score times the slope of the calibration, as ``base`` is the expected raw score times the slope plus the intercept.

    A blank (NaN) is treated as each feature declares. A blank in a ``required`` feature raises; a batch may ``mark`` such rows
    instead: their results are NaN, and whoever asks must not read NaN as "below the threshold".

    Args:
        ensemble: The model.
        reasons: Build the tables that ``explain`` and ``contributions`` need.

    Raises:
        PolicyError: If the tables of reasons would be too large (see ``build_tables``).
    """

    def __init__(self, ensemble: TreeEnsemble, *, reasons: bool = True) -> None:
        trees = ensemble.trees
        self.ensemble = ensemble
        self.feature_names = ensemble.feature_names
        self._width = len(ensemble.features)
        self._slope, self._intercept = ensemble.calibration.slope, ensemble.calibration.intercept
        treatment = np.array([_TREATMENT[feature.missing] for feature in ensemble.features], np.uint8)
        fill = np.array([0.0 if feature.fill is None else feature.fill for feature in ensemble.features])
        # Private writable copies: numba compiles a second version of every kernel for read-only arrays.
        child = np.ascontiguousarray(np.stack([trees.node_right, trees.node_left], axis=1))
        self._nodes = (treatment, fill, trees.node_feature.copy(), trees.node_threshold.copy(), node_kinds(trees), child)
        self._values = _value_tables(ensemble)
        self._keep = _node_keeps(ensemble)
        self._tables: ReasonTables | None = build_tables(trees) if reasons else None
        self._leaf_value = trees.leaf_value.copy()

    @property
    def base(self) -> float:
        """Calibrated log-odds from which the contributions start: those of the mean training row's raw score."""
        return self._slope * self._reason_tables().base + self._intercept

    def probability(self, row: Float64Array) -> float:
        """Calibrated probability of one row.

        Args:
            row: Feature values in the order of ``ensemble.feature_names``; NaN is blank. Shape (f,).

        Raises:
            InputError: If the row has another length.
            DataError: If a required feature is blank.
        """
        row = self._row(row)
        raw = row_kernels.raw_score_row(row, *self._nodes, *self._values)
        if math.isnan(raw):
            raise self._blank(row)
        return sigmoid(self._slope * raw + self._intercept)

    def explain(self, row: Float64Array) -> tuple[float, Float64Array, float]:
        """Probability of one row, every feature's contribution to its log-odds (shape (f,)), and the base they start from.

        Raises:
            InputError: If the row has another length.
            DataError: If a required feature is blank.
            PolicyError: If the scorer was made without reasons.
        """
        row = self._row(row)
        tables = self._reason_tables()
        contributions = np.zeros(self._width)
        raw = row_kernels.explain_row(
            row, *self._nodes, self._leaf_value, tables.tree, tables.leaf, tables.condition, tables.slot, tables.table, contributions
        )
        if math.isnan(raw):
            raise self._blank(row)
        contributions *= self._slope
        return sigmoid(self._slope * raw + self._intercept), contributions, self._slope * tables.base + self._intercept

    def explained(self, matrix: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Probabilities of a few rows, shape (n,), and contributions, shape (n, f): the same bits as ``explain`` row by row.

        Where a required feature is blank, both are NaN.

        Raises:
            InputError: If the matrix has another width.
            PolicyError: If the scorer was made without reasons.
        """
        matrix = _plain(self._matrix(matrix))
        tables = self._reason_tables()
        contributions, scores = np.zeros((len(matrix), self._width)), np.empty(len(matrix))
        reasons = (tables.tree, tables.leaf, tables.condition, tables.slot, tables.table)
        if len(matrix) == 1:  # a block would be worked through for 64 rows
            scores[0] = row_kernels.explain_row(matrix[0], *self._nodes, self._leaf_value, *reasons, contributions[0])
        else:
            block_kernels.explain_rows(matrix, *self._nodes[:-1], self._leaf_value, *reasons, contributions, scores)
        contributions *= self._slope
        block_kernels.probabilities_in_place(scores, self._slope, self._intercept)
        return scores, contributions

    def probabilities(self, matrix: Float64Array, *, on_missing: OnMissing = "raise", threads: int = 1) -> Float64Array:
        """Calibrated probabilities of many rows; the same bits as ``probability`` row by row, for any number of threads.

        Args:
            matrix: Rows of feature values. Shape (n, f).
            on_missing: With a blank in a required feature: ``raise``, or ``mark`` the row's result as NaN.
            threads: Threads that share the rows.

        Raises:
            InputError: If the matrix has another width.
            DataError: If a required feature is blank and ``on_missing`` is ``raise``.
        """
        scores = self.raw_scores(matrix, on_missing=on_missing, threads=threads)
        block_kernels.probabilities_in_place(scores, self._slope, self._intercept)
        return scores

    def raw_scores(self, matrix: Float64Array, *, on_missing: OnMissing = "raise", threads: int = 1) -> Float64Array:
        """Uncalibrated sums of leaf values; arguments and errors as ``probabilities``. Shape (n,)."""
        matrix = self._matrix(matrix)
        out = np.empty(len(matrix))
        if len(matrix) == 1:  # a block would be scored for 64 rows
            out[0] = row_kernels.raw_score_row(_plain(matrix[0]), *self._nodes, *self._values)
            self._mind_blanks(matrix, out, on_missing)
            return out

        def score(start: int, stop: int) -> None:
            block_kernels.raw_score_rows(_plain(matrix[start:stop]), *self._nodes, *self._values, self._keep, out[start:stop])

        self._in_chunks(score, len(matrix), threads)
        self._mind_blanks(matrix, out, on_missing)
        return out

    def contributions(self, matrix: Float64Array, *, on_missing: OnMissing = "raise", threads: int = 1) -> Float64Array:
        """Contributions of every feature to the calibrated log-odds of many rows; arguments and errors as ``probabilities``.

        Returns:
            Shape (n, f); the same bits as ``explain`` row by row.
        """
        matrix = self._matrix(matrix)
        tables = self._reason_tables()
        out, raw = np.zeros((len(matrix), self._width)), np.empty(len(matrix))

        def explain(start: int, stop: int) -> None:
            block_kernels.explain_rows(
                _plain(matrix[start:stop]), *self._nodes[:-1], self._leaf_value, tables.tree, tables.leaf, tables.condition, tables.slot,
                tables.table, out[start:stop], raw[start:stop],
            )  # fmt: skip

        self._in_chunks(explain, len(matrix), threads)
        self._mind_blanks(matrix, raw, on_missing)
        out *= self._slope
        return out

    def _row(self, row: Float64Array) -> Float64Array:
        if row.shape != (self._width,):
            raise _wrong_shape(row.shape, self._width)
        return _plain(row)

    def _matrix(self, matrix: Float64Array) -> Float64Array:
        if matrix.ndim != 2 or matrix.shape[1] != self._width:
            raise _wrong_shape(matrix.shape, self._width)
        return matrix

    def _reason_tables(self) -> ReasonTables:
        if self._tables is None:
            raise PolicyError(
                "model.reasons.not_built",
                {"en": "this scorer was made without reasons", "zh": "该评分器创建时未启用原因解释"},
                {"en": "make it with ensemble.scorer(reasons=True)", "zh": "请用 ensemble.scorer(reasons=True) 创建"},
            )
        return self._tables

    @staticmethod
    def _in_chunks(work: Callable[[int, int], None], rows: int, threads: int) -> None:
        starts = range(0, rows, CHUNK_ROWS)
        stops = [min(start + CHUNK_ROWS, rows) for start in starts]
        if threads <= 1 or len(stops) <= 1:
            for start, stop in zip(starts, stops, strict=True):
                work(start, stop)
            return
        with ThreadPoolExecutor(min(threads, THREADS_MAX)) as pool:
            list(pool.map(work, starts, stops))

    def _mind_blanks(self, matrix: Float64Array, scores: Float64Array, on_missing: OnMissing) -> None:
        if on_missing == "raise":
            marked = np.flatnonzero(np.isnan(scores))
            if marked.size:
                raise self._blank(
                    matrix[marked[0]], f"row {marked[0]} (and {marked.size - 1} more)", f"第 {marked[0]} 行（另有 {marked.size - 1} 行）"
                )

    def _blank(self, row: Float64Array, en: str = "the row", zh: str = "该行") -> DataError:
        blank = np.isnan(row)
        names = [
            feature.name
            for feature, is_blank in zip(self.ensemble.features, blank, strict=True)
            if is_blank and feature.missing is Missing.REQUIRED
        ]
        return DataError(
            "model.required_feature.blank",
            {"en": f"{en} has no value for {names}, which the model requires", "zh": f"{zh}缺少模型必需的特征 {names}"},
            {
                "en": "give the value, or declare the feature informative or imputed and train again",
                "zh": "请提供该值，或将该特征声明为 informative（缺失有信息）或 imputed（填补）后重新训练",
            },
        )


def _plain(array: Float64Array) -> Float64Array:
    """The array itself if the kernels can take it as it is, else a copy."""
    flags = array.flags
    if flags.c_contiguous and flags.writeable and flags.aligned and array.dtype == np.float64:
        return array
    return np.array(array, dtype=np.float64, order="C")


def _value_tables(ensemble: TreeEnsemble) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per tree its nodes and leaves, where its values start, and the values: by node answers for small trees, by leaf for others."""
    trees = ensemble.trees
    tree = np.stack([trees.tree_node[:-1], np.diff(trees.tree_node), trees.tree_leaf[:-1]], axis=1)
    parts, starts, size = [], [], 0
    for first, count, first_leaf in tree.tolist():
        leaves = trees.leaf_value[first_leaf : first_leaf + count + 1]
        part = (
            leaves[_leaf_of_key(trees.node_left[first : first + count], trees.node_right[first : first + count])]
            if count < SMALL_LEAVES_MAX
            else leaves
        )
        parts.append(part)
        starts.append(size)
        size += len(part)
    return np.ascontiguousarray(tree), np.array(starts, np.int64), np.concatenate(parts)


def _leaf_of_key(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The leaf that each combination of node answers leads to; shape (2 ** nodes,)."""
    key = np.arange(1 << len(left))
    place = np.full(len(key), 0 if len(left) else -1)
    for node in range(len(left)):  # preorder: a parent comes before its children
        here = place == node
        place[here] = np.where(key[here] >> node & 1, left[node], right[node])
    return ~place


def _node_keeps(ensemble: TreeEnsemble) -> UInt64Array:
    """What each node leaves possible, of trees that blocks score by masks; zeros elsewhere. Shape (n, 2)."""
    trees = ensemble.trees
    keep = np.zeros((len(trees.node_left), 2), np.uint64)
    for first, last in pairwise(trees.tree_node.tolist()):
        if SMALL_LEAVES_MAX <= last - first < block_kernels.MASKED_LEAVES_MAX:
            keep[first:last] = block_kernels.node_keeps(trees.node_left[first:last], trees.node_right[first:last])
    return keep


def _wrong_shape(shape: tuple[int, ...], width: int) -> InputError:
    return InputError(
        "model.row.shape",
        {"en": f"the values have shape {shape}; the model takes {width} per row", "zh": f"输入形状为 {shape}；模型每行需要 {width} 个值"},
        {"en": "give the features that ensemble.feature_names lists, in that order", "zh": "请按 ensemble.feature_names 的顺序提供特征值"},
    )
