"""One event through a grouping: the function that live decisions, replays and training all run.

In order, an event costs a handful of steps. Out of order (older than what its key has seen), the key is worked through again from its kept
entries, so that the late event sees what lay before it and nothing else, and later events see it.
"""

from numba import njit

from huitong.contracts import NULL_INT, Float64Array, Int32Array, Int64Array
from huitong.features import read, slab, window
from huitong.features.borrow import borrowed, inlined, wide
from huitong.features.graph.prefetch import prefetch
from huitong.features.layout import (
    A_HAND,
    CODE_COLUMN,
    H_CODES,
    H_RETENTION,
    H_VALUES,
    J_CLOCK,
    K_CLASS,
    K_HEAD,
    K_NEXT,
    K_OFFSET,
    R_CODE,
    R_VALUE,
    VALUE_COLUMN,
)
from huitong.features.state import State, borrow, place

ARENA_FULL = -2
"""``advance_one`` found no room and changed nothing."""
NOTHING_RETIRED = -1
SWEPT_PER_EVENT = 2
"""Keys looked at with each event: more than one, so that the sweep gains on a stream in which every event brings a new key."""

STEPS_AHEAD = 8
"""How many steps before its turn the memory of a step is fetched."""

STEP_KEY, STEP_ROW, STEP_OUT, STEP_APPENDS = range(4)
"""Columns of a batch's steps: key, the event's row in the columns (-1: it is of another kind), row of the answer (-1: none), append?"""


@inlined
def advance(
    state: State,
    key: int,
    time_us: int,
    row: int,
    out_row: int,
    appends: bool,
    values: Int64Array,
    codes: Int32Array,
    out: Float64Array,
) -> None:
    """Takes one event through a grouping whose slab has room for it.

    Args:
        state: The grouping.
        key: Its key.
        time_us: Its time.
        row: Its row in ``values`` and ``codes``; -1 if it is of another kind.
        out_row: Row of ``out`` for its features; -1 if nobody asks.
        appends: Whether it becomes an entry.
        values: Numbers, shape ``(n, columns)``.
        codes: Codes, shape ``(n, columns)``.
        out: Features, shape ``(rows, features)``.
    """
    places, numbers = state.key32[key], state.key64[key]
    newest = int(NULL_INT)
    if places[K_HEAD] < places[K_NEXT]:
        newest = state.entry64[place(state, key, int(places[K_NEXT]) - 1), 0]
    if time_us < newest or (out_row >= 0 and time_us < numbers[J_CLOCK]):
        _advance_late(state, key, time_us, row, out_row, appends, values, codes, out)
        return
    if time_us >= numbers[J_CLOCK]:
        numbers[J_CLOCK] = time_us
        window.expire(state, key, time_us)
        window.evict(state, key, time_us - state.program[0, H_RETENTION])
    if appends:
        sequence = wide(places[K_NEXT])
        _write(state, place(state, key, sequence), time_us, row, values, codes)
        places[K_NEXT] = sequence + 1
        window.enter(state, key, sequence)
    if out_row >= 0:
        read.read(state, key, time_us, row, appends, values, out, out_row)


@njit(error_model="numpy")
def _advance_late(
    state: State,
    key: int,
    time_us: int,
    row: int,
    out_row: int,
    appends: bool,
    values: Int64Array,
    codes: Int32Array,
    out: Float64Array,
) -> None:
    """Works the key through again with the late event at its own place: after every entry of its time or before."""
    places = state.key32[key]
    end = wide(places[K_NEXT])
    here = end
    while here > places[K_HEAD] and state.entry64[place(state, key, here - 1), 0] > time_us:
        here -= 1
    window.reset(state, key)
    if appends:
        for sequence in range(end, here, -1):
            to, source = place(state, key, sequence), place(state, key, sequence - 1)
            state.entry64[to] = state.entry64[source]
            state.entry32[to] = state.entry32[source]
        _write(state, place(state, key, here), time_us, row, values, codes)
        here += 1
        end += 1
    places[K_NEXT] = places[K_HEAD]
    for sequence in range(places[K_HEAD], end + 1):
        if sequence == here and out_row >= 0:
            window.expire(state, key, time_us)
            read.read(state, key, time_us, row, appends, values, out, out_row)
        if sequence < end:
            places[K_NEXT] = sequence + 1
            window.enter(state, key, sequence)


