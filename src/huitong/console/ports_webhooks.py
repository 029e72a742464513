"""What the pages about webhooks ask of a bank."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from huitong.contracts import Act, Actor, Command, Event
from huitong.operations.webhooks import Reach, Subscription, Webhooks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a subscription has not been told yet, as far as somebody has looked.

    Attributes:
        count: How many messages wait.
        whole: Whether all of the log was looked at; else there may be more.
        oldest_us: When the first of them happened, event time; ``None`` where none waits.
    """

    count: int
    whole: bool
    oldest_us: int | None


class WebhooksPort(Protocol):
    """The subscriptions of a bank; the acts are those of ``huitong.operations.webhooks``."""

    @property
    def reach(self) -> Reach:
        """Where messages may go besides the public internet."""
        ...

    def ask(self, question: Callable[[Webhooks], T], /) -> T:
        """What a question finds in the book as it now is."""
        ...

    def act(self, command: Command, act: Act[Webhooks], /) -> Sequence[Event]:
        """Carries an act out, once by the id of its command."""
        ...

    def secret(self, by: Actor, event: Event, *, again: bool) -> str | None:
        """The secret that an act led to, for who acted; given again, which is written down, it is ``None`` where it is no longer that one.

        Raises a ``PolicyError`` if they may not see it (any more).
        """
        ...

    def end(self) -> int:
        """Number of records in the log: where telling a new subscription begins."""
        ...

    def offset_of(self, record_id: str) -> int:
        """Where a decision, or an event, stands in the log. Raises an ``InputError`` if there is none."""
        ...

    def waiting(self, one: Subscription, looked_at_max: int) -> Waiting:
        """What a subscription has not been told yet.

        Args:
            one: The subscription.
            looked_at_max: Most records of its kinds that are looked at.
        """
        ...
