"""What an event would see of a grouping, with nothing of it changed: for questions that begin with "what if".

The same compiled ``advance_one`` answers, on a copy of the key's rows. An event in order works in the key's own slab: it touches one free
place, a mark and a link or two, which are put back. A late event, or one whose slab is full, would move entries about: for these the slab
is copied, which costs what taking the event would.
"""

import numpy as np
from numba import njit

from huitong.contracts import NULL_INT, Float64Array, Int32Array, Int64Array
from huitong.features import distinct, layout
from huitong.features.advance import SWEPT_PER_EVENT, advance_one
from huitong.features.borrow import wide
from huitong.features.grouping import Grouping
from huitong.features.layout import (
    A_HAND,
    CODE_COLUMN,
    EXTREMUM_LINK,
    EXTREMUM_TOP,
    EXTREMUM_VALUE,
    H_CODES,
    H_EXTREMA,
    H_REBASE,
    J_CLOCK,
    K_HEAD,
    K_NEXT,
    NO_ENTRY,
    R_CODE,
    R_EXTREMUM,
)
from huitong.features.state import State, borrow, capacity, place

NEVER_US = -(2**62)
"""No key is retired, and no entry forgotten, up to this time."""
UNSEEN = -2
"""Stands for the key of an event whose key has no place in the state yet."""
_ROWS = 2 + SWEPT_PER_EVENT
"""Rows of the copy: the key's own, and empty ones for the sweep to look at."""


class GroupingPreview:
    """Asks a grouping; works on rows of its own.

    Args:
        grouping: Whom to ask.
    """

    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        program = grouping.program
        self._key32, self._key64 = np.tile(program.key32, (_ROWS, 1)), np.tile(program.key64, (_ROWS, 1))
        self._arena = np.full(layout.ARENA_WIDTH, -1, np.int64)
        self._table = program.table.copy()
        self._table[0, layout.H_RETENTION] = -NEVER_US
        self._kept64, self._kept32 = np.zeros(program.entry64_width, np.int64), np.zeros(program.entry32_width, np.int32)
        self._kept_slots = np.zeros((max(1, program.codes), 2), np.int64)
        self._entry64 = np.zeros((0, program.entry64_width), np.int64)
        self._entry32 = np.zeros((0, program.entry32_width), np.int32)
        self._slots = np.zeros((0, max(1, program.codes)), np.int32)

    def ask(self, key: int, time_us: int, appends: bool, values: Int64Array, codes: Int32Array, out: Float64Array) -> None:
        """Writes to row 0 of ``out`` what ``Grouping.advance_one`` would for an event that asks.

        Args:
            key: The key, or ``UNSEEN``.
            time_us: Time of the event.
            appends: Whether it becomes an entry.
            values: Numbers of the event, in row 0.
            codes: Codes of the event, in row 0.
            out: Features, shape ``(1, features)``.
        """
        grouping = self._grouping
        seen = 0 <= key < len(grouping.key32)
        if seen and preview_one(
            key,
            time_us,
            appends,
            values,
            codes,
            out,
            grouping.key32,
            grouping.key64,
            grouping.entry64,
            grouping.entry32,
            grouping.slots,
            grouping.arena,
            self._table,
            self._key32,
            self._key64,
            self._arena,
            self._kept64,
            self._kept32,
            self._kept_slots,
        ):
            return
        self._copy(key)
        own = (self._key32, self._key64, self._entry64, self._entry32, self._slots, self._arena, self._table)
        advance_one(0, time_us, True, appends, NEVER_US, values, codes, out, *own)

    def _copy(self, key: int) -> None:
        """Lays the key's slab into arrays of its own, with room for it to grow once; a key without a row gets a fresh one."""
        grouping, program = self._grouping, self._grouping.program
        seen = 0 <= key < len(grouping.key32)
        size = int(grouping.key32[key, layout.K_CLASS]) if seen else 0
        count = 0 if size == 0 else 1 << size
        room = 3 * count + 2
        if len(self._entry64) < room:
            self._entry64 = np.zeros((room, program.entry64_width), np.int64)
            self._entry32 = np.zeros((room, program.entry32_width), np.int32)
            self._slots = np.zeros((2 * room if program.codes else 0, max(1, program.codes)), np.int32)
        self._key32[0], self._key64[0] = program.key32, program.key64
        if seen:
            start = int(grouping.key32[key, layout.K_OFFSET])
            self._key32[0], self._key64[0] = grouping.key32[key], grouping.key64[key]
            self._key32[0, layout.K_OFFSET] = 0
            self._entry64[:count] = grouping.entry64[start : start + count]
            self._entry32[:count] = grouping.entry32[start : start + count]
            if program.codes:
                self._slots[: 2 * count] = grouping.slots[2 * start : 2 * (start + count)]
        self._arena[:] = -1
        self._arena[[layout.A_USED, layout.A_HAND, layout.A_RELEASED]] = count, 1, 0


