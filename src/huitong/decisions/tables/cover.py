"""Geometry of rows: each row is a union of boxes, one side per column. Which boxes meet, and what do they leave uncovered?

The sides are sets of the column's pieces, so every question is about finite sets. Overlap is a product of matrices; cover is a search
over the pieces, column by column, that stops at the first hole. The search is exponential at worst: a step budget bounds it, and
its exhaustion is said, not hidden.
"""

from collections.abc import Sequence

import numpy as np

from huitong.decisions.tables.arrays import BoolArray, IntArray

STEPS_MAX = 50_000
"""Most steps of one search; about a tenth of a second."""
TABLE_STEPS_MAX = 500_000
"""Most steps of all searches for one table."""
_BLOCK = 1_000


def overlapping_pairs(columns: Sequence[BoolArray], first: IntArray | None = None) -> IntArray:
    """Pairs of rows that some input hits both, shape ``(pairs, 2)``, the smaller row first.

    Args:
        columns: Per column, which rows hold which piece, shape ``(pieces, rows)``.
        first: Only pairs with one of these rows; all by default.
    """
    rows = columns[0].shape[1]
    chosen = np.arange(rows) if first is None else first
    found = []
    for start in range(0, len(chosen), _BLOCK):
        block = chosen[start : start + _BLOCK]
        meet = np.ones((len(block), rows), dtype=np.bool_)
        for members in columns:
            sides = members.astype(np.float32)
            meet &= (sides[:, block].T @ sides) > 0
        left, right = np.nonzero(meet)
        pairs = np.column_stack([block[left], right])
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)


class OutOfStepsError(Exception):
    """The search was too long."""


class HoleSearch:
    """Looks for a combination of pieces that none of some rows covers."""

    def __init__(self, steps_max: int = STEPS_MAX) -> None:
        self.steps_left = steps_max

    def hole(self, options: Sequence[Sequence[tuple[int, int]]], rows: int) -> list[int] | None:
        """One piece per column that no row covers; None if there is none.

        Args:
            options: Per column, the pieces to try, each with the mask of the rows that hold it.
            rows: Mask of the rows that may cover.

        Raises:
            OutOfStepsError: If the budget is used up.
        """
        # Rows that hold all pieces of all later columns: one of them alone covers whatever is left.
        everywhere = [rows] * (len(options) + 1)
        for column in range(len(options) - 1, -1, -1):
            everywhere[column] = everywhere[column + 1]
            for _, mask in options[column]:
                everywhere[column] &= mask
        return self._below(options, everywhere, 0, rows, set())

    def _below(
        self,
        options: Sequence[Sequence[tuple[int, int]]],
        everywhere: list[int],
        column: int,
        rows: int,
        covered: set[tuple[int, int]],
    ) -> list[int] | None:
        if rows == 0:
            return [pieces[0][0] for pieces in options[column:]]
        if rows & everywhere[column] or (column, rows) in covered or column == len(options):
            return None
        self.steps_left -= 1
        if self.steps_left < 0:
            raise OutOfStepsError
        tried: set[int] = set()
        for piece, mask in options[column]:
            rest = rows & mask
            if rest in tried:
                continue
            tried.add(rest)
            below = self._below(options, everywhere, column + 1, rest, covered)
            if below is not None:
                return [piece, *below]
        covered.add((column, rows))
        return None


def masks_of(members: BoolArray) -> list[int]:
    """Per piece the rows that hold it, as the bits of an int."""
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(members, axis=1, bitorder="little")]
