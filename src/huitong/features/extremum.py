"""Greatest and least values of windows: one monotonic stack per key and column, shared by every window.

The stack holds, oldest first, the entries that no later entry outdoes. A window's extremum is the oldest of them inside the window, so a
pointer per window that only moves towards the present is enough. Entries link to their neighbours on the stack; the least is the greatest
of the negated values.
"""

from huitong.contracts import NULL_INT
from huitong.features.borrow import inlined
from huitong.features.layout import (
    EXTREMUM_LINK,
    EXTREMUM_SIGN,
    EXTREMUM_TOP,
    EXTREMUM_VALUE,
    EXTREMUM_WINDOWS,
    EXTREMUM_WINDOWS_N,
    H_EXTREMA,
    K_HEAD,
    NO_ENTRY,
    POINTER_SLOT,
    POINTER_TAIL,
    R_EXTREMUM,
)
from huitong.features.state import State, place


@inlined
def push(state: State, key: int, sequence: int) -> None:
    """Takes up a new entry."""
    row, program = state.key32[key], state.program
    at = place(state, key, sequence)
    for index in range(program[0, H_EXTREMA]):
        rule = program[program[1, R_EXTREMUM] + index]
        column, sign, link = 1 + rule[EXTREMUM_VALUE], rule[EXTREMUM_SIGN], rule[EXTREMUM_LINK]
        value = state.entry64[at, column]
        if value == NULL_INT:
            continue
        top = int(row[rule[EXTREMUM_TOP]])
        while top >= row[K_HEAD] and sign * state.entry64[place(state, key, top), column] <= sign * value:
            top = int(state.entry32[place(state, key, top), link])
        if top >= row[K_HEAD]:
            state.entry32[place(state, key, top), link + 1] = sequence
        state.entry32[at, link] = top
        state.entry32[at, link + 1] = NO_ENTRY
        row[rule[EXTREMUM_TOP]] = sequence
        for window in range(rule[EXTREMUM_WINDOWS], rule[EXTREMUM_WINDOWS] + rule[EXTREMUM_WINDOWS_N]):
            pointer = program[window, POINTER_SLOT]
            if row[pointer] > top:  # it pointed at an entry that was just outdone, or at none
                row[pointer] = sequence


@inlined
def settle(state: State, key: int) -> None:
    """Moves the pointers after the windows' tails have moved."""
    row, program = state.key32[key], state.program
    for index in range(program[0, H_EXTREMA]):
        rule = program[program[1, R_EXTREMUM] + index]
        link = rule[EXTREMUM_LINK] + 1
        for window in range(rule[EXTREMUM_WINDOWS], rule[EXTREMUM_WINDOWS] + rule[EXTREMUM_WINDOWS_N]):
            pointer, tail = program[window, POINTER_SLOT], row[program[window, POINTER_TAIL]]
            while row[pointer] < tail:
                row[pointer] = state.entry32[place(state, key, row[pointer]), link]


@inlined
def reset(state: State, key: int) -> None:
    """Empties the stacks."""
    row, program = state.key32[key], state.program
    for index in range(program[0, H_EXTREMA]):
        rule = program[program[1, R_EXTREMUM] + index]
        row[rule[EXTREMUM_TOP]] = -1
        for window in range(rule[EXTREMUM_WINDOWS], rule[EXTREMUM_WINDOWS] + rule[EXTREMUM_WINDOWS_N]):
            row[program[window, POINTER_SLOT]] = NO_ENTRY
