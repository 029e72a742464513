"""Seals while others append: files first, then the list that says they are there, then the rows go, a few in each commit."""

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import TypeAlias

from huitong.contracts import DataContract
from huitong.store.journal import Journal
from huitong.store.segments.checking import unneeded
from huitong.store.segments.manifest import Segment
from huitong.store.segments.paging import Paging
from huitong.store.segments.reading import SealedReader
from huitong.store.vault.names import Names

TAIL_ROWS = 100_000
"""Records that stay as rows where nobody says how many."""
SEGMENT_ROWS = 1_000_000
DROP_ROWS = 2_048
"""Rows that are deleted in one commit: no decision waits for a million of them."""

Make: TypeAlias = Callable[[int, int, Mapping[str, DataContract], Callable[[int], None]], Segment]
"""Writes the files of a range of records, or of less, in this process or another; see ``make_segment``."""


class Sealer:
    """Seals the oldest records of a log, one sealing at a time.

    Args:
        reader: Of the log.
        submit: Has the writer do something in a commit, and waits for it; what it is asked can be sent to another process.
        names: Of the log; ``None`` where nobody can read them.
    """

    def __init__(self, reader: SealedReader, submit: Callable[[Callable[[Journal], None]], None], names: Names | None) -> None:
        self._reader = reader
        self._paging = None if names is None else Paging(reader, names, submit)
        self._submit = submit
        self._sealing = Lock()

    @property
    def upto(self) -> int:
        """The position up to which everything is sealed."""
        return max((segment.stop for segment in self._reader.segments()), default=0)

    def seal(
        self, make: Make, contracts: Mapping[str, DataContract], keep_rows: int, segment_rows: int, told: Callable[[int, int], None]
    ) -> list[Segment]:
        """See ``RecordLog.seal``; ``make`` makes the files."""
        with self._sealing:
            made: list[Segment] = []
            first = self.upto
            self._drop_leftovers(first)
            at, stop = first, self._reader.size() - max(keep_rows, 0)
            while at < stop:
                until = min(at + max(segment_rows, 1), stop)
                segment = make(at, until, contracts, lambda done: told(done - first, stop - first))
                self.give_up(segment)
                made.append(segment)
                at = segment.stop
            if self._paging is not None:
                self._paging.fill()
            return made

    def unneeded(self, *, remove: bool) -> list[str]:
        """See ``RecordLog.unneeded_segment_files``."""
        with self._sealing:
            return unneeded(self._reader, remove=remove)

    def give_up(self, segment: Segment) -> None:
        """Has the storage say that a segment is there, and give up its rows."""
        self._submit(partial(_put, segment))
        self._drop(segment.first, segment.stop)

    def _drop(self, first: int, stop: int) -> None:
        for start in range(first, stop, DROP_ROWS):
            self._submit(partial(_drop, start, min(start + DROP_ROWS, stop)))

    def _drop_leftovers(self, stop: int) -> None:
        """Rows of earlier segments that a crash left."""
        for row in self._reader.tail.page(0, 1):
            self._drop(row.position, stop)


def _put(segment: Segment, journal: Journal) -> None:
    journal.session.put_segment(segment)


def _drop(first: int, stop: int, journal: Journal) -> None:
    journal.session.drop_sealed(first, stop)
