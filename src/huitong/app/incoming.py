"""One event as it comes in: names and values, or an ``Event`` that somebody made, held to the data contract alike."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from huitong.contracts import DataContract, Event, FieldType, Value
from huitong.data import EventReader
from huitong.kernel import Clock

_EPOCH = date(1970, 1, 1)


def fact_of(reader: EventReader, contract: DataContract, given: Event | Mapping[str, object], clock: Clock) -> Event:
    """The event, checked.

    Args:
        reader: Reads events of the contract.
        contract: What the event must be like.
        given: An event, or names and values.
        clock: Tells the present, which no event may lie far beyond.

    Raises:
        InputError: If anything is wrong with it; the message lists every finding.
    """
    if not isinstance(given, Event):
        return reader.read(given, clock)
    if given.kind != contract.kind:
        return given  # refused, or passed on, by whoever reads its kind
    reader.read(_named(given, contract), clock)
    return given


def _named(event: Event, contract: DataContract) -> dict[str, object]:
    """The event as names and values; what the contract does not know keeps its name and is found out by it."""
    keys, data = dict(event.keys), dict(event.data)
    named: dict[str, object] = {"id": event.id, "time": event.time_us}
    for spec in contract.fields:
        value = keys.pop(spec.key, None) if spec.key is not None else data.pop(spec.name, None)
        name = f"{spec.name}_minor" if spec.type is FieldType.MONEY else spec.name
        if value is not None:
            named[name] = _for_people(value, spec.type, spec.decimals)
    return named | keys | data


def _for_people(value: Value, kind: FieldType, decimals: int) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if kind is FieldType.NUMBER:
        return Decimal(value).scaleb(-decimals)
    if kind is FieldType.DATE:
        return (_EPOCH + timedelta(days=value)).isoformat()
    return value
