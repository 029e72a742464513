"""Appends as work on the journal: names concealed, canonical bytes made, each record written once.

The key: whether a record is there already shows only when it is written, and by then its names have tokens. Nearly always all records are
new, or all their names are known. Where some were there and some names were not, the call is taken back and done once more, and now only
what is written gets keys: else an old file that is read in again would bring back, with a key that nothing uses, everyone it names who
was forgotten.

Each work is a function and its data, last the journal: it may run again, does the same each time, and can be sent to another process.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from huitong.contracts import Appended, Decision, Event, EventBatch
from huitong.contracts.fields import DataContract
from huitong.kernel import EventId
from huitong.store.columns import encode_batch
from huitong.store.journal import Journal, record_of_decision, records_of
from huitong.store.records import decode
from huitong.store.storage import Records
from huitong.store.vault import Vault

SLICE_ROWS = 16_384
"""Records made at once when many are appended: bounds the memory of a call of any size."""


def append_records(records: Records, journal: Journal) -> Appended:
    """Appends records as they are."""
    return journal.append(records)


def append_events(events: Sequence[Event], journal: Journal) -> Appended:
    """Appends events."""
    vault = journal.vault
    if vault is None:
        return journal.append(records_of(events))

    def append(there: Collection[EventId]) -> Appended:
        return journal.append(records_of(vault.conceal_many(journal.session, events, new=lambda event: event.id not in there)))

    return _sparing(journal, vault, append, [[event.id for event in events]])


def append_batches(
    batches: Sequence[EventBatch], contracts: Sequence[DataContract], which: npt.NDArray[np.intp], journal: Journal
) -> Appended:
    """Appends several batches in one order.

    Args:
        batches: The batches.
        contracts: The data contract of each.
        which: From which batch each record comes, in order.
        journal: Where to.
    """
    vault = journal.vault

    def append(there: Collection[EventId] = ()) -> Appended:
        concealed = batches
        if vault is not None:
            concealed = [_concealed(journal, vault, batch, contract, there) for batch, contract in zip(batches, contracts, strict=True)]
        done = [journal.append(records_of([]))]
        done += [journal.append(records) for records in _merged(concealed, contracts, which)]
        return Appended(done[0].first_offset, sum(part.new for part in done), sum(part.repeated for part in done))

    if vault is None:
        return append()
    slices = (batch.slice(start, SLICE_ROWS).ids.to_pylist() for batch in batches for start in range(0, len(batch), SLICE_ROWS))
    return _sparing(journal, vault, append, slices)


def append_decision(event: Event | None, decision: Decision, journal: Journal) -> Decision:
    """Appends an event, where one is given, and the decision on it; answers with the decision that was first."""
    if event is not None:
        append_events([event], journal)
    return _first(record_of_decision(_concealed_decision(journal, event, decision)), decision, journal)


def append_made(event: Records | None, made: Records, decision: Decision, journal: Journal) -> Decision:
    """The same of records as they are."""
    if event is not None:
        journal.append(event)
    return _first(made, decision, journal)


def _first(made: Records, decision: Decision, journal: Journal) -> Decision:
    if journal.append(made).new:
        return decision
    first = journal.stored([decision.id], decisions=True)[decision.id]
    return replace(decision, latency_ns=first.latency_ns)


def _concealed_decision(journal: Journal, event: Event | None, decision: Decision) -> Decision:
    """The decision with tokens for what its event, as it stands in the log, has tokens for; an event that came with it tells whose."""
    vault = journal.vault
    concealed = None if vault is None else events_there(journal, [decision.event]).get(decision.event)
    if vault is None or concealed is None:
        return decision
    given = event or vault.reveal(concealed, journal.session)
    return vault.conceal_decisions(journal.session, [(decision, given, concealed)], partial(clear_texts, journal))[0]


def _sparing(
    journal: Journal, vault: Vault, append: Callable[[Collection[EventId]], Appended], ids: Iterable[Sequence[EventId]]
) -> Appended:
    """Appends; once more, and without keys for names of records that were there, where the first time may have made such.

    Args:
        journal: Where to.
        vault: What conceals.
        append: Appends, told which of the events are there already.
        ids: Of all events, some at a time.
    """
    noted = vault.names.noted
    journal.mark()
    try:
        done = append(())
    except BaseException:
        with suppress(Exception):  # what is wrong may have taken the whole transaction with it
            journal.undo()
        raise
    if done.repeated == 0 or vault.names.noted == noted:
        journal.release()
        return done
    journal.undo()
    return append({one for some in ids for one in journal.stored(some, decisions=False)})


def _concealed(journal: Journal, vault: Vault, batch: EventBatch, contract: DataContract, there: Collection[EventId]) -> EventBatch:
    if not there:
        return vault.conceal_batch(journal.session, batch, contract)
    new = np.array([one not in there for one in batch.ids.to_pylist()], bool)
    if new.any():
        vault.conceal_batch(journal.session, batch.take(np.flatnonzero(new)), contract)  # names of what is written get their keys
    return vault.conceal_batch(journal.session, batch, contract, new=False)


def _merged(batches: Sequence[EventBatch], contracts: Sequence[DataContract], which: npt.NDArray[np.intp]) -> Iterator[Records]:
    """Records of several batches in one order, a slice at a time; the next one is made while a database takes the one before."""
    taken = [0] * len(batches)
    slices: list[list[_Piece]] = []
    for start in range(0, len(which), SLICE_ROWS):
        part, pieces = which[start : start + SLICE_ROWS], []
        for place, (batch, contract) in enumerate(zip(batches, contracts, strict=True)):
            rows = np.flatnonzero(part == place)
            pieces.append(_Piece(rows, batch.slice(taken[place], len(rows)), contract))
            taken[place] += len(rows)
        slices.append(pieces)
    if len(slices) < 2:
        yield from map(_records, slices)
        return
    with ThreadPoolExecutor(1, "huitong-log-encoder") as encoder:
        coming = encoder.submit(_records, slices[0])
        for following in slices[1:]:
            made, coming = coming.result(), encoder.submit(_records, following)
            yield made
        yield coming.result()


class _Piece(NamedTuple):
    """What a slice has of one batch, and in which of its rows."""

    rows: npt.NDArray[np.intp]
    batch: EventBatch
    contract: DataContract


def _records(pieces: Sequence[_Piece]) -> Records:
    count = sum(len(piece.rows) for piece in pieces)
    kinds, ids, payloads = (np.empty(count, object) for _ in range(3))
    for rows, batch, contract in pieces:
        kinds[rows], ids[rows], payloads[rows] = batch.kind, batch.ids.to_pylist(), encode_batch(batch, contract).to_pylist()
    return Records(kinds.tolist(), ids.tolist(), None, [0] * count, payloads.tolist())


def events_there(journal: Journal, ids: Sequence[EventId]) -> dict[EventId, Event]:
    """Events of these ids that are there, as they stand in the log."""
    found = {one: decode(stored.payload) for one, stored in journal.stored(ids, decisions=False).items()}
    return {one: content for one, content in found.items() if isinstance(content, Event)}


def clear_texts(journal: Journal, ids: Iterable[EventId]) -> set[str]:
    """Texts that stand in clear in events of the log."""
    events = events_there(journal, list(dict.fromkeys(ids))).values()
    return {text for one in events for text in (*one.keys.values(), *one.data.values()) if isinstance(text, str)}
