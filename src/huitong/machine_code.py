"""Forgets compiled code that is older than its source.

numba caches machine code beside each source file and looks only at that file's time stamp: when a function that a cached one calls
changes in another file, the old code would go on running. Where every answer must be the same bits on every machine that is not a
nuisance but a fault, so every room with compiled code imports this module first. An installed package is written in one go and is
never affected; the check costs a few milliseconds.
"""

import re
from pathlib import Path

_INDEX_SUFFIX = ".nbi"
"""numba's index files: without its index a cached function is compiled again."""
_COMPILED = re.compile(rb"\b(numba|njit|inlined)\b")
"""What a source of compiled code has in it; the others change no machine code."""


def forget_stale_code(package: Path) -> int:
    """Removes the index of every cached function that is older than the newest source of compiled code in the package.

    Args:
        package: Folder of the package.

    Returns:
        How many were removed.
    """
    newest = max((path.stat().st_mtime_ns for path in package.rglob("*.py") if _COMPILED.search(path.read_bytes())), default=0)
    stale = [index for index in package.rglob(f"__pycache__/*{_INDEX_SUFFIX}") if _changed_ns(index) < newest]
    for index in stale:
        index.unlink(missing_ok=True)
    return len(stale)


def _changed_ns(index: Path) -> int:
    try:
        return index.stat().st_mtime_ns
    except FileNotFoundError:  # another process was quicker
        return 0


forget_stale_code(Path(__file__).parent / "features")
forget_stale_code(Path(__file__).parent / "ai")
forget_stale_code(Path(__file__).parent / "decisions")
