"""Tables on their way into the log, in the order in which a live system would have seen their events.

The order matters: what arrives in the log after a payment was not known when the payment was decided, whatever its time stamp says.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from huitong.app.conflicts import Conflict, conflicts_in
from huitong.app.progress import Progress
from huitong.contracts import Appended, DataContract, Event, EventBatch, Log
from huitong.kernel import DataError, HuitongError, InputError

ROWS_AT_ONCE = 2_048
"""Most single events of one commit: some tens of milliseconds."""
COMMIT_ROWS = 50_000
"""Most events of one commit; between two commits decisions get their turn."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of tables in the log: what was written, and what is there with other content."""

    appended: Appended
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What goes into one commit: batches, and for each record which of them it is the next row of."""

    batches: list[EventBatch]
    which: npt.NDArray[np.intp]


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
    for piece in _pieces(batches, decided):
        with turn:
            appended, aside = _append_piece(log, piece, contracts)
        conflicts += aside
        new, repeated = new + appended.new, repeated + appended.repeated
        progress("appending", new + repeated + len(conflicts), total)
    return Ingested(Appended(first, new, repeated), tuple(conflicts))


def _append_piece(log: Log, piece: _Piece, contracts: Mapping[str, DataContract]) -> tuple[Appended, list[Conflict]]:
    needed = [contracts[batch.kind] for batch in piece.batches]
    try:
        return log.append_batches(piece.batches, needed, piece.which), []
    except DataError as error:
        if error.code != "store.conflict":
            raise
    rows = [batch.events(contract) for batch, contract in zip(piece.batches, needed, strict=True)]
    fine, conflicts = conflicts_in(log, [next(rows[place]) for place in piece.which.tolist()])
    return log.append_events(fine), conflicts


@dataclass(frozen=True, slots=True)
class Written:
    """What became of single events: how many were written, how many were there already, and which were refused, by their place."""

    new: int = 0
    repeated: int = 0
    refused: Mapping[int, HuitongError] = field(default_factory=dict)


def append_rows(log: Log, events: Mapping[int, Event], turn: AbstractContextManager[object]) -> Written:
    """Writes events; what the log refuses is told by its place, and holds up no other.

    Args:
        log: The log.
        events: The events by their place, in order.
        turn: Held during each commit, which is of so few that decisions get their turn in between.

    Raises:
        ExternalError: If the disk refuses; what was committed before stays.
    """
    if not events:
        return Written()
    if len(events) > ROWS_AT_ONCE:
        rows = list(events.items())
        return _sum([append_rows(log, dict(rows[at : at + ROWS_AT_ONCE]), turn) for at in range(0, len(rows), ROWS_AT_ONCE)])
    try:
        with turn:
            done = log.append_events(list(events.values()))
    except (DataError, InputError) as error:
        if len(events) == 1:
            return Written(refused=dict.fromkeys(events, error))
    else:
        return Written(done.new, done.repeated)
    return _sum([append_rows(log, part, turn) for part in _apart(log, events)])


def _sum(parts: Sequence[Written]) -> Written:
    refused = {place: error for part in parts for place, error in part.refused.items()}
    return Written(sum(part.new for part in parts), sum(part.repeated for part in parts), refused)


def _apart(log: Log, events: Mapping[int, Event]) -> list[dict[int, Event]]:
    """Events that were refused together: each that contradicts one before it by itself; else, whatever is wrong with them, in halves."""
    there = dict(log.events([one.id for one in events.values()]))
    contradicting = {place: one for place, one in events.items() if there.setdefault(one.id, one) != one}
    if contradicting:
        others = {place: one for place, one in events.items() if place not in contradicting}
        return [others, *({place: one} for place, one in contradicting.items())]
    rows = list(events.items())
    return [dict(rows[: len(rows) // 2]), dict(rows[len(rows) // 2 :])]


def _pieces(batches: Mapping[str, EventBatch], decided: Collection[str]) -> Iterator[_Piece]:
    """What goes into one commit after the other: by time, equal times by kind (those that are decided last), then by id."""
    kinds = sorted(batches, key=lambda kind: (kind in decided, kind))
    ordered = [batches[kind].in_time_order() for kind in kinds]
    which = np.repeat(np.arange(len(kinds)), [len(batch) for batch in ordered])
    times = np.concatenate([batch.time_us for batch in ordered]) if ordered else np.array([], np.int64)
    merged = which[np.argsort(times, kind="stable")]  # stable: rows of one batch keep their order, equal times that of the kinds
    taken = [0] * len(kinds)
    for start in range(0, len(merged), COMMIT_ROWS):
        part = merged[start : start + COMMIT_ROWS]
        pieces = []
        for place, batch in enumerate(ordered):
            count = int((part == place).sum())
            pieces.append(batch.slice(taken[place], count))
            taken[place] += count
        yield _Piece(pieces, part)
