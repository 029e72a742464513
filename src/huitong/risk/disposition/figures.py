"""What measures cost the innocent and held of the guilty's money: pure functions over the ledger and what turned out to be true."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from huitong.contracts import MeasureKind
from huitong.kernel import EventId
from huitong.risk.disposition.ledger import Ledger, every_stretch
from huitong.risk.disposition.measure import KINDS, rank
from huitong.risk.disposition.stretches import Stretch

HOUR_US = 3_600_000_000
LONG_HOURS = 24
"""Beyond so many hours an innocent customer was held long, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of the measures that began in a period.

    Attributes:
        measures: How many began, by kind.
        innocent: How many of them fell only on payments that turned out to be genuine.
        guilty: How many fell on at least one payment that turned out to be fraud.
        unknown: How many of which nobody knows.
        unjudged_by_persons: How many of these no policy had a part in: they fell on no payment, and no verdict on an alert or a case that
            they were imposed or lifted for says of them.
        released: How many of the innocent are over.
        release_median_hours: Median time from imposing to release of the innocent; one still in force counts as released now.
        release_p90_hours: Nine in ten of them were released within it.
        long_hours: What counts as long.
        long_share: Share of the innocent that were held longer.
        held_minor: Money of the payments that led to holds and freezes, each payment once; not what these stopped afterwards.
        held_now_minor: That part of it whose measure is in force.
        wrongly_held_minor: That part of it which turned out to be genuine.
        wrongly_held_hours_minor: Wrongly held money times the hours that it was held: what the innocent lent us.
    """

    measures: Mapping[MeasureKind, int]
    innocent: int
    guilty: int
    unknown: int
    unjudged_by_persons: int
    released: int
    release_median_hours: float | None
    release_p90_hours: float | None
    long_hours: int
    long_share: float | None
    held_minor: int
    held_now_minor: int
    wrongly_held_minor: int
    wrongly_held_hours_minor: int


def figures(
    ledger: Ledger,
    labels: Mapping[EventId, bool],
    now_us: int,
    *,
    since_us: int = 0,
    at_least: MeasureKind = "limit",
    long_hours: int = LONG_HOURS,
    verdicts: Mapping[str, bool] | None = None,
) -> Figures:
    """The figures of a period.

    Args:
        ledger: The ledger.
        labels: Whether a payment was fraud, by its event's id; one that is not there is unknown.
        now_us: The present: a measure in force counts up to it.
        since_us: Only measures that began at or after it.
        at_least: Weaker kinds, which keep nobody from paying, are left out.
        long_hours: What counts as long.
        verdicts: Whether an alert or a case turned out to be fraud, by its id; one that is not there is unknown. A measure that a person
            imposed or lifted for it counts by that.
    """
    measures = [one for one in every_stretch(ledger) if since_us <= one.from_us <= now_us and rank(one.kind) >= rank(at_least)]
    judged = [(one, _guilty(one, labels, verdicts or {})) for one in measures]
    innocent = [one for one, guilty in judged if guilty is False]
    guilty = sum(found is True for _, found in judged)
    unjudged = [one for one, guilty in judged if guilty is None]
    hours = np.array([(min(one.over_us, now_us) - one.from_us) / HOUR_US for one in innocent])
    held = _payments(measures)
    wrongly = [one for event, one in held.items() if labels.get(event) is False]
    return Figures(
        {kind: sum(one.kind == kind for one in measures) for kind in KINDS},
        len(innocent),
        guilty,
        len(unjudged),
        sum(not any(change.automatic for change in one.changes) for one in unjudged),
        sum(one.over_us <= now_us for one in innocent),
        float(np.median(hours)) if len(hours) else None,
        float(np.quantile(hours, 0.9, method="inverted_cdf")) if len(hours) else None,
        long_hours,
        float((hours > long_hours).mean()) if len(hours) else None,
        sum(amount for _, amount, _ in held.values()),
        sum(amount for _, amount, one in held.values() if one.holds(now_us)),
        sum(amount for _, amount, _ in wrongly),
        sum(amount * max(min(one.over_us, now_us) - begun_us, 0) for begun_us, amount, one in wrongly) // HOUR_US,
    )


def payments_measured(ledger: Ledger, since_us: int = 0) -> set[EventId]:
    """The payments that led to measures which began at or after a moment."""
    found = (change.event for one in every_stretch(ledger) if one.from_us >= since_us for change in one.changes)
    return {event for event in found if event is not None}


def desk_records_named(ledger: Ledger) -> set[str]:
    """Ids of the alerts and cases that persons imposed or lifted measures for."""
    changes = (change for one in every_stretch(ledger) for change in (*one.changes, *(() if one.ended_by is None else (one.ended_by,))))
    return {name for change in changes for name in (change.alert, change.case) if name is not None}


def _guilty(measure: Stretch, labels: Mapping[EventId, bool], verdicts: Mapping[str, bool]) -> bool | None:
    """Whether what led to a measure, or to its lifting, turned out to be fraud; ``None`` where nobody knows of any of it."""
    known = [labels[change.event] for change in measure.changes if change.event is not None and change.event in labels]
    ended = () if measure.ended_by is None else (measure.ended_by,)
    known += [verdicts[one] for change in (*measure.changes, *ended) for one in (change.alert, change.case) if one in verdicts]
    return any(known) if known else None


def _payments(measures: Iterable[Stretch]) -> dict[EventId, tuple[int, int, Stretch]]:
    """Each payment that was stopped: since when, its amount, and the measure that held it longest.

    What was confirmed begins with the signature; until then another measure stood in for it.
    """
    found: dict[EventId, tuple[int, int, Stretch]] = {}
    for measure in measures:
        for change in measure.changes:
            if change.event is None or change.held_minor is None:
                continue
            known = found.get(change.event)
            if known is None:
                found[change.event] = change.time_us, change.held_minor, measure
                continue
            begun_us, amount, longest = known
            if longest.over_us < measure.over_us:
                amount, longest = change.held_minor, measure
            found[change.event] = min(begun_us, change.time_us), amount, longest
    return found
