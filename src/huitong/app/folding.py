"""The log as feature state: a fold over its events in the order in which they came."""

from collections.abc import Mapping, Sequence

import numpy as np

from huitong.app.progress import Progress, silent
from huitong.contracts import DataContract, Event, EventBatch, Int64Array, Log
from huitong.features import FeatureEngine
from huitong.kernel import EventId
from huitong.store import FORGOTTEN_KIND

FOLDED_ONE_BY_ONE_MAX = 5_000
"""Up to so many records the fold takes events one by one; beyond, it reads columns, which is many times faster, with the same bits."""


def columns_of_log(
    log: Log, contracts: Sequence[DataContract], progress: Progress = silent, *, from_offset: int = 0
) -> tuple[dict[str, EventBatch], dict[str, Int64Array]]:
    """The log's events by kind, and the place of each in the log, up to its end as it now is; kinds without events are left out.

    Args:
        log: The log.
        contracts: Data contracts of the kinds to read.
        progress: Told how far it is.
        from_offset: Where to begin.
    """
    batches: dict[str, EventBatch] = {}
    arrival: dict[str, Int64Array] = {}
    end = log.end()
    span = end - from_offset
    for number, contract in enumerate(contracts):  # each goes through the whole log
        parts = []
        for part in log.read_batches(contract, from_offset) if from_offset < end else ():
            parts.append(part)
            progress("reading", (number * span + part.next_offset - from_offset) // len(contracts), span)
            if part.next_offset >= end:
                break
        if parts:
            places = np.concatenate([part.offsets for part in parts])
            until = int(np.searchsorted(places, end))  # what is appended meanwhile is for the next reading
            batches[contract.kind] = EventBatch.concat([part.batch for part in parts]).slice(0, until)
            arrival[contract.kind] = places[:until]
    return batches, arrival


def fold(engine: FeatureEngine, log: Log, offset: int, progress: Progress = silent) -> int:
    """Takes the log's events from ``offset`` on into the engine's state.

    Returns:
        The offset up to which the state now goes: the log's end.
    """
    end = log.end()
    if end - offset <= FOLDED_ONE_BY_ONE_MAX:
        for record in log.read(offset, engine.plan.kinds) if offset < end else ():
            if record.offset >= end:  # appended meanwhile
                break
            if isinstance(record.content, Event):
                engine.update(record.content)
        return end
    batches, arrival = columns_of_log(log, _contracts(engine), progress, from_offset=offset)
    _run(engine, batches, arrival, progress)
    return end


def forgotten_since(log: Log, offset: int) -> bool:
    """Whether somebody was forgotten from an offset on: then a state that goes up to it is no beginning of what the log gives.

    It knows by name whom the log no longer names, and would take a name that comes again for the same person.
    """
    return offset < log.end() and next(iter(log.read(offset, [FORGOTTEN_KIND])), None) is not None


def fold_before(engine: FeatureEngine, log: Log, event_id: EventId) -> None:
    """Takes into a fresh engine what stands in the log before an event, and nothing else."""
    if log.end() <= FOLDED_ONE_BY_ONE_MAX:
        for record in log.read(0, engine.plan.kinds):
            if isinstance(record.content, Event):
                if record.content.id == event_id:
                    return
                engine.update(record.content)
        return
    batches, arrival = columns_of_log(log, _contracts(engine))
    place = min(
        (int(arrival[kind][row]) for kind, batch in batches.items() if (row := batch.ids.index(event_id).as_py()) >= 0), default=log.end()
    )
    take_stretch(engine, batches, arrival, 0, place)


def take_stretch(
    engine: FeatureEngine,
    batches: Mapping[str, EventBatch],
    arrival: Mapping[str, Int64Array],
    begin: int,
    end: int,
    progress: Progress = silent,
) -> None:
    """Takes what stands in a stretch of the log into an engine that has taken what stands before it.

    Args:
        engine: The engine.
        batches: The log's events by kind; kinds that the engine does not read are passed over.
        arrival: Place of each row in the log, by kind, shape ``(n,)``, rising.
        begin: First place.
        end: Place after the last.
        progress: Told how far it is.
    """
    rows = {kind: np.arange(*np.searchsorted(arrival[kind], [begin, end])) for kind in batches if kind in engine.plan.kinds}
    taken = {kind: batches[kind].take(part) for kind, part in rows.items()}
    _run(engine, taken, {kind: arrival[kind][part] for kind, part in rows.items()}, progress)


def _contracts(engine: FeatureEngine) -> list[DataContract]:
    return [engine.plan.streams[kind].contract for kind in engine.plan.kinds]


def _run(engine: FeatureEngine, batches: Mapping[str, EventBatch], arrival: Mapping[str, Int64Array], progress: Progress) -> None:
    kinds = list(batches)
    total = sum(len(batch) for batch in batches.values())
    done = 0
    for chunk in engine.run([batches[kind] for kind in kinds], arrival=[arrival[kind] for kind in kinds]):
        done += len(chunk.rows)
        progress("features", done, total)
