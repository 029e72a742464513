"""Threads for whoever watches the service: they are to be answered also while all others wait for a disk that hangs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(2, "huitong-watch")


async def on_watch(ask: Callable[[], T]) -> T:
    """What a question finds, asked in a thread that nothing else takes."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, ask)
