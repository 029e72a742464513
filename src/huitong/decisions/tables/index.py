"""From the rows' cells to the arrays that the kernels read."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from huitong.decisions.tables.arrays import BoolArray, FloatArray, IntArray
from huitong.decisions.tables.cells import CellSet
from huitong.decisions.tables.kernels import HEADER, PER_COLUMN

_BITS = 64


@dataclass(frozen=True, slots=True)
class ColumnIndex:
    """A column cut into the pieces that its rows can tell apart.

    Attributes:
        source: Place in the input row, or ``-1 - place`` among the computed values.
        breaks: Sorted; piece ``k`` is ``[breaks[k-1], breaks[k])``, unbounded at both ends; null is a piece of its own, the last.
        members: Which rows hold which piece, shape ``(pieces, rows)``.
    """

    source: int
    breaks: FloatArray
    members: BoolArray

    @property
    def pieces(self) -> int:
        """Number of pieces, null's among them."""
        return len(self.breaks) + 2


def column_index(source: int, cells: Sequence[CellSet]) -> ColumnIndex:
    """Cuts a column along all ends of its cells."""
    ends = {end for cell in cells for interval in cell.intervals for end in interval}
    breaks = np.array(sorted(ends - {-inf, inf}), dtype=np.float64)
    members = np.zeros((len(breaks) + 2, len(cells)), dtype=np.bool_)
    piece = {end: place + 1 for place, end in enumerate(breaks.tolist())} | {-inf: 0, inf: len(breaks) + 1}
    for row, cell in enumerate(cells):
        for low, high in cell.intervals:
            members[piece[low] : piece[high], row] = True
        members[-1, row] = cell.null
    return ColumnIndex(source, breaks, members)


def packed(columns: Sequence[ColumnIndex], order: IntArray, groups: IntArray, *, checked: bool) -> tuple[IntArray, FloatArray]:
    """The arrays ``layout`` and ``ends`` of ``kernels``.

    Args:
        columns: At least one row each.
        order: Row of each bit: the rows by priority.
        groups: Group of each row; in a checked table, rows of two groups must not match together.
        checked: Whether groups are checked.
    """
    words = max(1, -(-len(order) // _BITS))
    masks, starts, at = [], [], HEADER + PER_COLUMN * len(columns)
    for column in columns:
        bits = np.zeros((column.pieces, words * _BITS), dtype=np.bool_)
        bits[:, : len(order)] = column.members[:, order]
        masks.append(np.packbits(bits, axis=1, bitorder="little").view("<i8").astype(np.int64).ravel())
        starts.append(at)
        at += len(masks[-1])
    header = [len(columns), words, int(checked), at]
    first_break = 0
    for column, start in zip(columns, starts, strict=True):
        header += [column.source, first_break, len(column.breaks), start]
        first_break += len(column.breaks)
    # One entry even where nothing breaks or nobody has a group: numba takes an array's type from its memory.
    ends = np.concatenate([*(column.breaks for column in columns), np.zeros(1)])
    return np.concatenate([np.array(header, dtype=np.int64), *masks, groups[order].astype(np.int64), np.zeros(1, np.int64)]), ends
