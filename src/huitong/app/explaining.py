"""One decision again: from the log as it was given, or recomputed from the tables of a replay."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huitong.app.deciding import decided
from huitong.app.folding import take_stretch
from huitong.app.sources import Taken
from huitong.contracts import Decision, Event, EventBatch
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine
from huitong.kernel import DataError, EventId, InputError, Text


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision and where it comes from.

    Attributes:
        decision: The decision.
        event: Its event.
        loaded: The policy.
        origin: Where the decision comes from.
        erased: What can no longer be read in it, and why; ``None`` where all can.
    """

    decision: Decision
    event: Event
    loaded: LoadedPolicy
    origin: Text
    erased: Text | None = None


def as_recorded(decision: Decision, event: Event, load: Callable[[str], LoadedPolicy]) -> Explained:
    """A decision as the log has it, with the names that its version has for people; where another engine computed it, with today's.

    Args:
        decision: The decision.
        event: Its event.
        load: Loads a policy or a version by name.
    """
    origin: Text = {"zh": f"来自日志：决策 {decision.id}", "en": f"from the log: decision {decision.id}"}
    try:
        return Explained(decision, event, load(f"{decision.policy}@{decision.version}"), origin)
    except DataError as error:
        if error.code != "policy.version.other_engine":
            raise
    origin = {"zh": f"{origin['zh']}；名称取自该策略的现行版本", "en": f"{origin['en']}; names as in the policy of today"}
    return Explained(decision, event, load(decision.policy), origin)


def recomputed(loaded: LoadedPolicy, engine: FeatureEngine, taken: Taken, event_id: EventId) -> tuple[Decision, Event]:
    """The decision on one event of some tables or of the log, from what stands before it there and nothing else.

    Args:
        loaded: The policy.
        engine: A fresh feature engine of its plan.
        taken: Everything that there is.
        event_id: Which event.

    Raises:
        InputError: If it is not among it.
    """
    decides, batches = loaded.plan.decides, {kind: batch for kind, batch in taken.batches.items() if kind in loaded.plan.kinds}
    events = batches.get(decides)
    found = -1 if events is None else pc.index(events.ids, pa.scalar(event_id, pa.string())).as_py()
    if events is None or found < 0:
        raise unknown_event(event_id)
    event = next(events.take(np.array([found])).events(loaded.contract))
    if taken.arrival is not None:
        take_stretch(engine, batches, taken.arrival, 0, int(taken.arrival[decides][found]))
    else:
        earlier = [batch.take(_before(batch, event, own=kind == decides)) for kind, batch in batches.items()]
        for _ in engine.run(earlier):
            pass
    return decided(loaded, engine, event), event


def _before(batch: EventBatch, event: Event, *, own: bool) -> npt.NDArray[np.intp]:
    """Rows that stand before the event in the one order: by time, then by kind (the decided kind last), then by id."""
    earlier = batch.time_us < event.time_us
    equal = np.flatnonzero(batch.time_us == event.time_us)
    if not own:
        earlier[equal] = True
    else:
        earlier[equal] = [str(text) < event.id for text in batch.ids.take(pa.array(equal)).to_pylist()]
    return np.flatnonzero(earlier)


def unknown_event(event_id: EventId) -> InputError:
    """The error for an event that nobody knows."""
    return InputError(
        "event.unknown",
        {"en": f"no event {event_id!r} in the log or the last replay", "zh": f"日志与最近一次回放中都没有事件 {event_id!r}"},
        {
            "en": "check the id; `huitong replay` or `huitong decide` it first",
            "zh": "请核对编号；或先用 `huitong replay`、`huitong decide` 处理该事件",
        },
    )
