"""Tables on their way into the log, in the order in which a live system would have seen their events.

The order matters: what arrives in the log after a payment was not known when the payment was decided, whatever its time stamp says.
"""

import heapq
from collections.abc import Collection, Iterator, Mapping
from itertools import islice

import numpy as np

from huitong.app.progress import Progress
from huitong.contracts import Appended, DataContract, Event, EventBatch, Log

COMMIT_ROWS = 50_000
"""Most events of one commit; between two commits decisions get their turn."""


def append(
    log: Log, batches: Mapping[str, EventBatch], contracts: Mapping[str, DataContract], decided: Collection[str], progress: Progress
) -> Appended:
    """Writes events by time, equal times by kind (kinds that are decided last) and id; what is there already is not written again.

    Args:
        log: The log.
        batches: Events by kind.
        contracts: Data contracts by kind.
        decided: Kinds that some policy decides.
        progress: Told how far it is.

    Raises:
        DataError: If an event is there already with other content; what was committed before stays.
        ExternalError: If the disk refuses; what was committed before stays.
    """
    total = sum(len(batch) for batch in batches.values())
    first = log.end()
    new = repeated = 0
    for appended in _commits(log, batches, contracts, decided):
        new, repeated = new + appended.new, repeated + appended.repeated
        progress("appending", new + repeated, total)
    return Appended(first, new, repeated)


def _commits(
    log: Log, batches: Mapping[str, EventBatch], contracts: Mapping[str, DataContract], decided: Collection[str]
) -> Iterator[Appended]:
    if len(batches) == 1:  # columns are faster where nothing has to be merged
        ((kind, batch),) = batches.items()
        ordered = batch.in_time_order()
        for start in range(0, len(ordered), COMMIT_ROWS):
            yield log.append_batch(ordered.take(np.arange(start, min(start + COMMIT_ROWS, len(ordered)))), contracts[kind])
        return
    streams = (batch.in_time_order().events(contracts[kind]) for kind, batch in batches.items())

    def order(event: Event) -> tuple[int, bool, str, str]:
        return event.time_us, event.kind in decided, event.kind, event.id

    merged = heapq.merge(*streams, key=order)
    while events := list(islice(merged, COMMIT_ROWS)):
        yield log.append_events(events)
