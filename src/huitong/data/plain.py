"""Events in their plainest form, straight from the bytes of a JSON object: what nearly every event of a system that calls us looks like.

Whatever is not plainly right (another spelling of a number, a time in another form, an unknown name, an escape) is left to
``EventReader``, which says what it is or what is wrong with it. So both read the same bytes the same way, one of them much faster.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from huitong.contracts import DataContract, Event, FieldSpec, FieldType, Value
from huitong.data.mapping import ColumnRule
from huitong.data.readers import FieldReader
from huitong.data.scalars import DOTS
from huitong.kernel import AMOUNT_MINOR_MAX, ID_LENGTH_MAX, Clock

_ODD = re.compile(rb"[\x00-\x1f\x7f\\]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
"""Escapes, and characters that no text of an event may hold."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WHOLE_DIGITS_MAX = 12
_NUMBERS = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER})

_Read: TypeAlias = Callable[[Any], Value]


class _NotPlainError(Exception):
    """A value in a form that is left to the other reader."""


class PlainReader:
    """Reads events of one kind from JSON.

    Args:
        contract: What the events must be like.
    """

    def __init__(self, contract: DataContract) -> None:
        self._kind, self._horizon_us, self._ahead_max_us = contract.kind, contract.horizon_us, contract.ahead_max_us
        name = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_LENGTH_MAX)]
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [("id", name), ("time", str)]
        fields += [(spec.name, _type_of(spec, contract)) for spec in contract.fields if spec.required]
        optional = [spec for spec in contract.fields if not spec.required]  # left out is told from null, so that names can be counted
        fields += [(spec.name, _type_of(spec, contract) | None | UnsetType, UNSET) for spec in optional]
        fields.append(("kind", Literal[contract.kind] | UnsetType, UNSET))
        shape = msgspec.defstruct("Plain", fields, forbid_unknown_fields=True, kw_only=True, gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(shape).decode
        self._steps = [(spec.key, spec.name, _read_of(spec, contract)) for spec in contract.fields]
        self._values: Callable[[Any], tuple[Any, ...]] = attrgetter("kind", "id", "time", *(spec.name for spec in contract.fields))

    def read(self, body: bytes, clock: Clock) -> Event | None:
        """The event that a JSON object says, or ``None`` where it is not plain.

        Args:
            body: The bytes, without blanks around them.
            clock: Tells the present, which no event may lie far beyond.
        """
        if _ODD.search(body) is not None:
            return None
        try:
            said = self._values(self._decode(body))
            if said[1] in DOTS or body.count(b'"') != _quotes(said):
                return None
            _, event_id, time, *values = said
            moment = datetime.fromisoformat(time)
            time_us = (moment - _EPOCH) // _MICROSECOND  # a moment without an offset is no plain one: TypeError
            if not self._horizon_us <= time_us <= clock.now_us() + self._ahead_max_us:
                return None
            keys: dict[str, str] = {}
            data: dict[str, Value] = {}
            for (key, name, read), value in zip(self._steps, values, strict=True):
                if value is UNSET or value is None:
                    continue
                if key is not None:
                    keys[key] = value
                else:
                    data[name] = value if read is None else read(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, ValueError, _NotPlainError):
            return None
        return Event(event_id, self._kind, time_us, keys, data)


def _quotes(said: tuple[Any, ...]) -> int:
    """Quotation marks around names and texts. Where there are more, and no escapes, a name stands there twice."""
    return 2 * (len(said) - said.count(UNSET) + list(map(type, said)).count(str))


def _type_of(spec: FieldSpec, contract: DataContract) -> Any:  # noqa: ANN401 -- types are made here
    if spec.type is FieldType.STRING:
        if spec.name == contract.currency_field:
            return Literal[contract.currency]
        if spec.one_of:
            return Literal[tuple(text for text in spec.one_of if len(text) <= spec.length_max)]
        return Annotated[str, msgspec.Meta(min_length=1, max_length=spec.length_max)]
    if spec.key is None and spec.type in _NUMBERS:
        return str | int | float
    return bool if spec.key is None and spec.type is FieldType.BOOLEAN else UnsetType  # what is left out is not plain


def _read_of(spec: FieldSpec, contract: DataContract) -> _Read | None:
    if spec.key is not None or spec.type not in _NUMBERS:
        return None
    scale, decimals = spec.scale, spec.decimals
    number = re.compile(rf"([0-9]{{1,{_WHOLE_DIGITS_MAX}}})" + (rf"(?:\.([0-9]{{1,{decimals}}}))?" if decimals else "()"))
    bounds = FieldReader(ColumnRule(spec.name), spec, contract, 0).bounds
    low = max((bound[1] for bound in bounds), default=0)
    high = min((bound[2] for bound in bounds), default=AMOUNT_MINOR_MAX)
    if spec.type is FieldType.MONEY:
        high = min(high, AMOUNT_MINOR_MAX)

    def read(value: str | float) -> int:
        if isinstance(value, int):
            held = value * scale
        else:
            found = number.fullmatch(value if isinstance(value, str) else repr(value))
            if found is None:
                raise _NotPlainError
            whole, rest = found.groups()
            held = int(whole) * scale + (int(rest.ljust(decimals, "0")) if rest else 0)
        if not low <= held <= high:
            raise _NotPlainError
        return held

    return read
