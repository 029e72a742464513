"""Lists of a policy: who is on them, since when, until when, on whose word.

A list is a CSV file with the columns ``value, from, until, note, owner``; only ``value`` must be there. Times are ISO 8601
with an offset; an entry counts for events at or after ``from`` and before ``until``.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from huitong.contracts import NULL_CODE, Codes, Int64Array, ListHit
from huitong.decisions.policy.wrong import wrong
from huitong.kernel import HuitongError, time_us

ENTRIES_MAX = 5_000_000
"""Most entries of one list."""

_COLUMNS = ("value", "from", "until", "note", "owner")
_ALWAYS_US = -(2**62)
_NEVER_US = 2**62


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry: it counts from ``from_us`` (inclusive) until ``until_us`` (exclusive), µs UTC."""

    value: str
    from_us: int
    until_us: int
    note: str
    owner: str


@dataclass(frozen=True, slots=True)
class PolicyList:
    """A list by value."""

    name: str
    entries: Mapping[str, ListEntry]

    def hit(self, value: str | None, moment_us: int) -> ListHit | None:
        """The entry that names ``value`` at that moment."""
        entry = self.entries.get(value) if value is not None else None
        if entry is None or not entry.from_us <= moment_us < entry.until_us:
            return None
        return ListHit(self.name, entry.value, entry.note)

    def hits(self, column: Codes, time_us: Int64Array) -> npt.NDArray[np.bool_]:
        """Whether each row is on the list at its own time, shape ``(n,)``; the same answers as ``hit``."""
        if not self.entries:
            return np.zeros(len(time_us), np.bool_)
        texts = column.values.to_pylist()
        from_us = np.full(len(texts) + 1, _NEVER_US, np.int64)
        until_us = np.full(len(texts) + 1, _ALWAYS_US, np.int64)
        for code, text in enumerate(texts):
            if entry := self.entries.get(text):
                from_us[code], until_us[code] = entry.from_us, entry.until_us
        codes = np.where(column.codes == NULL_CODE, len(texts), column.codes)
        on: npt.NDArray[np.bool_] = (from_us[codes] <= time_us) & (time_us < until_us[codes])
        return on


def read_list(name: str, file: str, content: bytes, where: str) -> PolicyList:
    """Reads a list file.

    Args:
        name: The list's name.
        file: Name of the file, for errors.
        content: What is in it.
        where: Which setting names it, for errors.

    Raises:
        PolicyError: If the file is no UTF-8, has unknown columns or too many cells, a value twice, none, or at times that cannot be.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong(where, f"list file {file} is not UTF-8: {error}", f"名单文件 {file} 不是 UTF-8：{error}") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        return PolicyList(name, _entries(rows, file, where))
    except csv.Error as error:
        line = max(rows.line_num, 1)
        raise wrong(where, f"{file} line {line}: {error}", f"{file} 第 {line} 行：{error}") from None


def _entries(rows: "csv.DictReader[str]", file: str, where: str) -> dict[str, ListEntry]:
    names = list(rows.fieldnames or ())
    if "value" not in names or set(names) - set(_COLUMNS) or len(set(names)) < len(names):
        shown, others = ", ".join(map(repr, names)) or "-", ", ".join(_COLUMNS[1:])
        raise wrong(
            where,
            f"{file} has the columns {shown}; a list has value and any of {others}, each once",
            f"{file} 的列为 {shown}；名单应有 value 列以及 {others} 中的任意列，各一次",
        )
    entries: dict[str, ListEntry] = {}
    for row in rows:
        place = f"{where} {file} line {rows.line_num}"
        entry = _entry(row, place)
        if entry.value in entries:
            raise wrong(place, "the value is there twice", "值重复")  # whose it is, only who may read the file is to know
        entries[entry.value] = entry
        if len(entries) > ENTRIES_MAX:
            raise wrong(where, f"{file} has over {ENTRIES_MAX} entries", f"{file} 超过 {ENTRIES_MAX} 条")
    return entries


def _entry(row: Mapping[str | None, str | None], where: str) -> ListEntry:
    value = (row.get("value") or "").strip()
    if not value:
        raise wrong(where, "the value is empty", "value 为空")
    if None in row:  # where DictReader puts the cells beyond the last column
        raise wrong(where, "more cells than columns; quote a value that holds a comma", "单元格多于列数；含逗号的值请加引号")
    try:
        from_us = time_us(text) if (text := row.get("from")) else _ALWAYS_US
        until_us = time_us(text) if (text := row.get("until")) else _NEVER_US
    except HuitongError as error:
        raise wrong(where, error.cause["en"], error.cause["zh"]) from None
    if from_us >= until_us:
        raise wrong(where, "the entry ends before it begins", "条目的截止时间不晚于起始时间")
    return ListEntry(value, from_us, until_us, row.get("note") or "", row.get("owner") or "")
