"""The arrays of a grouping, as the compiled functions see them."""

from typing import NamedTuple

from huitong.contracts import Int32Array, Int64Array
from huitong.features.borrow import borrowed, inlined
from huitong.features.layout import K_CLASS, K_OFFSET


class State(NamedTuple):
    """State of one grouping; ``layout`` says what lies where.

    Attributes:
        key32: Places, one row per key.
        key64: Times, counts and sums, one row per key.
        entry64: Time and values, one row per place in the arena.
        entry32: Codes (doubled, plus one where a later entry has the same) and stack links, one row per place in the arena.
        slots: Hash slots, two rows per place in the arena, one column per code: sequence number of the latest entry with a code.
        arena: What is used and what is free.
        program: What to keep and what to read.
    """

    key32: Int32Array
    key64: Int64Array
    entry64: Int64Array
    entry32: Int32Array
    slots: Int32Array
    arena: Int64Array
    program: Int64Array


@inlined
def capacity(state: State, key: int) -> int:
    """Entries that the key's slab can hold."""
    size = state.key32[key, K_CLASS]
    return 0 if size == 0 else 1 << int(size)


@inlined
def place(state: State, key: int, sequence: int) -> int:
    """Where in the arena the key's entry lies."""
    return int(state.key32[key, K_OFFSET]) + (int(sequence) & ((1 << int(state.key32[key, K_CLASS])) - 1))


@inlined
def borrow(
    key32: Int32Array,
    key64: Int64Array,
    entry64: Int64Array,
    entry32: Int32Array,
    slots: Int32Array,
    arena: Int64Array,
    program: Int64Array,
) -> State:
    """The state over arrays that the caller goes on holding."""
    return State(
        borrowed(key32), borrowed(key64), borrowed(entry64), borrowed(entry32), borrowed(slots), borrowed(arena), borrowed(program)
    )
