"""How long work tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called with a stage (``"reading"``, ``"features"``, ``"training"``, …), what is done and what there is to do."""

    def __call__(self, stage: str, done: int, total: int | None, /) -> None: ...


def silent(stage: str, done: int, total: int | None, /) -> None:
    """Tells nobody."""
