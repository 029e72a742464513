"""What a bank takes of memory and of the disk."""

import re
from contextlib import suppress
from pathlib import Path


def resident_mib(pid: int | str = "self") -> float:
    """Memory of a process that is in use; 0 where it just ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def disk_mib(folder: Path) -> float:
    """Size of the log's files, some of which may just go."""
    size = 0
    for path in (folder / "log").rglob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size if path.is_file() else 0
    return size / 2**20
