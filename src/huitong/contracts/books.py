"""A book: what a room knows, as a fold over events of some kinds. Measures, alerts, cases, roll-outs and users are books over one log.

An act on a book is a pure function from its state to the events that the act leads to; where the act may not be, it raises an error of
the tree and nothing is written. ``huitong.store.BookKeeper`` runs acts one after another, each on the state of the log's end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias, TypeVar

from huitong.contracts.actors import Actor
from huitong.contracts.decision import Decision
from huitong.contracts.event import Event
from huitong.kernel import EventId

S = TypeVar("S")
REQUEST_DIGEST = "request_digest"
"""Field of the first event of an act that somebody named by a key: what they asked for, as a digest."""


class Book(Protocol[S]):
    """A fold.

    Attributes:
        name: Stable name (``"measures"``), also that of the file it is kept in.
        version: Grows whenever ``blank`` or ``enter`` would give another state for the same events; an older kept state is folded again.
        kinds: Kinds of the events that it reads.
        state: Type of the state: a dataclass (not frozen) of what msgspec can write, by which a kept state is read.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def state(self) -> type[S]: ...

    def blank(self) -> S:
        """The state before the first event."""
        ...

    def enter(self, state: S, event: Event) -> None:
        """Takes an event into the state. Never refuses: whether an act is allowed was asked before its events were written."""
        ...


Act: TypeAlias = Callable[[S], Sequence[Event]]
"""From the state to the events of an act, the first of which carries the id of the command."""

Consequence: TypeAlias = Callable[[Event, Decision], Sequence[Event]]
"""From an event and its decision to what follows by itself: events with ids made from the decision's, written in the same commit. Pure."""


def id_of_act(by: Actor, key: str) -> EventId:
    """The id of the act that somebody names by a key: the same for the same, nobody else's, and no other record's.

    A key as it was sent would do for neither: whoever may act could take the id of a payment that is to come.
    """
    named = blake2b(f"{by.id}\0{key}".encode(), digest_size=16, person=b"act").hexdigest()
    return EventId(f"act:{named}")


@dataclass(frozen=True, slots=True)
class Command:
    """Who wants an act, and when.

    Attributes:
        id: Of the command, and of the first event that it leads to: given twice, it is carried out once.
        by: Who.
        now_us: When, µs UTC.
        expects: Looks at the state that the act finds, in the same turn, and raises where it is not the one that whoever acts has seen.
        zone: On whose clocks a refusal names times.
        request_digest: Of what is asked for, where whoever asks may ask again under the same id: what else they ask for is told from it.
    """

    id: EventId
    by: Actor
    now_us: int
    expects: Callable[[Any], None] | None = None
    zone: str = "UTC"
    request_digest: str | None = None

    def id_of(self, number: int) -> EventId:
        """Id of the act's event of that number, counted from 0."""
        return self.id if number == 0 else f"{self.id}/{number}"

    def marked(self, event: Event) -> Event:
        """The act's first event with what was asked for, which so outlives whoever remembers it."""
        digest = self.request_digest
        return event if digest is None else replace(event, data={**event.data, REQUEST_DIGEST: digest})
