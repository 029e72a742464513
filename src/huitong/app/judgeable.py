"""A replay with everything that is said about it: what is handed from deciding to judging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from huitong import evaluation as ev
from huitong.app.labels import KnownLabels
from huitong.app.sources import Taken
from huitong.contracts import NULL_INT, DataContract, EventBatch, Int32Array, Int64Array
from huitong.decisions.policy import LoadedPolicy
from huitong.decisions.replay import Replayed


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A replay with everything that its report says.

    Attributes:
        loaded: The policy.
        replayed: What happened.
        taken: What came in.
        labels: What turned out.
        made_at_us: When, µs UTC.
        command: How to make it again.
        contracts: Data contracts by event kind.
        prequential: Protocols to print beside it.
        window_us: The first moment that is judged and the one after the last, where these were cut out of a longer time.
    """

    loaded: LoadedPolicy
    replayed: Replayed
    taken: Taken
    labels: KnownLabels
    made_at_us: int
    command: str
    contracts: Mapping[str, DataContract]
    prequential: Sequence[ev.Prequential] = ()
    window_us: tuple[int | None, int | None] = (None, None)


def numbers(events: EventBatch, name: str) -> Int64Array:
    """A column of numbers; nothing known where the events have none."""
    column = events.data.get(name)
    return column if isinstance(column, np.ndarray) else np.full(len(events), NULL_INT, np.int64)


def customer_codes(events: EventBatch) -> Int32Array:
    """The customer of each event; -1 where the events name none."""
    column = events.keys.get("customer")
    return column.codes if column is not None else np.full(len(events), -1, np.int32)


def customer_names(events: EventBatch) -> pa.StringArray | None:
    """What the codes of customers stand for; ``None`` where the events name none."""
    column = events.keys.get("customer")
    return None if column is None else column.values
