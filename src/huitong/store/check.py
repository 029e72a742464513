"""Whether a log is whole: the file, the order, and every record against its own bytes."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from huitong.contracts import Event
from huitong.kernel import Finding, HuitongError, Text
from huitong.store.records import decode, encode_decision, encode_event
from huitong.store.schema import open_reader

FINDINGS_MAX = 1_000
"""Most findings that a check lists."""

_REMEDY: Text = {"en": "restore the file from a backup, then send again what came later", "zh": "请从备份恢复该文件，再重发其后的内容"}


def check_log(path: Path) -> tuple[Finding, ...]:
    """What is wrong with the log at ``path``; empty where all is well. Reads everything and changes nothing.

    Raises:
        InputError: If there is no log.
        DataError: If it is no log, or cannot be read at all.
        ExternalError: If the system refuses.
    """
    with closing(open_reader(path)) as connection:
        return tuple(islice(chain(_pages(connection, path), _records(connection, path)), FINDINGS_MAX))


def _pages(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    try:
        for (line,) in connection.execute(f"PRAGMA integrity_check({FINDINGS_MAX})"):
            if line != "ok":
                yield _of_file(line, path)
    except sqlite3.DatabaseError as error:
        yield _of_file(str(error), path)


def _of_file(line: str, path: Path) -> Finding:
    return Finding("log.file", path.name, {"en": f"SQLite finds: {line}", "zh": f"SQLite 发现：{line}"}, _REMEDY)


def _records(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    try:
        yield from _in_order(connection.execute("SELECT position, kind, id, subject, payload FROM record ORDER BY position"))
    except sqlite3.DatabaseError as error:
        yield _of_file(str(error), path)


def _in_order(rows: Iterable[tuple[int, str, str, str | None, bytes]]) -> Iterator[Finding]:
    expected = 1
    for position, kind, record_id, subject, payload in rows:
        where = f"offset {position - 1}"
        if position != expected:
            yield Finding("log.gap", where, {"en": f"offset {expected - 1} is missing", "zh": f"缺少偏移 {expected - 1}"}, _REMEDY)
        expected = position + 1
        wrong = _wrong(kind, record_id, subject, payload)
        if wrong is not None:
            yield Finding("log.record", where, wrong, _REMEDY)


def _wrong(kind: str, record_id: str, subject: str | None, payload: bytes) -> Text | None:
    try:
        content = decode(payload)
        again = encode_event(content) if isinstance(content, Event) else encode_decision(content)
    except HuitongError as error:
        return error.cause
    said = (content.kind, content.id, None) if isinstance(content, Event) else (kind, content.id, content.event)
    if again != payload:
        return {"en": f"record {record_id!r} is not in canonical form", "zh": f"记录 {record_id!r} 不是规范形式"}
    if said != (kind, record_id, subject):
        return {"en": f"record {record_id!r} stands under another name than its bytes say", "zh": f"记录 {record_id!r} 的索引与其内容不符"}
    return None
