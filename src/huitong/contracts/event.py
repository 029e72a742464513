"""An event: a fact that happened, never changed after it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from huitong.kernel import EventId

Value = int | str | bool | None
"""What a field may hold. Numbers are integers: money in minor units, decimals scaled by their contract, time in µs, dates in days."""

_EMPTY: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """A fact.

    Attributes:
        id: The source's own id where it gives one, else a ULID; the idempotency key.
        kind: What happened (``"payment.requested"``).
        time_us: When it happened, in microseconds since the epoch, UTC.
        keys: Whom or what it concerns, by role (``{"account": "A1", "device": "D7"}``).
        data: Everything else, typed by the kind's data contract.
    """

    id: EventId
    kind: str
    time_us: int
    keys: Mapping[str, str]
    data: Mapping[str, Value] = field(default_factory=lambda: _EMPTY)
