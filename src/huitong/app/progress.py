"""How long work tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called with a stage (``"reading"``, ``"features"``, ``"training"``, …), what is done and what there is to do."""

    def __call__(self, stage: str, done: int, total: int | None, /) -> None: ...


def silent(stage: str, done: int, total: int | None, /) -> None:
    """Tells nobody."""


def silent_count(_done: int, _total: int) -> None:
    """Tells nobody how many of how many are done."""