@inlined
def _write(state: State, at: int, time_us: int, row: int, values: Int64Array, codes: Int32Array) -> None:
    program = state.program
    state.entry64[at, 0] = time_us
    for column in range(program[0, H_VALUES]):
        state.entry64[at, 1 + column] = values[row, program[program[1, R_VALUE] + column, VALUE_COLUMN]]
    for column in range(program[0, H_CODES]):
        code = codes[row, program[program[1, R_CODE] + column, CODE_COLUMN]]
        state.entry32[at, column] = -1 if code < 0 else code << 1


@inlined
def _sweep(state: State, limit_us: int) -> int:
    """Looks at the next key in turn and retires it if nothing can reach its newest entry any more; tells the key retired."""
    key = state.arena[A_HAND]
    state.arena[A_HAND] = (key + 1) % state.key32.shape[0]
    places = state.key32[key]
    if places[K_CLASS] > 0 and (
        places[K_HEAD] == places[K_NEXT] or state.entry64[place(state, key, int(places[K_NEXT]) - 1), 0] <= limit_us
    ):
        window.retire(state, key)
        return int(key)
    return int(NOTHING_RETIRED)


@njit(cache=True, error_model="numpy")
def sweep_many(
    limit_us: int,
    retired: Int32Array,
    key32: Int32Array,
    key64: Int64Array,
    entry64: Int64Array,
    entry32: Int32Array,
    slots: Int32Array,
    arena: Int64Array,
    program: Int64Array,
) -> int:
    """Looks at as many keys as ``retired`` has room for; lists those retired there and tells how many."""
    state = borrow(key32, key64, entry64, entry32, slots, arena, program)
    number = 0
    for _ in range(retired.shape[0]):
        key = _sweep(state, limit_us)
        if key != NOTHING_RETIRED:
            retired[number] = key
            number += 1
    return number


@njit(cache=True, error_model="numpy")
def advance_one(
    key: int,
    time_us: int,
    asks: bool,
    appends: bool,
    limit_us: int,
    values: Int64Array,
    codes: Int32Array,
    out: Float64Array,
    key32: Int32Array,
    key64: Int64Array,
    entry64: Int64Array,
    entry32: Int32Array,
    slots: Int32Array,
    arena: Int64Array,
    program: Int64Array,
) -> int:
    """Takes a single live event, in row 0 of the columns, and sweeps a little; tells the key retired, -1, or ``ARENA_FULL``."""
    state = borrow(key32, key64, entry64, entry32, slots, arena, program)
    if appends and not slab.reserve(state, key, wide(1)):
        return ARENA_FULL
    advance(state, key, time_us, wide(0), 0 if asks else -1, appends, borrowed(values), borrowed(codes), borrowed(out))
    retired = NOTHING_RETIRED
    for _ in range(SWEPT_PER_EVENT):
        if retired == NOTHING_RETIRED:  # one key at a time is all that the answer can tell
            retired = _sweep(state, limit_us)
    return retired


@inlined
def _look_ahead(state: State, steps: Int32Array, step: int, end: int, values: Int64Array, codes: Int32Array, out: Float64Array) -> None:
    """Fetches what a coming step will touch: its rows, which lie in the order of time, and the slab of a key that is new."""
    if step >= end:
        return
    key, row, out_row = steps[step, 0], steps[step, 1], steps[step, 2]
    if row >= 0:
        prefetch(values, row)
        prefetch(codes, row)
    if out_row >= 0:
        prefetch(out, out_row)
        prefetch(out, out_row + 1)
    if key != steps[step - 1, 0]:
        offset = state.key32[key, K_OFFSET]
        prefetch(state.key64, key)
        prefetch(state.entry64, offset)
        prefetch(state.entry32, offset)
        prefetch(state.slots, 2 * offset)


@njit(cache=True, nogil=True, error_model="numpy")
def advance_steps(
    begin: int,
    end: int,
    steps: Int32Array,
    times: Int64Array,
    values: Int64Array,
    codes: Int32Array,
    out: Float64Array,
    key32: Int32Array,
    key64: Int64Array,
    entry64: Int64Array,
    entry32: Int32Array,
    slots: Int32Array,
    arena: Int64Array,
    program: Int64Array,
) -> None:
    """Takes a stretch of steps, grouped by key, through; stretches that share no key may run at the same time."""
    state = borrow(key32, key64, entry64, entry32, slots, arena, program)
    values, codes, out = borrowed(values), borrowed(codes), borrowed(out)
    for step in range(begin, end):
        _look_ahead(state, steps, step + STEPS_AHEAD, end, values, codes, out)
        key, row, out_row = wide(steps[step, 0]), wide(steps[step, 1]), wide(steps[step, 2])
        advance(state, key, times[step], row, out_row, steps[step, 3] != 0, values, codes, out)
