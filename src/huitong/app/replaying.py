"""Runs a policy, and its rival where there is one, over everything that was taken in; what of it is judged."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from huitong.app.labels import KnownLabels, labels_of
from huitong.app.moments import local_time
from huitong.app.progress import Progress
from huitong.app.sources import Taken
from huitong.contracts import EventBatch
from huitong.decisions.policy import LoadedPolicy, Program, Settings
from huitong.decisions.replay import Replayed, replay
from huitong.features import FeatureEngine
from huitong.kernel import Finding, InputError, Severity


def judged_rows(done_events: EventBatch, learned_until_us: int | None) -> slice:
    """Rows after what the model has learned from; all of them where nothing later is left."""
    if learned_until_us is None:
        return slice(0, len(done_events))
    start = int(np.searchsorted(done_events.time_us, learned_until_us, side="right"))
    return slice(start if start < len(done_events) else 0, len(done_events))


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


def learned_from(events: EventBatch, rows: slice, learned_us: int | None, zone: str) -> tuple[Finding, ...]:
    """The warning that payments are judged which the model or its thresholds have learned from: it has seen how they end."""
    if learned_us is None:
        return ()
    judged = events.time_us[rows]
    seen = int(np.searchsorted(judged, learned_us, side="right"))
    if not seen:
        return ()
    until = local_time(learned_us, zone)
    return (
        Finding(
            code="replay.judged.learned_from",
            where=f"{seen:,} / {len(judged):,}",
            text={
                "en": f"{seen:,} of the {len(judged):,} payments judged are of the time that the model was trained on (until {until}): "
                "the figures are better than they would be live",
                "zh": f"参与评估的 {len(judged):,} 笔支付中，有 {seen:,} 笔属于模型的训练期（截至 {until}）：所得数字好于实际上线时的表现",
            },
            remedy={
                "en": "judge later payments, or train with an earlier `huitong train --until`",
                "zh": "请用更晚的支付来评估，或用更早的 `huitong train --until` 重新训练",
            },
            severity=Severity.WARNING,
        ),
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
    rival: LoadedPolicy | None,
    make: Callable[[LoadedPolicy], FeatureEngine],
    taken: Taken,
    *,
    threads: int,
    progress: Progress,
) -> Replayed:
    """Replays a policy and, where there is one, its rival: in one pass where they read the same features."""

    def told(done: int, total: int) -> None:
        progress("replaying", done, total)

    batches = list(taken.batches.values())
    together = [rival.program] if rival is not None and rival.plan.version == loaded.plan.version else []
    done = replay(make(loaded), batches, [loaded.program, *together], threads=threads, arrival=taken.arrival, told=told)
    if rival is None or together:
        return done
    other = replay(make(rival), batches, [rival.program], threads=threads, arrival=taken.arrival, told=told)
    return replace(done, policies=(*done.policies, *other.policies))


def labelled(replayed: Replayed, taken: Taken, settings: Settings) -> KnownLabels:
    """What turned out about the replayed events."""
    return labels_of(replayed.events, taken.batches.get(settings.labels_kind or ""), settings)
