"""What a process needs to open a log for writing: sent to it, so that no key and no password stands on a command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huitong.store.starting import LogOptions
from huitong.store.witness import Witness


@dataclass(frozen=True, slots=True)
class Opening:
    """A log, and how it is opened for writing.

    Attributes:
        address: See ``open_log``.
        options: The same; all of them can be sent, a master key as itself.
        witnesses: Who receives each head that is signed.
        hung_seconds: How long the process may say nothing before it is killed and started again; 0: as long as it likes.
    """

    address: str | Path
    options: LogOptions
    witnesses: Sequence[Witness] = ()
    hung_seconds: float = 30.0
