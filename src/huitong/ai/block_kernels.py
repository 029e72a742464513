"""Compiled scoring and explaining of many rows, in blocks of 64 that stand column by column.

One comparison instruction then serves several rows, and a tree's tables are read by 64 rows while they are in the nearest cache.
Per row the same numbers are added in the same order as in ``row_kernels``.
"""

import numba
import numpy as np

from huitong.ai.calibration import sigmoid
from huitong.ai.ensemble import BoolArray, Float64Array, Int32Array, Int64Array, UInt8Array, UInt64Array
from huitong.ai.nodes import NODE_BLANK_LEFT, NODE_ZERO_MISSING, goes_left, prepare
from huitong.ai.row_kernels import leaf_of
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

_BLOCK = 64
MASKED_LEAVES_MAX = 64
"""Trees up to this many leaves are scored in blocks by masks of live leaves, one bit each; larger ones are walked."""
_DOUBLE_MANTISSA_BITS, _DOUBLE_EXPONENT_BIAS = 52, 1023


def node_keeps(node_left: Int32Array, node_right: Int32Array) -> UInt64Array:
    """For each node of one tree the leaves that stay possible after going right, and after going left, as bits. Shape (n, 2)."""
    count = len(node_left)
    below = np.zeros(count, np.uint64)
    keeps = np.zeros((count, 2), np.uint64)
    everything = (1 << count + 1) - 1
    for node in reversed(range(count)):  # preorder: children come after their parent
        left, right = (1 << ~child if child < 0 else int(below[child]) for child in (int(node_left[node]), int(node_right[node])))
        below[node] = left | right
        keeps[node] = everything & ~left, everything & ~right
    return keeps


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
    node_keep: UInt64Array,
    out: Float64Array,
) -> None:
    """Raw scores of many rows; NaN where a required value is blank."""
    block = np.zeros((len(treatment), _BLOCK))
    x = np.empty(len(treatment))
    key, complete = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.bool_)
    live, power, raw = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, len(matrix), _BLOCK):
        rows = min(_BLOCK, len(matrix) - start)
        _load(matrix[start : start + rows], treatment, fill, x, block, complete)
        raw[:] = 0.0
        for t in range(len(tree)):
            first, count, at = tree[t, TREE_NODE], tree[t, TREE_NODES], value_start[t]
            if count < SMALL_LEAVES_MAX:
                _keys(block, node_feature, node_threshold, node_kind, first, count, key)
            elif count < MASKED_LEAVES_MAX:
                _live_leaves(block, node_feature, node_threshold, node_kind, node_keep, first, count, live, key, power)
            else:
                for r in range(rows):
                    key[r] = leaf_of(block[:, r], node_feature, node_threshold, node_kind, node_child, first, count)
            for r in range(rows):
                raw[r] += value[at + key[r]]
        for r in range(rows):
            out[start + r] = raw[r] if complete[r] else np.nan


@numba.njit(cache=True, nogil=True)
def explain_rows(
    matrix: Float64Array,
    treatment: UInt8Array,
    fill: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    leaf_value: Float64Array,
    tree: Int64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    table: Float64Array,
    out: Float64Array,
    raw: Float64Array,
) -> None:
    """Raw scores of many rows into ``raw``; adds the features' contributions onto ``out``. NaN where a required value is blank."""
    block = np.zeros((len(treatment), _BLOCK))
    x = np.empty(len(treatment))
    key, complete = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.bool_)
    answer = np.zeros((max(1, tree[:, TREE_NODES].max()), _BLOCK), np.int64)
    raw[:] = 0.0
    for start in range(0, len(matrix), _BLOCK):
        rows = min(_BLOCK, len(matrix) - start)
        _load(matrix[start : start + rows], treatment, fill, x, block, complete)
        sums, scores = out[start : start + rows], raw[start : start + rows]
        for t in range(len(tree)):
            first, count = tree[t, TREE_NODE], tree[t, TREE_NODES]
            if tree[t, TREE_TABLE] >= 0:
                _keys(block, node_feature, node_threshold, node_kind, first, count, key)
                _add_small(tree[t], key, slot, table, sums, scores)
            else:
                for i in range(count):
                    _keys(block, node_feature, node_threshold, node_kind, first + i, 1, answer[i])
                _add_large(tree[t], answer, leaf_value, leaf, condition, slot, table, key, sums, scores)
        for r in range(rows):
            if not complete[r]:
                sums[r] = np.nan
                scores[r] = np.nan


