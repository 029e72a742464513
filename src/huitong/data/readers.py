"""One reader for each field: it converts and checks a column or a single value by the same rules."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huitong.contracts import NULL_CODE, NULL_INT, Codes, DataContract, FieldSpec, FieldType, Int64Array
from huitong.data import columns, scalars
from huitong.data.columns import BoolArray, Flaw
from huitong.data.mapping import ColumnRule
from huitong.data.scalars import Held, Scale
from huitong.data.shapes import INSTANT_MAX_US, INSTANT_MIN_US
from huitong.kernel import AMOUNT_MINOR_MAX, ID_LENGTH_MAX

_HELD_BOUND = 2**62

Converted = Int64Array | Codes
Bound = tuple[str, int, int]
"""A finding about an integer, and the range in which it is not made."""


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads the values of one field.

    Attributes:
        rule: Where it comes from and in which unit.
        spec: What the contract says of it; ``None`` for the event time.
        contract: The contract.
        latest_us: Latest event time that is believed, µs UTC.
        kind: Type of the field.
        scale: From the source's unit to the integer held.
        bounds: Findings about integers, the most telling first.
    """

    rule: ColumnRule
    spec: FieldSpec | None
    contract: DataContract
    latest_us: int
    kind: FieldType = field(init=False)
    scale: Scale = field(init=False)
    bounds: tuple[Bound, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", FieldType.TIMESTAMP if self.spec is None else self.spec.type)
        object.__setattr__(self, "scale", self.rule.scale(self.spec))
        object.__setattr__(self, "bounds", tuple(_bounds(self.spec, self.contract, self.latest_us)))

    @property
    def required(self) -> bool:
        """Whether a row without it is refused."""
        return self.spec is None or self.spec.required

    @property
    def is_text(self) -> bool:
        """Whether it is held as text."""
        return self.kind is FieldType.STRING

    def one(self, value: object) -> Held:
        """Converts and checks one value; where nothing is said, what the mapping takes instead."""
        held = self.convert(value)
        if held.value is None and not held.flaw:
            if self.rule.default is not None:
                return self.judge(self.rule.default)
            return Held(None, "field.missing") if self.required else held
        return self._checked(held)

    def judge(self, value: object) -> Held:
        """Converts and checks a value that the mapping itself writes down."""
        return self._checked(self._typed(value))

    def convert(self, value: object) -> Held:
        """The value as held, through the map of values where there is one; not yet checked."""
        if self.rule.values and not scalars.is_nothing(value):
            said = _said(value)
            if said not in self.rule.values:
                return Held(None, "value.unmapped")
            value = self.rule.values[said]
        return self._typed(value)

    def _typed(self, value: object) -> Held:
        kind, scale = self.kind, self.scale
        if kind is FieldType.STRING and self.spec is not None:
            return scalars.to_text(value, self.spec.length_max, self.rule.prefix)
        if kind is FieldType.MONEY:
            return scalars.to_money(value, scale)
        if kind is FieldType.BOOLEAN:
            return scalars.to_boolean(value)
        if kind is FieldType.DATE:
            return scalars.to_date(value)
        if kind is FieldType.TIMESTAMP:
            return scalars.to_instant(value, scale, self.rule.epoch_us, self.rule.zone, numbers_as_text=self.rule.counts_time)
        return scalars.to_scaled(value, scale)

    def _checked(self, held: Held) -> Held:
        if held.flaw or held.value is None:
            return held
        flaw = self._text_flaw(held.value) if isinstance(held.value, str) else self._integer_flaw(held.value)
        return Held(None, flaw) if flaw else held

    def _text_flaw(self, text: str) -> str:
        if self.spec is None:
            return ""
        if self.spec.name == self.contract.currency_field:
            return scalars.currency_flaw(text, self.contract.currency)
        return "field.one_of" if self.spec.one_of and text not in self.spec.one_of else ""

    def _integer_flaw(self, value: int) -> str:
        for code, low, high in self.bounds:
            if not low <= value <= high:
                return code
        return ""

    def column(self, source: pa.Array | None, length: int) -> tuple[Converted, list[Flaw]]:
        """Converts and checks a column of ``length`` rows; ``source`` is ``None`` where the rule is a constant."""
        if source is None:
            source = pa.array([self.rule.constant]).take(pa.array(np.zeros(length, np.int64)))
        if not (self.is_text and pa.types.is_dictionary(source.type)):
            source = columns.flat(source)
        held, flaws = self._converted_column(source)
        if self.rule.default is not None:
            held = self._filled(held, flaws)
        flaws += self._checked_column(held)
        return held, flaws

    def _converted_column(self, source: pa.Array) -> tuple[Converted, list[Flaw]]:
        name = self.rule.field
        if self.is_text:
            return columns.coded(source, self._mapped_texts if self.rule.values else self._plain_texts)
        if self.rule.values:
            return columns.looked_up(source, self.convert, name)
        kind, scale = self.kind, self.scale
        if kind is FieldType.TIMESTAMP:
            return columns.instants(
                source, scale, self.rule.epoch_us, self.rule.zone, self._typed, name, numbers_as_text=self.rule.counts_time
            )
        if kind is FieldType.BOOLEAN:
            return columns.booleans(source, self._typed, name)
        if kind is FieldType.DATE:
            return columns.dates(source, self._typed, name)
        return columns.numbers(source, scale, self._typed, name, AMOUNT_MINOR_MAX if kind is FieldType.MONEY else _HELD_BOUND)

    def _plain_texts(self, values: pa.Array) -> tuple[pa.StringArray, list[Flaw]]:
        length_max = self.spec.length_max if self.spec else ID_LENGTH_MAX
        return columns.texts(values, self._typed, self.rule.field, self.rule.prefix, length_max, "field.length")

    def _mapped_texts(self, values: pa.Array) -> tuple[pa.StringArray, list[Flaw]]:
        found = [self.convert(value) for value in values.to_pylist()]
        rows = np.arange(len(found))
        return pa.array([one.value for one in found], pa.string()), columns.by_code(
            [one.flaw for one in found], rows, rows, self.rule.field
        )

    def _filled(self, held: Converted, flaws: list[Flaw]) -> Converted:
        """With the default where the source says nothing."""
        silent = missing(held) & ~flawed(flaws, len(missing(held)))
        value = self._typed(self.rule.default).value
        if not isinstance(held, Codes):
            return np.where(silent, NULL_INT if value is None else int(value), held)
        position = pc.index(held.values, value).as_py()
        values = held.values if position >= 0 else pa.concat_arrays([held.values, pa.array([value], pa.string())])
        return Codes(np.where(silent, position if position >= 0 else len(held.values), held.codes).astype(np.int32), values)

    def _checked_column(self, held: Converted) -> list[Flaw]:
        if isinstance(held, Codes):
            if not self._checks_text():
                return []
            found = [*(self._text_flaw(text) for text in held.values.to_pylist()), ""]
            return columns.by_code(found, held.codes, np.arange(len(held.codes)), self.rule.field)
        flaws, unjudged = [], held != NULL_INT
        for code, low, high in self.bounds:
            hit = unjudged & ((held < low) | (held > high))
            if hit.any():
                flaws.append(Flaw(code, self.rule.field, np.flatnonzero(hit)))
                unjudged &= ~hit
        return flaws

    def _checks_text(self) -> bool:
        return self.spec is not None and bool(self.spec.one_of or self.spec.name == self.contract.currency_field)


def _bounds(spec: FieldSpec | None, contract: DataContract, latest_us: int) -> list[Bound]:
    low, high = -scalars.INT64_MAX, scalars.INT64_MAX
    if spec is None:
        return [("time.before_horizon", contract.horizon_us, high), ("time.ahead", low, latest_us)]
    bounds: list[Bound] = []
    if spec.type is FieldType.TIMESTAMP:
        bounds.append(("time.unreadable", INSTANT_MIN_US, INSTANT_MAX_US))
    if spec.type is FieldType.MONEY and (spec.minimum is None or spec.minimum >= 0):
        bounds.append(("amount.negative", 0, high))
    if spec.minimum is not None:
        bounds.append(("field.range.below", spec.minimum, high))
    if spec.maximum is not None:
        bounds.append(("field.range.above", low, spec.maximum))
    return bounds


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def missing(held: Converted) -> BoolArray:
    """Which rows hold nothing."""
    mask: BoolArray = held.codes == NULL_CODE if isinstance(held, Codes) else held == NULL_INT
    return mask


def flawed(flaws: list[Flaw], length: int) -> BoolArray:
    """Which rows have a finding."""
    mask = np.zeros(length, np.bool_)
    for flaw in flaws:
        mask[flaw.rows] = True
    return mask
