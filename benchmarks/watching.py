"""Looking at something again and again while something else is done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def looking(look: Callable[[], object], every_s: float) -> Iterator[None]:
    """Looks from a thread of its own, at least once, for as long as the block lasts.

    Args:
        look: What is done.
        every_s: Pause between two looks.
    """
    over = threading.Event()

    def look_on() -> None:
        look()
        while not over.wait(every_s):
            look()

    thread = threading.Thread(target=look_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
