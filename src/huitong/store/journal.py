"""The writer's side of a log: rows in order, each once, each a leaf of the tree; heads signed before a commit. Used by one thread."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256

from huitong.contracts import Appended, Decision, Event
from huitong.kernel import Clock
from huitong.store import errors
from huitong.store.checkpoint import Signer, signed_head
from huitong.store.merkle import Frontier, Tree
from huitong.store.records import encode_decision, encode_event
from huitong.store.segments.reading import SealedReader
from huitong.store.storage import DECISION_KIND, Head, Reader, Records, Session, Stored, TakenError
from huitong.store.vault import Vault

HEAD_EVERY_US = 1_000_000
"""A head is signed with a commit when the last one is at least this old, and when the log is closed."""
LEAVES_MAX = 1_024
"""Leaves that wait at most until the tree grows by them."""


_State = tuple[Frontier, Head | None, Signer | None]
"""What a transaction changes here, and gives back where it is dropped: the tree's edge, the last signed head, who signs."""


class Journal:
    """Appends to storage inside the transactions of a ``Writer``.

    Args:
        session: The writer's side of the storage.
        reader: The readers' side: where the tree stands, and what it is called.
        signer: Signs heads; without one there are none.
        clock: Tells when a head was signed.
        relaxed: Whether commits are acknowledged before they are durable; each record says so.
        vault: Conceals names; without one events are written as they come.
    """

    def __init__(
        self,
        session: Session,
        reader: Reader,
        *,
        signer: Signer | None,
        clock: Clock,
        relaxed: bool,
        vault: Vault | None = None,
    ) -> None:
        self.session = session
        self.vault, self.where = vault, reader.where
        self._reader, self._log_id = SealedReader.over(reader), reader.log_id
        self._signer = signer
        self._clock = clock
        self._relaxed = relaxed
        self.on_head: Callable[[Head], None] | None = None
        """Told of a signed head once it is durable."""
        self.scrub = False
        """Whether the storage is to be scrubbed after the commit: a key was destroyed."""
        size = reader.size()
        self._frontier, self._head = Frontier.of_edge(size, edge_of(self._reader, size)), reader.last_head()
        self._leaves: list[bytes] = []
        """Hashes of records that the frontier does not hold yet: a tree grows faster by many than one by one."""
        self._committed: _State = (self._frontier, self._head, signer)
        self._in_doubt: _State | None = None
        self._marks: list[tuple[_State, list[bytes], int]] = []
        self._open = False
        self._broken: Exception | None = None

    def begin(self) -> bool:
        """Begins a transaction; says whether an earlier one, whose commit got no answer, turned out to be there.

        Raises:
            UncertainError: If the storage cannot be reached now.
            HuitongError: If the storage does not hold what this journal last committed: somebody else wrote.
        """
        if self._open:
            self.session.roll_back()  # what could not be dropped when it had to
        self._open, self._broken = True, None
        size = self.session.begin()
        doubt, self._in_doubt = self._in_doubt, None
        arrived = doubt is not None and doubt[0].size == size != self._committed[0].size
        if doubt is not None and arrived:
            self._committed = doubt
        if size != self._committed[0].size:
            raise errors.moved_on(self.where, self._committed[0].size, size)
        (self._frontier, self._head, self._signer), self._leaves = self._committed, []
        return arrived

    def commit(self) -> None:
        """Signs a head if one is due, and makes the transaction durable."""
        self._settle()
        self._sign_when_due()
        self._in_doubt = (self._frontier, self._head, self._signer)
        self.session.commit()
        self._open = False
        before = self._committed[1]
        self._committed, self._in_doubt = self._in_doubt, None
        if self.on_head is not None and self._head is not None and self._head is not before:
            self.on_head(self._head)
        if self.scrub:
            self.scrub = False
            self.session.scrub()

    def roll_back(self) -> None:
        """Drops the transaction; where the storage refuses even that, it is asked again before the next one."""
        self._marks.clear()
        self.scrub = False
        self._unlearn()
        with suppress(Exception):
            self.session.roll_back()
            self._open = False

    def mark(self) -> None:
        """Remembers this point of the transaction."""
        self._marks.append(((self._frontier, self._head, self._signer), self._leaves, len(self._leaves)))
        self._step(self.session.mark)

    def undo(self) -> None:
        """Goes back to the last mark. Where one could not be gone back to, or forgotten, before, nobody knows any more what is undone."""
        (self._frontier, self._head, self._signer), self._leaves, count = self._marks.pop()
        del self._leaves[count:]
        self._unlearn()
        if self._broken is not None:
            raise self._broken
        self._step(self.session.undo)

    def _unlearn(self) -> None:
        """Something was taken back, which nobody is to remember."""
        if self.vault is not None:
            self.vault.names.renew()

    def release(self) -> None:
        """Forgets the last mark."""
        self._marks.pop()
        self._step(self.session.release)

    def _step(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            self._broken = error
            raise

    def append(self, records: Records) -> Appended:
        """Writes what is not there yet, in order.

        Raises:
            DataError: If an id is there with other content.
        """
        first = self.size
        if records:
            self._append(records)
        written = self.size - first
        return Appended(first, written, len(records) - written)

    def _append(self, records: Records) -> None:
        try:
            self.session.insert(self.size, records, relaxed=self._relaxed)
        except TakenError:
            records = self._new(records)
            if records:
                self._insert_new(records)
        self._grow(records)

    def _grow(self, records: Records) -> None:
        self._leaves += records.leaves()
        if len(self._leaves) >= LEAVES_MAX:
            self._settle()

    def _settle(self) -> None:
        """Lets the tree grow by what was appended. Marks keep the frontier that was."""
        if self._leaves:
            self._frontier = self._frontier.copy()
            self.session.put_tiles(self._frontier.extend(self._leaves))
            self._leaves = []

    @property
    def size(self) -> int:
        """Number of records, those of this transaction among them."""
        return self._frontier.size + len(self._leaves)

    def root(self) -> bytes:
        """Root of the tree as it stands in this transaction."""
        self._settle()
        return self._frontier.root()

    def place(self, records: Records, *, relaxed: bool) -> None:
        """Writes records of a log that this one becomes a copy of.

        Args:
            records: Those that stand next there.
            relaxed: Whether they were acknowledged before they were durable.

        Raises:
            TakenError: If an id is there already; then the other log holds it twice.
        """
        self.session.insert(self.size, records, relaxed=relaxed)
        self._grow(records)

    def place_heads(self, heads: Sequence[Head]) -> None:
        """Writes heads of a log that this one becomes a copy of."""
        for head in heads:
            self.session.put_head(head)
            self._head = head

    def _insert_new(self, records: Records) -> None:
        try:
            self.session.insert(self.size, records, relaxed=self._relaxed)
        except TakenError:
            raise errors.index_astray(self.where) from None

    def _new(self, records: Records) -> Records:
        stored = self.stored(records.ids, decisions=records.subjects is not None)
        known = {record_id: found.payload for record_id, found in stored.items()}
        new = []
        for row, (record_id, payload) in enumerate(zip(records.ids, records.payloads, strict=True)):
            there = known.get(record_id)
            if there is None:
                known[record_id] = payload
                new.append(row)
            elif there != payload and not self._agrees(there, payload):
                raise errors.conflict(record_id, there, payload)
        return records.take(new)

    def _agrees(self, there: bytes, given: bytes) -> bool:
        """Whether a record that is there and one given again, of other bytes, say the same as far as anyone can still tell."""
        return self.vault is not None and self.vault.agrees(self.session, there, given)

    def stored(self, ids: Sequence[str], *, decisions: bool) -> dict[str, Stored]:
        """Records of these ids that are there, sealed or not."""
        return self._reader.filled(self.session.stored(ids, decisions=decisions))

    def turn_signer(self, signer: Signer) -> None:
        """Signs with another key from here on, unless the transaction is dropped; the head up to here is signed with the one before."""
        self.sign()
        self._signer = signer

    def _sign_when_due(self) -> None:
        head, size = self._head, self._frontier.size
        if self._signer is None or size == 0 or (head is not None and head.size == size):
            return
        now_us = self._clock.now_us()
        if head is None or abs(now_us - head.time_us) >= HEAD_EVERY_US:
            self.sign()

    def sign(self) -> None:
        """Signs the head of the tree as it stands in this transaction, unless it is signed already."""
        self._settle()
        if self._signer is None or self._frontier.size == 0 or (self._head is not None and self._head.size == self._frontier.size):
            return
        # A clock that goes back must not make history look rewritten: heads never go back in time.
        time_us = max(self._clock.now_us(), 0 if self._head is None else self._head.time_us)
        self._head = signed_head(self._log_id, self._frontier.size, self._frontier.root(), time_us, self._signer)
        self.session.put_head(self._head)


def records_of(events: Sequence[Event]) -> Records:
    """Events as they want a place in the log."""
    kinds, ids = [event.kind for event in events], [event.id for event in events]
    return Records(kinds, ids, None, [0] * len(events), [encode_event(event) for event in events])


def record_of_decision(decision: Decision) -> Records:
    """A decision as it wants a place in the log."""
    return Records([DECISION_KIND], [decision.id], [decision.event], [decision.latency_ns], [encode_decision(decision)])


def edge_of(reader: Reader, size: int) -> list[list[bytes]]:
    """The hashes at the right edge of the tree, level by level: of records after the last full tile, of tiles after the last full one.

    Raises:
        DataError: If records or tiles are missing.
    """
    edge: list[list[bytes]] = []
    count, tile_level = size, 0
    while count:
        full, rest = divmod(count, 256)
        hashes = reader.tile_roots(tile_level - 1, full * 256) if tile_level else _leaves(reader, full * 256, rest)
        hashes = hashes[:rest]  # the log may hold more by now
        if len(hashes) != rest:
            raise errors.tree_incomplete(reader.where, tile_level, rest, len(hashes))
        edge.append(hashes)
        count, tile_level = full, tile_level + 1
    return edge


def _leaves(reader: Reader, first: int, count: int) -> list[bytes]:
    leaves: list[bytes] = []
    while len(leaves) < count and (page := reader.page(first + len(leaves), count - len(leaves))):
        leaves += [sha256(b"\x00" + row.payload).digest() for row in page]
    return leaves


def tree_of(reader: Reader, size: int) -> Tree:
    """The tree of the first ``size`` records as it stands in storage, for proofs.

    Raises:
        DataError: If tiles are missing.
    """

    def full_tile(level: int, index: int) -> bytes:
        tile = reader.tile(level, index)
        if tile is None:
            raise errors.tree_incomplete(reader.where, level, 1, 0)
        return tile.hashes

    return Tree(size, full_tile, edge_of(reader, size))
