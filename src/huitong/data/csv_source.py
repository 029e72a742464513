"""CSV: finds separator and mark, reads every column as bytes, and keeps a broken row from harming the file."""

import codecs
import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from huitong.contracts import Int64Array
from huitong.data.columns import Flaw
from huitong.data.sources import Chunk, damaged, require_columns
from huitong.kernel import HuitongError, InputError

ROW_BYTES_MAX = 16 * 1024 * 1024
"""Longest row of a CSV file; beyond it no reader can tell a row from a quote that is never closed."""
FIELD_LENGTH_MAX = 65_536
"""Longest field of a CSV file, in bytes; a longer one sends its row to quarantine."""
_SEPARATORS = (",", ";", "\t", "|")
_HEAD_BYTES = 65_536
_UTF8_MARK = b"\xef\xbb\xbf"
_BROKEN_MARK = "\ufdd0"
"""Never a character (Unicode 15, section 23.7), so no text holds it by right."""
_END_MARK = "\ufdd1"
"""Stands in a row of its own after the last: where it is found in a field, that field's quote was never closed."""
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A line that has not as many columns as the header.

    Attributes:
        number: Number of the row, counted from 1 after the header.
        line: The line as it stands.
        columns: How many columns it has.
        expected: How many the header has.
        code: Code of the finding.
    """

    number: int
    line: str
    columns: int
    expected: int
    code: str = "row.columns"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written: its separator and its columns."""

    separator: str
    names: tuple[str, ...]


def dialect(path: Path) -> Dialect:
    """Separator and columns from the header.

    Raises:
        InputError: If the file is UTF-16 or no text, or the header is no UTF-8, is empty or too long.
        DataError: If a packed file cannot be unpacked.
    """
    with _readable_csv(path), _opened(path) as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_UTF16_MARKS):
        raise _unreadable(path, "it is UTF-16", "它是 UTF-16 编码")
    text = head.removeprefix(_UTF8_MARK).decode("utf-8", "surrogateescape").lstrip("\r\n")
    rows = {separator: _first_row(text, separator) for separator in _SEPARATORS}
    separator = max(_SEPARATORS, key=lambda one: len(rows[one]))
    names = rows[separator]
    if "\0" in "".join(names):
        raise _unreadable(path, "its header holds zero bytes, so it is UTF-16 or no text", "表头含有零字节，是 UTF-16 编码或不是文本")
    if _ESCAPED_BYTE.search("".join(names)):
        raise _unreadable(path, "its header is not UTF-8", "表头不是 UTF-8 编码")
    if not any(name.strip() for name in names):
        raise _unreadable(path, "it has no header", "没有表头")
    if len(head) == _HEAD_BYTES and not re.search("[\r\n]", text):
        raise _unreadable(path, f"its header is longer than {_HEAD_BYTES} bytes", f"表头超过 {_HEAD_BYTES} 字节")
    return Dialect(separator, tuple(names))


def _first_row(text: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])


def _unreadable(path: Path, en: str, zh: str) -> InputError:
    return InputError(
        "csv.unreadable",
        {"en": f"{path.name} cannot be read as CSV: {en}", "zh": f"{path.name} 无法按 CSV 读取：{zh}"},
        {"en": "save it as CSV in UTF-8 with a header line", "zh": "请保存为带表头的 UTF-8 CSV"},
    )


