"""What SQLite and the disk say, in words that a person can act on."""

import sqlite3
from pathlib import Path

from huitong.kernel import DataError, ExternalError, HuitongError, InputError

SHOWN_BYTES_MAX = 2_000
"""Longest piece of a record that an error repeats."""


def of_sqlite(error: sqlite3.Error, path: Path) -> HuitongError:
    """The error of the tree for an error of SQLite's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL":
        return _external(
            "store.disk.full",
            path,
            "the disk is full",
            "磁盘已满",
            "free some space, then send again: nothing of the refused call was written",
            "请释放空间后重发：被拒绝的调用没有写入任何内容",
        )
    if name.startswith("SQLITE_IOERR"):
        return _external(
            "store.disk.failed",
            path,
            f"the disk failed ({name})",
            f"磁盘读写失败（{name}）",
            "check the disk and its space, then send again: nothing of the refused call was written",
            "请检查磁盘及其空间后重发：被拒绝的调用没有写入任何内容",
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return damaged(path, str(error))
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return refused(path, str(error))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _external(
            "store.busy", path, "another program holds the file", "文件被其他程序占用", "close the other program", "请关闭其他程序"
        )
    return _external(
        "store.failed", path, f"SQLite says: {error}", f"SQLite 报告：{error}", "run `huitong log check`", "请运行 `huitong log check`"
    )


def _external(code: str, path: Path, en: str, zh: str, remedy_en: str, remedy_zh: str) -> ExternalError:
    return ExternalError(code, {"en": f"log {path}: {en}", "zh": f"日志 {path}：{zh}"}, {"en": remedy_en, "zh": remedy_zh})


def refused(path: Path, why: str) -> ExternalError:
    """The system does not let us write or read there."""
    return _external(
        "store.refused", path, f"the system refuses: {why}", f"系统拒绝访问：{why}", "check the folder's permissions", "请检查文件夹权限"
    )


def damaged(path: Path, why: str) -> DataError:
    """The file is no database, or a damaged one."""
    return DataError(
        "store.damaged",
        {"en": f"{path} is not a log, or is damaged: {why}", "zh": f"{path} 不是日志文件，或已损坏：{why}"},
        {"en": "check the path; restore the file from a backup", "zh": "请检查路径，或从备份恢复该文件"},
    )


def foreign(path: Path) -> DataError:
    """A database of another program."""
    return DataError(
        "store.foreign",
        {"en": f"{path} is a database of another program", "zh": f"{path} 是其他程序的数据库"},
        {"en": "give another path; the file was left as it is", "zh": "请另选路径；该文件未被改动"},
    )


def newer(path: Path, found: int, known: int) -> DataError:
    """A log that a later version wrote."""
    return DataError(
        "store.schema.newer",
        {
            "en": f"{path} has schema {found}; this version knows up to {known}",
            "zh": f"{path} 的结构版本为 {found}，本版本最高支持 {known}",
        },
        {"en": "update Huitong; the file was left as it is", "zh": "请升级 Huitong；该文件未被改动"},
    )


def missing(path: Path) -> InputError:
    """There is nothing to read."""
    return InputError(
        "store.missing",
        {"en": f"there is no log at {path}", "zh": f"{path} 处没有日志"},
        {"en": "check the path, or open it for writing to make one", "zh": "请检查路径，或以写入方式打开以新建"},
    )


def held(path: Path, holder: str) -> ExternalError:
    """Another process writes there."""
    return ExternalError(
        "store.held",
        {"en": f"{path} is open for writing in {holder}", "zh": f"{path} 正由 {holder} 打开写入"},
        {"en": "close it there, or open it here for reading only", "zh": "请在那边关闭，或在此处以只读方式打开"},
    )


def closed(path: Path) -> InputError:
    """The log was closed before."""
    return InputError(
        "store.closed",
        {"en": f"the log {path} is closed", "zh": f"日志 {path} 已关闭"},
        {"en": "open it again", "zh": "请重新打开"},
    )


def read_only(path: Path) -> InputError:
    """The log was opened for reading."""
    return InputError(
        "store.read_only",
        {"en": f"the log {path} is open for reading only", "zh": f"日志 {path} 以只读方式打开"},
        {"en": "open it for writing", "zh": "请以写入方式打开"},
    )


def conflict(record_id: str, stored: bytes, given: bytes) -> DataError:
    """An id is there with other content."""
    there, here = _shown(stored), _shown(given)
    return DataError(
        "store.conflict",
        {
            "en": f"id {record_id!r} is already in the log with other content. There: {there} — given: {here}",
            "zh": f"编号 {record_id!r} 已在日志中且内容不同。已有：{there} — 给出：{here}",
        },
        {
            "en": "send a new id for a new fact; a written record never changes; nothing of this call was written",
            "zh": "新的事实请使用新的编号；已写入的记录不会改变；本次调用没有写入任何内容",
        },
    )


def _shown(payload: bytes) -> str:
    text = payload[:SHOWN_BYTES_MAX].decode("utf-8", "replace")
    return text if len(payload) <= SHOWN_BYTES_MAX else text + "…"
