"""One event from what a caller gives: the same rules as a file, all findings in one error."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from huitong.contracts import DataContract, Event, FieldSpec, FieldType, Value
from huitong.data.catalogue import finding, shown_name
from huitong.data.mapping import ColumnRule, nearest
from huitong.data.readers import FieldReader
from huitong.data.scalars import Held, Scale, is_nothing, to_id, to_instant
from huitong.kernel import ID_LENGTH_MAX, Clock, Finding, InputError, Money, Text

_MINOR = "_minor"


class EventReader:
    """Reads single events of one kind; the readers of its fields are made once.

    Args:
        contract: What the events must be like.
    """

    def __init__(self, contract: DataContract) -> None:
        self._contract = contract
        self._known = {"id", "time", "kind"}
        self._fields: list[_SingleField] = []
        for spec in contract.fields:
            self._fields.append(_SingleField(spec, _reader(spec, contract, ""), _held_reader(spec, contract)))
            self._known |= {spec.name, spec.name + _MINOR} if spec.type is FieldType.MONEY else {spec.name}

    def read(self, raw: Mapping[str, object], clock: Clock) -> Event:
        """An event from names and values; see ``event_of``."""
        event, findings = self.check(raw, clock)
        if event is None:
            raise _refused(self._contract, findings)
        return event

    def check(self, raw: Mapping[str, object], clock: Clock) -> tuple[Event | None, tuple[Finding, ...]]:
        """The event, or ``None``, and what was found; nothing is raised."""
        contract = self._contract
        latest_us = clock.now_us() + contract.ahead_max_us
        given = {str(name): _plain(value) for name, value in raw.items()}
        findings = [_unknown(name, contract) for name in given if name not in self._known]
        if given.get("kind", contract.kind) != contract.kind:
            findings.append(finding("kind.other", "kind", given["kind"], contract))
        event_id = to_id(given.get("id"), ID_LENGTH_MAX)
        if event_id.value is None:
            findings.append(finding(event_id.flaw or "field.missing", "id", given.get("id"), contract))
        time = _time(given.get("time"), contract, latest_us)
        if time.flaw:
            findings.append(finding(time.flaw, "time", given.get("time"), contract, latest_us))
        keys: dict[str, str] = {}
        data: dict[str, Value] = {}
        for field in self._fields:
            held, value = _field(field, contract, given)
            if held.flaw:
                findings.append(finding(held.flaw, field.spec.name, value, contract, latest_us))
            elif held.value is not None and field.spec.key is not None:
                keys[field.spec.key] = str(held.value)
            elif held.value is not None:
                data[field.spec.name] = bool(held.value) if field.spec.type is FieldType.BOOLEAN else held.value
        if findings:
            return None, tuple(findings)
        return Event(str(event_id.value), contract.kind, int(time.value or 0), keys, data), ()


def event_of(contract: DataContract, raw: Mapping[str, object], clock: Clock) -> Event:
    """An event from a mapping of names to values. Where many are read, keep an ``EventReader``.

    Args:
        contract: What the event must be like.
        raw: ``id``, ``time`` and the contract's fields by name. A time is an int (µs UTC), a ``datetime`` with a zone, or ISO 8601 text.
            An amount is a ``Money``, or a number or decimal text in major units; ``<field>_minor`` takes whole minor units instead.
        clock: Tells the present, which no event may lie far beyond.

    Raises:
        InputError: If anything is wrong; an ``EventRefusedError`` whose message lists every finding and whose ``findings`` holds them.
    """
    return EventReader(contract).read(raw, clock)


@dataclass(frozen=True, slots=True)
class _SingleField:
    spec: FieldSpec
    plain: FieldReader
    as_held: FieldReader
    """Reads what is given in the unit in which events hold it: minor units, µs."""


def _reader(spec: FieldSpec, contract: DataContract, unit: str) -> FieldReader:
    return FieldReader(ColumnRule(spec.name, unit=unit), spec, contract, 0)


def _held_reader(spec: FieldSpec, contract: DataContract) -> FieldReader:
    return _reader(spec, contract, {FieldType.MONEY: "minor", FieldType.TIMESTAMP: "us"}.get(spec.type, ""))


def _time(value: object, contract: DataContract, latest_us: int) -> Held:
    held = to_instant(value, Scale(rounds=True), 0, None, numbers_as_text=False)
    if held.value is None:
        return held if held.flaw else Held(None, "field.missing")
    if int(held.value) < contract.horizon_us:
        return Held(None, "time.before_horizon")
    return Held(None, "time.ahead") if int(held.value) > latest_us else held


def _field(field: _SingleField, contract: DataContract, given: Mapping[str, object]) -> tuple[Held, object]:
    """The field as held, and what was said about it."""
    spec = field.spec
    value = given.get(spec.name)
    if spec.type is FieldType.MONEY:
        minor = given.get(spec.name + _MINOR)
        if not is_nothing(minor):
            return (field.as_held.one(minor), minor) if is_nothing(value) else (Held(None, "amount.two_forms"), value)
        if isinstance(value, Money):
            if value.currency != contract.currency:
                return Held(None, "currency.not_accepted"), value.currency
            return field.as_held.one(value.amount_minor), value.amount_minor
    elif spec.type is FieldType.TIMESTAMP and isinstance(value, int):
        return field.as_held.one(value), value
    elif spec.name == contract.currency_field and is_nothing(value):
        value = next((one.currency for one in given.values() if isinstance(one, Money)), value)
    return field.plain.one(value), value


def _plain(value: object) -> object:
    """Scalars of numpy as Python's; a float32 as the shortest decimal that it prints as."""
    if isinstance(value, np.float32):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def _unknown(name: str, contract: DataContract) -> Finding:
    known = ["id", "time", *(spec.name for spec in contract.fields)]
    close = nearest(name, known)
    hints: Text | None = ({"en": f"did you mean {close}?", "zh": f"是否想写 {close}？"}) if close else None
    known_text = ", ".join(known)
    return finding(
        "field.unknown", shown_name(name), None, contract, limit=hints or {"en": f"known: {known_text}", "zh": f"已知：{known_text}"}
    )


class EventRefusedError(InputError):
    """An event that does not meet its contract; ``findings`` says everything that is wrong with it."""

    findings: tuple[Finding, ...] = ()


def _refused(contract: DataContract, findings: tuple[Finding, ...]) -> EventRefusedError:
    error = EventRefusedError(
        "event.refused",
        {
            "en": f"{contract.kind}: " + "; ".join(f"{one.where}: {one.text['en']}" for one in findings),
            "zh": f"{contract.kind}：" + "；".join(f"{one.where}：{one.text['zh']}" for one in findings),
        },
        {
            "en": "; ".join(dict.fromkeys(one.remedy["en"] for one in findings)),
            "zh": "；".join(dict.fromkeys(one.remedy["zh"] for one in findings)),
        },
    )
    error.findings = findings
    return error
