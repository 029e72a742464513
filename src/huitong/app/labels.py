"""Labels beside the payments they speak about."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import NULL_INT, Codes, EventBatch, Int32Array, Int64Array
from huitong.decisions.policy import Settings
from huitong.kernel import MICROSECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """What turned out about each of ``n`` events.

    Attributes:
        label: 1 fraud, 0 honest, -1 not known, shape ``(n,)``.
        known_us: When that became known, µs UTC; ``NULL_INT`` where it did not, shape ``(n,)``.
        scenario: Position in ``scenarios``, -1 for none, shape ``(n,)``.
        scenarios: Names of the fraud scenarios, where the labels name them.
        settled_before_us: Events before it had the time that a label takes, see ``settled``; ``None`` where nobody asked.
    """

    label: npt.NDArray[np.int8]
    known_us: Int64Array
    scenario: Int32Array
    scenarios: tuple[str, ...]
    settled_before_us: int | None = None


def settled_before_us(settings: Settings, until_us: int) -> int:
    """Up to when events are old enough, at a moment, for the policy's label delay to have passed."""
    return until_us - round(settings.label_delay_days * MICROSECONDS_PER_DAY)


def settled(known: KnownLabels, events: EventBatch, before_us: int) -> KnownLabels:
    """Takes for honest what nobody complained of within the label delay, as any bank does; it is what training learns from, too.

    Where no label is known at all nobody says of any event how it turned out, and where every one is known there is nothing to wait for:
    then nothing is settled.
    """
    missing = known.label < 0
    if missing.all() or not missing.any():
        return known
    return replace(known, label=np.where(missing & (events.time_us < before_us), np.int8(0), known.label), settled_before_us=before_us)


def labels_of(events: EventBatch, labels: EventBatch | None, settings: Settings) -> KnownLabels:
    """Joins labels to events by the event's id; of several labels of one event the latest counts.

    Args:
        events: The decided events.
        labels: Label events with the field ``payment`` that names the event, or ``None``.
        settings: Names the label's field.
    """
    count = len(events)
    label, known_us = np.full(count, -1, np.int8), np.full(count, NULL_INT, np.int64)
    scenario = np.full(count, -1, np.int32)
    names: tuple[str, ...] = ()
    if labels is None or not len(labels) or settings.labels_field is None:
        return KnownLabels(label, known_us, scenario, names)
    ordered = labels.in_time_order()
    subject = ordered.data.get("payment")
    said = ordered.data.get(settings.labels_field)
    if not isinstance(subject, Codes) or not isinstance(said, np.ndarray):
        return KnownLabels(label, known_us, scenario, names)
    row_of_value = pc.index_in(subject.values, value_set=pa.array(events.ids)).fill_null(-1).to_numpy(zero_copy_only=False)
    rows = np.append(row_of_value, -1)[subject.codes]  # one that names no event has the code of the last place
    known = (rows >= 0) & (said != NULL_INT)
    label[rows[known]] = said[known]
    known_us[rows[known]] = ordered.time_us[known]
    if isinstance(column := ordered.data.get("scenario"), Codes):
        names = tuple(name for name in column.values.to_pylist() if name)
        own = np.array([names.index(name) if name else -1 for name in column.values.to_pylist()] + [-1], np.int32)
        scenario[rows[known]] = own[column.codes[known]]
    return KnownLabels(label, known_us, scenario, names)
