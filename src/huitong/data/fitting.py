"""Which mapping fits a table, where nobody says: the one whose columns are all there."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from huitong.data.csv_source import dialect
from huitong.data.mapping import TableMapping
from huitong.data.sources import arrow_columns, table_kind


def column_names(source: Path | pa.Table) -> list[str]:
    """Names of a table's columns.

    Raises:
        InputError: If the file is missing or of an unknown kind.
        DataError: If the file is damaged.
        ExternalError: If the system refuses to read it.
    """
    if isinstance(source, pa.Table):
        return list(source.schema.names)
    kind = table_kind(source)
    return list(dialect(source).names) if kind == "csv" else arrow_columns(source, kind)


def fitting_mappings(source: Path | pa.Table, mappings: Mapping[str, TableMapping]) -> list[str]:
    """Names of the mappings that find all their columns in the table and read most of it; several only where they read as much.

    Args:
        source: The table.
        mappings: The mappings by name.

    Raises:
        InputError: As ``column_names``; so are the others.
    """
    there = set(column_names(source))
    fitting = {name: len(mapping.columns()) for name, mapping in mappings.items() if set(mapping.columns()) <= there}
    most = max(fitting.values(), default=0)
    return sorted(name for name, columns in fitting.items() if columns == most)
