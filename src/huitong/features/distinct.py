"""Distinct values in windows: a small hash in every slab from a value to its latest entry, and one mark per entry.

An entry counts for its value iff no later entry has the same value ("superseded"). So a window's number grows when a value arrives whose
previous entry lies outside the window, and falls when an entry leaves that is not superseded: no reference counts, and one probe per event
serves every window. The hash belongs to the slab: it grows, moves and is sharded with it.
"""

import numpy as np

from huitong.features.borrow import inlined
from huitong.features.layout import K_OFFSET
from huitong.features.state import State, capacity, place

_EMPTY = -1
_FIBONACCI = np.uint32(2654435769)
"""2**32 divided by the golden ratio (Knuth, TAOCP 3, 6.4)."""


@inlined
def home(code: int, mask: int) -> int:
    """Where the search for a code starts."""
    mixed = np.uint32(code) * _FIBONACCI
    return int(mixed ^ (mixed >> np.uint32(15))) & mask


@inlined
def find(state: State, key: int, column: int, code: int) -> int:
    """Slot of the code, or the empty slot where it belongs."""
    mask = 2 * capacity(state, key) - 1
    first = 2 * int(state.key32[key, K_OFFSET])
    at = home(code, mask)
    while True:
        sequence = state.slots[first + at, column]
        if sequence == _EMPTY or state.entry32[place(state, key, sequence), column] >> 1 == code:
            return first + at
        at = (at + 1) & mask


@inlined
def remember(state: State, key: int, column: int, sequence: int) -> int:
    """Makes the entry the latest of its code and marks the one before; returns that one, or -1."""
    at = place(state, key, sequence)
    slot = find(state, key, column, state.entry32[at, column] >> 1)
    before = state.slots[slot, column]
    if before != _EMPTY:
        state.entry32[place(state, key, before), column] |= 1
    state.slots[slot, column] = sequence
    return int(before)


@inlined
def forget(state: State, key: int, column: int, sequence: int) -> None:
    """Takes out the entry's code; the entries behind close ranks, so that no tombstone is left (Knuth, TAOCP 3, 6.4, algorithm R)."""
    mask = 2 * capacity(state, key) - 1
    first = 2 * int(state.key32[key, K_OFFSET])
    hole = find(state, key, column, state.entry32[place(state, key, sequence), column] >> 1) - first
    at = (hole + 1) & mask
    while state.slots[first + at, column] != _EMPTY:
        other = state.slots[first + at, column]
        start = home(state.entry32[place(state, key, other), column] >> 1, mask)
        if (at - start) & mask >= (at - hole) & mask:
            state.slots[first + hole, column] = other
            hole = at
        at = (at + 1) & mask
    state.slots[first + hole, column] = _EMPTY


@inlined
def clear(state: State, key: int) -> None:
    """Empties the key's hash."""
    first = 2 * int(state.key32[key, K_OFFSET])
    state.slots[first : first + 2 * capacity(state, key)] = _EMPTY
