"""The writer's side of any SQL database: the calls of a group are written together.

The key: small calls write to ``Pending``, and all of a group goes to the database at once when it commits: to write each for itself takes
several times as long, and where the database is elsewhere a way there and back for each. Whether an id is taken is then known only when
the group is written. Where one is, the session asks which, and has the group run once more (``AgainError``); this time it knows, and each
call hears of its own ids.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

from huitong.store.merkle import Tile
from huitong.store.pending import Change, Insert, KeyChanges, Pending
from huitong.store.storage import AgainError, Head, Records, Stored, TakenError, UncertainError

DIRECT_ROWS = 1_024
"""Records from which on an insert is written at once, so that it hears at once of an id that is taken."""
PENDING_ROWS_MAX = 16_384
Then = Literal["", "COMMIT", "SAVEPOINT mark", "ROLLBACK TO SAVEPOINT mark", "RELEASE SAVEPOINT mark"]
"""A statement after changes, as every SQL database knows it; of savepoints of one name the last counts."""


class GroupedSession(ABC):
    """What sessions do alike: an adapter writes changes, and asks for what is there."""

    def __init__(self) -> None:
        self._again = False
        self._forget()

    @abstractmethod
    def _run(self, changes: Sequence[Change], then: Then) -> None:
        """Writes changes, and then runs a statement, in the transaction that is open.

        Raises:
            TakenError: If an id is taken.
        """

    @abstractmethod
    def _find(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """Rows of these ids that the database has."""

    @abstractmethod
    def _find_keys(self, space: str, names: Sequence[bytes] | None) -> dict[bytes, bytes]:
        """Entries of the key ring that the database has."""

    @abstractmethod
    def _abandon(self) -> None:
        """Drops the transaction of the database, if one is open."""

    @abstractmethod
    def _let_go(self) -> None:
        """Lets go of a connection that contradicts itself, where there is another to be had."""

    def _forget(self) -> None:
        """A transaction leaves nothing behind, but for what the one that runs again has to know."""
        self._careful, self._again = self._again, False
        if not self._careful:
            self._known: tuple[dict[str, Stored | None], dict[str, Stored | None]] = ({}, {})
        self._pending = Pending()
        self._marks: list[int | None] = []  # where a mark stands in what is pending; None where it is a savepoint of the database
        self._failed: BaseException | None = None  # what was written with changes of calls before: the transaction is not whole

    def commit(self) -> None:
        """See ``Session``."""
        self._send(self._pending.cut(0), "COMMIT")

    def roll_back(self) -> None:
        """See ``Session``."""
        self._pending = Pending()
        self._marks.clear()
        self._abandon()

    def mark(self) -> None:
        """See ``Session``."""
        self._marks.append(len(self._pending.changes))

    def undo(self) -> None:
        """See ``Session``."""
        place = self._marks.pop()
        self._pending.cut(place or 0)
        if place is None:
            self._known = ({}, {})  # some of it may be undone by this
            self._go_back()

    def _go_back(self) -> None:
        self._do((), "ROLLBACK TO SAVEPOINT mark")
        self._do((), "RELEASE SAVEPOINT mark")

    def release(self) -> None:
        """See ``Session``."""
        if self._marks.pop() is None:
            self._do((), "RELEASE SAVEPOINT mark")

    def insert(self, first: int, records: Records, *, relaxed: bool) -> None:
        """See ``Session``.

        Raises:
            AgainError: If an id of an earlier insert turned out to be taken.
        """
        insert, decisions = Insert(first, records, relaxed), records.subjects is not None
        if len(records.ids) >= DIRECT_ROWS or self._pending.rows >= PENDING_ROWS_MAX:
            self._insert_directly(insert)
            return
        if self._careful:
            self._learn(records.ids, decisions=decisions)
        known, pending = self._known[decisions], self._pending.ids[decisions]
        for one in records.ids:
            if one in pending or known.get(one) is not None:
                raise TakenError
        if len(records.ids) > 1 and len(set(records.ids)) < len(records.ids):
            raise TakenError
        self._pending.insert(insert)

    def _insert_directly(self, insert: Insert) -> None:
        self._settle()
        self._careful = True  # what is sent is in no table of ours: from here on the database is asked
        self._do((), "SAVEPOINT mark")
        try:
            self._do([insert], "RELEASE SAVEPOINT mark")
        except TakenError:
            self._go_back()
            raise
        self._unlearn([insert])

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """See ``Session``."""
        pending = self._pending.ids[decisions]
        self._learn([one for one in ids if one not in pending], decisions=decisions)
        known = self._known[decisions]
        found = ((one, pending[one].stored(one) if one in pending else known[one]) for one in ids)
        return {one: row for one, row in found if row is not None}

    def _learn(self, ids: Sequence[str], *, decisions: bool) -> None:
        known = self._known[decisions]
        new = [one for one in ids if one not in known]
        if new:
            found = self._find(new, decisions=decisions)
            known.update((one, found.get(one)) for one in new)

    def _unlearn(self, changes: Sequence[Change]) -> None:
        """What was known of ids ends when they are sent."""
        for change in changes:
            if isinstance(change, Insert) and (known := self._known[change.records.subjects is not None]):
                for one in change.records.ids:
                    known.pop(one, None)

    def _settle(self) -> None:
        """Writes what is pending, with a savepoint wherever a mark stands in it."""
        changes, sent = self._pending.cut(0), 0
        for number, place in enumerate(self._marks):
            if place is not None:
                self._send(changes[sent:place], "SAVEPOINT mark")
                sent, self._marks[number] = place, None
        if changes[sent:]:
            self._send(changes[sent:], "")
        self._unlearn(changes)

    def _send(self, changes: Sequence[Change], then: Then) -> None:
        try:
            self._do(changes, then)
        except TakenError:
            self._learn_taken(changes)
            raise AgainError from None

    def _do(self, changes: Sequence[Change], then: Then) -> None:
        if self._failed is not None:
            raise self._failed
        try:
            self._run(changes, then)
        except TakenError:
            raise
        except BaseException as error:
            self._failed = error  # some of it may be there and some not, and not all of it is of the call that hears of it
            raise

    def _learn_taken(self, changes: Sequence[Change]) -> None:
        """Drops the transaction and asks which ids of those changes are taken."""
        self.roll_back()
        self._known = ({}, {})
        for decisions in (False, True):
            inserts = [change.records for change in changes if isinstance(change, Insert)]
            ids = [one for records in inserts if (records.subjects is not None) == decisions for one in records.ids]
            self._learn(ids, decisions=decisions)
        self._again = any(row is not None for known in self._known for row in known.values())
        if not self._again:
            self._let_go()
            raise UncertainError("an id was taken and is not there")

    def put_tiles(self, tiles: Sequence[Tile]) -> None:
        """See ``Session``."""
        self._pending.add(tiles)

    def put_head(self, head: Head) -> None:
        """See ``Session``."""
        self._pending.add([head])

    def kept(self, space: str, names: Sequence[bytes] | None = None) -> dict[bytes, bytes]:
        """See ``Session``."""
        changed = self._pending.keys.get(space, {})
        rest = None if names is None else [name for name in names if name not in changed]
        found = self._find_keys(space, rest) if rest is None or rest else {}
        if changed:
            wanted = changed if names is None else {name: changed[name] for name in names if name in changed}
            found |= {name: value for name, value in wanted.items() if value is not None}
            found = {name: value for name, value in found.items() if wanted.get(name, value) is not None}
        return found

    def keep(self, space: str, entries: Mapping[bytes, bytes]) -> None:
        """See ``Session``."""
        if entries:
            self._pending.change_keys(KeyChanges(space, dict(entries)))

    def drop(self, space: str, names: Sequence[bytes]) -> None:
        """See ``Session``."""
        if names:
            self._pending.change_keys(KeyChanges(space, dict.fromkeys(names)))
