"""A loaded decision table: one row in a microsecond, a batch at memory speed, the same bits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from huitong.decisions.feel import COUNT, CompiledExpressions, Place, Symbols, Type, Value, decode
from huitong.decisions.tables.arrays import BoolArray, FloatArray, IntArray
from huitong.decisions.tables.kernels import NO_HIT, VIOLATED, aggregate, all_hits, count_hits, first_hit, first_hits

_NOTHING = np.zeros(1)
_SINGLE = "UAPF"
_AGGREGATES = {"+": 0, "<": 1, ">": 2}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as evidence shows it.

    Attributes:
        number: Counted from 1, as the modeller shows it.
        id: The modeller's id of the rule.
        inputs: The cells as written.
        outputs: The output cells as written.
        annotations: Text by annotation column.
        description: The rule's description.
    """

    number: int
    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: Mapping[str, str]
    description: str


@dataclass(frozen=True, slots=True)
class TableResult:
    """What a table says about one row of values.

    Attributes:
        rules: Places of the rows that hit, counted from 0, in the order that the hit policy gives them; into ``table.rows``.
        outputs: One mapping per hit, by output name; the defaults where nothing hit and there are some.
        aggregate: The sum, least, greatest or count of a collecting table that aggregates, else None.
        violated: Rows of a unique table, or rows of an any-table that disagree, hit together: no output can be trusted, none is given.
    """

    rules: tuple[int, ...]
    outputs: tuple[Mapping[str, Value], ...]
    aggregate: Value = None
    violated: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """An output column.

    Attributes:
        name: Its name.
        type: Type of its values; how a float64 of ``TableBatch.outputs`` is read.
    """

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class TableArrays:
    """What evaluation needs; built by ``build``.

    Attributes:
        layout: See ``kernels``.
        ends: See ``kernels``.
        order: Row of each bit.
        literals: Output values, shape ``(rows + 1, outputs)``; the last row holds the defaults.
        columns: Column of the computed values that gives an output cell, or -1 for a literal; shape as ``literals``.
    """

    layout: IntArray
    ends: FloatArray
    order: IntArray
    literals: FloatArray
    columns: IntArray


