"""From DMN text to loaded tables: types every cell, checks the whole, makes the arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from huitong.decisions.feel import Kind, NativeExpression, Place, Scope, compile_expressions, policy_error
from huitong.decisions.tables.arrays import BoolArray, FloatArray, IntArray
from huitong.decisions.tables.cells import ANYTHING, CellSet
from huitong.decisions.tables.checks import CheckedColumn, gap_findings, overlap_findings, unreachable_findings
from huitong.decisions.tables.dmn import DmnTable, read_dmn
from huitong.decisions.tables.index import ColumnIndex, column_index, packed
from huitong.decisions.tables.inputs import TRUE_ONLY, InputColumn, input_column
from huitong.decisions.tables.outputs import OutputColumn, output_column
from huitong.decisions.tables.shape import shape_errors
from huitong.decisions.tables.table import DecisionTable, Output, TableArrays, TableRow
from huitong.kernel import Finding, PolicyError, Severity

ERRORS_SAID_MAX = 8
"""So many errors are told in full."""


@dataclass(frozen=True, slots=True)
class LoadedTables:
    """Tables of a policy, by name, and what the checks found.

    Attributes:
        tables: In the order of the files and of the decisions in them.
        findings: Errors and warnings; a table with an error is not among ``tables``.
    """

    tables: Mapping[str, DecisionTable]
    findings: tuple[Finding, ...]

    def raise_errors(self) -> None:
        """Raises the errors as one, each with its place; beyond the first few only their number.

        Raises:
            PolicyError: If any finding is an error.
        """
        errors = [finding for finding in self.findings if finding.severity is Severity.ERROR]
        if not errors:
            return
        first = errors[0]
        said, more = errors[:ERRORS_SAID_MAX], len(errors) - ERRORS_SAID_MAX
        raise PolicyError(
            first.code,
            {
                "en": "; ".join(_placed(error, "en") for error in said) + (f" (and {more} more)" if more > 0 else ""),
                "zh": "；".join(_placed(error, "zh") for error in said) + (f"（另有 {more} 个错误）" if more > 0 else ""),
            },
            first.remedy,
        )


def _placed(finding: Finding, language: str) -> str:
    if language == "zh":  # a text that names its place begins with the file
        return finding.text["zh"] if finding.where.split(",")[0] in finding.text["zh"] else f"{finding.place('zh')}：{finding.text['zh']}"
    return finding.text["en"] if finding.where in finding.text["en"] else f"{finding.where}: {finding.text['en']}"


def load_tables(files: Mapping[str, bytes], scope: Scope, cache_dir: Path) -> LoadedTables:
    """Loads every decision table of some DMN files; reports all that is wrong rather than the first thing.

    Args:
        files: Content by file name.
        scope: The variables, in the order of the vectors that ``evaluate`` and ``batch`` will get. Its symbols grow.
        cache_dir: Folder for the compiled expressions of tables that have any.
    """
    findings: list[Finding] = []
    read: list[DmnTable] = []
    for file, content in files.items():
        try:
            read += read_dmn(content, file)
        except PolicyError as error:
            findings.append(_as_finding(error, Place(file)))
    tables: dict[str, DecisionTable] = {}
    for table, errors in zip(read, shape_errors(read), strict=True):
        findings += [_as_finding(error, table.place) for error in errors]
        if errors:
            continue
        loaded, found = _Builder(table, scope).build(cache_dir)
        findings += found
        if loaded is not None:
            tables[table.name] = loaded
    return LoadedTables(tables, tuple(findings))


def _as_finding(error: PolicyError, place: Place) -> Finding:
    return Finding.at(error.code, place.text(), error.cause, error.remedy)


class _Builder:
    """Builds one table."""

    def __init__(self, table: DmnTable, scope: Scope) -> None:
        self.table = table
        self.scope = scope
        self.errors: list[PolicyError] = []
        self.expressions: list[NativeExpression] = []

    def build(self, cache_dir: Path) -> tuple[DecisionTable | None, list[Finding]]:
        table, scope = self.table, self.scope
        inputs = [self._input(number) for number in range(len(table.inputs))]
        outputs = [self._output(number) for number in range(len(table.outputs))]
        self._check_policy(outputs)
        if self.errors:
            return None, [_as_finding(error, table.place) for error in self.errors]
        columns = [column for column in inputs if column is not None]
        computed_rows = np.zeros(len(table.rules), dtype=np.bool_)
        for column in columns:
            computed_rows[list(column.computed)] = True
        indexes = [self._index(column) for column in columns]
        order, groups = self._order(outputs), self._groups(outputs)
        findings = self._findings(columns, indexes, computed_rows, order, groups)
        if any(finding.severity is Severity.ERROR for finding in findings):
            return None, findings
        indexes += [self._computed_index(row, test) for column in columns for row, test in column.computed.items()]
        layout, ends = packed(indexes, order, groups, checked=table.hit_policy in ("U", "A"))
        literals, places = self._output_arrays(outputs)
        compiled = compile_expressions(self.expressions, scope.variables, cache_dir)
        loaded = DecisionTable(
            table.place,
            table.hit_policy + table.aggregation,
            tuple(self._row(number) for number in range(len(table.rules))),
            tuple(Output(output.name, column.type) for output, column in zip(table.outputs, outputs, strict=True)),
            TableArrays(layout, ends, order, literals, places),
            compiled,
            scope.symbols,
            has_default=any(output.default for output in table.outputs),
        )
        return loaded, findings

    # Columns ---------------------------------------------------------------------------------------------------------

    def _input(self, number: int) -> InputColumn | None:
        table = self.table
        column = table.inputs[number]
        texts = [rule.inputs[number] for rule in table.rules]
        places = [table.place.at(row=row + 1, cell=column.label) for row in range(len(texts))]
        return input_column(column, texts, places or [], self.scope, self.errors)

    def _output(self, number: int) -> OutputColumn:
        table = self.table
        output = table.outputs[number]
        texts = [rule.outputs[number] for rule in table.rules]
        places = [table.place.at(row=row + 1, cell=output.name) for row in range(len(texts))]
        return output_column(output, [*texts, output.default], [*places, table.place.at(cell=output.name)], self.scope, self.errors)

    def _check_policy(self, outputs: list[OutputColumn]) -> None:
        table, place = self.table, self.table.place
        policy = table.hit_policy + table.aggregation
        if policy in ("C+", "C<", "C>") and (len(outputs) != 1 or outputs[0].type.kind is not Kind.NUMBER):
            self._refuse("table.aggregate", place, f"{policy} wants one output of numbers", f"{policy} 需要单个数字输出")
        if table.hit_policy in ("P", "O") and not any(output.values for output in table.outputs):
            self._refuse("table.priority", place, "a priority table lists no output values", "优先级表未列出输出值")
        for output, column in zip(table.outputs, outputs, strict=True):
            if table.hit_policy in ("P", "O") and output.values and column.expressions:
                self._refuse("table.priority", place, "a computed output has no priority", "计算所得的输出没有优先级")
            if len(table.rules) in column.expressions:
                self._refuse("table.default", place, "a default output must be a literal", "默认输出必须是常量")

    def _refuse(self, code: str, place: Place, english: str, chinese: str) -> None:
        remedy = {"en": "change the hit policy or the output column", "zh": "请修改命中策略或输出列"}
        self.errors.append(policy_error(code, place, None, {"en": english, "zh": chinese}, {"en": remedy["en"], "zh": remedy["zh"]}))

    def _index(self, column: InputColumn) -> ColumnIndex:
        if column.variable is not None:
            return column_index(column.variable, column.cells)
        return column_index(self._compute(column.expression), column.cells)

    def _compute(self, expression: NativeExpression) -> int:
        self.expressions.append(expression)
        return -len(self.expressions)

    def _computed_index(self, row: int, test: NativeExpression) -> ColumnIndex:
        cells: list[CellSet] = [ANYTHING] * len(self.table.rules)
        cells[row] = TRUE_ONLY
        return column_index(self._compute(test), cells)

    # Rows ------------------------------------------------------------------------------------------------------------

    def _order(self, outputs: list[OutputColumn]) -> IntArray:
        rows = range(len(self.table.rules))
        if self.table.hit_policy not in ("P", "O"):
            return np.arange(len(rows), dtype=np.int64)
        ranked = sorted(rows, key=lambda row: [output.ranks[row] for output in outputs])
        return np.array(ranked, dtype=np.int64)

    def _groups(self, outputs: list[OutputColumn]) -> IntArray:
        """Rows that say the same are one group in an any-table; in a unique one each row is its own."""
        rows = len(self.table.rules)
        if self.table.hit_policy != "A":
            return np.arange(rows, dtype=np.int64)
        seen: dict[object, int] = {}
        groups = []
        for row in range(rows):
            said = tuple(
                column.expressions[row].text if row in column.expressions else column.literals[row].tobytes() for column in outputs
            )
            groups.append(seen.setdefault(said, len(seen)))
        return np.array(groups, dtype=np.int64)

    def _findings(
        self, columns: list[InputColumn], indexes: list[ColumnIndex], computed_rows: BoolArray, order: IntArray, groups: IntArray
    ) -> list[Finding]:
        table, place = self.table, self.table.place
        if not table.rules or not columns:
            return []
        checked = [
            CheckedColumn(column.name, column.expression.type, index, column.allowed)
            for column, index in zip(columns, indexes, strict=True)
        ]
        findings: list[Finding] = []
        if table.hit_policy in ("U", "A"):
            members = [column.index.members[column.possible(null=True)] for column in checked]
            findings += overlap_findings(members, computed_rows, groups, table.hit_policy, place)
        if table.hit_policy in ("A", "P", "F") and not findings:
            findings += unreachable_findings(checked, computed_rows, order, table.hit_policy, place)
        if table.hit_policy in ("U", "A", "P", "F") and not any(output.default for output in table.outputs):
            findings += gap_findings(checked, computed_rows, self.scope.symbols, place)
        return findings

    def _output_arrays(self, outputs: list[OutputColumn]) -> tuple[FloatArray, IntArray]:
        rows = len(self.table.rules) + 1
        literals = np.empty((rows, len(outputs)))
        columns = np.full((rows, len(outputs)), -1, dtype=np.int64)
        for number, output in enumerate(outputs):
            literals[:, number] = output.literals
            for row, expression in output.expressions.items():
                columns[row, number] = -1 - self._compute(expression)
        return literals, columns

    def _row(self, number: int) -> TableRow:
        rule = self.table.rules[number]
        annotations = dict(zip(self.table.annotations, rule.annotations, strict=False))
        return TableRow(number + 1, rule.id, rule.inputs, rule.outputs, annotations, rule.description)
