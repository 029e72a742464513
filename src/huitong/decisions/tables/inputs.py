"""Input columns: the expression a column looks at, and its cells as sets of values or, where they need more, as computed tests."""

from dataclasses import dataclass

from huitong.decisions.feel import (
    BOOLEAN,
    NativeExpression,
    Place,
    Scope,
    native_expression,
    native_test,
    parse_expression,
    parse_unary_tests,
    policy_error,
)
from huitong.decisions.feel.tree import Name
from huitong.decisions.tables.cells import ANYTHING, CellSet, cell_set
from huitong.decisions.tables.dmn import DmnInput
from huitong.decisions.tables.type_refs import expected_kind
from huitong.kernel import PolicyError

TRUE_ONLY = CellSet(((1.0, 2.0),), null=False)


@dataclass(frozen=True, slots=True)
class InputColumn:
    """A typed input column.

    Attributes:
        expression: What it looks at.
        variable: Place of the variable, where the expression is nothing else.
        cells: One set per row; a row whose cell is computed has anything here.
        computed: The computed cells, by row: booleans, true where the cell matches.
        allowed: What the modeller says may come, for the search for gaps.
        name: The column's label.
    """

    expression: NativeExpression
    variable: int | None
    cells: list[CellSet]
    computed: dict[int, NativeExpression]
    allowed: CellSet
    name: str


def input_column(column: DmnInput, texts: list[str], places: list[Place], scope: Scope, errors: list[PolicyError]) -> InputColumn | None:
    """Types one input column; None if its own expression is wrong.

    Args:
        column: The column.
        texts: Its cell in each row.
        places: The place of each cell.
        scope: Variables that expressions may name.
        errors: Gets every error found.
    """
    place = (places[0] if places else Place("?")).at(cell=column.label)
    header = Place(place.file, place.table, None, column.label)
    try:
        tree = parse_expression(column.expression, scope.known, header)
        expression = native_expression(tree, scope, header, expected=expected_kind(column.type_ref))
    except PolicyError as error:
        errors.append(error)
        return None
    sets: dict[str, CellSet | None] = {}
    cells: list[CellSet] = []
    computed: dict[int, NativeExpression] = {}
    for row, (text, at) in enumerate(zip(texts, places, strict=True)):
        try:
            if text not in sets:
                sets[text] = cell_set(parse_unary_tests(text, scope.known, at), expression.type, scope, at)
            values = sets[text]
            if values is None:
                computed[row] = native_test(text, expression, scope, at)
            elif values.is_empty:
                errors.append(_empty(text, at))
        except PolicyError as error:
            errors.append(error)
            values = None
        cells.append(values or ANYTHING)
    variable = scope.index[tree.name] if isinstance(tree, Name) else None
    return InputColumn(expression, variable, cells, computed, _allowed(column, expression, scope, header, errors), column.label)


def _empty(text: str, place: Place) -> PolicyError:
    return policy_error(
        "table.cell.empty",
        place,
        None,
        {"en": f"no value passes {text}, so the row never hits", "zh": f"没有值满足 {text}，该行永远不会命中"},
        {"en": "correct the ends of the range", "zh": "请改正区间端点"},
    )


def _allowed(column: DmnInput, expression: NativeExpression, scope: Scope, place: Place, errors: list[PolicyError]) -> CellSet:
    if expression.type == BOOLEAN:
        return CellSet(((0.0, 2.0),), null=False)
    if not column.values:
        return ANYTHING
    try:
        return cell_set(parse_unary_tests(column.values, scope.known, place), expression.type, scope, place) or ANYTHING
    except PolicyError as error:
        errors.append(error)
        return ANYTHING
