"""Compiled scoring and explaining of one row. ``block_kernels`` adds the same numbers in the same order, so the two agree to the bit.

First all questions of all small trees are answered, then all tables are read: the reads do not depend on each other and overlap.
"""

import numba
import numpy as np

from huitong.ai.ensemble import Float64Array, Int32Array, Int64Array, UInt8Array
from huitong.ai.nodes import goes_left, prepare
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


@numba.njit(cache=True, nogil=True)
def _answers(x: Float64Array, node_feature: Int32Array, node_threshold: Float64Array, node_kind: UInt8Array, first: int, count: int) -> int:
    key = 0
    for i in range(count):
        node = first + i
        key |= goes_left(x[node_feature[node]], node_threshold[node], node_kind[node]) << i
    return key


@numba.njit(cache=True, nogil=True)
def leaf_of(
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
    if not prepare(row, treatment, fill, x):
        return np.nan
    raw = 0.0
    for t in range(len(tree)):
        first, count = tree[t, TREE_NODE], tree[t, TREE_NODES]
        if count < SMALL_LEAVES_MAX:
            raw += value[value_start[t] + _answers(x, node_feature, node_threshold, node_kind, first, count)]
        else:
            raw += value[value_start[t] + leaf_of(x, node_feature, node_threshold, node_kind, node_child, first, count)]
    return raw


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
    if not prepare(row, treatment, fill, x):
        out[:] = np.nan
        return np.nan
    entry = np.empty(len(tree), np.int64)
    for t in range(len(tree)):
        if tree[t, TREE_TABLE] >= 0:
            key = _answers(x, node_feature, node_threshold, node_kind, tree[t, TREE_NODE], tree[t, TREE_NODES])
            entry[t] = tree[t, TREE_TABLE] + key * (tree[t, TREE_SLOTS] + 1)
    raw = 0.0
    for t in range(len(tree)):
        if tree[t, TREE_TABLE] >= 0:
            at, slots, first_slot = entry[t], tree[t, TREE_SLOTS], tree[t, TREE_SLOT]
            for i in range(slots):
                out[slot[first_slot + i]] += table[at + i]
            raw += table[at + slots]
        else:
            _explain_large(x, node_feature, node_threshold, node_kind, tree[t], leaf, condition, slot, table, out)
            first, count = tree[t, TREE_NODE], tree[t, TREE_NODES]
            raw += leaf_value[tree[t, TREE_LEAF] + leaf_of(x, node_feature, node_threshold, node_kind, node_child, first, count)]
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
