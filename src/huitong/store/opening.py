"""Opens a log wherever it is: the address says in what it is kept."""

from pathlib import Path
from typing import Unpack
from urllib.parse import unquote

from huitong.kernel import InputError
from huitong.store.log import RecordLog
from huitong.store.sqlite import SqliteLog
from huitong.store.starting import LogOptions


def open_log(address: str | Path, **options: Unpack[LogOptions]) -> RecordLog:
    """The log at an address.

    Args:
        address: A path or ``sqlite:///PATH`` (with a fourth slash for an absolute path) for a SQLite file; ``postgresql://…`` or
            ``postgres://…`` for a schema of a PostgreSQL database, see ``PostgresLog``.
        options: See ``LogOptions``.

    Raises:
        InputError: If nothing is known for such an address, or the driver for it is not installed.
        HuitongError: As the adapter says.
    """
    path = file_of(address)
    if path is not None:
        return SqliteLog(path, **options)
    text = str(address)
    scheme = text.partition("://")[0]
    if scheme in ("postgresql", "postgres"):
        try:
            from huitong.store.postgres import PostgresLog  # noqa: PLC0415 - a log in SQLite needs no driver
        except ImportError as error:
            raise _driver_missing() from error
        return PostgresLog(text, **options)
    raise _unknown(scheme)


def file_of(address: str | Path) -> Path | None:
    """The file of a log at an address; ``None`` where it is in no file."""
    text = str(address)
    scheme, mark, rest = text.partition("://")
    if isinstance(address, Path) or not mark:
        return Path(address)
    return Path(unquote(rest[1:])) if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1 else None


def _unknown(scheme: str) -> InputError:
    return InputError(
        "store.address.unknown",
        {"en": f"no log is kept at an address that begins with {scheme}://", "zh": f"不支持以 {scheme}:// 开头的日志地址"},
        {
            "en": "give a path, sqlite:///PATH, or postgresql://user@host:port/database",
            "zh": "请给出路径、sqlite:///PATH 或 postgresql://user@host:port/database",
        },
    )


def _driver_missing() -> InputError:
    return InputError(
        "store.driver.missing",
        {
            "en": "psycopg is not installed; it is needed for logs in PostgreSQL only",
            "zh": "未安装 psycopg；仅在使用 PostgreSQL 日志时需要",
        },
        {"en": "pip install huitong[postgres]", "zh": "请运行 pip install huitong[postgres]"},
    )
