"""Opens a log in a SQLite file."""

from pathlib import Path
from typing import Unpack

from huitong.store.check import Told
from huitong.store.log import RecordLog
from huitong.store.segments.reading import SealedReader
from huitong.store.sqlite.lock import WriterLock
from huitong.store.sqlite.schema import open_writer, silent
from huitong.store.sqlite.storage import SqliteReader, SqliteSession
from huitong.store.starting import LogOptions, sealed_over, start


class SqliteLog(RecordLog):
    """A log in a SQLite file.

    Args:
        path: The file. Beside it lie ``-wal`` and ``-shm`` while it is open, and ``.lock``.
        options: See ``LogOptions``.

    Raises:
        InputError: If there is nothing to read.
        DataError: If the file is no log, damaged, or written by a later version.
        ExternalError: If another process writes there, or the system refuses.
    """

    def __init__(self, path: Path, **options: Unpack[LogOptions]) -> None:
        segments, told, owner = options.get("segments"), options.get("upgrading", silent), options.get("owner")
        super().__init__(
            *start(
                str(path),
                options,
                lambda: sealed_reader(path, segments),
                lambda now_us, log_id, relaxed: _session(path, now_us, log_id, told, owner, relaxed=relaxed),
            )
        )


def _session(path: Path, now_us: int, log_id: str, told: Told, owner: int | None, *, relaxed: bool) -> SqliteSession:
    lock = WriterLock(path, now_us, owner)
    try:
        connection = open_writer(path, now_us, lambda: log_id, told, relaxed=relaxed)
    except BaseException:
        lock.release()
        raise
    return SqliteSession(connection, path, lock)


def sealed_reader(path: Path, segments: str | Path | None = None) -> SealedReader:
    """Reads the file and its segments."""
    return sealed_over(SqliteReader(path), path.parent / "segments" if segments is None else segments)
