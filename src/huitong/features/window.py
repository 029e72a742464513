"""What an entry does to the running numbers of its key when it enters, leaves a window, or is forgotten.

Every number is a whole number that is added on entering and taken away on leaving, so that order, sharding, late insertion and restoring
give the same bits.
"""

import numpy as np

from huitong.contracts import NULL_INT
from huitong.features import distinct, extremum, slab, wide
from huitong.features.borrow import inlined
from huitong.features.layout import (
    CODE_SLOT,
    CODE_TAIL,
    CODE_WINDOWS,
    CODE_WINDOWS_N,
    DISTINCT_CODE,
    DISTINCT_SLOT,
    H_CODES,
    H_SPANS,
    H_TOTALS,
    J_FIRST,
    J_LAST,
    K_CLASS,
    K_HEAD,
    K_NEXT,
    K_OFFSET,
    POWER_ALL,
    POWER_PRESENT,
    POWER_SQUARE,
    R_CODE,
    R_SPAN,
    R_TOTAL,
    SPAN_DISTINCT,
    SPAN_DISTINCT_N,
    SPAN_SUMS,
    SPAN_SUMS_N,
    SPAN_TAIL,
    SPAN_US,
    SUM_POWER,
    SUM_SLOT,
    SUM_VALUE,
    TOTAL_BASE,
    TOTAL_FURTHEST,
    TOTAL_KIND,
    TOTAL_LATEST,
    TOTAL_MAX,
    TOTAL_MIN,
    TOTAL_POWER,
    TOTAL_SLOT,
    TOTAL_SUM,
    TOTAL_VALUE,
)
from huitong.features.state import State, capacity, place


@inlined
def enter(state: State, key: int, sequence: int) -> None:
    """Takes the entry, which already lies in the slab, up into every running number."""
    row, program = state.key32[key], state.program
    at = place(state, key, sequence)
    for index in range(program[0, H_SPANS]):
        span = program[program[1, R_SPAN] + index]
        for rule in range(span[SPAN_SUMS], span[SPAN_SUMS] + span[SPAN_SUMS_N]):
            _sum(state, key, at, program[rule, SUM_POWER], program[rule, SUM_VALUE], program[rule, SUM_SLOT], 1)
    for index in range(program[0, H_TOTALS]):
        rule = program[1, R_TOTAL] + index
        _total(state, key, at, rule, program[rule, TOTAL_SLOT])
    extremum.push(state, key, sequence)
    for column in range(program[0, H_CODES]):
        if state.entry32[at, column] >= 0:
            before = distinct.remember(state, key, column, sequence)
            rule = program[1, R_CODE] + column
            for window in range(program[rule, CODE_WINDOWS], program[rule, CODE_WINDOWS] + program[rule, CODE_WINDOWS_N]):
                if before < row[program[window, CODE_TAIL]]:
                    row[program[window, CODE_SLOT]] += 1


@inlined
def expire(state: State, key: int, now_us: int) -> None:
    """Moves every window's tail to ``now_us``: a window is (now - span, now]."""
    row, program = state.key32[key], state.program
    end = int(row[K_NEXT])
    offset, mask = int(row[K_OFFSET]), (1 << int(row[K_CLASS])) - 1
    moved = False
    for index in range(program[0, H_SPANS]):
        span = program[program[1, R_SPAN] + index]
        limit = now_us - span[SPAN_US]
        tail = int(row[span[SPAN_TAIL]])
        while tail < end:
            at = offset + (tail & mask)
            if state.entry64[at, 0] > limit:
                break
            _leave(state, key, at, span)
            tail += 1
        if tail != row[span[SPAN_TAIL]]:
            row[span[SPAN_TAIL]] = tail
            moved = True
    if moved:
        extremum.settle(state, key)


@inlined
def evict(state: State, key: int, limit_us: int) -> None:
    """Forgets entries up to ``limit_us``, which every window has left; running totals keep what they said."""
    row = state.key32[key]
    while row[K_HEAD] < row[K_NEXT]:
        at = place(state, key, int(row[K_HEAD]))
        if state.entry64[at, 0] > limit_us:
            return
        _fold(state, key, at)
        row[K_HEAD] += 1


@inlined
def retire(state: State, key: int) -> None:
    """Forgets every entry of a key that no window, nor any late event, can reach any more, and gives its slab back."""
    row = state.key32[key]
    while row[K_HEAD] < row[K_NEXT]:
        _fold(state, key, place(state, key, int(row[K_HEAD])))
        row[K_HEAD] += 1
    reset(state, key)
    slab.release(state, key)