@njit(cache=True, error_model="numpy")
def preview_one(
    key: int,
    time_us: int,
    appends: bool,
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
    own32: Int32Array,
    own64: Int64Array,
    own_arena: Int64Array,
    kept64: Int64Array,
    kept32: Int32Array,
    kept_slots: Int64Array,
) -> bool:
    """Answers an event in order whose slab has room; tells whether it is one, else nothing was done.

    ``program`` forgets nothing, ``own32`` and ``own64`` receive the key's rows, ``kept64``, ``kept32`` and ``kept_slots`` what stood in
    the place, and in the hash, where the event's entry goes for a moment.
    """
    state = borrow(key32, key64, entry64, entry32, slots, arena, program)
    places = state.key32[key]
    head, end = int(places[K_HEAD]), int(places[K_NEXT])
    newest = state.entry64[place(state, key, end - 1), 0] if head < end else NULL_INT
    if time_us < newest or time_us < state.key64[key, J_CLOCK]:
        return False
    if appends and (end - head >= capacity(state, key) or end > program[0, H_REBASE]):
        return False
    own32[0], own64[0] = key32[key], key64[key]
    own_arena[A_HAND] = 1
    at = 0
    if appends:
        at = place(state, key, end)
        kept64[:], kept32[:] = entry64[at], entry32[at]
        _keep_slots(state, key, codes, kept_slots)
    asks, limit_us = wide(1) == 1, wide(NEVER_US)
    advance_one(wide(0), time_us, asks, appends, limit_us, values, codes, out, own32, own64, entry64, entry32, slots, own_arena, program)
    if appends:
        _unlink(state, key, at)
        _put_slots_back(state, key, codes, kept_slots)
        entry64[at], entry32[at] = kept64, kept32
    return True


@njit(cache=True, error_model="numpy")
def _keep_slots(state: State, key: int, codes: Int32Array, kept_slots: Int64Array) -> None:
    """Notes which slot of the hash each code of the event has, and what is there."""
    for column in range(state.program[0, H_CODES]):
        code = codes[0, state.program[state.program[1, R_CODE] + column, CODE_COLUMN]]
        if code >= 0:
            slot = distinct.find(state, key, column, code)
            kept_slots[column, 0], kept_slots[column, 1] = slot, state.slots[slot, column]


@njit(cache=True, error_model="numpy")
def _put_slots_back(state: State, key: int, codes: Int32Array, kept_slots: Int64Array) -> None:
    for column in range(state.program[0, H_CODES]):
        if codes[0, state.program[state.program[1, R_CODE] + column, CODE_COLUMN]] >= 0:
            before = int(kept_slots[column, 1])
            state.slots[kept_slots[column, 0], column] = before
            if before >= 0:  # it was the latest of its code, and so had no mark
                state.entry32[place(state, key, before), column] &= ~1


@njit(cache=True, error_model="numpy")
def _unlink(state: State, key: int, at: int) -> None:
    """Leads the link of the entry on whose stack the event's entry at ``at`` was put back to the entry above it, if there was one."""
    row, program = state.key32[key], state.program
    for index in range(program[0, H_EXTREMA]):
        rule = program[program[1, R_EXTREMUM] + index]
        if state.entry64[at, 1 + rule[EXTREMUM_VALUE]] == NULL_INT:
            continue
        link = rule[EXTREMUM_LINK]
        below = int(state.entry32[at, link])
        if below < row[K_HEAD]:
            continue
        above, walk = NO_ENTRY, int(row[rule[EXTREMUM_TOP]])
        while walk > below:
            above, walk = walk, int(state.entry32[place(state, key, walk), link])
        state.entry32[place(state, key, below), link + 1] = above
