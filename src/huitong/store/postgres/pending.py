"""What a transaction has written but not sent: one message to the server for many small calls, instead of many for each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from huitong.store.merkle import Tile
from huitong.store.storage import Head, Records, Stored


@dataclass(frozen=True, slots=True)
class Insert:
    """Records at the positions from ``first`` on."""

    first: int
    records: Records
    relaxed: bool

    def ids(self) -> dict[str, Stored]:
        """The rows as they will be stored, by id."""
        records, relaxed = self.records, self.relaxed
        places = range(self.first, self.first + len(records))
        columns = zip(places, records.kinds, records.latency_ns, records.payloads, strict=True)
        return {
            one: Stored(position, kind, latency_ns, relaxed, payload)
            for one, (position, kind, latency_ns, payload) in zip(records.ids, columns, strict=True)
        }


@dataclass(frozen=True, slots=True)
class KeyChange:
    """An entry of the key ring that is written, or deleted where it has no value."""

    space: str
    name: bytes
    value: bytes | None


Change = Insert | Tile | Head | KeyChange


@dataclass(slots=True)
class Pending:
    """Changes in their order, and what a reader of the transaction would see of them.

    Attributes:
        changes: What was written.
        rows: Number of records among it.
        ids: Records by id: those of events, then those of decisions.
        keys: Entries of the key ring by space and name; ``None`` where deleted.
    """

    changes: list[Change] = field(default_factory=list)
    rows: int = 0
    ids: tuple[dict[str, Stored], dict[str, Stored]] = field(default_factory=lambda: ({}, {}))
    keys: dict[tuple[str, bytes], bytes | None] = field(default_factory=dict)

    def add(self, changes: Sequence[Change]) -> None:
        """Writes more."""
        self.changes += changes
        for change in changes:
            if isinstance(change, Insert):
                self.rows += len(change.records)
                self.ids[change.records.subjects is not None].update(change.ids())
            elif isinstance(change, KeyChange):
                self.keys[change.space, change.name] = change.value

    def cut(self, place: int) -> list[Change]:
        """Takes away what was written after the first ``place`` changes, and returns it."""
        kept, gone = self.changes[:place], self.changes[place:]
        for change in gone:
            if isinstance(change, Insert):
                self.rows -= len(change.records)
                for one in change.records.ids:
                    del self.ids[change.records.subjects is not None][one]
        if any(isinstance(change, KeyChange) for change in gone):
            self.keys = {(change.space, change.name): change.value for change in kept if isinstance(change, KeyChange)}
        self.changes = kept
        return gone
