"""A bank as commands open it: what its witnesses could not take is told at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huitong.app import Bank
from huitong.cli.terminal import Terminal
from huitong.kernel import ExternalError


@contextmanager
def opened_bank(terminal: Terminal, folder: Path) -> Iterator[Bank]:
    """The bank in a folder; on standard error it is told, once it is closed, who of its witnesses could not be reached."""
    bank = Bank(folder)
    try:
        with bank:
            yield bank
    finally:
        for error in _different(bank.logbook.untold):
            terminal.warn({language: error.message(language) for language in ("zh", "en")})


def _different(errors: list[ExternalError]) -> list[ExternalError]:
    """The latest of each kind: a witness that is away misses head after head."""
    return list({error.cause["en"]: error for error in errors}.values())
