"""Compiled scoring: one row, and blocks of rows. Both add the same numbers in the same order, so they agree to the bit.

What a node answers is LightGBM's rule (``Tree::NumericalDecision`` and the predictor's dense reader): a value within ±1e-35f is zero;
a blank is zero where the node knows no blank; else at most the threshold goes left. ``NODE_*`` bits hold the exceptions, worked out
once per node, so that the common case is one comparison without a branch.
"""

import math

import numba
import numpy as np

from huitong.ai.calibration import sigmoid
from huitong.ai.ensemble import MISSING_NAN, MISSING_ZERO, Float64Array, Int32Array, Int64Array, TreeArrays, UInt8Array
from huitong.ai.tables import (
    LEAF_CONDITION,
    LEAF_CONDITIONS,
    LEAF_FEATURES,
    LEAF_SLOT,
    LEAF_TABLE,
    SMALL_LEAVES_MAX,
    TREE_LEAF,
    TREE_NODE,
    TREE_NODES,
    TREE_SLOT,
    TREE_SLOTS,
    TREE_TABLE,
)

ZERO_MAX = float(np.float32(1e-35))
"""LightGBM's ``kZeroThreshold``: a value no farther from zero than this is zero."""
NODE_BLANK_LEFT, NODE_ZERO_MISSING, NODE_ZERO_LEFT = 1, 2, 4
FILL_REQUIRED, FILL_KEEP, FILL_VALUE = 0, 1, 2
"""What to do with a blank: give up on the row, leave it to the trees, put the declared value."""
_BLOCK = 64


def node_kinds(trees: TreeArrays) -> UInt8Array:
    """The ``NODE_*`` bits of every node."""
    default_left = trees.node_default_left.astype(bool)
    zero_left = np.where(trees.node_missing == MISSING_ZERO, default_left, trees.node_threshold >= 0.0)
    blank_left = np.where(trees.node_missing == MISSING_NAN, default_left, zero_left)
    bits = NODE_BLANK_LEFT * blank_left + NODE_ZERO_MISSING * (trees.node_missing == MISSING_ZERO) + NODE_ZERO_LEFT * zero_left
    kinds: UInt8Array = bits.astype(np.uint8)
    return kinds


@numba.njit(cache=True, nogil=True)
def ready(value: float, treatment: int, fill: float) -> float:
    """The value as the trees see it: blanks filled, tiny numbers zero."""
    if math.isnan(value) and treatment == FILL_VALUE:
        value = fill
    if abs(value) <= ZERO_MAX:
        value = 0.0
    return value


@numba.njit(cache=True, nogil=True)
def goes_left(value: float, threshold: float, kind: int) -> int:
    """1 if the node sends ``value`` (as ``ready`` gives it) left, else 0."""
    left = (value <= threshold) | ((math.isnan(value)) & (kind & NODE_BLANK_LEFT == NODE_BLANK_LEFT))
    if kind & NODE_ZERO_MISSING and value == 0.0:
        left = kind & NODE_ZERO_LEFT == NODE_ZERO_LEFT
    return np.int64(left)  # type: ignore[return-value]  # an int to numba


@numba.njit(cache=True, nogil=True)
def _answers(x: Float64Array, node_feature: Int32Array, node_threshold: Float64Array, node_kind: UInt8Array, first: int, count: int) -> int:
    key = 0
    for i in range(count):
        node = first + i
        key |= goes_left(x[node_feature[node]], node_threshold[node], node_kind[node]) << i
    return key


@numba.njit(cache=True, nogil=True)
def _leaf(
    x: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    node_child: Int32Array,
    first: int,
    count: int,
) -> int:
    """Index, local to the tree, of the leaf that the row falls into."""
    node = 0 if count else -1
    while node >= 0:
        at = first + node
        node = node_child[at, goes_left(x[node_feature[at]], node_threshold[at], node_kind[at])]
    return ~node


@numba.njit(cache=True, nogil=True)
def _prepare(row: Float64Array, treatment: UInt8Array, fill: Float64Array, x: Float64Array) -> bool:
    """Writes the row as the trees see it into ``x``; False if a required value is blank."""
    complete = True
    for i in range(len(x)):
        x[i] = ready(row[i], treatment[i], fill[i])
        complete &= not (math.isnan(row[i]) and treatment[i] == FILL_REQUIRED)
    return complete


@numba.njit(cache=True, nogil=True)
def raw_score_row(
    row: Float64Array,
    treatment: UInt8Array,
    fill: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    node_child: Int32Array,
    tree: Int64Array,
    value_start: Int64Array,
    value: Float64Array,
) -> float:
    """Raw score of one row; NaN if a required value is blank."""
    x = np.empty(len(treatment))
    if not _prepare(row, treatment, fill, x):
        return np.nan
    raw = 0.0
    for t in range(len(tree)):
        first, count = tree[t, TREE_NODE], tree[t, TREE_NODES]
        if count < SMALL_LEAVES_MAX:
            raw += value[value_start[t] + _answers(x, node_feature, node_threshold, node_kind, first, count)]
        else:
            raw += value[value_start[t] + _leaf(x, node_feature, node_threshold, node_kind, node_child, first, count)]
    return raw


