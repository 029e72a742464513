"""What a log needs of a database: rows, tiles and heads, in transactions of one writer. An adapter is these two protocols and an opener."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple, Protocol

from huitong.kernel import HuitongError
from huitong.store.merkle import Tile
from huitong.store.segments.manifest import Segment

DECISION_KIND = "decision"
"""Kind of the records that are decisions."""


@dataclass(frozen=True, slots=True)
class Records:
    """Records that want a place in the log, as columns of equal length: all events, or all decisions.

    Attributes:
        kinds: Kinds of the events, or ``DECISION_KIND``.
        ids: Of the events or decisions. The two have name spaces of their own: nobody's event id may ever block a decision.
        subjects: For decisions, the events that were decided; ``None`` for events.
        latency_ns: How long a decision took; beside the record, for a replay must give the same bytes.
        payloads: Canonical bytes.
    """

    kinds: Sequence[str]
    ids: Sequence[str]
    subjects: Sequence[str] | None
    latency_ns: Sequence[int]
    payloads: Sequence[bytes]
    _leaves: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    def leaves(self, stop: int | None = None) -> list[bytes]:
        """Leaf hashes of the payloads, at least those of the first ``stop``; each is made once, by whoever would otherwise wait."""
        new = self.payloads[len(self._leaves) : stop]
        self._leaves.extend([sha256(b"\x00" + payload).digest() for payload in new])
        return self._leaves

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int]) -> "Records":
        """Some of them."""
        return Records(
            [self.kinds[row] for row in rows],
            [self.ids[row] for row in rows],
            None if self.subjects is None else [self.subjects[row] for row in rows],
            [self.latency_ns[row] for row in rows],
            [self.payloads[row] for row in rows],
        )


class Stored(NamedTuple):
    """A record as it is read back; its id and subject, its payload says.

    Of a record that was sealed, the index of ids knows no more than the position; the rest is in its segment.

    Attributes:
        position: Its offset in the log.
        kind: As in ``Records``.
        latency_ns: As in ``Records``.
        relaxed: Whether it was acknowledged before it was durable.
        payload: Canonical bytes; empty where the record was sealed.
    """

    position: int
    kind: str
    latency_ns: int
    relaxed: bool
    payload: bytes

    @property
    def sealed(self) -> bool:
        """Whether the record is in a segment, and only its position known here."""
        return not self.payload


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head of the tree.

    Attributes:
        size: Number of leaves.
        time_us: When it was signed.
        note: The signed note, as anyone may keep it.
    """

    size: int
    time_us: int
    note: str


class Kept(NamedTuple):
    """An entry of the key ring.

    Attributes:
        space: What kind of entry it is.
        name: Its name within the space.
        value: What it says, wrapped where it is secret.
    """

    space: str
    name: bytes
    value: bytes


class TakenError(Exception):
    """A row's id is taken."""


class AgainError(Exception):
    """The transaction is dropped and has to run again: the session found late that an id is taken, and will say so in time then."""


class UncertainError(Exception):
    """The database went away: whether the transaction was committed is known only after ``begin`` has reached it again."""


class KeyRing(Protocol):
    """What both sides of a storage can do with the key ring."""

    def kept(self, space: str, names: Sequence[bytes]) -> dict[bytes, bytes]:
        """See ``Session``."""
        ...


