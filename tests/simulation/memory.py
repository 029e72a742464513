"""A storage in memory with exact ideas of what a crash leaves: what was committed, and of that what was durable.

A disk may lie: then what it acknowledged is durable only later, or never. A session may be late, as that of PostgreSQL is: it hears of an
id that is taken only when it commits. A writer that opens the disk takes it from the one before, which is refused from then on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from huitong.kernel import HuitongError
from huitong.store import errors
from huitong.store.merkle import Tile
from huitong.store.segments.manifest import Segment
from huitong.store.storage import AgainError, Head, Kept, Records, Stored, TakenError

WHERE = "memory"


@dataclass
class Image:
    """All that a disk holds."""

    rows: dict[int, Stored] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, tuple[int, str]] = field(default_factory=dict)
    tiles: dict[tuple[int, int], Tile] = field(default_factory=dict)
    heads: dict[int, Head] = field(default_factory=dict)
    keys: dict[tuple[str, bytes], bytes] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)

    def copy(self) -> "Image":
        return Image(
            dict(self.rows),
            dict(self.events),
            dict(self.decisions),
            dict(self.tiles),
            dict(self.heads),
            dict(self.keys),
            dict(self.segments),
        )

    def sealed(self) -> int:
        return max(self.segments, default=0)

    def size(self) -> int:
        return max(max(self.rows, default=-1) + 1, self.sealed())

    def position(self, record_id: str, *, decisions: bool) -> int | None:
        if not decisions:
            return self.events.get(record_id)
        found = self.decisions.get(record_id)
        return None if found is None else found[0]

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        places = ((one, self.position(one, decisions=decisions)) for one in ids)
        return {one: self.at(place) for one, place in places if place is not None}

    def at(self, position: int) -> Stored:
        return Stored(position, "", 0, False, b"") if position < self.sealed() else self.rows[position]

    def kept(self, space: str, names: Sequence[bytes] | None) -> dict[bytes, bytes]:
        if names is None:
            return {name: value for (of, name), value in self.keys.items() if of == space}
        return {name: self.keys[space, name] for name in names if (space, name) in self.keys}


@dataclass
class Disk:
    """A disk.

    Attributes:
        committed: What readers see.
        durable: What a crash leaves.
        honest: Whether a commit is durable before it is acknowledged.
        late: Whether sessions hear of taken ids only at the commit.
        epoch: Counts the writers.
    """

    committed: Image = field(default_factory=Image)
    durable: Image = field(default_factory=Image)
    honest: bool = True
    late: bool = False
    epoch: int = 0

    def crash(self) -> None:
        self.committed = self.durable


class MemorySession:
    """The ``Session`` on a disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        disk.epoch += 1
        self._epoch = disk.epoch
        self._image: Image | None = None
        self._marks: list[tuple[Image, set[tuple[bool, str]], set[tuple[bool, str]]]] = []
        self._mine: set[tuple[bool, str]] = set()
        self._late: set[tuple[bool, str]] = set()
        self._known: set[tuple[bool, str]] = set()

    @property
    def image(self) -> Image:
        assert self._image is not None, "outside a transaction"
        return self._image

    def begin(self) -> int:
        assert self._image is None, "a transaction is open"
        if self._epoch != self._disk.epoch:
            raise errors.held(WHERE, errors.SOMEBODY)
        self._image = self._disk.committed.copy()
        self._mine, self._late = set(), set()
        return self._image.size()

    def commit(self) -> None:
        image = self.image
        if self._late:
            self._known |= self._late
            again = AgainError()
            self.roll_back()
            raise again
        self._disk.committed = image
        if self._disk.honest:
            self._disk.durable = image
        self._known = set()
        self.roll_back()

    def roll_back(self) -> None:
        self._image = None
        self._marks.clear()

    def mark(self) -> None:
        self._marks.append((self.image.copy(), set(self._mine), set(self._late)))

    def undo(self) -> None:
        self._image, self._mine, self._late = self._marks.pop()

    def release(self) -> None:
        self._marks.pop()

    def insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        before = (self.image.copy(), set(self._mine), set(self._late))
        try:
            self._insert(first, records, relaxed=relaxed)
        except TakenError:
            self._image, self._mine, self._late = before
            raise

    def _insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        decisions, image = records.subjects is not None, self.image
        for row, record_id in enumerate(records.ids):
            position, key = first + row, (decisions, record_id)
            if position in image.rows or position < image.sealed():
                raise TakenError
            if image.position(record_id, decisions=decisions) is not None:
                if not self._disk.late or key in self._mine or key in self._known:
                    raise TakenError
                self._late.add(key)
            self._mine.add(key)
            image.rows[position] = Stored(position, records.kinds[row], records.latency_ns[row], relaxed, records.payloads[row])
            if records.subjects is None:
                image.events[record_id] = position
            else:
                image.decisions[record_id] = (position, records.subjects[row])

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        return self.image.stored(ids, decisions=decisions)

    def put_tiles(self, tiles: Sequence[Tile]) -> None:
        for tile in tiles:
            assert self._late or (tile.level, tile.index) not in self.image.tiles, "a tile is written twice"
            self.image.tiles[tile.level, tile.index] = tile

    def put_head(self, head: Head) -> None:
        self.image.heads.setdefault(head.size, head)

    def put_segment(self, segment: Segment) -> None:
        self.image.segments[segment.stop] = segment

    def drop_sealed(self, first: int, stop: int) -> None:
        assert stop <= max(self.image.segments, default=0), "rows go that are not sealed"
        for position in range(first, stop):
            self.image.rows.pop(position, None)

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        return self.image.kept(space, names)

    def keep(self, space: str, entries: Mapping[bytes, bytes]) -> None:
        self.image.keys.update({(space, name): value for name, value in entries.items()})

    def drop(self, space: str, names: Sequence[bytes]) -> None:
        for name in names:
            self.image.keys.pop((space, name), None)

    def scrub(self) -> None:
        assert self._image is None, "inside a transaction"

    def error(self, error: Exception) -> HuitongError | None:  # noqa: ARG002 nothing of its own goes wrong
        return None

    def close(self) -> None:
        self._image = None


