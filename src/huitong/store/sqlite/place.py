"""Whether a database's file lies where it was opened, and whether one is missing that has to be there.

SQLite goes on with a file that was deleted or moved, and what it writes then is nowhere once it is closed. Only ``stat`` is asked: to
open the file beside SQLite's connections, and to close it again, would take away their locks.
"""

from pathlib import Path

from huitong.store import errors, lost


class Place:
    """The place of a file that a connection has open.

    Args:
        path: The file, as it was just opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = _lies(path)

    def require(self) -> None:
        """Raises where the file does not lie there any more.

        Raises:
            ExternalError: If it was deleted or moved, or another one lies in its place.
        """
        if _lies(self._path) != self._opened:
            raise lost.vanished(self._path)


def require_kept(path: Path) -> None:
    """Refuses to begin a log beside what is left of one: SQLite would delete that.

    Raises:
        ExternalError: If the file is missing, or empty, and its write-ahead file is there.
    """
    wal = path.with_name(path.name + "-wal")
    if _bytes(wal) and not _bytes(path):
        raise lost.lost(path, wal)


def _lies(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise errors.refused(path, error) from error
    return found.st_dev, found.st_ino


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
