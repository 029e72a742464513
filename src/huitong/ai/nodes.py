"""What a node answers: LightGBM's rule, worked out once per node so that the common case is one comparison without a branch.

The rule (``Tree::NumericalDecision`` and the predictor's dense reader): a value within ±1e-35f is zero; a blank is zero where the node
knows no blank; a missing value takes the default direction; else at most the threshold goes left. ``NODE_*`` bits hold the exceptions.
"""

import math

import numba
import numpy as np

from huitong.ai.ensemble import MISSING_NAN, MISSING_ZERO, Float64Array, TreeArrays, UInt8Array

ZERO_MAX = float(np.float32(1e-35))
"""LightGBM's ``kZeroThreshold``: a value no farther from zero than this is zero."""
NODE_BLANK_LEFT, NODE_ZERO_MISSING, NODE_ZERO_LEFT = 1, 2, 4
FILL_REQUIRED, FILL_KEEP, FILL_VALUE = 0, 1, 2
"""What to do with a blank: give up on the row, leave it to the trees, put the declared value."""


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
def prepare(row: Float64Array, treatment: UInt8Array, fill: Float64Array, x: Float64Array) -> bool:
    """Writes the row as the trees see it into ``x``; False if a required value is blank."""
    complete = True
    for i in range(len(x)):
        x[i] = ready(row[i], treatment[i], fill[i])
        complete &= not (math.isnan(row[i]) and treatment[i] == FILL_REQUIRED)
    return complete
