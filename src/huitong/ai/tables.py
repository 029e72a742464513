"""Tables of exact TreeSHAP contributions, made once when a model is loaded.

The trick: within one tree a row's contributions depend only on the answers of the tree's few nodes. More finely, the contributions
that come from one leaf depend only on WHICH of the path's D distinct features let the row pass: 2^D cases. Both are tabulated.

* a tree of at most 8 leaves (7 nodes) gets one table, indexed by the answers of all its nodes: one look-up per tree;
* a larger tree gets one table per leaf, indexed by the mask of features that let the row pass.

The game of a leaf is v(S) = value × Π over S of [passes] × Π outside S of z, with z the share of training rows that follow the path.
Its Shapley value is (o_i - z_i) ∫ Π over j ≠ i of (t·o_j + (1-t)·z_j) dt, t from 0 to 1: a polynomial of degree D - 1, so Gauss's
rule with ⌈D/2⌉ points is exact, and as every term is at least zero nothing cancels.

Source:
    Lundberg, Erion, Lee (2018), "Consistent individualized feature attribution for tree ensembles", path-dependent variant;
    Owen (1972), "Multilinear extensions of games", for the integral.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from huitong.ai.ensemble import Float64Array, Int32Array, Int64Array, TreeArrays
from huitong.kernel import PolicyError

SMALL_LEAVES_MAX = 8
"""Trees up to this many leaves are tabulated whole: 2^7 rows of at most 8 numbers."""
PATH_FEATURES_MAX = 20
"""Distinct features on the way to one leaf, beyond which its table would be too large."""
TABLE_BYTES_MAX = 256 * 1024 * 1024
"""Bound on all contribution tables of one model."""

_POINTS_MAX = (PATH_FEATURES_MAX + 1) // 2
_PARENT, _SIDE = 0, 1
TREE_NODE, TREE_NODES, TREE_LEAF, TREE_TABLE, TREE_SLOT, TREE_SLOTS = range(6)
"""Columns of ``ReasonTables.tree``; ``TREE_TABLE`` is -1 where the tree has tables per leaf."""
LEAF_CONDITION, LEAF_CONDITIONS, LEAF_FEATURES, LEAF_TABLE, LEAF_SLOT = range(5)
"""Columns of ``ReasonTables.leaf``."""


@dataclass(frozen=True, slots=True, eq=False)
class ReasonTables:
    """Everything that the explaining kernels read, apart from the nodes.

    Attributes:
        tree: Per tree: first node, number of nodes, first leaf, table offset or -1, first slot, number of slots. Shape (t, 6).
        leaf: Per leaf: first condition, conditions, distinct features D, table offset, first slot. Shape (l, 5).
        condition: Per node on the way to a leaf: local node, side taken (1 is left), slot of its feature. Shape (c, 3).
        slot: The feature of each slot, of trees with one table first, then of leaves. Shape (s,).
        table: Contributions to the raw score; a small tree's row ends with its leaf value. Shape (m,).
        base: Expected raw score over the training rows.
    """

    tree: Int64Array
    leaf: Int64Array
    condition: Int64Array
    slot: Int64Array
    table: Float64Array
    base: float


def build_tables(trees: TreeArrays) -> ReasonTables:
    """Tables for all trees; under a second for 300 trees of 8 leaves.

    Raises:
        PolicyError: If a path has more than ``PATH_FEATURES_MAX`` distinct features or the tables would pass ``TABLE_BYTES_MAX``.
    """
    trace = _trace(trees.tree_node, trees.tree_leaf, trees.node_left, trees.node_right, len(trees.leaf_value))
    leaf, condition, leaf_slot, share = _walk_paths(trees, *trace)
    tree, tree_slot = _lay_out_trees(trees)
    leaf[:, LEAF_SLOT] += len(tree_slot)
    large = np.repeat(tree[:, TREE_TABLE] < 0, np.diff(trees.tree_leaf))
    size = _lay_out_tables(tree, leaf, large)
    table = np.zeros(size)
    slot = np.concatenate([tree_slot, leaf_slot])
    points, weights = _gauss_rules()
    _fill(tree, leaf, condition, slot, share, len(tree_slot), trees.leaf_value, points, weights, table)
    return ReasonTables(tree, leaf, condition, slot, table, expected_raw_score(trees))


def expected_raw_score(trees: TreeArrays) -> float:
    """Sum over the trees of the mean leaf value over the training rows; the base that contributions are measured from."""
    base = 0.0
    for tree in range(trees.tree_count):
        leaves = slice(int(trees.tree_leaf[tree]), int(trees.tree_leaf[tree + 1]))
        if leaves.stop - leaves.start == 1:
            base += float(trees.leaf_value[leaves.start])
        else:
            base += float((trees.leaf_value[leaves] * trees.leaf_count[leaves]).sum() / trees.leaf_count[leaves].sum())
    return base


@numba.njit(cache=True)
def _trace(
    tree_node: Int64Array, tree_leaf: Int64Array, node_left: Int32Array, node_right: Int32Array, leaf_count: int
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Parent and side of every node and leaf, and the depth of every leaf."""
    node_up = np.full((len(node_left), 2), -1, np.int64)
    leaf_up = np.full((leaf_count, 2), -1, np.int64)
    node_depth = np.zeros(len(node_left), np.int64)
    leaf_depth = np.zeros(leaf_count, np.int64)
    for tree in range(len(tree_node) - 1):
        first, first_leaf = tree_node[tree], tree_leaf[tree]
        for node in range(first, tree_node[tree + 1]):
            for side in range(2):
                child = node_left[node] if side == 1 else node_right[node]
                if child < 0:
                    leaf_up[first_leaf + ~child, 0], leaf_up[first_leaf + ~child, 1] = node, side
                    leaf_depth[first_leaf + ~child] = node_depth[node] + 1
                else:
                    node_up[first + child, 0], node_up[first + child, 1] = node, side
                    node_depth[first + child] = node_depth[node] + 1
    return node_up, leaf_up, leaf_depth


