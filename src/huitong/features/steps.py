"""The work of a chunk for one grouping: which events append, which ask, in time order, then side by side by key.

Side by side by key, a thread works through one key after another with that key's state in its cache, and keys are what threads share out.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from huitong.contracts import Int32Array, Int64Array
from huitong.features.borrow import wide
from huitong.features.slab import reserve
from huitong.features.state import borrow


@njit(cache=True)
def merge_order(appended: Int64Array, asked: Int64Array) -> Int32Array:
    """Positions of two ordered lists in their merged order: row i of the first is i, row j of the second ``len(appended) + j``.

    At equal order the appended come first: what was known at the same instant is known.
    """
    n, m = appended.shape[0], asked.shape[0]
    merged = np.empty(n + m, np.int32)
    i, j = 0, 0
    while i < n or j < m:
        if j == m or (i < n and appended[i] <= asked[j]):
            merged[i + j] = i
            i += 1
        else:
            merged[i + j] = n + j
            j += 1
    return merged


def side_by_side(
    keys: Int32Array, rows: Int32Array, outs: Int32Array, appends: npt.NDArray[np.bool_], times: Int64Array, number_of_keys: int
) -> tuple[Int32Array, Int64Array]:
    """Steps side by side by key, each key's in their order, and their times; keys below 0 are left out."""
    if len(keys) * _COUNTED_PER_KEY >= number_of_keys:
        return _counted(keys, rows, outs, appends, times, number_of_keys)
    order = np.argsort(keys, kind="stable")
    order = order[np.searchsorted(keys[order], 0) :]
    return np.column_stack([keys[order], rows[order], outs[order], appends[order]]).astype(np.int32, copy=False), times[order]


_COUNTED_PER_KEY = 16
"""With fewer than one step for so many keys, to sort the steps takes less than to count through the keys."""


@njit(cache=True)
def _counted(
    keys: Int32Array, rows: Int32Array, outs: Int32Array, appends: npt.NDArray[np.bool_], times: Int64Array, number_of_keys: int
) -> tuple[Int32Array, Int64Array]:
    ends = np.zeros(number_of_keys, np.int32)
    total = 0
    for row in range(keys.shape[0]):
        if keys[row] >= 0:
            ends[keys[row]] += 1
            total += 1
    for key in range(1, number_of_keys):
        ends[key] += ends[key - 1]
    steps, sorted_times = np.empty((total, 4), np.int32), np.empty(total, np.int64)
    for row in range(keys.shape[0] - 1, -1, -1):
        key = keys[row]
        if key >= 0:
            ends[key] -= 1
            at = ends[key]
            steps[at, 0], steps[at, 1], steps[at, 2], steps[at, 3] = key, rows[row], outs[row], appends[row]
            sorted_times[at] = times[row]
    return steps, sorted_times


@njit(cache=True)
def reserve_steps(
    begin: int,
    steps: Int32Array,
    key32: Int32Array,
    key64: Int64Array,
    entry64: Int64Array,
    entry32: Int32Array,
    slots: Int32Array,
    arena: Int64Array,
    program: Int64Array,
) -> int:
    """Makes room for every appending step from ``begin`` on; tells the step at which the arena was full, or the number of steps."""
    state = borrow(key32, key64, entry64, entry32, slots, arena, program)
    step = begin
    while step < steps.shape[0]:
        key = wide(steps[step, 0])
        last, appends = step, 0
        while last < steps.shape[0] and steps[last, 0] == key:
            appends += steps[last, 3]
            last += 1
        if appends > 0 and not reserve(state, key, appends):
            return step
        step = last
    return step


@njit(cache=True)
def split(steps: Int32Array, parts: int) -> Int64Array:
    """Bounds of ``parts`` stretches of about equal length that share no key; shape ``(parts + 1,)``."""
    total = steps.shape[0]
    bounds = np.empty(parts + 1, np.int64)
    bounds[0] = 0
    for part in range(1, parts + 1):
        at = max(bounds[part - 1], part * total // parts)
        while 0 < at < total and steps[at, 0] == steps[at - 1, 0]:
            at += 1
        bounds[part] = at
    return bounds
