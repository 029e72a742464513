"""Decisions in the log, newest first: by the columns that a console keeps of the latest, and else a stretch of the log at a time."""

from collections.abc import Iterator
from dataclasses import replace

from huitong.api.service import Search, SearchPage
from huitong.app.decided import DecidedIndex
from huitong.console.ports import DecisionSearch
from huitong.contracts import Decision, Event
from huitong.store import DECISION_KIND, RecordLog, decode

FIRST_STRETCH, STRETCH_MAX = 512, 8_192
"""Offsets of the log that are read at once: few where nearly everything fits, more the longer nothing does."""
PAGE_MIN = 256
"""Decisions that the columns are asked for at once at least: each question passes over all of them."""
LOOKED_AT_MAX = 50_000
"""Most decisions that one page looks at; the next page goes on from there."""


def search(log: RecordLog, wanted: Search, looked_at_max: int = LOOKED_AT_MAX) -> SearchPage:
    """A page of decisions.

    Args:
        log: The log.
        wanted: What is looked for.
        looked_at_max: Most offsets that are looked at.
    """
    found: list[tuple[Decision, Event]] = []
    looked_at, stretch = 0, FIRST_STRETCH
    stop = log.end() if wanted.before is None else min(wanted.before, log.end())
    while stop > 0:
        start, stretch = max(0, stop - stretch), min(2 * stretch, STRETCH_MAX)
        for position, decision_id, event in _matching(log, wanted, start, stop):
            decision = log.decision(decision_id)
            if decision is not None:
                found.append((decision, event))
            if len(found) == wanted.limit:
                return SearchPage(found, position, looked_at + stop - position)
        looked_at += stop - start
        stop = start
        if looked_at >= looked_at_max:
            break
    return SearchPage(found, stop or None, looked_at)


def search_by(index: DecidedIndex, log: RecordLog, wanted: Search) -> SearchPage:
    """A page of decisions by columns in memory: the same as without them, but full where there are so many.

    Args:
        index: The columns. While they are still being folded for the first time, and for what is older, the log is looked through.
        log: The log.
        wanted: What is looked for.
    """
    end = log.end()
    index.follow()
    if index.reached < end or (wanted.before is not None and wanted.before <= index.first):
        return search(log, wanted)
    asked = DecisionSearch(
        wanted.since_us,
        wanted.until_us,
        wanted.subject,
        wanted.outcomes,
        wanted.policy,
        wanted.before,
        wanted.limit,
    )
    roles = frozenset(role for of_kind in wanted.roles.values() for role in of_kind)
    found: list[tuple[Decision, Event]] = []
    looked_at = 0
    while True:
        offsets, _, before = index.page(asked, roles)
        looked_at += len(offsets)
        for offset, decision, event in index.of(offsets):
            if not _fits(event, wanted):  # the columns know roles, but not of which kind of event each may be asked for
                continue
            found.append((decision, event))
            if len(found) == wanted.limit:
                return SearchPage(found, before if offset == offsets[-1] else offset, looked_at)
        if before is None or looked_at >= LOOKED_AT_MAX:
            return SearchPage(found, before, looked_at)
        if before <= index.first:
            rest = search(log, replace(wanted, before=before, limit=wanted.limit - len(found)))
            return SearchPage([*found, *rest.found], rest.before, looked_at + rest.looked_at)
        asked = replace(asked, before=before, limit=max(wanted.limit, PAGE_MIN))


def _matching(log: RecordLog, wanted: Search, start: int, stop: int) -> Iterator[tuple[int, str, Event]]:
    """Position, id and event of decisions in a stretch that match, newest first."""
    likely: list[tuple[int, Decision]] = []
    for row in log.reader.stretch(start, stop, [DECISION_KIND]):
        decision = decode(row.payload)
        if isinstance(decision, Decision) and _outcome_fits(decision, wanted) and wanted.policy in (None, decision.policy):
            likely.append((row.position, decision))
    events = log.events([decision.event for _, decision in likely])
    for position, decision in reversed(likely):
        event = events.get(decision.event)
        if event is not None and _fits(event, wanted):
            yield position, decision.id, event


def _outcome_fits(decision: Decision, wanted: Search) -> bool:
    return not wanted.outcomes or decision.outcome in wanted.outcomes


def _fits(event: Event, wanted: Search) -> bool:
    if wanted.since_us is not None and event.time_us < wanted.since_us:
        return False
    if wanted.until_us is not None and event.time_us >= wanted.until_us:
        return False
    return wanted.subject is None or any(event.keys.get(role) == wanted.subject for role in wanted.roles.get(event.kind, ()))
