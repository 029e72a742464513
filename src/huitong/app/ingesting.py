"""Tables on their way into the log, in the order in which a live system would have seen their events.

The order matters: what arrives in the log after a payment was not known when the payment was decided, whatever its time stamp says.
"""

import heapq
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice

import numpy as np

from huitong.app.conflicts import Conflict, conflicts_in
from huitong.app.progress import Progress
from huitong.contracts import Appended, DataContract, Event, EventBatch, Log
from huitong.kernel import DataError

COMMIT_ROWS = 50_000
"""Most events of one commit; between two commits decisions get their turn."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of tables in the log: what was written, and what is there with other content."""

    appended: Appended
    conflicts: tuple[Conflict, ...]


def append(
    log: Log,
    batches: Mapping[str, EventBatch],
    contracts: Mapping[str, DataContract],
    decided: Collection[str],
    turn: AbstractContextManager[object],
    progress: Progress,
) -> Ingested:
    """Writes events by time, equal times by kind (kinds that are decided last) and id; what is there already is not written again.

    Args:
        log: The log.
        batches: Events by kind.
        contracts: Data contracts by kind.
        decided: Kinds that some policy decides.
        turn: Held during each commit; between two of them decisions get their turn.
        progress: Told how far it is.

    Raises:
        ExternalError: If the disk refuses; what was committed before stays.
    """
    total = sum(len(batch) for batch in batches.values())
    first = log.end()
    new = repeated = 0
    conflicts: list[Conflict] = []
    for piece in _pieces(batches, decided, contracts):
        with turn:
            appended, aside = _append_piece(log, piece, contracts)
        conflicts += aside
        new, repeated = new + appended.new, repeated + appended.repeated
        progress("appending", new + repeated + len(conflicts), total)
    return Ingested(Appended(first, new, repeated), tuple(conflicts))


def _append_piece(log: Log, piece: EventBatch | list[Event], contracts: Mapping[str, DataContract]) -> tuple[Appended, list[Conflict]]:
    try:
        return (log.append_events(piece) if isinstance(piece, list) else log.append_batch(piece, contracts[piece.kind])), []
    except DataError as error:
        if error.code != "store.conflict":
            raise
    fine, conflicts = conflicts_in(log, piece if isinstance(piece, list) else list(piece.events(contracts[piece.kind])))
    return log.append_events(fine), conflicts


def _pieces(
    batches: Mapping[str, EventBatch], decided: Collection[str], contracts: Mapping[str, DataContract]
) -> Iterator[EventBatch | list[Event]]:
    """What goes into one commit after the other."""
    if len(batches) == 1:  # columns are faster where nothing has to be merged
        ((_, batch),) = batches.items()
        ordered = batch.in_time_order()
        for start in range(0, len(ordered), COMMIT_ROWS):
            yield ordered.take(np.arange(start, min(start + COMMIT_ROWS, len(ordered))))
        return
    streams = (batch.in_time_order().events(contracts[kind]) for kind, batch in batches.items())

    def order(event: Event) -> tuple[int, bool, str, str]:
        return event.time_us, event.kind in decided, event.kind, event.id

    merged = heapq.merge(*streams, key=order)
    while events := list(islice(merged, COMMIT_ROWS)):
        yield events
