"""Output columns: literals as values, anything else as expressions to compute; one type a column."""

from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from huitong.decisions.feel import FLOAT, Kind, NativeExpression, Place, Scope, Type, native_expression, parse_unary_tests, policy_error
from huitong.decisions.feel.native import literal_value, with_type
from huitong.decisions.feel.tree import OpenRange, Range
from huitong.decisions.feel.types import KIND_ZH
from huitong.decisions.tables.arrays import FloatArray
from huitong.decisions.tables.cells import cell_set
from huitong.decisions.tables.dmn import DmnOutput
from huitong.decisions.tables.type_refs import expected_kind
from huitong.kernel import PolicyError

_NULL = "null"


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A typed output column.

    Attributes:
        type: Type of all its cells.
        literals: Value of each literal cell, NaN elsewhere; one per row, then the default.
        expressions: The cells that must be computed, by row.
        ranks: Rank of each row's value among the declared output values; the largest number where there are none.
        place: Its place.
    """

    type: Type
    literals: FloatArray
    expressions: dict[int, NativeExpression]
    ranks: list[int]
    place: Place


def output_column(output: DmnOutput, texts: list[str], places: list[Place], scope: Scope, errors: list[PolicyError]) -> OutputColumn:
    """Types the cells of one output column.

    Args:
        output: The column.
        texts: One text per row, then the default's; empty text is null.
        places: Place of each.
        scope: Variables that expressions may name.
        errors: Gets every error found.
    """
    expected = expected_kind(output.type_ref)
    cells: list[NativeExpression | None] = []
    for text, place in zip(texts, places, strict=True):
        try:
            cells.append(native_expression(text or _NULL, scope, place, expected=expected))
        except PolicyError as error:
            errors.append(error)
            cells.append(None)
    kind_of = _common_type([cell for cell in cells if cell is not None], errors)
    literals, expressions = np.full(len(texts), np.nan), {}
    for row, cell in enumerate(cells):
        if cell is None or (kind_of.kind is not cell.type.kind and cell.type.kind is not Kind.NULL):
            continue
        fitted = with_type(cell, kind_of)
        value = literal_value(fitted)
        if value is None:
            expressions[row] = fitted
        else:
            literals[row] = value
    column = OutputColumn(kind_of, literals, expressions, [], places[-1])
    return replace(column, ranks=_ranks(output, column, places, scope, errors))


def _common_type(cells: list[NativeExpression], errors: list[PolicyError]) -> Type:
    """One type that holds all cells: the largest scale, float if any is."""
    typed = [cell for cell in cells if cell.type.kind is not Kind.NULL]
    if not typed:
        return FLOAT
    kind_of = typed[0].type
    for cell in typed:
        if cell.type.kind is not kind_of.kind:
            errors.append(
                policy_error(
                    "table.output.mixed",
                    cell.place,
                    None,
                    {
                        "en": f"a {cell.type.kind} stands in a column of {kind_of.kind} values",
                        "zh": f"本列的值为{KIND_ZH[kind_of.kind]}，此处却是{KIND_ZH[cell.type.kind]}",
                    },
                    {"en": "give the whole column one type", "zh": "请让整列保持同一类型"},
                )
            )
        elif kind_of.scale is None or cell.type.scale is None:
            kind_of = Type(kind_of.kind, None)
        else:
            kind_of = Type(kind_of.kind, max(kind_of.scale, cell.type.scale))
    return kind_of


def _ranks(output: DmnOutput, column: OutputColumn, places: list[Place], scope: Scope, errors: list[PolicyError]) -> list[int]:
    """Rank of each row's value in the list of output values, first is 0; a literal that is not listed is an error."""
    rows = len(column.literals) - 1
    if not output.values:
        return [0] * rows
    place = column.place.at(cell=f"{output.name}: output values")
    try:
        tests = parse_unary_tests(output.values, scope.known, place)
        allowed = cell_set(tests, column.type, scope, place)
        listed = [
            None if isinstance(test, Range | OpenRange) else literal_value(with_type(native_expression(test, scope, place), column.type))
            for test in tests.tests
        ]
    except PolicyError as error:
        errors.append(error)
        return [0] * rows
    for row, value in enumerate(column.literals.tolist()):
        if allowed is not None and not isnan(value) and not any(low <= value < high for low, high in allowed.intervals):
            errors.append(_unlisted(output, places[row]))
    ranks = {value: rank for rank, value in reversed(list(enumerate(listed))) if value is not None}
    return [ranks.get(float(value), len(listed)) for value in column.literals[:-1]]


def _unlisted(output: DmnOutput, place: Place) -> PolicyError:
    return policy_error(
        "table.output.unlisted",
        place,
        None,
        {"en": f"the value is not among the column's own: {output.values}", "zh": f"该值不在本列允许的取值之内：{output.values}"},
        {"en": "correct the cell, or list its value", "zh": "请改正单元格，或将该值列入允许取值"},
    )