class Session(Protocol):
    """The writer's side, used by one thread."""

    def begin(self) -> int:
        """Begins a transaction; returns the number of records that are there.

        Raises:
            UncertainError: If the database cannot be reached now.
            HuitongError: If another writer has taken over, or the database refuses.
        """
        ...

    def commit(self) -> None:
        """Makes the transaction durable.

        Raises:
            AgainError: As any of the following, where a session learns late of ids that are taken.
            UncertainError: As any of the following.
        """
        ...

    def roll_back(self) -> None:
        """Drops the transaction, if one is open."""
        ...

    def mark(self) -> None:
        """Remembers this point of the transaction; marks nest."""
        ...

    def undo(self) -> None:
        """Goes back to the last mark and forgets it."""
        ...

    def release(self) -> None:
        """Forgets the last mark."""
        ...

    def insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        """Writes records at the positions from ``first`` on.

        Args:
            first: Position of the first of them.
            records: What to write; at least one.
            relaxed: Whether they are acknowledged before they are durable.

        Raises:
            TakenError: If an id is there already; nothing is written then.
        """
        ...

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """Rows of these ids that are there; of a sealed record only its position."""
        ...

    def put_tiles(self, tiles: Sequence[Tile]) -> None:
        """Writes full tiles."""
        ...

    def put_head(self, head: Head) -> None:
        """Writes a signed head."""
        ...

    def put_segment(self, segment: Segment) -> None:
        """Writes down where a range of records is: from the commit on, they are read from there. Again, it does nothing."""
        ...

    def drop_sealed(self, first: int, stop: int) -> None:
        """Deletes the rows of records of that range, which are sealed; their ids stay. Again, it does nothing."""
        ...

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """Entries of the key ring as this transaction sees it, by name; all of a space where no names are given."""
        ...

    def keep(self, space: str, entries: Mapping[bytes, bytes]) -> None:
        """Writes entries of the key ring, over those of the same name: the one part of a storage that changes."""
        ...

    def drop(self, space: str, names: Sequence[bytes]) -> None:
        """Deletes entries of the key ring."""
        ...

    def scrub(self) -> None:
        """Leaves no trace of what was dropped in the storage's own files, as far as it can; outside a transaction."""
        ...

    def error(self, error: Exception) -> HuitongError | None:
        """The error of the tree for one of the database's; ``None`` for an error that is not the database's."""
        ...

    def close(self) -> None:
        """Lets go of the database and of the right to write."""
        ...


class Reader(Protocol):
    """The readers' side, used by any number of threads."""

    @property
    def where(self) -> str:
        """Path or address, for messages; without a password."""
        ...

    @property
    def log_id(self) -> str:
        """Identity of the log, given when it was made."""
        ...

    def size(self) -> int:
        """Number of records, with those that were sealed."""
        ...

    def page(self, first: int, rows: int, kinds: Sequence[str] | None = None) -> list[Stored]:
        """At most ``rows`` rows in order from position ``first``; ``kinds`` names kinds of events, decisions are left out then.

        Of records that were sealed some may still be there: a segment goes before them.
        """
        ...

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """Rows of these ids that are there; of a sealed record only its position."""
        ...

    def decisions_of(self, event_id: str) -> list[Stored]:
        """Every decision on that event, oldest first; of a sealed record only its position."""
        ...

    def subjects(self, event_ids: Sequence[str]) -> set[tuple[str, int]]:
        """What the index of ids says of events: each with the position of each decision on it."""
        ...

    def altered(self) -> list[tuple[str, str]]:
        """What of the schema is not as it was made: kind and name of each table, index, function or trigger."""
        ...

    def ids(self) -> int:
        """Number of ids that lead, or should lead, to a record; takes as long as counting does."""
        ...

    def segment(self, position: int) -> Segment | None:
        """The first segment that ends after a position; ``None`` where nothing from there on is sealed."""
        ...

    def tile(self, level: int, index: int) -> Tile | None:
        """A full tile."""
        ...

    def tile_roots(self, level: int, first: int) -> list[bytes]:
        """Roots of the full tiles of a level from index ``first`` on."""
        ...

    def heads(self, from_size: int = 0, *, limit: int = 1) -> list[Head]:
        """Signed heads of at least that size, smallest first."""
        ...

    def last_head(self) -> Head | None:
        """The latest signed head."""
        ...

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """Entries of the key ring that are there, by name; all of a space where no names are given."""
        ...

    def ring(self, after: tuple[str, bytes] = ("", b""), *, limit: int = 1) -> list[Kept]:
        """Entries of the whole key ring in the order of space and name, those after one of them."""
        ...

    def wait_for(self, size: int, timeout_s: float) -> bool:
        """Waits until there are at least ``size`` records; says whether there are."""
        ...

    def hurry(self) -> None:
        """From here on no question waits for a database that is away: whoever asks is about to end."""
        ...

    def close(self) -> None:
        """Lets go of the database."""
        ...
