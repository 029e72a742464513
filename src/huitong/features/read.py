"""What the features say: the running numbers of a key, turned into float64 by one documented division.

Sums, means and extrema are in the unit for people (CNY, not fen): the exact whole number divided once by ``scale``, a mean by
``count × scale``.
A statistic of nothing is missing (NaN): a mean, minimum, maximum or rate of no entry, a deviation of fewer than two, a z-score or ratio
without a history that allows it. A count, a number of distinct values and a sum of nothing are 0.
"""

import numpy as np

from huitong.contracts import NULL_INT, Float64Array, Int64Array
from huitong.features import wide
from huitong.features.borrow import inlined
from huitong.features.layout import (
    H_OPERATIONS,
    J_FIRST,
    J_LAST,
    K_HEAD,
    K_NEXT,
    NO_ENTRY,
    OP_CODE,
    OP_COUNT,
    OP_OUT,
    OP_READ_AGE,
    OP_READ_COUNT,
    OP_READ_DISTINCT,
    OP_READ_EXTREMUM,
    OP_READ_MEAN,
    OP_READ_RATIO_TO_MEAN,
    OP_READ_REMAINING,
    OP_READ_SINCE_LAST,
    OP_READ_STD,
    OP_READ_SUM,
    OP_READ_TOTAL,
    OP_READ_ZSCORE,
    OP_SCALE,
    OP_SLOT,
    OP_SQUARES,
    OP_SUM,
    OP_VALUE,
    R_OPERATION,
    R_VALUE,
)
from huitong.features.state import State, place


@inlined
def read(  # noqa: PLR0912 -- a branch per operation
    state: State, key: int, now_us: int, row: int, included: bool, values: Int64Array, out: Float64Array, out_row: int
) -> None:
    """Writes the grouping's features of an event at ``now_us``.

    Args:
        state: The grouping's state, its windows at ``now_us``.
        key: The key asked about.
        now_us: Time of the event that asks.
        row: The asking event's row in ``values``, where it is of the grouping's own kind.
        included: Whether that event is the key's newest entry; history is what lies before it.
        values: Numbers of the events, shape ``(n, columns)``.
        out: Receives the features, shape ``(rows, features)``.
        out_row: Row of ``out``.
    """
    program, numbers = state.program, state.key64[key]
    first = program[1, R_OPERATION]
    for index in range(first, first + program[0, H_OPERATIONS]):
        rule = program[index]
        code, scale = rule[OP_CODE], rule[OP_SCALE]
        answer = np.nan
        if code == OP_READ_COUNT:
            answer = np.float64(numbers[rule[OP_COUNT]])
        elif code == OP_READ_SUM:
            answer = np.float64(numbers[rule[OP_SUM]]) / np.float64(scale)
        elif code == OP_READ_MEAN:
            if numbers[rule[OP_COUNT]] > 0:
                answer = np.float64(numbers[rule[OP_SUM]]) / np.float64(numbers[rule[OP_COUNT]] * scale)
        elif code == OP_READ_EXTREMUM:
            pointer = state.key32[key, rule[OP_SLOT]]
            if pointer != NO_ENTRY:
                answer = np.float64(state.entry64[place(state, key, int(pointer)), 1 + rule[OP_VALUE]]) / np.float64(scale)
        elif code == OP_READ_DISTINCT:
            answer = np.float64(state.key32[key, rule[OP_SLOT]])
        elif code == OP_READ_STD:
            high, low = np.uint64(numbers[rule[OP_SQUARES]]), np.uint64(numbers[rule[OP_SQUARES] + 1])
            answer = _deviation(numbers[rule[OP_COUNT]], numbers[rule[OP_SUM]], high, low) / np.float64(scale)
        elif code in (OP_READ_ZSCORE, OP_READ_RATIO_TO_MEAN):
            value = values[row, program[program[1, R_VALUE] + rule[OP_VALUE], 0]]
            if value != NULL_INT:
                answer = _against_history(numbers, rule, value, included)
        elif code == OP_READ_TOTAL:
            if numbers[rule[OP_SLOT]] != NULL_INT:
                answer = np.float64(numbers[rule[OP_SLOT]]) / np.float64(scale)
        elif code == OP_READ_AGE:
            if numbers[rule[OP_SLOT]] != NULL_INT:
                answer = np.float64(now_us - numbers[rule[OP_SLOT]] * rule[OP_VALUE]) / np.float64(scale)
        elif code == OP_READ_REMAINING:
            answer = np.float64(max(numbers[rule[OP_SLOT]] - now_us, 0)) / np.float64(scale) if numbers[rule[OP_SLOT]] != NULL_INT else 0.0
        else:
            answer = _since(state, key, now_us, code, included) / np.float64(scale)
        out[out_row, rule[OP_OUT]] = answer


@inlined
def _deviation(count: int, total: int, high: np.uint64, low: np.uint64) -> float:
    """Sample standard deviation: ``sqrt((n·Σx² − (Σx)²) / (n·(n − 1)))``."""
    if count < 2:
        return np.nan
    return float(np.sqrt(wide.spread(count, total, high, low) / (np.float64(count) * np.float64(count - 1))))


@inlined
def _against_history(numbers: Int64Array, rule: Int64Array, value: int, included: bool) -> float:
    """The value against what lies before it in the window: z-score, or ratio to the mean."""
    count, total = numbers[rule[OP_COUNT]], numbers[rule[OP_SUM]]
    if included:
        count, total = count - 1, total - value
    if rule[OP_CODE] == OP_READ_RATIO_TO_MEAN:
        return np.nan if count == 0 or total == 0 else np.float64(value) * np.float64(count) / np.float64(total)
    high, low = np.uint64(numbers[rule[OP_SQUARES]]), np.uint64(numbers[rule[OP_SQUARES] + 1])
    if included:
        less_high, less_low = wide.square(value)
        high, low = wide.subtract(high, low, less_high, less_low)
    deviation = _deviation(count, total, high, low)
    if not deviation > 0.0:
        return np.nan
    # Large values that differ little: whole numbers are subtracted before anything is rounded.
    whole = total // count
    return (np.float64(value - whole) - np.float64(total - whole * count) / np.float64(count)) / deviation


@inlined
def _since(state: State, key: int, now_us: int, code: int, included: bool) -> float:
    """Microseconds since the previous entry, or since the first one ever."""
    row = state.key32[key]
    if code == OP_READ_SINCE_LAST:
        last = int(row[K_NEXT]) - (2 if included else 1)
        moment = state.entry64[place(state, key, last), 0] if last >= row[K_HEAD] else state.key64[key, J_LAST]
    else:
        moment = state.key64[key, J_FIRST]
        if moment == NULL_INT and row[K_HEAD] < row[K_NEXT]:
            moment = state.entry64[place(state, key, int(row[K_HEAD])), 0]
    return np.nan if moment == NULL_INT else np.float64(now_us - moment)