def _walk_paths(
    trees: TreeArrays, node_up: Int64Array, leaf_up: Int64Array, depth: Int64Array
) -> tuple[Int64Array, Int64Array, Int64Array, Float64Array]:
    leaf = np.zeros((len(depth), 5), np.int64)
    leaf[:, LEAF_CONDITIONS] = depth
    leaf[:, LEAF_CONDITION] = leaf[:, LEAF_SLOT] = np.concatenate([[0], np.cumsum(depth)[:-1]])
    total = int(depth.sum())
    condition, slot, share = np.zeros((total, 3), np.int64), np.zeros(total, np.int64), np.ones(total)
    first_node = np.repeat(trees.tree_node[:-1], np.diff(trees.tree_leaf))
    _paths(node_up, leaf_up, first_node, trees.node_feature, trees.node_count, trees.leaf_count, leaf, condition, slot, share)
    return leaf, condition, slot, share


@numba.njit(cache=True)
def _paths(
    node_up: Int64Array,
    leaf_up: Int64Array,
    first_node: Int64Array,
    node_feature: Int32Array,
    node_count: Int64Array,
    leaf_count: Int64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    share: Float64Array,
) -> None:
    """From each leaf up to its root: the conditions, the distinct features, and the share of rows that pass each feature."""
    for this in range(len(leaf)):
        at, first_slot, distinct = leaf[this, LEAF_CONDITION], leaf[this, LEAF_SLOT], 0
        node, side, reached = leaf_up[this, 0], leaf_up[this, 1], leaf_count[this]
        while node >= 0:
            place = 0
            while place < distinct and slot[first_slot + place] != node_feature[node]:
                place += 1
            if place == distinct:
                slot[first_slot + place] = node_feature[node]
                distinct += 1
            share[first_slot + place] *= reached / node_count[node]
            condition[at, 0], condition[at, 1], condition[at, 2] = node - first_node[this], side, place
            at += 1
            reached = node_count[node]
            side, node = node_up[node, 1], node_up[node, 0]
        leaf[this, LEAF_FEATURES] = distinct


def _lay_out_trees(trees: TreeArrays) -> tuple[Int64Array, Int64Array]:
    tree = np.zeros((trees.tree_count, 6), np.int64)
    tree[:, TREE_NODE], tree[:, TREE_NODES] = trees.tree_node[:-1], np.diff(trees.tree_node)
    tree[:, TREE_LEAF] = trees.tree_leaf[:-1]
    tree[:, TREE_TABLE] = np.where(tree[:, TREE_NODES] < SMALL_LEAVES_MAX, 0, -1)
    slots: list[int] = []
    for row in tree:
        row[TREE_SLOT] = len(slots)
        if row[TREE_TABLE] == 0:
            slots += np.unique(trees.node_feature[row[TREE_NODE] : row[TREE_NODE] + row[TREE_NODES]]).tolist()
        row[TREE_SLOTS] = len(slots) - row[TREE_SLOT]
    return tree, np.array(slots, np.int64)


