"""Writes the generated pages of the documentation: ``python -m docs.generate`` from the repository's root, or scripts/docs.

A page that differs from what this writes fails tests/docs.
"""

from collections.abc import Callable
from pathlib import Path

from docs.commands import command_pages
from docs.messages import error_pages

DOCS = Path(__file__).resolve().parent
GENERATORS: tuple[Callable[[], dict[str, str]], ...] = (error_pages, command_pages)
GENERATED = ("commands.md", "errors.md", "zh/commands.md", "zh/errors.md")


def pages() -> dict[str, str]:
    """Text of every generated page by its path under ``docs``."""
    return {name: text for generator in GENERATORS for name, text in generator().items()}


def write() -> list[str]:
    """Writes every page that is missing or stale; returns their names."""
    texts = pages()
    stale = [name for name, text in texts.items() if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text]
    for name in stale:
        (DOCS / name).write_text(texts[name], "utf-8")
    return stale


if __name__ == "__main__":
    write()
