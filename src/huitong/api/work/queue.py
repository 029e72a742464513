"""The queue of alerts, as far as its reader may see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from huitong.api.work.desk import RAISED, AlertItem, alert_item, pattern_grade
from huitong.api.work.port import WorkService
from huitong.api.work.reading import Order, page_of
from huitong.api.work.showing import Showing
from huitong.identity import Veiled
from huitong.operations import cases
from huitong.operations.cases import Desk, Investigator, Waiting, place_for

State = Literal["open", "snoozed", "closed", "review", "all"]
STATES = (
    "Which alerts: `open` ones that are awake; `snoozed` ones; `closed` ones; those that wait for a second look (`review`), those first "
    "that were raised first; `all` there are. Closed ones and all stand with those first that were raised last."
)


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """An alert, how long it takes, and whether its deadline is over while it is open."""

    alert: AlertItem
    minutes: Veiled[float]
    late: Veiled[bool]


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of alerts; of open ones those first that avoid most loss per minute of work, to who does not see losses, those that are due.

    Attributes:
        items: The alerts.
        next: Cursor of the next page; ``null`` at the end.
        waiting: How many open ones wait in all, whichever are on the page.
        hours: How much work that is.
        late: Those whose deadline is over, also of those that sleep.
        asleep: Those that sleep.
    """

    items: list[WaitingItem]
    next: str | None
    waiting: int
    hours: float
    late: int
    asleep: int


def waiting_item(one: Waiting, showing: Showing, proposed: Investigator | None) -> WaitingItem:
    """An alert in the queue. How long it takes says which pattern it shows."""
    alert, id_ = one.alert, one.alert.id
    minutes = showing.value(id_, RAISED, "pattern", round(one.minutes, 1), pattern_grade(alert, showing))
    return WaitingItem(alert_item(alert, showing, proposed), minutes, showing.value(id_, RAISED, "due", one.late))


def order_of(showing: Showing, named: Callable[[str], Waiting]) -> Order[Waiting]:
    """An order that tells its reader nothing which they may not see."""
    losses, due = showing.sees(RAISED, "expected_loss"), showing.sees(RAISED, "due")
    return Order(lambda one: one.alert.id, lambda one: place_for(one, losses=losses, due=due), named)


def alerts_page(
    service: WorkService, showing: Showing, state: State, assignee: str | None, cursor: str | None, limit: int
) -> tuple[Sequence[Waiting], str | None]:
    """A page of alerts of a state, and the cursor of the next; what stands on it is a copy."""
    settings, now_us = service.desk_settings, service.now_us()

    def waiting(desk: Desk, alert: str) -> Waiting:
        return cases.as_waiting(desk, replace(cases.alert_of(desk, alert)), settings, now_us)

    match state:
        case "open" | "snoozed":
            found = service.ask_desk(lambda desk: cases.queue(desk, settings, now_us, assignee=assignee, asleep=state == "snoozed"))
            order = order_of(showing, lambda alert: service.ask_desk(lambda desk: waiting(desk, alert)))
            return page_of(found, cursor, limit, order)
        case _:
            past = service.ask_desk(lambda desk: cases.past(desk, settings, state, assignee))
            page, after = page_of(past, cursor, limit, _by_age(service, state))
            return service.ask_desk(lambda desk: [waiting(desk, one.id) for one in page]), after


def _by_age(service: WorkService, state: State) -> Order[cases.Alert]:
    """By when it was raised, which nothing that is done meanwhile moves."""
    sign = 1 if state == "review" else -1

    def named(alert: str) -> cases.Alert:
        return service.ask_desk(lambda desk: cases.alert_of(desk, alert))

    return Order(lambda one: one.id, lambda one: (sign * one.raised_us, one.id), named)
