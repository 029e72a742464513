"""What a transaction has written but not sent: one write for the many small calls of a group, instead of several for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from huitong.store.merkle import Tile
from huitong.store.storage import Head, Records, Stored


@dataclass(frozen=True, slots=True)
class Insert:
    """Records at the positions from ``first`` on."""

    first: int
    records: Records
    relaxed: bool

    def stored(self, record_id: str) -> Stored:
        """One of them as it will be stored."""
        row, records = self.records.ids.index(record_id), self.records
        return Stored(self.first + row, records.kinds[row], records.latency_ns[row], self.relaxed, records.payloads[row])


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """Entries of a space of the key ring that are written, or deleted where they have no value."""

    space: str
    entries: Mapping[bytes, bytes | None]


Change = Insert | Tile | Head | KeyChanges


@dataclass(slots=True)
class Pending:
    """Changes in their order, and what a reader of the transaction would see of them.

    Attributes:
        changes: What was written.
        rows: Number of records among it.
        ids: What inserts a record, by id: for events, and for decisions.
        keys: Entries of the key ring by space and name; ``None`` where deleted.
    """

    changes: list[Change] = field(default_factory=list)
    rows: int = 0
    ids: tuple[dict[str, Insert], dict[str, Insert]] = field(default_factory=lambda: ({}, {}))
    keys: dict[str, dict[bytes, bytes | None]] = field(default_factory=dict)

    def insert(self, insert: Insert) -> None:
        """Writes records whose ids are not there."""
        self.changes.append(insert)
        ids = insert.records.ids
        self.rows += len(ids)
        self.ids[insert.records.subjects is not None].update(dict.fromkeys(ids, insert))

    def change_keys(self, change: KeyChanges) -> None:
        """Writes entries of the key ring over those that are there."""
        self.changes.append(change)
        self.keys.setdefault(change.space, {}).update(change.entries)

    def add(self, changes: Sequence[Tile | Head]) -> None:
        """Writes what nobody reads back."""
        self.changes += changes

    def cut(self, place: int) -> list[Change]:
        """Takes away what was written after the first ``place`` changes, and returns it."""
        kept, gone = self.changes[:place], self.changes[place:]
        for change in gone:
            if isinstance(change, Insert):
                self.rows -= len(change.records)
                for one in change.records.ids:
                    del self.ids[change.records.subjects is not None][one]
        if any(isinstance(change, KeyChanges) for change in gone):
            self.keys = {}
            for change in kept:
                if isinstance(change, KeyChanges):
                    self.keys.setdefault(change.space, {}).update(change.entries)
        self.changes = kept
        return gone
