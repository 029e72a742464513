"""The queue of alerts, as far as its reader may see it."""

from collections.abc import Callable
from dataclasses import dataclass

from huitong.api.work.desk import RAISED, AlertItem, alert_item, pattern_grade
from huitong.api.work.reading import Order
from huitong.api.work.showing import Showing
from huitong.identity import Veiled
from huitong.operations.cases import Investigator, Waiting, place_for


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """An alert in the queue, how long it will take, and whether its deadline is over."""

    alert: AlertItem
    minutes: Veiled[float]
    late: Veiled[bool]


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, those first that avoid most loss per minute of work; to who does not see losses, those first that are due.

    Attributes:
        items: The alerts.
        next: Cursor of the next page; ``null`` at the end.
        waiting: How many wait in all.
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
