"""Opens a table of any kind and hands it out in chunks with the number of each row; what is no row is handed out apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from huitong.contracts import Int64Array
from huitong.data.catalogue import shown_name
from huitong.data.columns import Flaw
from huitong.data.mapping import nearest
from huitong.data.shapes import readable
from huitong.kernel import DataError, ExternalError, HuitongError, InputError, refusal

CHUNK_ROWS = 262_144
"""Rows of a chunk: large enough for the kernels, small enough that a file of any length fits."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a source.

    Attributes:
        rows: The rows as the source has them.
        numbers: Number of each row in the source, counted from 1.
        flaws: Findings that were made while reading (broken text).
    """

    rows: pa.RecordBatch
    numbers: Int64Array
    flaws: list[Flaw] = field(default_factory=list)


def chunks_of_table(table: pa.Table) -> Iterator[Chunk]:
    """Chunks of a table in memory."""
    start = 1
    for batch in table.to_batches(max_chunksize=CHUNK_ROWS):
        yield _readable_chunk(batch, start)
        start += batch.num_rows


def _readable_chunk(batch: pa.RecordBatch, start: int) -> Chunk:
    """A chunk whose columns every reader can take; what no reader ever could is found here."""
    flaws = []
    for position, name in enumerate(batch.schema.names):
        column, bad, code = readable(batch.column(position))
        if len(bad):
            flaws.append(Flaw(code, name, bad))
        batch = batch.set_column(position, name, column)
    return Chunk(batch, np.arange(start, start + batch.num_rows, dtype=np.int64), flaws)


def chunks_of_parquet(path: Path, columns: list[str]) -> Iterator[Chunk]:
    """Chunks of a Parquet file."""
    with _readable_arrow(path), pq.ParquetFile(path) as file:
        require_columns(columns, file.schema_arrow.names, path.name)
        start = 1
        for batch in file.iter_batches(CHUNK_ROWS):
            yield _readable_chunk(batch, start)
            start += batch.num_rows


def chunks_of_ipc(path: Path, columns: list[str]) -> Iterator[Chunk]:
    """Chunks of an Arrow IPC file (Feather version 2) or stream."""
    with _readable_arrow(path), pa.OSFile(str(path)) as file:
        reader = _opened_ipc(file)
        require_columns(columns, reader.schema.names, path.name)
        by_number = isinstance(reader, pa.ipc.RecordBatchFileReader)
        batches = (reader.get_batch(i) for i in range(reader.num_record_batches)) if by_number else iter(reader)
        start = 1
        for batch in batches:
            for chunk in chunks_of_table(pa.Table.from_batches([batch])):
                yield Chunk(chunk.rows, chunk.numbers + (start - 1), chunk.flaws)
            start += batch.num_rows


def _opened_ipc(file: pa.NativeFile) -> "pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader":
    magic = file.read(6)
    file.seek(0)
    return pa.ipc.open_file(file) if magic == b"ARROW1" else pa.ipc.open_stream(file)


@contextmanager
def _readable_arrow(path: Path) -> Iterator[None]:
    try:
        yield
    except HuitongError:
        raise
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OSError, EOFError) as error:
        raise damaged(path, str(error)) from error


def damaged(path: Path, why: str) -> DataError:
    """The error of a file that breaks off or is not what its name says."""
    first = why.splitlines()[0][:200] if why else "?"
    return DataError(
        "table.damaged",
        {
            "en": f"{path.name} is damaged, cut off, or not what its name says: {first}",
            "zh": f"{path.name} 已损坏、不完整或与扩展名不符：{first}",
        },
        {
            "en": "fetch the file again and compare its size; nothing of it was taken in",
            "zh": "请重新获取该文件并核对大小；其中的内容均未读入",
        },
    )


def require_columns(wanted: list[str], found: list[str], name: str) -> None:
    """Whether a table has the columns that a mapping reads.

    Raises:
        InputError: If one is missing or is there twice; lists what was found and the nearest names.
    """
    lost = [column for column in wanted if column not in found]
    if lost:
        free = [column for column in found if column not in wanted]
        hints = [f"{column} ≈ {shown_name(close)}" for column in lost if (close := nearest(column, free))]
        shown = ", ".join(map(shown_name, found[:50])) or "-"
        raise InputError(
            "table.columns",
            {
                "en": f"{name} has no column {', '.join(lost)}; it has {shown}" + (f"; nearest: {', '.join(hints)}" if hints else ""),
                "zh": f"{name} 没有列 {', '.join(lost)}；已有列：{shown}" + (f"；最接近：{', '.join(hints)}" if hints else ""),
            },
            {"en": "correct the mapping, or give the file that it was written for", "zh": "请更正映射，或提供与其对应的文件"},
        )
    doubled = [column for column in wanted if found.count(column) > 1]
    if doubled:
        raise InputError(
            "table.columns.doubled",
            {"en": f"{name} has the column {', '.join(doubled)} twice", "zh": f"{name} 中的列 {', '.join(doubled)} 重复"},
            {"en": "rename one of them", "zh": "请重命名其中之一"},
        )


def table_kind(path: Path) -> Literal["csv", "parquet", "ipc"]:
    """How a file is to be read, by its name.

    Raises:
        InputError: If there is no such file, or its name ends in no kind of table that can be read.
        ExternalError: If the system refuses to read it.
    """
    require_file(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = "".join(suffixes[-2:] if suffixes[-1:] == [".gz"] else suffixes[-1:])
    if suffix in (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt"):
        return "csv"
    if suffix in (".parquet", ".pq"):
        return "parquet"
    if suffix in (".arrow", ".feather", ".ipc"):
        return "ipc"
    raise InputError(
        "table.kind",
        {"en": f"{path.name} is no kind of table that can be read", "zh": f"{path.name} 不是可读取的表格类型"},
        {
            "en": "give .csv, .csv.gz, .tsv, .parquet, .arrow or .feather; to the command line also a mended .jsonl of the quarantine",
            "zh": "请给出 .csv、.csv.gz、.tsv、.parquet、.arrow 或 .feather；命令行也可给出改好的隔离区 .jsonl",
        },
    )


def arrow_columns(path: Path, kind: Literal["parquet", "ipc"]) -> list[str]:
    """Names of the columns of a Parquet or Arrow IPC file.

    Raises:
        DataError: If the file is damaged.
    """
    with _readable_arrow(path):
        if kind == "parquet":
            return list(pq.read_schema(path).names)
        with pa.OSFile(str(path)) as file:
            return list(_opened_ipc(file).schema.names)


def require_file(path: Path) -> None:
    """Whether a path is a file that can be read and holds something.

    Raises:
        InputError: If it is missing, a folder, or empty.
        ExternalError: If the system refuses to read it.
    """
    try:
        if path.is_dir():
            raise _no_file("table.folder", path, "is a folder", "是文件夹", "give one file", "请给出一个文件")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise _no_file("table.missing", path, "does not exist", "不存在", "check the path", "请检查路径") from None
    except OSError as error:
        raise ExternalError(
            "table.refused",
            {"en": f"{path.name} cannot be read: {refusal(error)['en']}", "zh": f"{path.name} 无法读取：{refusal(error)['zh']}"},
            {"en": "check its permissions", "zh": "请检查权限"},
        ) from None
    if empty:
        raise _no_file("table.empty", path, "is empty", "是空文件", "fetch the file again", "请重新获取该文件")


def _no_file(code: str, path: Path, en: str, zh: str, remedy_en: str, remedy_zh: str) -> InputError:
    return InputError(code, {"en": f"{path} {en}", "zh": f"{path} {zh}"}, {"en": remedy_en, "zh": remedy_zh})
