"""The log as other rooms see it: append, ask, read in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from huitong.contracts.batch import EventBatch, Int64Array
from huitong.contracts.decision import Decision
from huitong.contracts.event import Event
from huitong.contracts.fields import DataContract
from huitong.kernel import DecisionId, EventId


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of an append.

    Attributes:
        first_offset: Offset of the first new record, or the next free offset when nothing was new.
        new: Number of records written.
        repeated: Number of events that were already there with the same content.
    """

    first_offset: int
    new: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as read back.

    Attributes:
        offset: Its place in the log.
        payload: Its canonical bytes.
        content: What they say.
        relaxed: Whether it was acknowledged before it was durable.
    """

    offset: int
    payload: bytes
    content: Event | Decision
    relaxed: bool = False


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Events of one kind as read back in columns.

    Attributes:
        next_offset: Offset after the last of them: where reading goes on.
        batch: The events, in the order of the log.
        offsets: Their offsets, shape ``(n,)``.
    """

    next_offset: int
    batch: EventBatch
    offsets: Int64Array


@dataclass(frozen=True, slots=True)
class Answered:
    """Events with the decisions on them, and what follows from those: written in this order, in one commit.

    Attributes:
        events: The decided events; empty for an event that is in the log already.
        decisions: The decisions, none of which is in the log.
        consequences: What follows from them by itself.
    """

    events: Sequence[Event]
    decisions: Sequence[Decision]
    consequences: Sequence[Event] = ()


class Pending(Protocol):
    """A commit that is under way."""

    def result(self) -> int:
        """Waits until it is durable; the offset after it.

        Raises:
            HuitongError: If nothing of it was written, and why.
        """
        ...


class Log(Protocol):
    """Append-only, idempotent by event id, in one order that is the writer's."""

    def append_events(self, events: Sequence[Event]) -> Appended:
        """Writes events durably; an event already there with the same content is not written again.

        Raises:
            DataError: If an id is there with other content; the error shows both, and nothing of this call is written.
            ExternalError: If the disk refuses; nothing of this call is written.
        """
        ...

    def append_batch(self, batch: EventBatch, contract: DataContract) -> Appended:
        """The same for columns; faster."""
        ...

    def append_batches(self, batches: Sequence[EventBatch], contracts: Sequence[DataContract], which: npt.NDArray[np.intp]) -> Appended:
        """The same for several batches in one order.

        Args:
            batches: Events, the rows of each in its own order.
            contracts: The contract of each batch.
            which: For each record, in the order of the log, which batch it is the next row of; shape ``(n,)``.
        """
        ...

    def append_decision(self, event: Event | None, decision: Decision) -> Decision:
        """Writes an event with its decision in one commit; a decision already there is returned as it was given first."""
        ...

    def append_answers(self, answers: Sequence[Answered], at: int) -> Pending:
        """Queues answers for one commit and does not wait for it: what is queued later stands behind it.

        Args:
            answers: What is to be written, all of it or nothing.
            at: Offset at which it must come to stand; where the log ends elsewhere by then, the commit is refused, since the answers
                rest on another past. It fails with a ``DataError`` (``store.elsewhere``) then.

        Raises:
            InputError: If a decision cannot be written (``record.unwritable``); of one that names somebody, the commit says so.
        """
        ...

    def event(self, event_id: EventId) -> Event | None:
        """The event of that id."""
        ...

    def events(self, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """Those of these events that are there, by id."""
        ...

    def decision(self, decision_id: DecisionId) -> Decision | None:
        """The decision of that id."""
        ...

    def decisions_of(self, event_id: EventId) -> list[Decision]:
        """Every decision on that event, oldest first."""
        ...

    def read(self, from_offset: int = 0, kinds: Sequence[str] | None = None) -> Iterator[Recorded]:
        """Records in order from an offset; ``kinds`` names event kinds, decisions are left out then."""
        ...

    def read_batches(self, contract: DataContract, from_offset: int = 0, rows: int = 262_144) -> Iterator[LogBatch]:
        """Events of the contract's kind as columns, in order from an offset, at most ``rows`` at a time; for replay.

        Raises:
            DataError: If a record does not fit the contract.
        """
        ...

    def payloads(self, from_offset: int = 0, kinds: Sequence[str] | None = None) -> Iterator[bytes]:
        """Canonical bytes of every record in order from an offset: what a proof is made over.

        Args:
            from_offset: Where to begin.
            kinds: Kinds of events, or ``"decision"`` for decisions; all where none are named.
        """
        ...

    def root(self, size: int | None = None) -> bytes:
        """Root of the tree of proofs over the first ``size`` records, by default over all: tells this past from any other."""
        ...

    def end(self) -> int:
        """Offset after the last record."""
        ...
