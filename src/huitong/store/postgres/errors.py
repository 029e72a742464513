"""What PostgreSQL says, in words that a person can act on."""

import psycopg
from psycopg import errors as said

from huitong.kernel import DataError, ExternalError, HuitongError, InputError, Text
from huitong.store.errors import damaged, external, refused

# The server ended the connection, was stopped, is starting or stopping, or cut off a transaction that stood still.
_LOST = (
    said.AdminShutdown,
    said.CrashShutdown,
    said.CannotConnectNow,
    said.IdleInTransactionSessionTimeout,
    said.DatabaseDropped,
)


def lost(error: psycopg.Error, connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    """Whether the connection is gone, so that nobody knows what became of a commit under way."""
    if isinstance(error, _LOST) or _class_of(error) == "08":
        return True
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return True  # the driver's own: the server did not say it
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and connection.closed


def _class_of(error: psycopg.Error) -> str:
    """The class of an error: the first two characters of its code, as PostgreSQL's Appendix A lists them."""
    return (error.sqlstate or "")[:2]


def of_postgres(error: psycopg.Error, where: str, text: str) -> HuitongError:
    """The error of the tree for an error of PostgreSQL's.

    Args:
        error: The driver's.
        where: Address for messages.
        text: What it says, without a password.
    """
    if _class_of(error) == "53":
        return _resources(error, where, text)
    if isinstance(error, said.InsufficientPrivilege):
        return refused(where, text)
    if isinstance(error, said.ReadOnlySqlTransaction):
        return external(
            "store.database.read_only",
            where,
            "the database takes no writes: a standby, or set to read only",
            "数据库不接受写入：备用服务器或已设为只读",
            "give the address of the primary server, or open the log for reading only",
            "请给出主服务器地址，或以只读方式打开日志",
        )
    if isinstance(error, said.LockNotAvailable | said.QueryCanceled | said.DeadlockDetected):
        return external(
            "store.busy", where, f"another program holds a table: {text}", f"表被其他程序占用：{text}", "end it there", "请在那边结束"
        )
    if isinstance(error, said.UndefinedTable | said.UndefinedColumn | said.DataCorrupted | said.IndexCorrupted):
        return damaged(where, text)
    return external(
        "store.failed",
        where,
        f"PostgreSQL says: {text}",
        f"PostgreSQL 报告：{text}",
        "run `huitong log check`",
        "请运行 `huitong log check`",
    )


def _resources(error: psycopg.Error, where: str, text: str) -> ExternalError:
    if isinstance(error, said.DiskFull):
        return external(
            "store.disk.full",
            where,
            "the database server's disk is full",
            "数据库服务器磁盘已满",
            "free some space, then send again: nothing of the refused call was written",
            "请释放空间后重发：被拒绝的调用没有写入任何内容",
        )
    return external(
        "store.resources",
        where,
        f"the database server lacks resources: {text}",
        f"数据库服务器资源不足：{text}",
        "give the server more memory or connections, then send again: nothing of the refused call was written",
        "请为服务器增加内存或连接数后重发：被拒绝的调用没有写入任何内容",
    )


def unreachable(where: str, why: str) -> ExternalError:
    """No connection at opening."""
    return external(
        "store.unreachable",
        where,
        f"no connection to the database: {why}",
        f"无法连接数据库：{why}",
        "check the address, the user and the password, and that the server runs",
        "请检查地址、用户和密码，并确认服务器正在运行",
    )


def fenced(where: str, holder: Text) -> ExternalError:
    """Another writer has taken over."""
    return ExternalError(
        "store.fenced",
        {
            "en": f"{where} was taken over by {holder['en']}; this process may no longer write there",
            "zh": f"{where} 已由{holder['zh']}接管；本进程不得再写入",
        },
        {
            "en": "stop this process, or close and open the log once the other one has closed it; nothing of this call was written",
            "zh": "请停止本进程，或待对方关闭后重新打开日志；本次调用没有写入任何内容",
        },
    )


def address_unreadable() -> InputError:
    """No URL of PostgreSQL's."""
    return InputError(
        "store.address.unreadable",
        {"en": "the database address cannot be read", "zh": "无法解析数据库地址"},
        {
            "en": "write it as postgresql://user:password@host:5432/database?schema=huitong, with %40 for @ and so on in names",
            "zh": "请写成 postgresql://user:password@host:5432/database?schema=huitong，名称中的 @ 等字符须写成 %40 等形式",
        },
    )


def schema_unusable(schema: str, bytes_max: int) -> InputError:
    """A name that PostgreSQL does not take or keeps for itself."""
    return InputError(
        "store.address.schema",
        {"en": f"{schema[:100]!r} cannot be the name of a schema", "zh": f"{schema[:100]!r} 不能作为 schema 名称"},
        {
            "en": f"choose a name of 1 to {bytes_max} bytes that does not begin with pg_",
            "zh": f"请使用 1 至 {bytes_max} 字节、且不以 pg_ 开头的名称",
        },
    )


def not_utf8(where: str, encoding: str) -> DataError:
    """A database that cannot hold every text."""
    return DataError(
        "store.database.encoding",
        {"en": f"the database of {where} is encoded in {encoding}, not in UTF8", "zh": f"{where} 的数据库编码为 {encoding}，而非 UTF8"},
        {"en": "create a database with ENCODING 'UTF8'", "zh": "请以 ENCODING 'UTF8' 创建数据库"},
    )


def not_durable(where: str) -> ExternalError:
    """A server that acknowledges before anything is on its disk."""
    return external(
        "store.database.fsync",
        where,
        "the server runs with fsync = off, so that no commit is durable",
        "服务器以 fsync = off 运行，任何提交都不持久",
        "set fsync = on, or open the log as relaxed, and each record will say so",
        "请设 fsync = on，或以 relaxed 方式打开日志，届时每条记录都会注明",
    )


def unindexable(record_id: str, why_en: str, why_zh: str) -> InputError:
    """An id, kind or subject that PostgreSQL cannot hold."""
    return InputError(
        "store.id.unusable",
        {"en": f"PostgreSQL cannot hold id {record_id[:100]!r}: {why_en}", "zh": f"PostgreSQL 无法保存编号 {record_id[:100]!r}：{why_zh}"},
        {"en": "send another id", "zh": "请使用其他编号"},
    )


def rolled_back(where: str, said: str) -> ExternalError:
    """The server answered a commit with something else."""
    return external(
        "store.failed",
        where,
        f"the server did not commit, it said {said}",
        f"服务器没有提交，而是答复 {said}",
        "send again: nothing of the refused call was written",
        "请重发：被拒绝的调用没有写入任何内容",
    )
