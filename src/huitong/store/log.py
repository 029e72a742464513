"""The log over a storage: append-only, idempotent by id, durable before it answers, each record a leaf of the tree of proofs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from huitong.contracts import Answered, Appended, Decision, Event, EventBatch, LogBatch, Pending, Recorded
from huitong.contracts.fields import DataContract
from huitong.kernel import DataError, DecisionId, EventId, ExternalError, Finding
from huitong.store import appending, errors
from huitong.store.answers import append_answers, written
from huitong.store.apart.opening import Opening
from huitong.store.apart.sealing import maker_for
from huitong.store.apart.writer import ApartWriter
from huitong.store.check import Told, check_records, check_schema
from huitong.store.columns import decode_batch
from huitong.store.journal import Journal, record_of_decision, records_of, tree_of
from huitong.store.merkle import Tree
from huitong.store.persons import LogPersons
from huitong.store.records import decode, id_in
from huitong.store.segments.manifest import Segment
from huitong.store.segments.reading import SealedReader
from huitong.store.segments.sealer import SEGMENT_ROWS, TAIL_ROWS, Sealer
from huitong.store.storage import Head, Reader, Stored
from huitong.store.vault import Vault
from huitong.store.witness import Witness, Witnesses, check_witnessed
from huitong.store.writer import Call, Writer, Writes

T = TypeVar("T")
PAGE_ROWS = 4_096
BATCH_ROWS = 262_144


class RecordLog:
    """The ``Log`` over any storage. Offsets count from 0 in the order of the writer.

    Any number of threads may call it: one thread writes, each other thread reads.
    Use it as a context manager, or ``close`` it. An adapter makes one: ``SqliteLog``, ``PostgresLog``.

    Args:
        reader: The readers' side of the storage, with what is sealed.
        writer: Commits to it, in this process or another; ``None`` where this process only reads.
        vault: Conceals and reveals names; without one events are written and read as they are.
    """

    def __init__(self, reader: Reader, writer: Writes | None, vault: Vault | None = None) -> None:
        self._reader = SealedReader.over(reader)
        self._writer = writer
        self._sealer = Sealer(self._reader, self._submit, None if vault is None else vault.names)
        self._vault = vault
        self.witnesses: Witnesses | None = None
        if vault is None:
            return
        try:
            if writer is None:
                vault.names.check()
            else:
                writer.submit(lambda journal: vault.names.found(journal.session)).result()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def id(self) -> str:
        """Identity of the log, given when it was made: a ULID."""
        return self._reader.log_id

    def hurry(self) -> None:
        """From here on nothing waits for a storage that is away: for whoever is about to end."""
        for side in (self._reader, self._writer or self._reader):
            side.hurry()

    def close(self) -> None:
        """Waits for what is under way, signs a last head, and lets go of the storage."""
        self._reader.close()  # first, so that the writer is the last to leave and can tidy up
        if self._writer is not None:
            self._writer.close()
        if self.witnesses is not None:
            self.witnesses.close()

    @property
    def conceals(self) -> bool:
        """Whether names are concealed in this log under a master key."""
        return bool(self._reader.kept("vault"))

    @property
    def witness_troubles(self) -> list[ExternalError]:
        """What witnesses could not take since the log was opened."""
        if isinstance(self._writer, ApartWriter):
            return self._writer.said.troubles
        return [] if self.witnesses is None else self.witnesses.troubles

    @property
    def witnesses_away(self) -> list[ExternalError]:
        """Why each witness that is away now did not take the latest head that it was told."""
        if isinstance(self._writer, ApartWriter):
            return self._writer.said.away
        return [] if self.witnesses is None else list(self.witnesses.away.values())

    def write_apart(self, opening: Opening) -> None:
        """From here on a process of its own writes, see ``huitong.store.apart``; this one asks it to, and reads.

        Args:
            opening: This log.

        Raises:
            InputError: If the log is open for reading only.
            HuitongError: If the process cannot open it. Nothing can be written then.
        """
        if self._writer is None:
            raise errors.read_only(self._reader.where)
        self._writer.close()
        if self.witnesses is not None:
            self.witnesses.close()
            self.witnesses = None
        self._writer = ApartWriter(opening, self._reader.where)

    def tell(self, witnesses: Sequence[Witness]) -> None:
        """Hands every head that is signed from here on to witnesses."""
        told = self.witnesses = Witnesses(witnesses)

        def work(journal: Journal) -> None:
            journal.on_head = told.tell

        self._submit(work)

    def check(self, told: Told) -> tuple[Finding, ...]:
        """What is wrong with the log, ``told`` how many records were read; empty where all is well. Changes nothing."""
        return (*check_schema(self._reader), *check_records(self._reader, told))

    def check_witnessed(self, kept: Sequence[str], keys: Sequence[bytes]) -> list[Finding]:
        """Whether the log still begins with every head that a witness kept.

        Args:
            kept: Heads as the witness kept them.
            keys: Public keys that signed for this log, 32 bytes each.
        """
        return list(check_witnessed(self._reader, kept, keys))

    def append_events(self, events: Sequence[Event]) -> Appended:
        """See ``Log``."""
        if self._vault is None:  # callers make the bytes while the writer waits for the disk
            return self._submit(partial(appending.append_records, records_of(events)))
        return self._submit(partial(appending.append_events, events))

    def append_batch(self, batch: EventBatch, contract: DataContract) -> Appended:
        """See ``Log``. One commit, whatever the size; between two calls decisions get their turn."""
        return self.append_batches([batch], [contract], np.zeros(len(batch), np.intp))

    def append_batches(self, batches: Sequence[EventBatch], contracts: Sequence[DataContract], which: npt.NDArray[np.intp]) -> Appended:
        """See ``Log``. One commit, whatever the size; between two calls decisions get their turn."""
        return self._submit(partial(appending.append_batches, batches, contracts, which))

    def append_decision(self, event: Event | None, decision: Decision) -> Decision:
        """See ``Log``."""
        if self._vault is None:  # as above
            made = None if event is None else records_of([event]), record_of_decision(decision)
            return self._submit(partial(appending.append_made, *made, decision))
        return self._submit(partial(appending.append_decision, event, decision))

    def append_answers(self, answers: Sequence[Answered], at: int) -> Pending:
        """See ``Log``."""
        return self.queue(partial(append_answers, written(answers), at))

    def queue(self, work: Callable[[Journal], T]) -> Call[T]:
        """Queues work of one's own for a commit; it may be run again, so it must do the same each time.

        Raises:
            InputError: If the log is open for reading only.
        """
        if self._writer is None:
            raise errors.read_only(self._reader.where)
        return self._writer.submit(work)

    def _submit(self, work: Callable[[Journal], T]) -> T:
        return self.queue(work).result()

    def _follow(self) -> None:
        """Where another process writes, it may have forgotten somebody since the last read: so did this one then, before it reads on."""
        if not isinstance(self._writer, Writer):
            self._forget_too()

    def _forget_too(self) -> None:
        """No name of records that are read in a row outlives its key, whoever destroyed it: what is folded from them is kept."""
        if self._vault is not None:
            self._vault.names.follow()

    def event(self, event_id: EventId) -> Event | None:
        """See ``Log``."""
        found = self._reader.stored([event_id], decisions=False).get(event_id)
        self._follow()
        content = None if found is None else self._content(found)
        return content if isinstance(content, Event) else None

    def events(self, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """See ``Log``."""
        found = {one: self._content(stored) for one, stored in self._reader.stored(event_ids, decisions=False).items()}
        return {one: content for one, content in found.items() if isinstance(content, Event)}

    def _content(self, found: Stored) -> Event | Decision:
        content = _decoded(found)
        if self._vault is None:
            return content
        return self._vault.reveal(content) if isinstance(content, Event) else self._vault.reveal_decision(content)

    def decision(self, decision_id: DecisionId) -> Decision | None:
        """See ``Log``."""
        found = self._reader.stored([decision_id], decisions=True).get(decision_id)
        self._follow()
        return None if found is None else self._decision_of(found)

    def decisions_of(self, event_id: EventId) -> list[Decision]:
        """See ``Log``."""
        rows = self._reader.decisions_of(event_id)
        self._follow()
        return [self._decision_of(found) for found in rows]

    def _decision_of(self, found: Stored) -> Decision:
        content = self._content(found)
        if not isinstance(content, Decision):
            raise errors.misplaced(found.position)
        return content

    def read(self, from_offset: int = 0, kinds: Sequence[str] | None = None) -> Iterator[Recorded]:
        """See ``Log``. Sees what is appended while it reads; holds no lock between pages."""
        for row in self._pages(from_offset, kinds, PAGE_ROWS):
            yield Recorded(row.position, row.payload, self._content(row), bool(row.relaxed))

    def payloads(self, from_offset: int = 0, kinds: Sequence[str] | None = None) -> Iterator[bytes]:
        """See ``Log``. Those of every record are the leaves of the tree of proofs."""
        return (row.payload for row in self._pages(from_offset, kinds, PAGE_ROWS))

    def payload(self, offset: int) -> bytes:
        """Canonical bytes of one record.

        Raises:
            IndexError: If there is none.
        """
        return self._reader.page(offset, 1)[0].payload

    def read_batches(self, contract: DataContract, from_offset: int = 0, rows: int = BATCH_ROWS) -> Iterator[LogBatch]:
        """See ``Log``."""
        parts = self._parts(contract, from_offset, rows)
        return parts if self._vault is None else self._vault.reveal_batches(parts)

    def _parts(self, contract: DataContract, position: int, rows: int) -> Iterator[LogBatch]:
        while part := self._part(contract, position, rows):
            self._forget_too()
            yield part
            position = part.next_offset

    def _part(self, contract: DataContract, position: int, rows: int) -> LogBatch | None:
        """The next columns: straight from a segment, or made of the tail's rows."""
        sealed = self._reader.batch(contract, position, rows)
        if sealed is not None:
            return sealed
        page = list(islice(self._pages(position, [contract.kind], rows), rows))
        if not page:
            return None
        try:
            batch = decode_batch([row.payload for row in page], contract)
        except DataError:
            for row in page:  # the columns cannot tell which record it is
                _decoded(row)
            raise
        return LogBatch(page[-1].position + 1, batch, np.array([row.position for row in page], np.int64))

    def _pages(self, from_offset: int, kinds: Sequence[str] | None, rows: int) -> Iterator[Stored]:
        while page := self._reader.page(from_offset, rows, kinds):
            self._forget_too()
            yield from page
            from_offset = page[-1].position + 1

    def rows(self, from_offset: int = 0) -> Iterator[Stored]:
        """Every record in order from an offset as it is stored, with nothing revealed."""
        return self._pages(from_offset, None, PAGE_ROWS)

    def end(self) -> int:
        """See ``Log``."""
        return self._reader.size()

    def seal(
        self,
        contracts: Mapping[str, DataContract],
        *,
        keep_rows: int = TAIL_ROWS,
        segment_rows: int = SEGMENT_ROWS,
        told: Told = lambda _done, _total: None,
    ) -> list[Segment]:
        """Turns all but the newest records into segments, which take a fraction of the space and are read as columns. Appending goes on.

        A segment's files are durable before the storage says that its records are there, and only then are its rows deleted. Rows that a
        crash left go with the next sealing; files that it left, ``check`` tells of.

        Args:
            contracts: Data contracts by kind: events of other kinds are kept as canonical bytes.
            keep_rows: How many of the newest records stay as rows.
            segment_rows: Most records of a segment.
            told: How many records of how many were sealed; where it raises, the sealing ends there, with what is sealed by then.

        Returns:
            The segments that were made.

        Raises:
            InputError: If the log is open for reading only, or nobody said where its segments are.
            DataError: If a record is missing, or does not give the hash that the tree holds; what is before its segment is sealed.
            ExternalError: If the place of segments refuses.
        """
        self._submit(Journal.sign)  # nothing is sealed that no head vouches for, where heads are signed
        return self._sealer.seal(maker_for(self._writer, self._reader), contracts, keep_rows, segment_rows, told)

    @property
    def sealed(self) -> int:
        """The offset up to which records are sealed."""
        return self._sealer.upto

    def unneeded_segment_files(self, *, remove: bool = False) -> list[str]:
        """Files in the place of segments that no segment names: a crash or a failure left them over.

        Args:
            remove: Whether they are deleted. Only where no copy of this log keeps segments in the same place.

        Raises:
            InputError: If the log is open for reading only, or nobody said where its segments are.
            ExternalError: If the place of segments refuses.
        """
        if self._writer is None:
            raise errors.read_only(self._reader.where)
        return self._sealer.unneeded(remove=remove)

    @property
    def persons(self) -> LogPersons:
        """The acts on persons that the log names.

        Raises:
            InputError: If the log was opened without a master key.
        """
        if self._vault is None:
            raise errors.no_vault(self._reader.where)
        return LogPersons(self._vault, self._reader, self._submit)

    @property
    def reader(self) -> SealedReader:
        """The readers' side of the storage: its bytes as they are."""
        return self._reader

    def write(self, work: Callable[[Journal], T]) -> T:
        """See ``queue``; waits for it."""
        return self._submit(work)

    @property
    def writable(self) -> bool:
        """Whether this process writes."""
        return self._writer is not None

    def positions(self, record_id: EventId | DecisionId) -> list[int]:
        """Offsets of a decision and its event, or of an event; empty where there is neither."""
        decision = self._reader.stored([record_id], decisions=True).get(record_id)
        event_id = record_id if decision is None else self._decision_of(decision).event
        event = self._reader.stored([event_id], decisions=False).get(event_id)
        return [found.position for found in (decision, event) if found is not None]

    def wait_for(self, size: int, timeout_s: float) -> bool:
        """Waits until the log holds at least ``size`` records, whoever writes them; says whether it does."""
        return self._reader.wait_for(size, timeout_s)

    def tree(self, size: int | None = None) -> Tree:
        """The tree of proofs over the first ``size`` records, by default over all."""
        return tree_of(self._reader, self._reader.size() if size is None else size)

    def root(self, size: int | None = None) -> bytes:
        """See ``Log``."""
        return self.tree().root(size)

    def head(self) -> Head | None:
        """The latest signed head; ``None`` where nothing was signed."""
        return self._reader.last_head()

    def sign_head(self) -> Head | None:
        """Signs the tree as it stands now, unless that was done; ``None`` without a record or without a key."""
        self._submit(Journal.sign)
        return self.head()


def _decoded(found: Stored) -> Event | Decision:
    try:
        return decode(found.payload, found.latency_ns)
    except DataError as error:
        raise errors.unread(found.position, id_in(found.payload), error) from None
