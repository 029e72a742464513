"""A grouping: events of one kind, side by side by one key or up to three keys, and everything that features ask about them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.features import advance, layout, steps
from huitong.features.pairs import PairCodes
from huitong.features.program import Program

_FIRST_KEYS = 64
_FIRST_ENTRIES = 256
_PAIR_ARRAYS = ("table", "pair_of", "free", "counts")


class Grouping:
    """State of one grouping and its two ways forward: one live event, or a chunk of many.

    Args:
        program: What to keep and to read.
        keys: How many keys make one. Of three the first two are a pair whose code makes another pair with the third.
        forgets_pairs: Whether nothing needs to be known of a pair without kept entries, so that its code may be given to another.
        first_entries: Room in the arena at the start.
    """

    def __init__(self, program: Program, keys: int, forgets_pairs: bool, first_entries: int = _FIRST_ENTRIES) -> None:
        self.program = program
        self.pairs = PairCodes.empty() if keys > 1 else None
        self._first_two = PairCodes.empty() if keys > 2 else None
        self._forgets_pairs = forgets_pairs
        self.key32 = np.tile(program.key32, (_FIRST_KEYS, 1))
        self.key64 = np.tile(program.key64, (_FIRST_KEYS, 1))
        self.entry64 = np.zeros((first_entries, program.entry64_width), np.int64)
        self.entry32 = np.zeros((first_entries, program.entry32_width), np.int32)
        self.slots = np.zeros((2 * first_entries if program.codes else 0, max(1, program.codes)), np.int32)
        self.arena = np.zeros(layout.ARENA_WIDTH, np.int64)
        self.arena[layout.A_FREE :] = -1

    @property
    def blank(self) -> bool:
        """Whether nothing was ever appended: then a key that asks gets ``Program.of_nothing``; see ``Nothing``."""
        return not self.arena[layout.A_USED]

    def keys(self, columns: Sequence[Int32Array], make: bool) -> Int32Array:
        """The grouping's own key codes, shape ``(n,)``; -1 where a role is missing.

        Args:
            columns: Codes of the roles, a column of each.
            make: Whether the events append, so that unseen keys need a place.
        """
        codes = columns[0]
        if self.pairs is not None:
            first = codes if self._first_two is None else self._first_two.codes(codes, columns[1], make)
            codes = self.pairs.codes(first, columns[-1], make)
        if len(codes):
            self._grow_keys(int(codes.max()) + 1)
        return codes

    def key(self, codes: Sequence[int], make: bool) -> int:
        """The same for one event."""
        code = self.joined(codes, make)
        if code >= len(self.key32):
            self._grow_keys(code + 1)
        return code

    def joined(self, codes: Sequence[int], make: bool) -> int:
        """The code of keys together; ``UNKNOWN_PAIR`` where nobody has met them together and none is to be made."""
        if self.pairs is None:
            return codes[0]
        first = codes[0] if self._first_two is None else self._first_two.code(codes[0], codes[1], make)
        return self.pairs.code(first, codes[-1], make)

    def advance_one(
        self, key: int, time_us: int, asks: bool, appends: bool, limit_us: int, values: Int64Array, codes: Int32Array, out: Float64Array
    ) -> None:
        """Takes row 0 of the columns through; see ``advance.advance_one``."""
        while True:
            answer = advance.advance_one(
                key,
                time_us,
                asks,
                appends,
                limit_us,
                values,
                codes,
                out,
                self.key32,
                self.key64,
                self.entry64,
                self.entry32,
                self.slots,
                self.arena,
                self.program.table,
            )
            if answer != advance.ARENA_FULL:
                break
            self._grow_entries(1)
        if answer >= 0 and self._forgets_pairs and self.pairs is not None:
            self.key32[answer], self.key64[answer] = self.program.key32, self.program.key64
            self.pairs.forget(np.array([answer], np.int32))

    def advance_many(
        self,
        work: Int32Array,
        times: Int64Array,
        limit_us: int,
        values: Int64Array,
        codes: Int32Array,
        out: Float64Array,
        executor: Executor | None,
        threads: int,
    ) -> None:
        """Takes steps, grouped by key, through; the bits do not depend on ``threads``.

        Args:
            work: Steps, shape ``(m, 4)``; columns as in ``advance``.
            times: Their times, shape ``(m,)``.
            limit_us: Keys whose newest entry is no younger may be retired afterwards.
            values: Numbers of the grouping's own kind.
            codes: Codes of the grouping's own kind.
            out: Features.
            executor: Runs the stretches.
            threads: Number of stretches.
        """
        done = 0
        while (done := steps.reserve_steps(done, work, *self._arrays())) < len(work):
            self._grow_entries(len(work) - done)
        arrays = self._arrays()
        if executor is None or threads == 1:
            advance.advance_steps(0, len(work), work, times, values, codes, out, *arrays)
        else:
            bounds = steps.split(work, threads).tolist()
            stretches = pairwise(bounds)
            tasks = [executor.submit(advance.advance_steps, b, e, work, times, values, codes, out, *arrays) for b, e in stretches]
            for task in tasks:
                task.result()
        self._sweep(len(work), limit_us)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything that another grouping of the same program needs to go on; without the arena's unused end."""
        used = int(self.arena[layout.A_USED])
        slots = self.slots[: 2 * used] if self.program.codes else self.slots
        arrays: dict[str, npt.NDArray[Any]] = {
            "key32": self.key32,
            "key64": self.key64,
            "entry64": self.entry64[:used],
            "entry32": self.entry32[:used],
            "slots": slots,
            "arena": self.arena,
        }
        for prefix, pairs in self._codes_of_pairs():
            arrays |= {f"{prefix}{name}": getattr(pairs, name) for name in _PAIR_ARRAYS}
        return arrays

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Goes on from what ``state`` gave."""
        for name in ("key32", "key64", "entry64", "entry32", "slots", "arena"):
            setattr(self, name, arrays[name].copy())
        for prefix, pairs in self._codes_of_pairs():
            for name in _PAIR_ARRAYS:
                setattr(pairs, name, arrays[f"{prefix}{name}"].copy())

    def _codes_of_pairs(self) -> list[tuple[str, PairCodes]]:
        named = (("", self.pairs), ("first_two_", self._first_two))
        return [(prefix, pairs) for prefix, pairs in named if pairs is not None]

    def _sweep(self, number: int, limit_us: int) -> None:
        retired = np.empty(min(advance.SWEPT_PER_EVENT * number, len(self.key32)), np.int32)
        count = advance.sweep_many(limit_us, retired, *self._arrays())
        if self._forgets_pairs and self.pairs is not None and count:
            keys = retired[:count]
            self.key32[keys], self.key64[keys] = self.program.key32, self.program.key64
            self.pairs.forget(keys)

    def _arrays(self) -> tuple[Int32Array, Int64Array, Int64Array, Int32Array, Int32Array, Int64Array, Int64Array]:
        return self.key32, self.key64, self.entry64, self.entry32, self.slots, self.arena, self.program.table

    def _grow_keys(self, needed: int) -> None:
        have = len(self.key32)
        if needed > have:
            more = (1 << (needed - 1).bit_length()) - have
            self.key32 = np.concatenate([self.key32, np.tile(self.program.key32, (more, 1))])
            self.key64 = np.concatenate([self.key64, np.tile(self.program.key64, (more, 1))])

    def _grow_entries(self, more: int = _FIRST_ENTRIES) -> None:
        """Doubles the arena, or more; fresh memory is not touched before it is used."""
        total = len(self.entry64) + max(len(self.entry64), more)
        self.entry64 = _longer(self.entry64, total)
        self.entry32 = _longer(self.entry32, total)
        self.slots = _longer(self.slots, 2 * total if self.program.codes else 0)


def _longer(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    longer = np.zeros((length, array.shape[1]), array.dtype)
    longer[: len(array)] = array
    return longer
