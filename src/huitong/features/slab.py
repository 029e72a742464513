"""Slabs: the stretch of the arena that holds one key's entries, as a circular queue whose capacity is a power of two.

A key's entries lie side by side, so that moving its windows reads memory in order. A slab that is full moves to one of twice the size;
one that is no longer needed goes to the free list of its size. Entries keep their sequence numbers, so no pointer changes.
"""

from numba import njit

from huitong.features import distinct
from huitong.features.layout import (
    A_FREE,
    A_USED,
    EXTREMUM_LINK,
    EXTREMUM_TOP,
    EXTREMUM_WINDOWS,
    EXTREMUM_WINDOWS_N,
    H_CODES,
    H_EXTREMA,
    H_REBASE,
    H_SPANS,
    K_CLASS,
    K_HEAD,
    K_NEXT,
    K_OFFSET,
    NO_ENTRY,
    POINTER_SLOT,
    R_EXTREMUM,
    R_SPAN,
    SPAN_TAIL,
)
from huitong.features.state import State, capacity, place


@njit(cache=True)
def reserve(state: State, key: int, more: int) -> bool:
    """Makes room for ``more`` entries of the key; false, with nothing changed, if the arena is too small for that."""
    row = state.key32[key]
    needed = int(row[K_NEXT]) - int(row[K_HEAD]) + more
    tired = row[K_NEXT] > state.program[0, H_REBASE]
    if needed <= capacity(state, key) and not tired:
        return True
    size = 1
    while 1 << int(size) < needed:
        size += 1
    offset = _allocate(state, size)
    if offset < 0:
        return False
    if tired:
        _rebase(state, key)
    _move(state, key, offset, size)
    return True


@njit(cache=True)
def release(state: State, key: int) -> None:
    """Gives back the slab of a key that has no entries."""
    size = state.key32[key, K_CLASS]
    if size > 0:
        offset = state.key32[key, K_OFFSET]
        state.entry32[offset, 0] = state.arena[A_FREE + size]
        state.arena[A_FREE + size] = offset
        state.key32[key, K_CLASS] = 0


@njit(cache=True)
def _allocate(state: State, size: int) -> int:
    free = state.arena[A_FREE + size]
    if free >= 0:
        state.arena[A_FREE + size] = state.entry32[free, 0]
        return int(free)
    used = state.arena[A_USED]
    if used + (1 << int(size)) > state.entry64.shape[0]:
        return -1
    state.arena[A_USED] = used + (1 << int(size))
    return int(used)


@njit(cache=True)
def _move(state: State, key: int, offset: int, size: int) -> None:
    row = state.key32[key]
    mask = (1 << int(size)) - 1
    for sequence in range(row[K_HEAD], row[K_NEXT]):
        old, new = place(state, key, sequence), offset + (int(sequence) & mask)
        state.entry64[new] = state.entry64[old]
        state.entry32[new] = state.entry32[old]
    release(state, key)
    row[K_OFFSET], row[K_CLASS] = offset, size
    columns = state.program[0, H_CODES]
    if columns > 0:
        distinct.clear(state, key)
    for column in range(columns):
        for sequence in range(row[K_HEAD], row[K_NEXT]):
            code = state.entry32[place(state, key, sequence), column]
            if code >= 0 and code & 1 == 0:
                state.slots[distinct.find(state, key, column, code >> 1), column] = sequence


@njit(cache=True)
def _rebase(state: State, key: int) -> None:
    """Makes the sequence numbers small again, by a multiple of the capacity, so that every entry stays where it is.

    Called before a move, which makes the hash afresh.
    """
    row, program = state.key32[key], state.program
    less = int(row[K_HEAD]) & ~(max(capacity(state, key), 1) - 1)
    row[K_HEAD] -= less
    row[K_NEXT] -= less
    for span in range(program[0, H_SPANS]):
        row[program[program[1, R_SPAN] + span, SPAN_TAIL]] -= less
    for extremum in range(program[0, H_EXTREMA]):
        rule = program[program[1, R_EXTREMUM] + extremum]
        row[rule[EXTREMUM_TOP]] = max(row[rule[EXTREMUM_TOP]] - less, -1)
        for window in range(rule[EXTREMUM_WINDOWS], rule[EXTREMUM_WINDOWS] + rule[EXTREMUM_WINDOWS_N]):
            if row[program[window, POINTER_SLOT]] != NO_ENTRY:
                row[program[window, POINTER_SLOT]] -= less
        for sequence in range(row[K_HEAD], row[K_NEXT]):
            links = state.entry32[place(state, key, sequence)]
            links[rule[EXTREMUM_LINK]] = max(links[rule[EXTREMUM_LINK]] - less, -1)
            if links[rule[EXTREMUM_LINK] + 1] != NO_ENTRY:
                links[rule[EXTREMUM_LINK] + 1] -= less