class MemoryReader:
    """The ``Reader`` of a disk."""

    def __init__(self, disk: Disk, log_id: str = "MEMORY") -> None:
        self._disk = disk
        self.log_id = log_id
        self.where = WHERE

    @property
    def _image(self) -> Image:
        return self._disk.committed

    def size(self) -> int:
        return self._image.size()

    def page(self, first: int, rows: int, kinds: Sequence[str] | None = None) -> list[Stored]:
        positions = sorted(position for position in self._image.rows if position >= first)
        found = (self._image.rows[position] for position in positions)
        return [row for row in found if kinds is None or row.kind in kinds][:rows]

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        return self._image.stored(ids, decisions=decisions)

    def decisions_of(self, event_id: str) -> list[Stored]:
        positions = sorted(position for position, subject in self._image.decisions.values() if subject == event_id)
        return [self._image.at(position) for position in positions]

    def subjects(self, event_ids: Sequence[str]) -> set[tuple[str, int]]:
        return {(subject, position) for position, subject in self._image.decisions.values() if subject in set(event_ids)}

    def altered(self) -> list[tuple[str, str]]:
        return []

    def ids(self) -> int:
        return len(self._image.events) + len(self._image.decisions)

    def segment(self, position: int) -> Segment | None:
        return next((self._image.segments[stop] for stop in sorted(self._image.segments) if stop > position), None)

    def tile(self, level: int, index: int) -> Tile | None:
        return self._image.tiles.get((level, index))

    def tile_roots(self, level: int, first: int) -> list[bytes]:
        places = sorted(place for at, place in self._image.tiles if at == level and place >= first)
        return [self._image.tiles[level, place].root for place in places]

    def heads(self, from_size: int = 0, *, limit: int = 1) -> list[Head]:
        return [self._image.heads[size] for size in sorted(self._image.heads) if size >= from_size][:limit]

    def last_head(self) -> Head | None:
        return self._image.heads[max(self._image.heads)] if self._image.heads else None

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        return self._image.kept(space, names)

    def ring(self, after: tuple[str, bytes] = ("", b""), *, limit: int = 1) -> list[Kept]:
        return [Kept(*key, self._image.keys[key]) for key in sorted(self._image.keys) if key > after][:limit]

    def hurry(self) -> None:
        """See ``Reader``."""

    def wait_for(self, size: int, timeout_s: float) -> bool:  # noqa: ARG002 nobody else writes meanwhile
        return self.size() >= size

    def close(self) -> None:
        pass