def chunks_of_csv(path: Path, columns: list[str], broken: list[BrokenRow]) -> Iterator[Chunk]:
    """Chunks of a CSV file, packed or not, with every column as text.

    Args:
        path: The file.
        columns: Columns that must be there.
        broken: Takes the rows that have too few or too many columns.

    Raises:
        InputError: If a column is missing, or one row is longer than ``ROW_BYTES_MAX``.
        DataError: If the file breaks off.
    """
    form = dialect(path)
    require_columns(columns, list(form.names), path.name)

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        line, end, _ = row.text.replace(_BROKEN_MARK, "").partition(_END_MARK)
        code = "row.quote" if end else "row.columns"
        broken.append(BrokenRow(int(row.number) - 1, line, int(row.actual_columns), int(row.expected_columns), code))
        return "skip"

    reader_options = arrow_csv.ReadOptions(use_threads=False, block_size=ROW_BYTES_MAX)
    parse_options = arrow_csv.ParseOptions(delimiter=form.separator, newlines_in_values=True, invalid_row_handler=set_aside)
    convert_options = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(form.names, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    end = form.separator.join([_END_MARK, *[""] * (len(form.names) - 1)])
    with _readable_csv(path), _opened(path) as file, pa.PythonFile(_Marked(file, f"\n{end}\n".encode()), mode="r") as stream:
        good = 0
        for batch in arrow_csv.open_csv(stream, reader_options, parse_options, convert_options):
            rows = batch.slice(0, batch.num_rows - 1) if _is_end(batch) else batch
            numbers = _row_numbers(good, rows.num_rows, broken)
            good += rows.num_rows
            yield _chunk(rows, numbers, form)


def _is_end(batch: pa.RecordBatch) -> bool:
    first, *others = batch.columns
    return bool(batch.num_rows) and str(first[-1]) == _END_MARK and not any(column[-1].is_valid for column in others)


def _row_numbers(good: int, count: int, broken: list[BrokenRow]) -> Int64Array:
    """Numbers in the file of ``count`` sound rows after ``good`` sound ones: each broken row before moves them on by one."""
    ordinals = np.arange(good, good + count, dtype=np.int64)
    sound_before = np.array([row.number - 1 - position for position, row in enumerate(broken)], np.int64)
    return ordinals + 1 + np.searchsorted(sound_before, ordinals, side="right")


def _chunk(batch: pa.RecordBatch, numbers: Int64Array, form: Dialect) -> Chunk:
    flaws, columns = [], []
    for name, whole in zip(batch.schema.names, batch.columns, strict=True):
        overrun = _overrun(whole, form)
        if len(overrun):
            flaws.append(Flaw("row.quote", name, overrun))
        column = pc.replace_substring_regex(whole, f"\n?{_END_MARK}(?s:.*)", "") if len(overrun) else whole
        long = pc.greater(pc.binary_length(column), FIELD_LENGTH_MAX)
        if pc.any(long).as_py():
            flaws.append(Flaw("row.too_long", name, np.flatnonzero(np.asarray(long.fill_null(False)))))
        marked = pc.match_substring(column, _BROKEN_MARK)
        if pc.any(marked).as_py():
            flaws.append(Flaw("text.encoding", name, np.flatnonzero(np.asarray(marked.fill_null(False)))))
        columns.append(pc.replace_substring(column, _BROKEN_MARK, "") if pc.any(marked).as_py() else column)
    return Chunk(pa.RecordBatch.from_arrays(columns, batch.schema.names), numbers, flaws)


def _overrun(column: pa.Array, form: Dialect) -> Int64Array:
    """Rows whose field holds others: that with the end of the file in it, and those with the separators of as many rows as line breaks."""
    several = np.flatnonzero(np.asarray(pc.match_substring(column, "\n").fill_null(False)))
    values = column.take(pa.array(several)).to_pylist()
    more = len(form.names) - 1
    hit = [_END_MARK in value or (more > 1 and value.count(form.separator) == more * value.count("\n")) for value in values]
    return several[np.array(hit, np.bool_)]


class _Marked:
    """A stream of bytes in which each byte that is no UTF-8 is written out in hexadecimal behind a mark: the parser never meets one.

    Args:
        file: The bytes.
        end: What follows the last of them.
    """

    def __init__(self, file: IO[bytes], end: bytes) -> None:
        self._file = file
        self._end = end
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._pending = b""
        self._ended = False
        self.closed = False

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes, fewer only at the end: a short block would cut a row in two where the parser expects it whole."""
        while len(self._pending) < size and not self._ended:
            piece = self._file.read(size - len(self._pending))
            self._ended = not piece
            text = self._decoder.decode(piece, final=self._ended)
            try:
                self._pending += text.encode("utf-8")
            except UnicodeEncodeError:
                self._pending += _ESCAPED_BYTE.sub(_written_out, text).encode("utf-8")
            if self._ended:
                self._pending += self._end
        out, self._pending = self._pending[:size], self._pending[size:]
        return out

    def close(self) -> None:
        """Leaves the file to its owner."""
        self.closed = True


def _written_out(escaped: re.Match[str]) -> str:
    return f"{_BROKEN_MARK}\\x{ord(escaped[0]) - 0xDC00:02x}"


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as packed:
            yield cast(IO[bytes], packed)
    else:
        with path.open("rb") as plain:
            yield plain


@contextmanager
def _readable_csv(path: Path) -> Iterator[None]:
    try:
        yield
    except HuitongError:
        raise
    except pa.ArrowInvalid as error:
        if "straddling" in str(error):
            raise InputError(
                "csv.row.too_long",
                {
                    "en": f"a row of {path.name} is longer than {ROW_BYTES_MAX} bytes",
                    "zh": f"{path.name} 中有一行超过 {ROW_BYTES_MAX} 字节",
                },
                {"en": "look for a quote that is never closed", "zh": "请检查是否有未闭合的引号"},
            ) from error
        raise damaged(path, str(error)) from error
    except (OSError, EOFError) as error:
        raise damaged(path, str(error)) from error
