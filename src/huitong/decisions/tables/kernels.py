"""Compiled look-up of the rows that match: one bit per row, one word-mask per piece of a column, and-ed over the columns.

A table is data, not code: editing a cell compiles nothing. ``layout`` is int64:

    [columns, words, checked, groups_start, then per column: source, breaks_start, breaks, masks_start; then masks; then groups]

``source`` is the place in the input row, or ``-1 - place`` in the row of computed values. A column with ``n`` breaks has ``n + 2``
pieces: piece ``k`` holds the values with ``k`` breaks at or below them, the last one null. Masks are ``words`` int64 a piece.
"""

import numpy as np
from numba import njit

from huitong.decisions.tables.arrays import FloatArray, IntArray

HEADER, PER_COLUMN = 4, 4
NO_HIT, VIOLATED = -1, -2
_SHORT = 8


@njit(cache=True)
def _mask_start(value: float, start: int, breaks: int, masks: int, words: int, ends: FloatArray) -> int:
    """Where the mask of the piece that holds ``value`` begins."""
    if np.isnan(value):
        return masks + (breaks + 1) * words
    if breaks <= _SHORT:
        # A sum of comparisons has no branch to mispredict.
        piece = 0
        for place in range(start, start + breaks):
            piece += ends[place] <= value
        return masks + piece * words
    low, high = start, start + breaks
    while low < high:
        middle = (low + high) >> 1
        if ends[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return masks + (low - start) * words


@njit(cache=True)
def _lowest_bit(word: int) -> int:
    """Place of the lowest set bit of a word that is not zero."""
    place = 0
    if word & 0xFFFFFFFF == 0:
        place += 32
        word >>= 32
    if word & 0xFFFF == 0:
        place += 16
        word >>= 16
    if word & 0xFF == 0:
        place += 8
        word >>= 8
    if word & 0xF == 0:
        place += 4
        word >>= 4
    if word & 0x3 == 0:
        place += 2
        word >>= 2
    return place + (word & 1 == 0)


@njit(cache=True)
def _match(row: FloatArray, computed: FloatArray, layout: IntArray, ends: FloatArray, matched: IntArray) -> None:
    """Writes the bits of all rows that match into ``matched``, shape ``(words,)``."""
    words = layout[1]
    matched[:] = -1
    for column in range(layout[0]):
        at = HEADER + PER_COLUMN * column
        source = layout[at]
        value = row[source] if source >= 0 else computed[-1 - source]
        mask = _mask_start(value, layout[at + 1], layout[at + 2], layout[at + 3], words, ends)
        for word in range(words):
            matched[word] &= layout[mask + word]


@njit(cache=True)
def _match_word(row: FloatArray, computed: FloatArray, layout: IntArray, ends: FloatArray) -> int:
    """The same for a table of one word."""
    matched = -1
    for column in range(layout[0]):
        at = HEADER + PER_COLUMN * column
        source = layout[at]
        value = row[source] if source >= 0 else computed[-1 - source]
        matched &= layout[_mask_start(value, layout[at + 1], layout[at + 2], layout[at + 3], 1, ends)]
    return matched


@njit(cache=True)
def _chosen(matched: IntArray, layout: IntArray) -> int:
    """The first set bit; VIOLATED if the table checks groups and another set bit is of another group."""
    first, group = NO_HIT, 0
    for word in range(layout[1]):
        bits = matched[word]
        while bits != 0:
            bit = (word << 6) + _lowest_bit(bits)
            if first == NO_HIT:
                first, group = bit, layout[layout[3] + bit]
                if layout[2] == 0:
                    return first
            elif layout[layout[3] + bit] != group:
                return VIOLATED
            bits &= bits - 1
    return first


@njit(cache=True)
def _chosen_word(bits: int, layout: IntArray) -> int:
    """The same for a table of one word."""
    if bits == 0:
        return NO_HIT
    first = _lowest_bit(bits)
    if layout[2] != 0:
        groups = layout[3]
        bits &= bits - 1
        while bits != 0:
            if layout[groups + _lowest_bit(bits)] != layout[groups + first]:
                return VIOLATED
            bits &= bits - 1
    return first


@njit("int64(float64[::1], float64[::1], int64[::1], float64[::1])", cache=True)
def first_hit(row: FloatArray, computed: FloatArray, layout: IntArray, ends: FloatArray) -> int:
    """The bit of the row that decides, NO_HIT, or VIOLATED."""
    if layout[1] == 1:
        return _chosen_word(_match_word(row, computed, layout, ends), layout)
    matched = np.empty(layout[1], dtype=np.int64)
    _match(row, computed, layout, ends, matched)
    return _chosen(matched, layout)


@njit(
    "void(float64[:, ::1], float64[:, ::1], int64[::1], float64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64[::1],"
    "float64[:, ::1])",
    cache=True,
    nogil=True,
)
def first_hits(
    rows: FloatArray,
    computed: FloatArray,
    layout: IntArray,
    ends: FloatArray,
    order: IntArray,
    literals: FloatArray,
    columns: IntArray,
    rules: IntArray,
    outputs: FloatArray,
) -> None:
    """``first_hit`` of each row of a batch, as a row of the table, into ``rules``, and what that row says into ``outputs``.

    See ``table.TableArrays`` for ``order``, ``literals`` and ``columns``.
    """
    matched = np.empty(layout[1], dtype=np.int64)
    for i in range(rows.shape[0]):
        if layout[1] == 1:
            bit = _chosen_word(_match_word(rows[i], computed[i], layout, ends), layout)
        else:
            _match(rows[i], computed[i], layout, ends, matched)
            bit = _chosen(matched, layout)
        rule = order[bit] if bit >= 0 else bit
        rules[i] = rule
        # The defaults stand after the last row.
        said = rule if rule >= 0 else literals.shape[0] - 1
        for output in range(literals.shape[1]):
            column = columns[said, output]
            value = literals[said, output] if column < 0 else computed[i, column]
            outputs[i, output] = value if rule != VIOLATED else np.nan


@njit("void(float64[:, ::1], float64[:, ::1], int64[::1], float64[::1], int64[::1])", cache=True, nogil=True)
def count_hits(rows: FloatArray, computed: FloatArray, layout: IntArray, ends: FloatArray, offsets: IntArray) -> None:
    """Writes running totals of the rows that match into ``offsets``, shape ``(rows + 1,)``."""
    matched = np.empty(layout[1], dtype=np.int64)
    offsets[0] = 0
    for i in range(rows.shape[0]):
        _match(rows[i], computed[i], layout, ends, matched)
        count = 0
        for word in range(layout[1]):
            bits = matched[word]
            while bits != 0:
                count += 1
                bits &= bits - 1
        offsets[i + 1] = offsets[i] + count


@njit("void(float64[:, ::1], float64[:, ::1], int64[::1], float64[::1], int64[::1])", cache=True, nogil=True)
def all_hits(rows: FloatArray, computed: FloatArray, layout: IntArray, ends: FloatArray, hits: IntArray) -> None:
    """Writes the bits of the rows that match, batch row by batch row, into ``hits``; its length is the last of the offsets."""
    matched = np.empty(layout[1], dtype=np.int64)
    at = 0
    for i in range(rows.shape[0]):
        _match(rows[i], computed[i], layout, ends, matched)
        for word in range(layout[1]):
            bits = matched[word]
            while bits != 0:
                hits[at] = (word << 6) + _lowest_bit(bits)
                at += 1
                bits &= bits - 1


@njit("void(int64[::1], float64[::1], int64, float64[::1])", cache=True)
def aggregate(offsets: IntArray, values: FloatArray, kind: int, results: FloatArray) -> None:
    """Sum (0), least (1) or greatest (2) of each batch row's values, in row order; null if there are none or one is null."""
    for i in range(len(offsets) - 1):
        total = np.nan
        for at in range(offsets[i], offsets[i + 1]):
            value = values[at]
            if at == offsets[i] or np.isnan(value):
                total = value
            elif kind == 0:
                total += value
            elif not np.isnan(total):
                total = min(total, value) if kind == 1 else max(total, value)
        results[i] = total