def _lay_out_tables(tree: Int64Array, leaf: Int64Array, large: npt.NDArray[np.bool_]) -> int:
    features_most = int(leaf[:, LEAF_FEATURES].max())
    small = tree[:, TREE_TABLE] == 0
    tree_size = np.where(small, (tree[:, TREE_SLOTS] + 1) << np.where(small, tree[:, TREE_NODES], 0), 0)
    bounded = np.minimum(leaf[:, LEAF_FEATURES], PATH_FEATURES_MAX)
    leaf_size = np.where(large, bounded << bounded, 0)
    size = int(tree_size.sum() + leaf_size.sum())
    if features_most > PATH_FEATURES_MAX or 8 * size > TABLE_BYTES_MAX:
        raise PolicyError(
            "model.reasons.too_large",
            {
                "en": f"the tables of reasons would need {8 * size / 2**20:.0f} MiB (limit {TABLE_BYTES_MAX >> 20}); the longest path has "
                f"{features_most} distinct features (limit {PATH_FEATURES_MAX})",
                "zh": f"原因表需要 {8 * size / 2**20:.0f} MiB（上限 {TABLE_BYTES_MAX >> 20}）；最长路径含 {features_most} 个不同特征"
                f"（上限 {PATH_FEATURES_MAX}）",
            },
            {
                "en": "train smaller trees (num_leaves 8, or max_depth 6), or score without reasons",
                "zh": "请训练更小的树（num_leaves 取 8，或 max_depth 取 6），或在不给出原因的情况下评分",
            },
        )
    tree[small, TREE_TABLE] = (np.cumsum(tree_size) - tree_size)[small]
    leaf[:, LEAF_TABLE] = int(tree_size.sum()) + np.cumsum(leaf_size) - leaf_size
    return size


def _gauss_rules() -> tuple[Float64Array, Float64Array]:
    """Points and weights on [0, 1]; row n holds the rule of n points."""
    points, weights = np.zeros((_POINTS_MAX + 1, _POINTS_MAX)), np.zeros((_POINTS_MAX + 1, _POINTS_MAX))
    for count in range(1, _POINTS_MAX + 1):
        x, w = np.polynomial.legendre.leggauss(count)
        points[count, :count], weights[count, :count] = (x + 1.0) / 2.0, w / 2.0
    return points, weights


@numba.njit(cache=True)
def _fill(
    tree: Int64Array,
    leaf: Int64Array,
    condition: Int64Array,
    slot: Int64Array,
    share: Float64Array,
    share_shift: int,
    leaf_value: Float64Array,
    points: Float64Array,
    weights: Float64Array,
    table: Float64Array,
) -> None:
    for this in range(len(tree)):
        first, last = tree[this, TREE_LEAF], tree[this, TREE_LEAF] + tree[this, TREE_NODES]
        for at in range(first, last + 1):
            distinct, first_slot = leaf[at, LEAF_FEATURES], leaf[at, LEAF_SLOT]
            z = share[first_slot - share_shift : first_slot - share_shift + distinct]
            if tree[this, TREE_TABLE] < 0:
                own = table[leaf[at, LEAF_TABLE] : leaf[at, LEAF_TABLE] + (distinct << distinct)]
                _leaf_table(z, leaf_value[at], points, weights, own)
            else:
                own = np.zeros(distinct << distinct)
                _leaf_table(z, leaf_value[at], points, weights, own)
                _fold(tree[this], leaf[at], condition, slot, leaf_value[at], own, table)


@numba.njit(cache=True)
def _leaf_table(z: Float64Array, value: float, points: Float64Array, weights: Float64Array, own: Float64Array) -> None:
    """Contributions of one leaf for every mask of passed features; row ``mask`` has one number per distinct feature."""
    distinct = len(z)
    count = (distinct + 1) // 2
    term, before = np.empty(distinct), np.empty(distinct + 1)
    for mask in range(1 << distinct):
        row = own[mask * distinct : (mask + 1) * distinct]
        for point in range(count):
            t = points[count, point]
            before[0] = value * weights[count, point]
            for i in range(distinct):
                term[i] = (1.0 - t) * z[i] + (t if mask >> i & 1 else 0.0)
                before[i + 1] = before[i] * term[i]
            after = 1.0
            for back in range(distinct):
                i = distinct - 1 - back
                row[i] += before[i] * after
                after *= term[i]
        for i in range(distinct):
            row[i] *= (1.0 if mask >> i & 1 else 0.0) - z[i]


@numba.njit(cache=True)
def _fold(
    tree: Int64Array, leaf: Int64Array, condition: Int64Array, slot: Int64Array, value: float, own: Float64Array, table: Float64Array
) -> None:
    """Adds one leaf's contributions to the rows of its small tree's table, and its value to the row's last column."""
    distinct, columns = leaf[LEAF_FEATURES], tree[TREE_SLOTS] + 1
    column = np.zeros(distinct + 1, np.int64)
    for i in range(distinct):
        while slot[tree[TREE_SLOT] + column[i]] != slot[leaf[LEAF_SLOT] + i]:
            column[i] += 1
    for key in range(1 << tree[TREE_NODES]):
        failed = 0
        for at in range(leaf[LEAF_CONDITION], leaf[LEAF_CONDITION] + leaf[LEAF_CONDITIONS]):
            if key >> condition[at, 0] & 1 != condition[at, 1]:
                failed |= 1 << condition[at, 2]
        row = tree[TREE_TABLE] + key * columns
        passed = ((1 << distinct) - 1) ^ failed
        for i in range(distinct):
            table[row + column[i]] += own[passed * distinct + i]
        if failed == 0:
            table[row + columns - 1] = value