@numba.njit(cache=True, nogil=True)
def _load(rows: Float64Array, treatment: UInt8Array, fill: Float64Array, x: Float64Array, block: Float64Array, complete: BoolArray) -> None:
    for r in range(len(rows)):
        complete[r] = prepare(rows[r], treatment, fill, x)
        block[:, r] = x


@numba.njit(cache=True, nogil=True)
def _keys(
    block: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    first: int,
    count: int,
    key: Int64Array,
) -> None:
    """The answers of ``count`` nodes, one bit each, for every row of the block."""
    key[:] = 0
    for i in range(count):
        node = first + i
        column, threshold, kind = block[node_feature[node]], node_threshold[node], node_kind[node]
        if kind & NODE_ZERO_MISSING:
            for r in range(_BLOCK):
                key[r] |= goes_left(column[r], threshold, kind) << i
        elif kind & NODE_BLANK_LEFT:
            for r in range(_BLOCK):
                key[r] |= np.int64(not (column[r] > threshold)) << i
        else:
            for r in range(_BLOCK):
                key[r] |= np.int64(column[r] <= threshold) << i


@numba.njit(cache=True, nogil=True)
def _live_leaves(
    block: Float64Array,
    node_feature: Int32Array,
    node_threshold: Float64Array,
    node_kind: UInt8Array,
    node_keep: UInt64Array,
    first: int,
    count: int,
    live: UInt64Array,
    key: Int64Array,
    power: Float64Array,
) -> None:
    """The leaf of every row: each node strikes out the leaves on the side that it does not take, and one is left."""
    live[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    for node in range(first, first + count):
        _keys(block, node_feature, node_threshold, node_kind, node, 1, key)
        right = node_keep[node, 0]
        other = right ^ node_keep[node, 1]
        for r in range(_BLOCK):
            live[r] &= right ^ (other & np.uint64(-key[r]))
    for r in range(_BLOCK):
        power[r] = np.float64(live[r])
    exponent = power.view(np.int64)
    for r in range(_BLOCK):
        key[r] = (exponent[r] >> _DOUBLE_MANTISSA_BITS) - _DOUBLE_EXPONENT_BIAS


@numba.njit(cache=True, nogil=True)
def _add_small(tree: Int64Array, key: Int64Array, slot: Int64Array, table: Float64Array, sums: Float64Array, scores: Float64Array) -> None:
    slots, first_slot = tree[TREE_SLOTS], tree[TREE_SLOT]
    for r in range(len(sums)):
        at = tree[TREE_TABLE] + key[r] * (slots + 1)
        for i in range(slots):
            sums[r, slot[first_slot + i]] += table[at + i]
        scores[r] += table[at + slots]


@numba.njit(cache=True, nogil=True)
def _add_large(
    tree: Int64Array,
    answer: Int64Array,
    leaf_value: Float64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    table: Float64Array,
    failed: Int64Array,
    sums: Float64Array,
    scores: Float64Array,
) -> None:
    for this in range(tree[TREE_LEAF], tree[TREE_LEAF] + tree[TREE_NODES] + 1):
        failed[:] = 0
        for c in range(leaf[this, LEAF_CONDITION], leaf[this, LEAF_CONDITION] + leaf[this, LEAF_CONDITIONS]):
            node_answer, side, place = answer[condition[c, 0]], condition[c, 1], condition[c, 2]
            for r in range(_BLOCK):
                failed[r] |= (node_answer[r] ^ side) << place
        distinct, first_slot = leaf[this, LEAF_FEATURES], leaf[this, LEAF_SLOT]
        everything = (1 << distinct) - 1
        for r in range(len(sums)):
            at = leaf[this, LEAF_TABLE] + (everything ^ failed[r]) * distinct
            for i in range(distinct):
                sums[r, slot[first_slot + i]] += table[at + i]
            if failed[r] == 0:
                scores[r] += leaf_value[this]


@numba.njit(cache=True, nogil=True)
def probabilities_in_place(raw: Float64Array, slope: float, intercept: float) -> None:
    """Turns raw scores into calibrated probabilities."""
    for r in range(len(raw)):
        raw[r] = sigmoid(slope * raw[r] + intercept)
