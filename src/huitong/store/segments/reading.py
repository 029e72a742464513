"""The readers' side of a log of which a part is sealed: segments and the rows after them, as one.

The key: the storage is asked for rows first, and for segments after that. A segment is never taken back, so what was sealed between the
two questions is read from the segment, and nothing is missed or read twice.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

import numpy as np
import pyarrow as pa

from huitong.contracts import DataContract, EventBatch, Int64Array, LogBatch
from huitong.store import errors
from huitong.store.merkle import Tile
from huitong.store.segments.files import FILES_OPEN_MAX, GROUPS_KEPT_MAX, OpenFile, Recent, open_file
from huitong.store.segments.manifest import Segment, SegmentFile
from huitong.store.segments.places import Place
from huitong.store.storage import Head, Kept, Reader, Stored


class SealedReader:
    """A ``Reader`` over another one that has the tail only.

    Args:
        tail: The storage's own.
        place: Where its segments are; ``None`` where nobody said: nothing can be sealed then, and what was sealed not be read.
    """

    def __init__(self, tail: Reader, place: Place | None) -> None:
        self.tail = tail
        self._place = place
        self._known: list[Segment] = []
        self._learning = Lock()
        self._files: Recent[str, OpenFile] = Recent(FILES_OPEN_MAX)
        self._groups: Recent[tuple[str, int], pa.Table] = Recent(GROUPS_KEPT_MAX)

    @classmethod
    def over(cls, reader: Reader) -> "SealedReader":
        """The reader itself where it knows of segments, else one over it that does not know where they are."""
        return reader if isinstance(reader, SealedReader) else cls(reader, None)

    @property
    def place(self) -> Place:
        """Where segments are.

        Raises:
            InputError: If nobody said.
        """
        if self._place is None:
            raise errors.segments_nowhere(self.where)
        return self._place

    def open(self, segment: Segment, file: SegmentFile) -> OpenFile:
        """A file of a segment, checked against its hash.

        Raises:
            InputError: If nobody said where segments are.
            DataError: If it is missing, or not what was sealed.
            ExternalError: If the place of segments cannot be read.
        """
        return self._files.get(file.name, lambda: open_file(self.place, segment, file, self._groups))

    def page(self, first: int, rows: int, kinds: Sequence[str] | None = None) -> list[Stored]:
        """See ``Reader``. Ends early where a row group or a segment does; is empty at the end of the log only."""
        while True:
            segment = self._known_at(first)
            page = [] if segment is not None else self.tail.page(first, rows, kinds)
            segment = segment or self.segment(first)
            if segment is None:
                return page
            found = [file.stored(numbers) for file, numbers in self._window(segment, first, rows, kinds)]
            if found:
                return found[0] if len(found) == 1 else sorted((row for rows in found for row in rows), key=lambda row: row.position)
            first = segment.stop

    def stretch(self, first: int, stop: int, kinds: Sequence[str] | None = None) -> Iterator[Stored]:
        """Every record of some kinds from a position up to another, in order: pages end early, see ``page``, so one would not be all."""
        while first < stop and (page := self.page(first, stop - first, kinds)):
            for row in page:
                if row.position >= stop:
                    return
                yield row
            first = page[-1].position + 1

    def batch(self, contract: DataContract, first: int, rows: int) -> LogBatch | None:
        """Events of the contract's kind as columns, the next from a position on that are in a segment.

        Returns:
            At most ``rows`` events; ``None`` where none of them is in a segment.

        Raises:
            DataError: If a record does not fit the contract.
        """
        while segment := self.segment(first):
            window = self._window(segment, first, rows, [contract.kind])
            if window:
                offsets = np.concatenate([file.positions[numbers] for file, numbers in window])
                batch = EventBatch.concat([file.batch(contract, numbers) for file, numbers in window]) if len(window) > 1 else None
                if batch is None:
                    return LogBatch(int(offsets[-1]) + 1, window[0][0].batch(contract, window[0][1]), offsets)
                order = np.argsort(offsets)
                return LogBatch(int(offsets.max()) + 1, batch.take(order), offsets[order])
            first = segment.stop
        return None

    def _window(self, segment: Segment, first: int, rows: int, kinds: Sequence[str] | None) -> list[tuple[OpenFile, Int64Array]]:
        """The next records of a segment from a position on: the files that hold them, and their numbers there."""
        files = [self.open(segment, file) for file in segment.files if kinds is None or set(kinds) & set(file.kinds)]
        spans = [file.rows_from(first, rows, kinds) for file in files]
        stops = [int(file.positions[span[-1]]) + 1 for file, span in zip(files, spans, strict=True) if len(span)]
        # Beyond the end of the shortest span, a file may hold more than it was asked for.
        open_ends = [
            int(file.positions[span[-1]]) + 1
            for file, span in zip(files, spans, strict=True)
            if len(span) and span[-1] + 1 < len(file.positions)
        ]
        if not stops:
            return []
        positions = np.sort(np.concatenate([file.positions[span] for file, span in zip(files, spans, strict=True)]))
        stop = min([*open_ends, max(stops), int(positions[min(rows, len(positions)) - 1]) + 1])
        cut = [(file, span[: int(np.searchsorted(file.positions[span], stop))]) for file, span in zip(files, spans, strict=True)]
        return [(file, span) for file, span in cut if len(span)]

    def _known_at(self, position: int) -> Segment | None:
        known = self._known
        at = bisect_right(known, position, key=lambda segment: segment.stop)
        return known[at] if at < len(known) and known[at].first <= position else None

    def subjects(self, event_ids: Sequence[str]) -> set[tuple[str, int]]:
        """See ``Reader``."""
        return self.tail.subjects(event_ids)

    def altered(self) -> list[tuple[str, str]]:
        """See ``Reader``."""
        return self.tail.altered()

    def ids(self) -> int:
        """See ``Reader``."""
        return self.tail.ids()

    def segment(self, position: int) -> Segment | None:
        """See ``Reader``."""
        known = self._known_at(position)
        if known is not None:
            return known
        found = self.tail.segment(position)
        if found is not None:
            with self._learning:
                stops = {segment.stop: segment for segment in [*self._known, found]}
                self._known = [stops[stop] for stop in sorted(stops)]
        return found

    def segments(self) -> Iterator[Segment]:
        """Every segment, in order."""
        stop = 0
        while (segment := self.segment(stop)) is not None:
            yield segment
            stop = segment.stop

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """See ``Reader``. With the content of what is sealed."""
        return self.filled(self.tail.stored(ids, decisions=decisions))

    def filled(self, found: Mapping[str, Stored]) -> dict[str, Stored]:
        """The same with the content of what is sealed; a record that is nowhere is left out."""
        wanted = {row.position for row in found.values() if row.sealed or self._known_at(row.position)}
        sealed = self.at(sorted(wanted))
        rows = ((one, sealed.get(row.position) if row.position in wanted else row) for one, row in found.items())
        return {one: row for one, row in rows if row is not None}

    def at(self, positions: Sequence[int]) -> dict[int, Stored]:
        """Records by their positions, which ascend; those that are nowhere are left out."""
        found: dict[int, Stored] = {}
        start = 0
        while start < len(positions):
            page = [] if self._known_at(positions[start]) else self.tail.page(positions[start], 1)
            segment = self.segment(positions[start])
            stop = start + 1 if segment is None else int(np.searchsorted(positions, segment.stop))
            if segment is None:
                found.update((row.position, row) for row in page if row.position == positions[start])
            else:
                found.update((row.position, row) for row in self._in(segment, np.array(positions[start:stop], np.int64)))
            start = stop
        return found

    def _in(self, segment: Segment, positions: Int64Array) -> list[Stored]:
        found: list[Stored] = []
        for file in segment.files:
            opened = self.open(segment, file)
            found += opened.stored(np.flatnonzero(np.isin(opened.positions, positions, assume_unique=True)))
        return found

    def decisions_of(self, event_id: str) -> list[Stored]:
        """See ``Reader``. With the content of what is sealed."""
        found = self.filled({str(row.position): row for row in self.tail.decisions_of(event_id)})
        return sorted(found.values(), key=lambda row: row.position)

    @property
    def where(self) -> str:
        """See ``Reader``."""
        return self.tail.where

    @property
    def log_id(self) -> str:
        """See ``Reader``."""
        return self.tail.log_id

    def size(self) -> int:
        """See ``Reader``."""
        return self.tail.size()

    def tile(self, level: int, index: int) -> Tile | None:
        """See ``Reader``."""
        return self.tail.tile(level, index)

    def tile_roots(self, level: int, first: int) -> list[bytes]:
        """See ``Reader``."""
        return self.tail.tile_roots(level, first)

    def heads(self, from_size: int = 0, *, limit: int = 1) -> list[Head]:
        """See ``Reader``."""
        return self.tail.heads(from_size, limit=limit)

    def last_head(self) -> Head | None:
        """See ``Reader``."""
        return self.tail.last_head()

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """See ``Reader``."""
        return self.tail.kept(space, names)

    def ring(self, after: tuple[str, bytes] = ("", b""), *, limit: int = 1) -> list[Kept]:
        """See ``Reader``."""
        return self.tail.ring(after, limit=limit)

    def wait_for(self, size: int, timeout_s: float) -> bool:
        """See ``Reader``."""
        return self.tail.wait_for(size, timeout_s)

    def hurry(self) -> None:
        """See ``Reader``."""
        self.tail.hurry()

    def close(self) -> None:
        """See ``Reader``."""
        self.tail.close()
