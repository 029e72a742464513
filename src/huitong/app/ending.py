"""The end of the service, for long work that tells how far it is: it ends where it next tells."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress


class _EndedError(Exception):
    """The service ends, and what was under way with it."""


class Ending:
    """Whether the service ends; ``stop`` is called from any thread."""

    def __init__(self) -> None:
        self._stopped = False

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The work: what tells by ``go_on`` is left where the service ends."""
        with suppress(_EndedError):
            yield

    def go_on(self, *_how_far: object) -> None:
        """Called by the work, within ``cut_off``, as its progress is told."""
        if self._stopped:
            raise _EndedError

    def stop(self) -> None:
        """Ends the work that is under way, and all to come."""
        self._stopped = True
