"""The few events of a table that the features of one event rest on: those of its own keys, and what the graph still reaches.

With them alone a fresh engine is in the state that the event found, as far as that event can see. So one decision of a replay can be asked
"what if" in a fraction of a second, without another pass over the table.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import Codes, Event, EventBatch
from huitong.features import FeatureEngine

Mask = npt.NDArray[np.bool_]


def engine_before(engine: FeatureEngine, batches: Mapping[str, EventBatch], event: Event, row: int) -> FeatureEngine:
    """A fresh engine that has taken what comes before the event and bears on its features.

    Args:
        engine: The engine of the replay, for its plan and lists.
        batches: Events by kind; those of the decided kind in the order in which they were taken.
        event: The event.
        row: Its row among those of its kind.
    """
    plan = engine.plan
    fresh = FeatureEngine(plan, engine.lists, engine.lateness_us)
    earlier = []
    for kind in plan.kinds:
        if kind not in batches:
            continue
        batch = batches[kind]
        decided = kind == plan.decides
        before = np.arange(len(batch)) < row if decided else batch.time_us <= event.time_us
        earlier.append(_small(batch, np.flatnonzero(before & _bears_on(engine, batch, event))))
    for _ in fresh.run(earlier, threads=1):
        pass
    return fresh


def _bears_on(engine: FeatureEngine, batch: EventBatch, event: Event) -> Mask:
    """Which events share a key with the event in a grouping, or lie within the graph's reach."""
    plan = engine.plan
    found = np.zeros(len(batch), np.bool_)
    known: dict[tuple[str, str], Mask] = {}
    for grouping in plan.groupings:
        if grouping.key.kind != batch.kind:
            continue
        same = np.ones(len(batch), np.bool_)
        for role, asked in zip(grouping.key.roles, grouping.key.asked, strict=True):
            key = role.name, asked.name
            if key not in known:
                known[key] = _is(batch.keys.get(role.name), event.keys.get(asked.name), len(batch))
            same &= known[key]
        found |= same
    if plan.graph is not None and batch.kind == plan.decides:
        found |= batch.time_us > event.time_us - engine.edges.reach_us
    return found


def _is(column: Codes | None, text: str | None, count: int) -> Mask:
    code = -1 if column is None or text is None else pc.index(column.values, pa.scalar(text, pa.string())).as_py()
    return np.zeros(count, np.bool_) if column is None or code < 0 else column.codes == code


def _small(batch: EventBatch, rows: npt.NDArray[np.intp]) -> EventBatch:
    """Some rows, with dictionaries of what they hold: an engine learns whole dictionaries."""
    part = batch.take(rows)
    keys = {name: Codes.of_arrow(column.arrow()) for name, column in part.keys.items()}
    data = {name: Codes.of_arrow(column.arrow()) if isinstance(column, Codes) else column for name, column in part.data.items()}
    return EventBatch(part.kind, part.ids, part.time_us, keys, data)
