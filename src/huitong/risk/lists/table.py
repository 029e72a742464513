"""Entries as a table: CSV in, with a finding for each row that cannot be, and CSV out that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from huitong.kernel import Finding, HuitongError, InputError, Text, time_text, time_us
from huitong.risk.lists.checks import Wanted, check
from huitong.risk.lists.entry import Entry

ROWS_MAX = 10_000
"""Most rows of one import: they are written in one commit."""
COLUMNS = ("value", "from", "until", "ground", "reason", "customer", "by", "second", "id")
"""Columns of what is written; of these ``value, until, ground, reason, customer`` are read."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"
_NEEDED: tuple[Text, Text] = ({"en": "an end (until)", "zh": "截止时间（until）"}, {"en": "a ground (ground)", "zh": "依据（ground）"})
_MEND: Text = {"en": "mend the row and import it again", "zh": "请修改该行后重新导入"}


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a table.

    Attributes:
        rows: Entries that can be added.
        findings: Why the others cannot, with their rows.
    """

    rows: tuple[Wanted, ...]
    findings: tuple[Finding, ...]


def read_table(content: str, now_us: int, grounds: Mapping[str, Text], *, until_us: int | None = None, ground: str | None = None) -> Read:
    """Reads entries.

    Args:
        content: CSV with a line of heads, among them ``value``.
        now_us: The present, µs UTC.
        grounds: The institution's, by code.
        until_us: The end where a row names none.
        ground: The ground where a row names none.

    Raises:
        InputError: If it is no such table, or has too many rows; nothing can be taken in then.
    """
    lines = csv.DictReader(io.StringIO(content.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        heads = list(lines.fieldnames or ())
        if "value" not in heads or set(heads) - set(COLUMNS) or len(set(heads)) < len(heads):
            raise _no_table(f"the columns are {', '.join(heads)[:200]}", f"列为 {'、'.join(heads)[:200]}")
        rows: dict[str, Wanted] = {}
        findings: list[Finding] = []
        for number, line in enumerate(lines, 1):
            if number > ROWS_MAX:
                raise _no_table(f"over {ROWS_MAX} rows", f"超过 {ROWS_MAX} 行")
            where = f"row {lines.line_num}"
            try:
                wanted = _wanted(line, until_us, ground)
                check(now_us, wanted, grounds)
            except HuitongError as error:
                findings.append(Finding(error.code, where, error.cause, error.remedy))
                continue
            if wanted.value in rows:
                findings.append(_twice(where, wanted.value))
            else:
                rows[wanted.value] = wanted
    except csv.Error as error:
        raise _no_table(f"line {max(lines.line_num, 1)}: {error}", f"第 {max(lines.line_num, 1)} 行：{error}") from None
    return Read(tuple(rows.values()), tuple(findings))


def _wanted(line: Mapping[str | None, str | None], until_us: int | None, ground: str | None) -> Wanted:
    if None in line:  # where DictReader puts the cells beyond the last column
        raise InputError(
            "list.import.cells",
            {"en": "more cells than columns", "zh": "单元格多于列数"},
            {"en": "quote a value that holds a comma", "zh": "含逗号的值请加引号"},
        )
    cells = {name: _plain(cell) for name, cell in line.items() if name is not None and cell}
    ends, why = cells.get("until"), cells.get("ground", ground)
    over_us = time_us(ends) if ends else until_us
    if over_us is None or why is None:
        lacks = [one for one, known in zip(_NEEDED, (over_us, why), strict=True) if known is None]
        what_en, what_zh = " and ".join(one["en"] for one in lacks), "与".join(one["zh"] for one in lacks)
        raise InputError(
            "list.import.blank",
            {"en": f"it lacks {what_en}", "zh": f"缺少{what_zh}"},
            {"en": "fill it in, or name it for all rows", "zh": "请填写，或为所有行统一指定"},
        )
    return Wanted(cells.get("value", ""), over_us, why, cells.get("reason"), cells.get("customer"))


def write_table(entries: Iterable[Entry]) -> str:
    """Entries as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe, which reading takes off again."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(COLUMNS)
    for one in entries:
        last = one.last
        cells = (
            one.value,
            time_text(one.from_us),
            time_text(one.over_us),
            last.ground,
            last.reason,
            one.customer,
            last.by,
            last.second,
            one.id,
        )
        writer.writerow([_guarded(cell or "") for cell in cells])
    return sink.getvalue()


def _guarded(cell: str) -> str:
    return f"{_GUARD}{cell}" if cell.startswith((*_FORMULA, _GUARD)) else cell


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith(_GUARD) and text[1:].startswith((*_FORMULA, _GUARD)) else text


def _twice(where: str, value: str) -> Finding:
    return Finding("list.import.twice", where, {"en": f"{value!r} is there twice", "zh": f"{value!r} 重复"}, _MEND)


def _no_table(en: str, zh: str) -> InputError:
    return InputError(
        "list.import.table",
        {"en": f"this is no table of entries: {en}", "zh": f"这不是名单条目的表：{zh}"},
        {
            "en": f"send CSV with the column value and any of {', '.join(COLUMNS[1:])}, up to {ROWS_MAX} rows",
            "zh": f"请提供 CSV，含 value 列及 {'、'.join(COLUMNS[1:])} 中的任意列，至多 {ROWS_MAX} 行",
        },
    )
