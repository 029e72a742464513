from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huitong.data import TableMapping, column_names, fitting_mappings

SMALL = {"kind": "k", "id": {"column": "id"}, "time": {"column": "time"}, "fields": {"amount": {"column": "amount"}}}
LARGE = SMALL | {"fields": {"amount": {"column": "amount"}, "terminal": {"column": "shop"}}}
OTHER = SMALL | {"fields": {"amount": {"column": "betrag"}}}


def mappings() -> dict[str, TableMapping]:
    return {name: TableMapping.of_table(table, name) for name, table in (("small", SMALL), ("large", LARGE), ("other", OTHER))}


def test_the_mapping_that_reads_most_of_the_table_fits_best() -> None:
    table = pa.table({"id": ["a"], "time": ["2026-01-01T00:00:00Z"], "amount": ["1"], "shop": ["s"]})
    assert fitting_mappings(table, mappings()) == ["large"]
    assert fitting_mappings(table.drop_columns("shop"), mappings()) == ["small"]


def test_no_mapping_fits_a_table_that_lacks_a_column_of_each() -> None:
    assert fitting_mappings(pa.table({"id": ["a"], "time": ["x"]}), mappings()) == []


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.arrow"])
def test_columns_are_named_whatever_the_kind_of_file(tmp_path: Path, name: str) -> None:
    table = pa.table({"id": ["a"], "amount": ["1"]})
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text("id;amount\na;1\n")
    elif name.endswith("parquet"):
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    assert column_names(path) == ["id", "amount"]
