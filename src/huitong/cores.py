"""How many cores work may be divided among."""

import os


def cores() -> int:
    """Cores that this process may run on: whoever starts it may give it fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