class DecisionTable:
    """A table of one policy.

    Attributes:
        name: The decision's name.
        hit_policy: U, A, P, F, R, O or C, and for C the aggregator: ``C+``.
        rows: Its rows, for evidence.
        outputs: Its output columns.
        place: Its file and name.
        symbols: The symbol table of its strings.
        has_default: Whether it has default outputs; they are literals.
    """

    def __init__(
        self,
        place: Place,
        hit_policy: str,
        rows: tuple[TableRow, ...],
        outputs: tuple[Output, ...],
        arrays: TableArrays,
        computed: CompiledExpressions,
        symbols: Symbols,
        *,
        has_default: bool,
    ) -> None:
        self.name = place.table or ""
        self.place = place
        self.hit_policy = hit_policy
        self.rows = rows
        self.outputs = outputs
        self.has_default = has_default
        self._arrays = arrays
        self._computed = computed
        self.symbols = symbols
        self._computes = bool(computed.types)
        self._order: list[int] = arrays.order.tolist()
        self._single = hit_policy in _SINGLE
        ready = self._single and not (arrays.columns >= 0).any()
        self._ready = [self._single_result(hit, arrays.literals) for hit in range(VIOLATED, len(rows))] if ready else None

    def evaluate(self, row: FloatArray) -> TableResult:
        """The result for one row of values.

        Args:
            row: Shape ``(variables,)``, contiguous float64, in the order of the scope's variables.
        """
        if self._ready is not None and not self._computes:
            result: TableResult = self._ready[first_hit(row, _NOTHING, self._arrays.layout, self._arrays.ends) - VIOLATED]
            return result
        return self.batch(row.reshape(1, -1)).result(0)

    def batch(self, rows: FloatArray) -> "TableBatch":
        """The results for a batch.

        Args:
            rows: Shape ``(rows, variables)``, C-contiguous float64.

        Raises:
            InputError: If an expression of the table needs more columns.
        """
        arrays = self._arrays
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        computed = self._computed.batch(rows) if self._computes else np.empty((len(rows), 1))
        if self._single:
            rules, outputs = np.empty(len(rows), dtype=np.int64), np.empty((len(rows), len(self.outputs)))
            first_hits(rows, computed, arrays.layout, arrays.ends, arrays.order, arrays.literals, arrays.columns, rules, outputs)
            return TableBatch(self, None, rules, outputs, rules == VIOLATED, None)
        offsets = np.empty(len(rows) + 1, dtype=np.int64)
        count_hits(rows, computed, arrays.layout, arrays.ends, offsets)
        hits = np.empty(offsets[-1], dtype=np.int64)
        all_hits(rows, computed, arrays.layout, arrays.ends, hits)
        return self._multiple_batch(offsets, arrays.order[hits], computed)

    def _multiple_batch(self, offsets: IntArray, rules: IntArray, computed: FloatArray) -> "TableBatch":
        owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        outputs = self._cells(rules, owners, computed)
        totals = None
        if self.hit_policy == "C#":
            totals = np.diff(offsets).astype(np.float64)
        elif self.hit_policy.startswith("C") and len(self.hit_policy) > 1:
            totals = np.empty(len(offsets) - 1)
            aggregate(offsets, np.ascontiguousarray(outputs[:, 0]), _AGGREGATES[self.hit_policy[1]], totals)
        return TableBatch(self, offsets, rules, outputs, np.zeros(len(offsets) - 1, dtype=np.bool_), totals)

    def _cells(self, rules: IntArray, owners: IntArray, computed: FloatArray) -> FloatArray:
        """Output values of ``rules``, each as computed for the batch row that it hit."""
        outputs: FloatArray = self._arrays.literals[rules]
        columns = self._arrays.columns[rules]
        if self._computes and (columns >= 0).any():
            hit, output = np.nonzero(columns >= 0)
            outputs[hit, output] = computed[owners[hit], columns[hit, output]]
        return outputs

    def _single_result(self, bit: int, literals: FloatArray) -> TableResult:
        if bit == VIOLATED:
            return TableResult((), (), violated=True)
        if bit == NO_HIT:
            return TableResult((), (self.default_outputs(),) if self.has_default else ())
        rule = self._order[bit]
        return TableResult((rule,), (self.decoded(literals[rule]),))

    def default_outputs(self) -> Mapping[str, Value]:
        """What it says when nothing hits."""
        return self.decoded(self._arrays.literals[-1])

    def decoded(self, values: FloatArray) -> Mapping[str, Value]:
        """Output values by name."""
        return {output.name: decode(float(value), output.type, self.symbols) for output, value in zip(self.outputs, values, strict=True)}


@dataclass(frozen=True, slots=True)
class TableBatch:
    """Results for a batch, as arrays.

    Attributes:
        table: Whose results they are.
        offsets: Hits of batch row ``i`` stand at ``offsets[i] : offsets[i + 1]``; None for single-hit tables, with one place each.
        rules: Rows that hit, counted from 0; in single-hit tables -1 for none (defaults apply) and -2 for a violation.
        outputs: Shape ``(hits, outputs)``, in the outputs' types; null is NaN.
        violated: Shape ``(rows,)``.
        aggregates: Shape ``(rows,)``, for tables that aggregate.
    """

    table: DecisionTable
    offsets: IntArray | None
    rules: IntArray
    outputs: FloatArray
    violated: BoolArray
    aggregates: FloatArray | None

    def result(self, row: int) -> TableResult:
        """What ``evaluate`` gives for batch row ``row``."""
        table = self.table
        if self.violated[row]:
            return TableResult((), (), violated=True)
        hits = range(row, row + 1) if self.offsets is None else range(self.offsets[row], self.offsets[row + 1])
        rules = tuple(int(self.rules[hit]) for hit in hits if self.rules[hit] >= 0)
        outputs = tuple(table.decoded(self.outputs[hit]) for hit in hits if self.rules[hit] >= 0 or table.has_default)
        if not outputs and table.has_default:
            outputs = (table.default_outputs(),)
        if self.aggregates is None:
            return TableResult(rules, outputs)
        kind_of = COUNT if table.hit_policy == "C#" else table.outputs[0].type
        return TableResult(rules, outputs, decode(float(self.aggregates[row]), kind_of, table.symbols))
