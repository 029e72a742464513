"""Whether a log in a SQLite file is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from huitong.kernel import Finding, HuitongError, Text
from huitong.store.check import FINDINGS_MAX, Told, check_records, check_schema
from huitong.store.sqlite.log import sealed_reader
from huitong.store.sqlite.schema import open_reader, silent

_REMEDY: Text = {"en": "restore the file from a backup, then send again what came later", "zh": "请从备份恢复该文件，再重发其后的内容"}


def check_log(path: Path, told: Told = silent, segments: str | Path | None = None) -> tuple[Finding, ...]:
    """What is wrong with the log at ``path``; empty where all is well. Reads everything and changes nothing.

    Args:
        path: The file.
        told: How many records of how many were read.
        segments: As for ``SqliteLog``.

    Raises:
        InputError: If there is no log.
        DataError: If it is no log, or cannot be read at all.
        ExternalError: If the system refuses.
    """
    with closing(open_reader(path)) as connection:
        findings = tuple(_pages(connection, path))
    try:
        with closing(sealed_reader(path, segments)) as reader:
            findings = (*findings, *check_schema(reader))
            return (*findings, *check_records(reader, told))[:FINDINGS_MAX]
    except HuitongError as error:
        if not findings:
            raise
        return (*findings, Finding("log.file", path.name, error.cause, _REMEDY))


def _pages(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    try:
        for (line,) in connection.execute(f"PRAGMA integrity_check({FINDINGS_MAX})"):
            if line != "ok":
                yield _of_file(line, path)
    except sqlite3.DatabaseError as error:
        yield _of_file(str(error), path)


def _of_file(line: str, path: Path) -> Finding:
    return Finding("log.file", path.name, {"en": f"SQLite finds: {line}", "zh": f"SQLite 发现：{line}"}, _REMEDY)
