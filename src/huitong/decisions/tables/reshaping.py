"""Changes of a table's shape that are collected with those of its cells, so that both become one version; and one taken back again.

How: changes are values that are made one after another on the file as it stands. Rows are kept beside them, as wide as the changes so far
say; each change and its taking back is carried out on the rows as well, so that no cell is lost that was typed in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from huitong.decisions.tables.columns import ANYTHING, with_column, with_hit_policy, with_label, without_column
from huitong.decisions.tables.writing import WrittenRow, table_in, with_rows

ChangeKind = Literal["add", "remove", "rename", "hit"]


@dataclass(frozen=True, slots=True)
class TableChange:
    """A change of a table's shape.

    Attributes:
        how: What is done: a condition added, taken away or renamed, another hit policy.
        place: Which condition is taken away or renamed, counted from 0.
        expression: What an added condition looks at.
        label: Name of an added or renamed condition.
        hit: The hit policy's letter.
    """

    how: ChangeKind
    place: int = 0
    expression: str = ""
    label: str = ""
    hit: str = ""


def reshaped(content: bytes, file: str, table: str, changes: Sequence[TableChange]) -> bytes:
    """The file with changes of a table's shape, one after another.

    Args:
        content: The file, DMN in UTF-8.
        file: Its name, for messages.
        table: Name of the decision.
        changes: The changes.

    Raises:
        PolicyError: As ``with_column``, ``without_column``, ``with_label`` and ``with_hit_policy``.
    """
    for one in changes:
        if one.how == "add":
            content = with_column(content, file, table, one.expression, one.label)
        elif one.how == "remove":
            content = without_column(content, file, table, one.place)
        elif one.how == "rename":
            content = with_label(content, file, table, one.place, one.label)
        else:
            content = with_hit_policy(content, file, table, one.hit)
    return content


def edited(content: bytes, file: str, table: str, changes: Sequence[TableChange], rows: Sequence[WrittenRow]) -> bytes:
    """The file with changes of a table's shape and these rows, which are as wide as the changes say.

    Raises:
        PolicyError: As ``reshaped`` and ``with_rows``.
    """
    return with_rows(reshaped(content, file, table, changes), file, table, rows)


def rows_after(rows: Sequence[WrittenRow], change: TableChange) -> list[WrittenRow]:
    """Rows once a change is made: what is typed in them stays, an added condition is left open."""
    if change.how == "add":
        return [replace(row, inputs=(*row.inputs, ANYTHING)) for row in rows]
    if change.how == "remove":
        return [replace(row, inputs=row.inputs[: change.place] + row.inputs[change.place + 1 :]) for row in rows]
    return list(rows)


def rows_without_last(
    content: bytes, file: str, table: str, changes: Sequence[TableChange], rows: Sequence[WrittenRow]
) -> list[WrittenRow]:
    """Rows once the last change is taken back: a condition that it took away comes back as the file has it, open in new rows.

    Raises:
        PolicyError: As ``reshaped``.
    """
    *before, last = changes
    if last.how == "add":
        return [replace(row, inputs=row.inputs[:-1]) for row in rows]
    if last.how != "remove":
        return list(rows)
    cells = [rule.inputs[last.place] for rule in table_in(reshaped(content, file, table, before), file, table).rules]
    return [_with_cell(row, last.place, ANYTHING if row.origin is None else cells[row.origin]) for row in rows]


def _with_cell(row: WrittenRow, place: int, cell: str) -> WrittenRow:
    return replace(row, inputs=(*row.inputs[:place], cell, *row.inputs[place:]))
