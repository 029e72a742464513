"""The key ring of a copy: entry by entry as it is, wrapped by the same master key; what was destroyed there is destroyed here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice

from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.persons import FORGOTTEN_KIND
from huitong.store.starting import COPY_SPACE
from huitong.store.storage import Kept, Reader

RING_ROWS = 2_048
"""Entries in one commit."""
Change = tuple[str, bytes, bytes | None]
"""Space, name and value of an entry; no value where it is to go."""


def copy_keys(source: Reader, target: RecordLog, told: Callable[[str, int, int | None], None]) -> None:
    """Makes the key ring of a copy that of the log.

    The ring is the one part of a log that changes while it is read: where its master key was turned or somebody was forgotten
    meanwhile, it is gone through again, so that the copy holds no key that was destroyed.

    Args:
        source: Of the log.
        target: Its copy.
        told: How many entries were gone through.
    """
    while True:
        size, wrapped = source.size(), source.kept("vault")
        changes = _changes(_entries(source), _entries(target.reader), told)
        while batch := list(islice(changes, RING_ROWS)):
            target.write(partial(_change, changes=batch))
        if source.kept("vault") == wrapped and not source.page(size, 1, [FORGOTTEN_KIND]):
            return


def _entries(reader: Reader) -> Iterator[Kept]:
    after = ("", b"")
    while page := reader.ring(after, limit=RING_ROWS):
        yield from (entry for entry in page if entry.space != COPY_SPACE)
        after = page[-1][:2]


def _changes(source: Iterable[Kept], target: Iterator[Kept], told: Callable[[str, int, int | None], None]) -> Iterator[Change]:
    """What makes the target the source; both are in order, and the target grows behind this by what was yielded."""
    theirs, before = next(target, None), ("", b"")
    for number, ours in enumerate(source, 1):
        while theirs is not None and theirs[:2] < ours[:2]:
            if theirs[:2] > before:
                yield theirs.space, theirs.name, None
            theirs = next(target, None)
        if theirs != ours:
            yield ours
        before = ours[:2]
        if number % RING_ROWS == 0:
            told("keys", number, None)
    while theirs is not None:
        if theirs[:2] > before:
            yield theirs.space, theirs.name, None
        theirs = next(target, None)


def _change(journal: Journal, changes: Sequence[Change]) -> None:
    for space, run in groupby(changes, lambda change: change[0]):
        entries = list(run)
        journal.session.keep(space, {name: value for _, name, value in entries if value is not None})
        gone = [name for _, name, value in entries if value is None]
        if gone:
            journal.session.drop(space, gone)
            journal.scrub = True
