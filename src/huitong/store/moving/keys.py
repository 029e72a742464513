"""The key ring of a copy: entry by entry as it is, wrapped by the same master key; what was destroyed there is destroyed here."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, islice

from huitong.store.journal import Journal
from huitong.store.log import RecordLog
from huitong.store.persons import FORGOTTEN_KIND
from huitong.store.starting import COPY_SPACE
from huitong.store.storage import Kept, Reader
from huitong.store.vault.checking import BACK
from huitong.store.vault.tokens import split

RING_ROWS = 2_048
"""Entries in one commit."""
Change = tuple[str, bytes, bytes | None]
"""Space, name and value of an entry; no value where it is to go."""


def copy_keys(source: Reader, target: RecordLog, told: Callable[[str, int, int | None], None]) -> None:
    """Makes the key ring of a copy that of the log.

    The ring is the one part of a log that changes while it is read: where its master key was turned or somebody was forgotten
    meanwhile, it is gone through again, so that the copy holds no key that was destroyed. Names that arrive meanwhile need not be in the
    copy, whose records were all there before; but what is there of one must be whole, or the log would refuse that name for ever.

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
        _drop_late(source, target)  # before the question, since whom it looks for may be forgotten meanwhile
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


def _drop_late(source: Reader, target: RecordLog) -> None:
    """Takes out what arrived while the ring was gone through, and is there by half: keys are read before names, owned before owners."""
    after = ("name", b"")
    while page := target.reader.ring(after, limit=RING_ROWS):
        changes: list[Change] = []
        for space, run in groupby(page, lambda entry: entry.space):
            entries = {entry.name: entry.value for entry in run}
            if space == "name":
                late = _late(source, target.reader, entries.values())
                changes += [(space, name, None) for name, pseudonym in entries.items() if pseudonym in late]
            elif space in BACK:
                changes += _without_late(source, target.reader, space, entries)
        if changes:
            target.write(partial(_change, changes=changes))
        after = page[-1][:2]


def _without_late(source: Reader, copy: Reader, space: str, entries: Mapping[bytes, bytes]) -> Iterator[Change]:
    """Whose names are whose without names that arrived meanwhile, and without what was noted of others meanwhile.

    An owner without a key would be nobody whom one can forget, and so keep the keys of what somebody else owns.
    """
    others = {name: split(value) for name, value in entries.items()}
    named = sorted({other for values in others.values() for other in values})
    late = _late(source, copy, [*others, *named])
    here, there = copy.kept(BACK[space], named), source.kept(BACK[space], named)
    for name, values in others.items():
        noted = {other for other in values if name in split(there.get(other, b"")) and name not in split(here.get(other, b""))}
        rest = [] if name in late else [other for other in values if other not in late | noted]
        if rest != values:
            yield space, name, b"".join(rest) or None


def _late(source: Reader, copy: Reader, pseudonyms: Iterable[bytes]) -> frozenset[bytes]:
    """Those whose key is in the log but not in its copy; one that is in neither is damage, which a copy shows like the log."""
    wanted = set(pseudonyms)
    missing = sorted(wanted - copy.kept("key", sorted(wanted)).keys())
    return frozenset(source.kept("key", missing)) if missing else frozenset()


def _change(journal: Journal, changes: Sequence[Change]) -> None:
    for space, run in groupby(changes, lambda change: change[0]):
        entries = list(run)
        journal.session.keep(space, {name: value for _, name, value in entries if value is not None})
        gone = [name for _, name, value in entries if value is None]
        if gone:
            journal.session.drop(space, gone)
            journal.scrub = True
