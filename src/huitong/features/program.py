"""Turns what features ask of a grouping into its program: which spans, sums, stacks and hashes to keep, and what to read from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_INT, Float64Array, Int32Array, Int64Array
from huitong.features import layout


@dataclass(frozen=True, slots=True)
class Read:
    """One feature's wish.

    Attributes:
        code: Operation code, ``layout.OP_READ_…``.
        out: Column of the feature vector.
        span_us: Length of the window; ``None`` for ever.
        value: Column of numbers in the stream.
        nullable: Whether that column may be missing in an event.
        text: Column of codes in the stream, for distinct values.
        sign: 1 for the greatest value, -1 for the least.
        scale: Divides the whole number.
        multiplier_us: Microseconds of one unit of the value, for ages.
    """

    code: int
    out: int
    span_us: int | None = None
    value: int | None = None
    nullable: bool = False
    text: int | None = None
    sign: int = 1
    scale: int = 1
    multiplier_us: int = 1


@dataclass(frozen=True, slots=True)
class Program:
    """A grouping's program and the shape of its state.

    Attributes:
        table: The program, see ``layout``.
        key32: A fresh key's row.
        key64: A fresh key's row.
        entry64_width: Columns of ``entry64``.
        entry32_width: Columns of ``entry32``.
        codes: Number of code columns.
        retention_us: How long an entry is kept.
        outs: Columns of the feature vector that it answers, shape ``(reads,)``.
        of_nothing: What it answers where a key never had an entry, shape ``(reads,)``.
    """

    table: Int64Array
    key32: Int32Array
    key64: Int64Array
    entry64_width: int
    entry32_width: int
    codes: int
    retention_us: int
    outs: npt.NDArray[np.intp]
    of_nothing: Float64Array


class _Slots:
    """Gives out places in a key's row, with what a fresh key holds there; the same thing asked twice gets the same place."""

    def __init__(self, fixed: Sequence[int]) -> None:
        self.fresh = list(fixed)
        self._known: dict[object, int] = {}

    def of(self, what: object, *fresh: int) -> int:
        if what not in self._known:
            self._known[what] = len(self.fresh)
            self.fresh.extend(fresh)
        return self._known[what]


_ZERO_OF_NOTHING = (layout.OP_READ_COUNT, layout.OP_READ_SUM, layout.OP_READ_DISTINCT, layout.OP_READ_REMAINING)
_POWERS = {
    layout.OP_READ_COUNT: (),
    layout.OP_READ_SUM: (layout.POWER_VALUE,),
    layout.OP_READ_MEAN: (layout.POWER_VALUE,),
    layout.OP_READ_RATIO_TO_MEAN: (layout.POWER_VALUE,),
    layout.OP_READ_STD: (layout.POWER_VALUE, layout.POWER_SQUARE),
    layout.OP_READ_ZSCORE: (layout.POWER_VALUE, layout.POWER_SQUARE),
}


