"""Tables on their way into the log, in the order in which a live system would have seen their events.

The order matters: what arrives in the log after a payment was not known when the payment was decided, whatever its time stamp says.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from huitong.app.conflicts import Conflict, conflicts_in
from huitong.app.progress import Progress
from huitong.app.workspace import Workspace
from huitong.contracts import Appended, DataContract, EventBatch, Log
from huitong.decisions.policy import Settings as PolicySettings
from huitong.decisions.policy import content_of, read_settings
from huitong.kernel import DataError, HuitongError

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


def decided_kinds(workspace: Workspace) -> set[str]:
    """Kinds of events that some policy decides."""
    return {settings.decides for settings in _settings_in([workspace.policy_folder(name) for name in workspace.policies])}


def outcomes_known(workspace: Workspace) -> list[str]:
    """Outcomes that some policy gives, or a version that has answered gave."""
    folders = [*(workspace.policy_folder(name) for name in workspace.policies), *workspace.versions]
    return list(dict.fromkeys(outcome for settings in _settings_in(folders) for outcome in settings.outcomes))


def _settings_in(folders: Iterable[Path]) -> Iterator[PolicySettings]:
    for folder in folders:
        with suppress(HuitongError):  # a policy that cannot be read decides nothing
            yield read_settings(content_of(folder), folder.name, trained=False)
