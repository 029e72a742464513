"""Pairs of keys as dense codes: an open-addressing hash from ``(a, b)`` to a small number.

The number is given to another pair when nothing is known of this one any more.
"""

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from huitong.contracts import Int32Array, Int64Array

UNKNOWN_PAIR = 0
"""Code of a pair that was asked about but never seen; nothing ever happens to it."""

_NONE = -1
_FIRST_CAPACITY = 1024


@dataclass(slots=True)
class PairCodes:
    """The pairs of one grouping.

    Attributes:
        table: Hash slots: code, or -1.
        pair_of: ``a << 32 | b`` of each code; -1 where free.
        free: Stack of codes given back.
        counts: How many codes were ever made, how many lie on ``free``.
    """

    table: Int32Array
    pair_of: Int64Array
    free: Int32Array
    counts: Int64Array
    _one: Int32Array = field(default_factory=lambda: np.zeros((2, 1), np.int32))

    @classmethod
    def empty(cls) -> "PairCodes":
        """No pairs; code 0 stands for the unknown pair."""
        table, free = np.full(_FIRST_CAPACITY, _NONE, np.int32), np.full(_FIRST_CAPACITY, _NONE, np.int32)
        return cls(table, np.full(_FIRST_CAPACITY, _NONE, np.int64), free, np.array([1, 0], np.int64))

    def codes(self, first: Int32Array, second: Int32Array, make: bool) -> Int32Array:
        """A code for each pair of codes, shape ``(n,)``; -1 where a part is missing.

        Args:
            first: Codes of the first role.
            second: Codes of the second role.
            make: Whether an unseen pair gets a code of its own, or ``UNKNOWN_PAIR``.
        """
        if make:
            self._grow(len(first))
        answer = np.empty(len(first), np.int32)
        _lookup(first, second, make, answer, self.table, self.pair_of, self.free, self.counts)
        return answer

    def code(self, first: int, second: int, make: bool) -> int:
        """The same for one pair."""
        self._one[:, 0] = first, second
        return int(self.codes(self._one[0], self._one[1], make)[0])

    def forget(self, codes: Int32Array) -> None:
        """Gives codes back, shape ``(n,)``."""
        _forget_all(codes, self.table, self.pair_of, self.free, self.counts)

    def __len__(self) -> int:
        return int(self.counts[0])

    def _grow(self, more: int) -> None:
        needed = int(self.counts[0]) + more
        if needed > len(self.pair_of):
            size = 1 << int(needed - 1).bit_length()
            self.pair_of = np.concatenate([self.pair_of, np.full(size - len(self.pair_of), _NONE, np.int64)])
            self.free = np.concatenate([self.free, np.full(size - len(self.free), _NONE, np.int32)])
        if 2 * needed > len(self.table):
            self.table = np.full(2 << int(needed - 1).bit_length(), _NONE, np.int32)
            _fill(self.table, self.pair_of, self.counts)


@njit(cache=True)
def _home(pair: int, mask: int) -> int:
    mixed = np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15)
    return int(mixed >> np.uint64(32)) & mask


@njit(cache=True)
def _find(pair: int, table: Int32Array, pair_of: Int64Array) -> int:
    mask = int(table.shape[0] - 1)
    at = _home(pair, mask)
    while table[at] != _NONE and pair_of[table[at]] != pair:
        at = (at + 1) & mask
    return at


@njit(cache=True)
def _lookup(
    first: Int32Array,
    second: Int32Array,
    make: bool,
    answer: Int32Array,
    table: Int32Array,
    pair_of: Int64Array,
    free: Int32Array,
    counts: Int64Array,
) -> None:
    for row in range(first.shape[0]):
        if first[row] < 0 or second[row] < 0:
            answer[row] = _NONE
            continue
        pair = int(first[row]) << 32 | int(second[row])
        at = _find(pair, table, pair_of)
        code = int(table[at])
        if code == _NONE:
            code = int(UNKNOWN_PAIR)
            if make:
                if counts[1] > 0:
                    counts[1] -= 1
                    code = int(free[counts[1]])
                else:
                    code = counts[0]
                    counts[0] += 1
                pair_of[code] = pair
                table[at] = code
        answer[row] = code


@njit(cache=True)
def _forget(code: int, table: Int32Array, pair_of: Int64Array, free: Int32Array, counts: Int64Array) -> None:
    mask = int(table.shape[0] - 1)
    hole = _find(pair_of[code], table, pair_of)
    pair_of[code] = _NONE
    free[counts[1]] = code
    counts[1] += 1
    at = (hole + 1) & mask
    while table[at] != _NONE:  # Knuth, TAOCP 3, 6.4, algorithm R
        if (at - _home(pair_of[table[at]], mask)) & mask >= (at - hole) & mask:
            table[hole] = table[at]
            hole = at
        at = (at + 1) & mask
    table[hole] = _NONE


@njit(cache=True)
def _forget_all(codes: Int32Array, table: Int32Array, pair_of: Int64Array, free: Int32Array, counts: Int64Array) -> None:
    for code in codes:
        _forget(int(code), table, pair_of, free, counts)


@njit(cache=True)
def _fill(table: Int32Array, pair_of: Int64Array, counts: Int64Array) -> None:
    for code in range(1, counts[0]):
        if pair_of[code] != _NONE:
            table[_find(pair_of[code], table, pair_of)] = code