@numba.njit(cache=True, nogil=True)
def raw_score_rows(
    matrix: Float64Array,
    treatment: UInt8Array,
    fill: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    node_child: Int32Array,
    tree: Int64Array,
    value_start: Int64Array,
    value: Float64Array,
    out: Float64Array,
) -> None:
    """Raw scores of many rows. Blocks of 64 stand column by column, so that one comparison instruction serves several rows."""
    width = len(treatment)
    block = np.zeros((width, _BLOCK))
    x = np.empty(width)
    key = np.empty(_BLOCK, np.int64)
    raw = np.empty(_BLOCK)
    complete = np.empty(_BLOCK, np.bool_)
    for start in range(0, len(matrix), _BLOCK):
        rows = min(_BLOCK, len(matrix) - start)
        for r in range(rows):
            complete[r] = _prepare(matrix[start + r], treatment, fill, x)
            block[:, r] = x
        raw[:] = 0.0
        for t in range(len(tree)):
            first, count, at = tree[t, TREE_NODE], tree[t, TREE_NODES], value_start[t]
            if count < SMALL_LEAVES_MAX:
                key[:] = 0
                for i in range(count):
                    node = first + i
                    _answer_block(block[node_feature[node]], node_threshold[node], node_kind[node], i, key)
                for r in range(_BLOCK):
                    raw[r] += value[at + key[r]]
            else:
                for r in range(rows):
                    raw[r] += value[at + _leaf(block[:, r], node_feature, node_threshold, node_kind, node_child, first, count)]
        for r in range(rows):
            out[start + r] = raw[r] if complete[r] else np.nan


@numba.njit(cache=True, nogil=True)
def _answer_block(column: Float64Array, threshold: float, kind: int, bit: int, key: Int64Array) -> None:
    if kind & NODE_ZERO_MISSING:
        for r in range(_BLOCK):
            key[r] |= goes_left(column[r], threshold, kind) << bit
    elif kind & NODE_BLANK_LEFT:
        for r in range(_BLOCK):
            key[r] |= np.int64(not (column[r] > threshold)) << bit
    else:
        for r in range(_BLOCK):
            key[r] |= np.int64(column[r] <= threshold) << bit


@numba.njit(cache=True, nogil=True)
def explain_row(
    row: Float64Array,
    treatment: UInt8Array,
    fill: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    node_child: Int32Array,
    leaf_value: Float64Array,
    tree: Int64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    table: Float64Array,
    out: Float64Array,
) -> float:
    """Raw score of one row (NaN if a required value is blank); adds the features' contributions to it onto ``out``."""
    x = np.empty(len(treatment))
    if not _prepare(row, treatment, fill, x):
        out[:] = np.nan
        return np.nan
    raw = 0.0
    for t in range(len(tree)):
        first, count = tree[t, TREE_NODE], tree[t, TREE_NODES]
        if tree[t, TREE_TABLE] >= 0:
            key = _answers(x, node_feature, node_threshold, node_kind, first, count)
            slots, first_slot = tree[t, TREE_SLOTS], tree[t, TREE_SLOT]
            at = tree[t, TREE_TABLE] + key * (slots + 1)
            for i in range(slots):
                out[slot[first_slot + i]] += table[at + i]
            raw += table[at + slots]
        else:
            _explain_large(x, node_feature, node_threshold, node_kind, tree[t], leaf, condition, slot, table, out)
            raw += leaf_value[tree[t, TREE_LEAF] + _leaf(x, node_feature, node_threshold, node_kind, node_child, first, count)]
    return raw


@numba.njit(cache=True, nogil=True)
def _explain_large(
    x: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    tree: Int64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    table: Float64Array,
    out: Float64Array,
) -> None:
    first, count = tree[TREE_NODE], tree[TREE_NODES]
    left = np.empty(count, np.int64)
    for i in range(count):
        left[i] = goes_left(x[node_feature[first + i]], node_threshold[first + i], node_kind[first + i])
    for this in range(tree[TREE_LEAF], tree[TREE_LEAF] + count + 1):
        distinct, failed, at = leaf[this, LEAF_FEATURES], 0, leaf[this, LEAF_CONDITION]
        for c in range(at, at + leaf[this, LEAF_CONDITIONS]):
            failed |= (left[condition[c, 0]] ^ condition[c, 1]) << condition[c, 2]
        entry = leaf[this, LEAF_TABLE] + (((1 << distinct) - 1) ^ failed) * distinct
        for i in range(distinct):
            out[slot[leaf[this, LEAF_SLOT] + i]] += table[entry + i]


@numba.njit(cache=True, nogil=True)
def explain_rows(
    matrix: Float64Array,
    treatment: UInt8Array,
    fill: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    node_child: Int32Array,
    leaf_value: Float64Array,
    tree: Int64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    table: Float64Array,
    out: Float64Array,
    raw: Float64Array,
) -> None:
    """``explain_row`` for every row."""
    for r in range(len(matrix)):
        raw[r] = explain_row(
            matrix[r], treatment, fill, node_feature, node_threshold, node_kind, node_child, leaf_value,
            tree, leaf, condition, slot, table, out[r],
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def probabilities_in_place(raw: Float64Array, slope: float, intercept: float) -> None:
    """Turns raw scores into calibrated probabilities."""
    for r in range(len(raw)):
        raw[r] = sigmoid(slope * raw[r] + intercept)
