"""Runs a policy, and its rival where there is one, over everything that was taken in; what of it is judged."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from huitong.app.labels import KnownLabels, labels_of, settled, settled_before_us
from huitong.app.moments import local_time
from huitong.app.progress import Progress
from huitong.app.sources import Taken
from huitong.contracts import EventBatch
from huitong.decisions.policy import LoadedPolicy, Program, Settings
from huitong.decisions.replay import Replayed, replay
from huitong.features import FeatureEngine
from huitong.kernel import InputError


def judged_rows(done_events: EventBatch, learned_until_us: int | None) -> slice:
    """Rows after what the model has learned from; all of them where nothing later is left."""
    if learned_until_us is None:
        return slice(0, len(done_events))
    start = int(np.searchsorted(done_events.time_us, learned_until_us, side="right"))
    return slice(start if start < len(done_events) else 0, len(done_events))


def window_us(events: EventBatch, rows: slice, taken: Taken, learned_until_us: int | None) -> tuple[int | None, int | None]:
    """From which moment on to before which the judged rows were cut out: a log ends with its newest event, a table with a day."""
    if taken.arrival is not None and rows.start < len(events):
        return int(events.time_us[rows.start]), _end_us(taken)
    return (None if learned_until_us is None or not rows.start else learned_until_us + 1), None


def _end_us(taken: Taken) -> int:
    """The moment after the newest event that came in."""
    return max((int(batch.time_us.max()) for batch in taken.batches.values() if len(batch)), default=0) + 1


def refuse_beyond(events: EventBatch, since_us: int | None, zone: str) -> None:
    """Refuses to judge from a moment on after which nothing comes.

    Raises:
        InputError: If ``since_us`` is later than every event.
    """
    last_us = int(events.time_us.max()) if len(events) else None
    if since_us is None or last_us is None or since_us <= last_us:
        return
    since, last = local_time(since_us, zone), local_time(last_us, zone)
    raise InputError(
        "replay.from.beyond",
        {
            "en": f"nothing to judge from {since} on: the last payment is of {last}",
            "zh": f"自 {since} 起没有可评估的数据：最后一笔支付发生于 {last}",
        },
        {"en": f"give a --from no later than {last}, or leave it out", "zh": f"请给出不晚于 {last} 的 --from，或不使用该选项"},
    )


def learned_until_us(program: Program) -> int | None:
    """The latest moment that the model or its thresholds have learned from, labels included: before it, it could not have been live."""
    if program.scorer is None:
        return None
    before_us = program.settings.model.learned_before_us if program.settings.model else None
    ends = [part.end_us for part in program.scorer.ensemble.record.slices]
    return max([*ends, *([] if before_us is None else [before_us - 1])], default=None)


def replay_policies(
    loaded: LoadedPolicy,
    rivals: Sequence[LoadedPolicy],
    make: Callable[[LoadedPolicy], FeatureEngine],
    taken: Taken,
    *,
    threads: int,
    progress: Progress,
) -> Replayed:
    """Replays a policy and its rivals, in this order: in one pass those that read the same features as it."""

    def told(done: int, total: int) -> None:
        progress("replaying", done, total)

    progress("replaying", 0, None)
    batches = list(taken.batches.values())
    together = [one.program for one in rivals if one.plan.version == loaded.plan.version]
    done = replay(make(loaded), batches, [loaded.program, *together], threads=threads, arrival=taken.arrival, told=told)
    own, *beside = done.policies
    found = [own]
    for rival in rivals:
        if rival.plan.version == loaded.plan.version:
            found.append(beside.pop(0))
        else:
            found += replay(make(rival), batches, [rival.program], threads=threads, arrival=taken.arrival, told=told).policies
    return replace(done, policies=tuple(found))


def labelled(replayed: Replayed, taken: Taken, settings: Settings) -> KnownLabels:
    """What turned out about the replayed events, as known when the newest event came in."""
    known = labels_of(replayed.events, taken.batches.get(settings.labels_kind or ""), settings)
    return settled(known, replayed.events, settled_before_us(settings, _end_us(taken)))
