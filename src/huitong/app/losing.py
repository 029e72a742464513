"""A bank whose log is gone is told so, and given no empty one: what only a log leaves behind says that there was one.

The master key is made, and feature state and books are kept, once a log is there. The signing key is made before it, and proves nothing.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from huitong.kernel import HuitongError
from huitong.store import RecordLog
from huitong.store.lost import lost

_KEPT = (".book", ".state")


def kept_in(root: Path) -> list[Path]:
    """What is kept in a bank's folder of a fold of its log."""
    return sorted(path for path in (root / "state").glob("*") if path.suffix in _KEPT)


def require_kept(address: str | Path, read: Callable[[], RecordLog], traces: Iterable[Path]) -> None:
    """Refuses to begin an empty log, or to take nothing for all there is, where a log was.

    Args:
        address: Where the log is to be.
        read: Opens it for reading only.
        traces: Files that only a log leaves behind.

    Raises:
        ExternalError: If one of them is there and the log is not.
    """
    trace = next((path for path in traces if path.exists()), None)
    if trace is not None and _missing(read):
        raise lost(str(address).rpartition("@")[2], trace)


def _missing(read: Callable[[], RecordLog]) -> bool:
    try:
        read().close()
    except HuitongError as error:
        return error.code == "store.missing"  # whatever else is wrong, whoever opens it is told
    return False