@inlined
def reset(state: State, key: int) -> None:
    """Sets the running numbers to what they were before the oldest kept entry."""
    row, program = state.key32[key], state.program
    for index in range(program[0, H_SPANS]):
        span = program[program[1, R_SPAN] + index]
        row[span[SPAN_TAIL]] = row[K_HEAD]
        for rule in range(span[SPAN_SUMS], span[SPAN_SUMS] + span[SPAN_SUMS_N]):
            state.key64[key, program[rule, SUM_SLOT]] = 0
            if program[rule, SUM_POWER] == POWER_SQUARE:
                state.key64[key, program[rule, SUM_SLOT] + 1] = 0
        for rule in range(span[SPAN_DISTINCT], span[SPAN_DISTINCT] + span[SPAN_DISTINCT_N]):
            row[program[rule, DISTINCT_SLOT]] = 0
    for index in range(program[0, H_TOTALS]):
        total = program[program[1, R_TOTAL] + index]
        for half in range(2 if total[TOTAL_POWER] == POWER_SQUARE else 1):
            state.key64[key, total[TOTAL_SLOT] + half] = state.key64[key, total[TOTAL_BASE] + half]
    extremum.reset(state, key)
    if program[0, H_CODES] > 0 and capacity(state, key) > 0:
        distinct.clear(state, key)
        for sequence in range(row[K_HEAD], row[K_NEXT]):
            at = place(state, key, sequence)
            for column in range(program[0, H_CODES]):
                if state.entry32[at, column] >= 0:
                    state.entry32[at, column] &= ~1


@inlined
def _leave(state: State, key: int, at: int, span: np.ndarray) -> None:
    program = state.program
    for rule in range(span[SPAN_SUMS], span[SPAN_SUMS] + span[SPAN_SUMS_N]):
        _sum(state, key, at, program[rule, SUM_POWER], program[rule, SUM_VALUE], program[rule, SUM_SLOT], -1)
    for rule in range(span[SPAN_DISTINCT], span[SPAN_DISTINCT] + span[SPAN_DISTINCT_N]):
        code = state.entry32[at, program[rule, DISTINCT_CODE]]
        if code >= 0 and code & 1 == 0:
            state.key32[key, program[rule, DISTINCT_SLOT]] -= 1


@inlined
def _fold(state: State, key: int, at: int) -> None:
    """Lets an entry live on in what is known of the forgotten ones."""
    program = state.program
    time_us = state.entry64[at, 0]
    if state.key64[key, J_FIRST] == NULL_INT:
        state.key64[key, J_FIRST] = time_us
    state.key64[key, J_LAST] = time_us
    for index in range(program[0, H_TOTALS]):
        rule = program[1, R_TOTAL] + index
        _total(state, key, at, rule, program[rule, TOTAL_BASE])
    for column in range(program[0, H_CODES]):
        code = state.entry32[at, column]
        if code >= 0 and code & 1 == 0:
            distinct.forget(state, key, column, state.key32[key, K_HEAD])


@inlined
def _total(state: State, key: int, at: int, rule: int, slot: int) -> None:
    kind = state.program[rule, TOTAL_KIND]
    if kind == TOTAL_SUM:
        _sum(state, key, at, state.program[rule, TOTAL_POWER], state.program[rule, TOTAL_VALUE], slot, 1)
        return
    value = state.entry64[at, 1 + state.program[rule, TOTAL_VALUE]]
    if value == NULL_INT:
        return
    before = state.key64[key, slot]
    if kind == TOTAL_FURTHEST and before > value > state.entry64[at, 0]:  # it holds for longer already, and this does not end it
        return
    newer = kind in (TOTAL_LATEST, TOTAL_FURTHEST)
    if newer or before == NULL_INT or (kind == TOTAL_MIN and value < before) or (kind == TOTAL_MAX and value > before):
        state.key64[key, slot] = value


@inlined
def _sum(state: State, key: int, at: int, power: int, column: int, slot: int, sign: int) -> None:
    numbers = state.key64[key]
    if power == POWER_ALL:
        numbers[slot] += sign
        return
    value = state.entry64[at, 1 + column]
    if value == NULL_INT:
        return
    if power == POWER_PRESENT:
        numbers[slot] += sign
    elif power != POWER_SQUARE:
        numbers[slot] += sign * value
    else:
        more_high, more_low = wide.square(value)
        high, low = np.uint64(numbers[slot]), np.uint64(numbers[slot + 1])
        if sign > 0:
            high, low = wide.add(high, low, more_high, more_low)
        else:
            high, low = wide.subtract(high, low, more_high, more_low)
        numbers[slot], numbers[slot + 1] = np.int64(high), np.int64(low)
