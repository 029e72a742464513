"""What SQLite says, in words that a person can act on."""

import sqlite3
from pathlib import Path

from huitong.kernel import ExternalError, HuitongError
from huitong.store.errors import damaged, external, refused


def of_sqlite(error: sqlite3.Error, path: Path) -> HuitongError:
    """The error of the tree for an error of SQLite's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL":
        return external(
            "store.disk.full",
            path,
            "the disk is full",
            "磁盘已满",
            "free some space, then send again: nothing of the refused call was written",
            "请释放空间后重发：被拒绝的调用没有写入任何内容",
        )
    if name.startswith("SQLITE_IOERR"):
        return external(
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
        return external(
            "store.busy", path, "another program holds the file", "文件被其他程序占用", "close the other program", "请关闭其他程序"
        )
    return external(
        "store.failed", path, f"SQLite says: {error}", f"SQLite 报告：{error}", "run `huitong log check`", "请运行 `huitong log check`"
    )


def dropped(path: Path) -> ExternalError:
    """SQLite took back a transaction by itself."""
    return external(
        "store.failed",
        path,
        "SQLite took the transaction back",
        "SQLite 已撤回该事务",
        "check the disk and its space, then send again: nothing of the refused call was written",
        "请检查磁盘及其空间后重发：被拒绝的调用没有写入任何内容",
    )
