"""One writer: a lock that the system drops when its holder dies, and a note that says who the holder is."""

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from huitong.kernel import Text, time_text
from huitong.store import errors

LEFT_WAIT_S = 10.0
"""How long to wait for a holder whose owner is gone: it ends after what it was asked."""
_PAUSE_S = 0.02


class WriterLock:
    """Held by the process that may write. A lock left behind by a dead process does not hold.

    Args:
        path: The log's file; the lock is beside it, with ``.lock`` added.
        now_us: The clock's reading, for the note.
        owner: Number of the process that this one writes for, and ends with; ``None`` where it writes for itself.

    Raises:
        ExternalError: If another process, or this one, holds it already (the error names the holder), or the folder refuses.
    """

    def __init__(self, path: Path, now_us: int, owner: int | None = None) -> None:
        lock = path.with_name(path.name + ".lock")
        try:
            self._file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise errors.refused(path, error) from None
        until = time.monotonic() + LEFT_WAIT_S
        while not self._taken():
            note = os.pread(self._file, 4096, 0)
            if time.monotonic() >= until or not _left(note):
                os.close(self._file)
                raise errors.held(path, _holder(note))
            time.sleep(_PAUSE_S)
        note = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time_text(now_us), "owner": owner}).encode()
        with suppress(OSError):  # on a full disk the lock holds without a note
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, note, 0)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Lets the next one in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _left(note: bytes) -> bool:
    """Whether the holder writes for a process of this machine that is gone, so that it is about to end."""
    try:
        said = json.loads(note)
        owner = said["owner"]
        if said["host"] != socket.gethostname() or not isinstance(owner, int):
            return False
        os.kill(owner, 0)
    except ProcessLookupError:
        return True
    except (ValueError, KeyError, TypeError, PermissionError):
        return False
    return False


def _holder(note: bytes) -> Text:
    try:
        said = json.loads(note)
        return errors.process(said["pid"], said["host"], said["since"])
    except (ValueError, KeyError, TypeError):
        return errors.SOMEBODY
