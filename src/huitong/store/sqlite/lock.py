"""One writer: a lock that the system drops when its holder dies, and a note that says who the holder is."""

import fcntl
import json
import os
import socket
from contextlib import suppress
from pathlib import Path

from huitong.kernel import Text, time_text
from huitong.store import errors


class WriterLock:
    """Held by the process that may write. A lock left behind by a dead process does not hold.

    Args:
        path: The log's file; the lock is beside it, with ``.lock`` added.
        now_us: The clock's reading, for the note.

    Raises:
        ExternalError: If another process, or this one, holds it already (the error names the holder), or the folder refuses.
    """

    def __init__(self, path: Path, now_us: int) -> None:
        lock = path.with_name(path.name + ".lock")
        try:
            self._file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise errors.refused(path, error) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _holder(os.read(self._file, 4096))
            os.close(self._file)
            raise errors.held(path, holder) from None
        note = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time_text(now_us)})
        with suppress(OSError):  # on a full disk the lock holds without a note
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, note.encode(), 0)

    def release(self) -> None:
        """Lets the next one in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _holder(note: bytes) -> Text:
    try:
        said = json.loads(note)
        return errors.process(said["pid"], said["host"], said["since"])
    except (ValueError, KeyError, TypeError):
        return errors.SOMEBODY