class _Builder:
    def __init__(self, reads: Sequence[Read], retention_us: int, rebase_at: int) -> None:
        self._reads = reads
        self._retention_us = retention_us
        self._rebase_at = rebase_at
        self._values = sorted({read.value for read in reads if read.value is not None})
        self._texts = sorted({read.text for read in reads if read.text is not None})
        self._spans = sorted({read.span_us for read in reads if read.span_us is not None})
        self._key32 = _Slots([0, 0, 0, 0])
        self._key64 = _Slots([NULL_INT, NULL_INT, NULL_INT])
        self._tails = {span: self._key32.of(("tail", span), 0) for span in self._spans}
        self._sums: dict[int, dict[tuple[int, int], int]] = {span: {} for span in self._spans}
        self._distinct: dict[int, dict[int, int]] = {span: {} for span in self._spans}
        self._totals: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._extrema: dict[tuple[int, int], dict[int, int]] = {}
        self._operations = [self._operation(read) for read in reads]

    def _value(self, read: Read) -> int:
        return -1 if read.value is None else self._values.index(read.value)

    def _count(self, read: Read) -> int:
        present = read.value is not None and read.nullable
        return self._sum(read.span_us, layout.POWER_PRESENT if present else layout.POWER_ALL, self._value(read) if present else -1)

    def _sum(self, span_us: int | None, power: int, value: int) -> int:
        if span_us is None:
            return self._total(layout.TOTAL_SUM, value, power)
        fresh = (0, 0) if power == layout.POWER_SQUARE else (0,)
        slot = self._key64.of(("sum", span_us, power, value), *fresh)
        self._sums[span_us][power, value] = slot
        return slot

    def _total(self, kind: int, value: int, power: int) -> int:
        fresh = [0 if kind == layout.TOTAL_SUM else NULL_INT] * (2 if power == layout.POWER_SQUARE else 1)
        slots = self._key64.of(("total", kind, value, power), *fresh), self._key64.of(("base", kind, value, power), *fresh)
        self._totals[kind, value, power] = slots
        return slots[0]

    def _operation(self, read: Read) -> list[int]:
        value = self._value(read)
        row = [read.code, read.out, 0, 0, 0, value, read.scale, 0]
        if read.code in _POWERS:
            row[layout.OP_COUNT] = self._count(read)
            for power, column in zip(_POWERS[read.code], (layout.OP_SUM, layout.OP_SQUARES), strict=False):
                row[column] = self._sum(read.span_us, power, value)
        elif read.code == layout.OP_READ_EXTREMUM and read.span_us is not None:
            slot = self._key32.of(("pointer", value, read.sign, read.span_us), layout.NO_ENTRY)
            self._extrema.setdefault((value, read.sign), {})[read.span_us] = slot
            row[layout.OP_SLOT] = slot
        elif read.code == layout.OP_READ_EXTREMUM:
            row[layout.OP_CODE] = layout.OP_READ_TOTAL
            row[layout.OP_SLOT] = self._total(layout.TOTAL_MAX if read.sign > 0 else layout.TOTAL_MIN, value, layout.POWER_NONE)
        elif read.code == layout.OP_READ_DISTINCT and read.span_us is not None and read.text is not None:
            column = self._texts.index(read.text)
            slot = self._key32.of(("distinct", column, read.span_us), 0)
            self._distinct[read.span_us][column] = slot
            row[layout.OP_SLOT] = slot
        elif read.code == layout.OP_READ_REMAINING:
            row[layout.OP_SLOT] = self._total(layout.TOTAL_FURTHEST, value, layout.POWER_NONE)
        elif read.code in (layout.OP_READ_TOTAL, layout.OP_READ_AGE):
            row[layout.OP_SLOT] = self._total(layout.TOTAL_LATEST, value, layout.POWER_NONE)
            row[layout.OP_VALUE] = read.multiplier_us
        return row

    def build(self) -> Program:
        rows: list[list[int]] = [[], []]

        def section(parts: Sequence[list[int]]) -> int:
            rows.extend(parts)
            return len(rows) - len(parts)

        spans = []
        for span in self._spans:
            sums = section([[power, value, slot] for (power, value), slot in self._sums[span].items()])
            distinct = section([[column, slot] for column, slot in self._distinct[span].items()])
            spans.append([span, self._tails[span], sums, len(self._sums[span]), distinct, len(self._distinct[span])])
        texts = []
        for column, text in enumerate(self._texts):
            windows = [[self._tails[span], slots[column]] for span, slots in self._distinct.items() if column in slots]
            texts.append([text, section(windows), len(windows)])
        extrema = []
        for index, ((value, sign), pointers) in enumerate(self._extrema.items()):
            windows = [[self._tails[span], slot] for span, slot in pointers.items()]
            top = self._key32.of(("top", value, sign), -1)
            link = len(self._texts) + 2 * index
            extrema.append([value, sign, top, link, section(windows), len(windows)])
        totals = [[kind, value, slot, base, power] for (kind, value, power), (slot, base) in self._totals.items()]
        starts = [section(spans), section([[value] for value in self._values]), section(texts), section(extrema), section(totals)]
        starts.append(section(self._operations))
        sizes = [len(spans), len(self._values), len(texts), len(extrema), len(totals), len(self._operations)]
        rows[0] = [*sizes, self._retention_us, self._rebase_at]
        rows[1] = starts
        table = np.zeros((len(rows), layout.PROGRAM_WIDTH), np.int64)
        for number, row in enumerate(rows):
            table[number, : len(row)] = row
        return Program(
            table,
            np.array(self._key32.fresh, np.int32),
            np.array(self._key64.fresh, np.int64),
            1 + len(self._values),
            max(1, len(texts) + 2 * len(extrema)),
            len(texts),
            self._retention_us,
            np.array([read.out for read in self._reads], np.intp),
            np.array([0.0 if read.code in _ZERO_OF_NOTHING else np.nan for read in self._reads]),
        )


def build_program(reads: Sequence[Read], lateness_us: int, rebase_at: int = layout.REBASE_AT) -> Program:
    """The program of a grouping.

    Args:
        reads: What its features ask.
        lateness_us: How late an event may come and still be put in its place.
        rebase_at: Sequence number beyond which a key's numbers are made small again.
    """
    longest_us = max((read.span_us for read in reads if read.span_us is not None), default=0)
    return _Builder(reads, longest_us + lateness_us, rebase_at).build()
