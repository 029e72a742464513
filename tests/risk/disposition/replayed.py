"""A log that was lived, gone through again in every way there is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from huitong.app.deciding import decided
from huitong.contracts import Decision, Event, EventBatch
from huitong.decisions.policy import LoadedPolicy
from huitong.features import FeatureEngine


def require_replayed_alike(policy: LoadedPolicy, log: Sequence[Event], decisions: Sequence[Decision]) -> None:
    """Fails unless a log gives the decisions again one by one, and the same features in columns and in a group."""
    again, found, rows = FeatureEngine(policy.plan), list[Decision](), []
    for event in log:
        if event.kind == policy.plan.decides:
            rows.append(again.preview(event))
            found.append(replace(decided(policy, again, event), latency_ns=0))
        else:
            again.update(event)
    assert found == list(decisions)
    kinds = {event.kind for event in log} & set(policy.plan.kinds)
    batches = {kind: [event for event in log if event.kind == kind] for kind in kinds}
    arrival = [np.array([place for place, event in enumerate(log) if event.kind == kind], np.int64) for kind in batches]
    columns = [EventBatch.of_events(events, policy.plan.streams[kind].contract) for kind, events in batches.items()]
    engine = FeatureEngine(policy.plan)
    batch = np.concatenate([chunk.features for chunk in engine.run(columns, arrival=arrival)])
    texts = list(policy.program.text_places)
    numbers = [place for place in range(len(policy.program.features)) if place not in texts]
    assert batch[:, numbers].tobytes() == np.array(rows)[:, numbers].tobytes()
    grouped = FeatureEngine(policy.plan).update_many(log).features
    assert grouped[:, numbers].tobytes() == batch[:, numbers].tobytes()
