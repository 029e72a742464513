"""Takes the write-ahead file over into the database beside the writer, who else would stop a tenth of a second for it every few groups.

SQLite's own checkpoint stays, and does the rest: it alone lets the write-ahead file begin anew, and finds little left to take over.
"""

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

ROWS_BETWEEN = 8_192
"""Changed rows after which it is worth a while: a fifth, at most, of what fills a write-ahead file."""


class Checkpointer:
    """A thread with a connection of its own, begun when there is first something to do.

    Args:
        path: The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._due, self._closed = threading.Event(), False
        self._thread: threading.Thread | None = None

    def committed(self, rows: int) -> None:
        """Told by the writer after each commit.

        Args:
            rows: Rows that its connection has changed, ever.
        """
        if rows - self._seen < ROWS_BETWEEN:
            return
        self._seen = rows
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="huitong-log-checkpointer", daemon=True)
            self._thread.start()
        self._due.set()

    def close(self) -> None:
        """Finishes what is under way."""
        self._closed = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        # What is refused here (a full disk, another checkpoint under way) costs nothing but time: the writer's own comes.
        there = f"file:{quote(str(self._path.absolute()))}?mode=rw"  # where the file is gone, no empty one is made in its place
        with suppress(sqlite3.Error), closing(sqlite3.connect(there, uri=True, timeout=0, isolation_level=None)) as connection:
            while self._due.wait() and not self._closed:
                self._due.clear()
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
