"""Where features read what follows from decisions: how many events may be decided together with the bits of one by one.

The key: what follows from a decision names whom its event names. As long as no event asks about anybody whom an earlier one of the stretch
names, nothing that follows could change its features, and it makes no difference that all of that comes after the stretch.
"""

from collections.abc import Collection, Iterator, Sequence

from huitong.contracts import Event
from huitong.features import FeaturePlan


def roles_asked_of(plan: FeaturePlan, kinds: Collection[str]) -> frozenset[str]:
    """The keys of a decided event by which features ask about events of these kinds."""
    return frozenset(role.name for grouping in plan.groupings if grouping.key.kind in kinds for role in grouping.key.asked)


def stretches(events: Sequence[Event], roles: Collection[str], lateness_us: int) -> Iterator[slice]:
    """Stretches of events that may be decided together, in their order; each as long as it can be.

    Args:
        events: The events.
        roles: Keys by which features ask about what follows; without any, all events are one stretch.
        lateness_us: How late what follows may come and still be put in its place: it has the time of its event.
    """
    start, named = 0, set[str]()
    oldest_us = newest_us = events[0].time_us if events else 0
    for place, event in enumerate(events):
        oldest_us, newest_us = min(oldest_us, event.time_us), max(newest_us, event.time_us)
        if roles and place > start and (newest_us - oldest_us > lateness_us or any(event.keys.get(role) in named for role in roles)):
            yield slice(start, place)
            start, oldest_us, newest_us = place, event.time_us, event.time_us
            named.clear()
        named.update(event.keys.values())
    if events:
        yield slice(start, len(events))


def names_others(event: Event, follows: Event) -> bool:
    """Whether what follows from an event names somebody whom the event does not."""
    return not set(follows.keys.values()) <= set(event.keys.values())
