"""What the replay page asks of a bank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from huitong.kernel import EventId, Text


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A table that was dropped.

    Attributes:
        id: Its id.
        name: Name of its file.
        columns: Its columns.
        wanted: For each mapping the columns that it reads, each with the table's column that is most like it.
        best: The mapping of which most columns are there.
        titles: What people call the mappings, by name.
        fields: For each mapping what its columns are, by the column: titles of the fields that are read from them.
    """

    id: str
    name: str
    columns: Sequence[str]
    wanted: Mapping[str, Mapping[str, str | None]]
    best: str
    titles: Mapping[str, Text] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)


class UploadsPort(Protocol):
    """Tables that somebody drops."""

    def keep(self, command: EventId, name: str, content: bytes, /) -> str:
        """Keeps a table; its id."""
        ...

    def look(self, id_: str, /) -> Uploaded:
        """A table that was kept."""
        ...
