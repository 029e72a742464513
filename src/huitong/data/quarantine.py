"""Quarantine: the rows that could not be taken in, as they were, each with what was found. To be listed, mended and taken in again."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from huitong.contracts import DataContract
from huitong.data.catalogue import finding
from huitong.data.columns import Flaw, widened
from huitong.data.csv_source import FIELD_LENGTH_MAX, BrokenRow
from huitong.data.sources import Chunk, require_file
from huitong.kernel import DataError, Finding, Text

LINE_COLUMN = "line"
"""Name under which a line that has the wrong number of columns is kept whole."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was not taken in.

    Attributes:
        number: Its number in the source, counted from 1.
        original: What the source said, by column.
        findings: What is wrong with it.
    """

    number: int
    original: Mapping[str, object]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Quarantine:
    """All the rows of a source that were not taken in; columns are kept, texts are made when asked for.

    Attributes:
        contract: The contract of the events.
        label_contract: The contract of the labels, where there are any.
        latest_us: Latest event time that was believed, µs UTC.
        columns: Column of the source that each field was read from, for the offending values; labels' fields begin with ``label.``.
        chunks: Bad rows with their findings.
        broken: Lines with the wrong number of columns.
    """

    contract: DataContract
    label_contract: DataContract | None
    latest_us: int
    columns: Mapping[str, str]
    chunks: list[Chunk] = field(default_factory=list)
    broken: list[BrokenRow] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(int(chunk.rows.num_rows) for chunk in self.chunks) + len(self.broken)

    def counts(self) -> dict[str, int]:
        """How many findings there are of each code, most first."""
        found: dict[str, int] = dict(Counter(line.code for line in self.broken))
        for chunk in self.chunks:
            for flaw in chunk.flaws:
                found[flaw.code] = found.get(flaw.code, 0) + len(flaw.rows)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def rows(self) -> Iterator[QuarantinedRow]:
        """The rows, in the order of their numbers within each chunk; lines with the wrong number of columns last."""
        for chunk in self.chunks:
            flaws: dict[int, list[Flaw]] = {}
            for flaw in chunk.flaws:
                for row in flaw.rows.tolist():
                    flaws.setdefault(row, []).append(flaw)
            for row, (number, original) in enumerate(zip(chunk.numbers.tolist(), chunk.rows.to_pylist(), strict=True)):
                findings = tuple(self._finding(flaw, number, original) for flaw in flaws.get(row, []))
                yield QuarantinedRow(number, original, findings)
        for line in self.broken:
            limit: Text = {"en": str(line.expected), "zh": str(line.expected)}
            one = finding(line.code, "row", line.columns, self.contract, row=line.number, limit=limit)
            yield QuarantinedRow(line.number, {LINE_COLUMN: line.line}, (one,))

    def _finding(self, flaw: Flaw, number: int, original: Mapping[str, object]) -> Finding:
        contract, name = self.contract, flaw.field
        if name.startswith("label.") and self.label_contract is not None:
            contract, name = self.label_contract, name.removeprefix("label.")
        value = original.get(self.columns.get(flaw.field, flaw.field))
        limit: Text | None = {"en": str(FIELD_LENGTH_MAX), "zh": str(FIELD_LENGTH_MAX)} if flaw.code == "row.too_long" else None
        return finding(flaw.code, name, value, contract, self.latest_us, number, limit)

    def write(self, path: Path) -> None:
        """Writes JSON Lines: ``row`` (number), ``original``, ``findings`` with zh and en texts."""
        with path.open("w", encoding="utf-8") as file:
            for row in self.rows():
                findings = [{"code": one.code, "where": one.where, "text": one.text, "remedy": one.remedy} for one in row.findings]
                original = {name: _finite(value) for name, value in row.original.items()}
                document = {"row": row.number, "original": original, "findings": findings}
                file.write(json.dumps(document, ensure_ascii=False, default=_plain) + "\n")


def _finite(value: object) -> object:
    """NaN and infinity as texts: JSON has no numbers for them."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def bad_rows(chunk: Chunk, flaws: list[Flaw]) -> Chunk:
    """The rows of a chunk that have findings, with the findings' rows renumbered."""
    mask = np.zeros(chunk.rows.num_rows, np.bool_)
    for flaw in flaws:
        mask[flaw.rows] = True
    rows = np.flatnonzero(mask)
    position = np.cumsum(mask) - 1
    kept = [Flaw(flaw.code, flaw.field, position[flaw.rows]) for flaw in flaws if len(flaw.rows)]
    bad = chunk.rows.take(pa.array(rows))
    for place, column in enumerate(bad.columns):
        bad = bad.set_column(place, bad.schema.names[place], widened(column))
    return Chunk(bad, chunk.numbers[rows], kept)


def read_mended(path: Path) -> pa.Table:
    """The ``original`` rows of a quarantine file as a table of texts, after someone has mended them in place.

    Raises:
        InputError: If there is no such file.
        DataError: If a line is no quarantine record; names it.
        ExternalError: If the system refuses to read it.
    """
    require_file(path)
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            original = json.loads(line, parse_float=Decimal)["original"]
            rows.append({str(name): None if value is None else str(value) for name, value in original.items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(
                "quarantine.unreadable",
                {"en": f"{path.name} line {number} is no quarantine record", "zh": f"{path.name} 第 {number} 行不是隔离记录"},
                {
                    "en": "each line is one JSON object with row, original and findings",
                    "zh": "每行应是含 row、original、findings 的 JSON 对象",
                },
            ) from None
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
