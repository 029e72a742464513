"""Which columns of which event kinds the engine reads, and what each is: found by name in the data contracts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from huitong.contracts import DataContract, FieldSpec, FieldType
from huitong.features.declare import Declaration, Place
from huitong.kernel import Text

NUMERIC = (FieldType.MONEY, FieldType.INTEGER, FieldType.NUMBER)
MOMENTS_US = {FieldType.TIMESTAMP: 1, FieldType.DATE: 86_400_000_000}
"""Microseconds of one unit of a date or timestamp as held."""

VALUE_MAX = 10**15
"""Greatest size of a number that is added up, as held; sums and squares stay exact up to it."""


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of int64: a number as held, or the symbol of a text.

    Attributes:
        name: Field or key role.
        is_key: Whether it is a key role.
        is_text: Whether it holds symbols.
        summed: Whether values are added up, so that their size matters.
    """

    name: str
    is_key: bool
    is_text: bool
    summed: bool


@dataclass(frozen=True, slots=True)
class CodeColumn:
    """A column of key codes: a role or a text field, and the space its texts are numbered in."""

    name: str
    is_key: bool
    space: str


@dataclass(frozen=True, slots=True)
class Equality:
    """A condition on an entry: the literal as held."""

    name: str
    is_key: bool
    literal: str | int


@dataclass(slots=True)
class StreamColumns:
    """The columns of one event kind, collected while the plan is made.

    Attributes:
        contract: The kind's data contract.
        numbers: Columns of ``values``.
        codes: Columns of ``codes``.
    """

    contract: DataContract
    numbers: dict[str, NumberColumn] = field(default_factory=dict)
    codes: dict[str, CodeColumn] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The event kind."""
        return self.contract.kind

    def find(self, name: str, place: Place) -> FieldSpec:
        """The field of that name, or the field that carries that key role.

        Raises:
            PolicyError: If the kind has neither.
        """
        spec = self.contract.role(name) or self.contract.field(name)
        if spec is None:
            known = {field.key or field.name for field in self.contract.fields}
            raise place.wrong(f"{self.kind} has no field or key {name!r}", f"{self.kind} 没有字段或键 {name!r}", name, known)
        return spec

    def number(self, spec: FieldSpec, summed: bool = False) -> int:
        """Position of the field's column in ``values``; asked again, the same."""
        name = spec.key or spec.name
        known = self.numbers.get(name)
        if known is None or (summed and not known.summed):
            self.numbers[name] = NumberColumn(name, spec.key is not None, spec.type is FieldType.STRING, summed)
        return list(self.numbers).index(name)

    def code(self, spec: FieldSpec) -> int:
        """Position of the field's column in ``codes``."""
        name = spec.key or spec.name
        if name not in self.codes:
            self.codes[name] = code_column(spec, self.kind)
        return list(self.codes).index(name)

    def role(self, name: str, place: Place) -> CodeColumn:
        """The key role of that name, or the text field.

        Raises:
            PolicyError: If the kind has neither.
        """
        spec = self.contract.role(name) or self.contract.field(name)
        if spec is None or spec.type is not FieldType.STRING:
            known = {field.key or field.name for field in self.contract.fields if field.type is FieldType.STRING}
            raise place.wrong(f"{self.kind} has no key {name!r}", f"{self.kind} 没有键 {name!r}", name, known)
        return code_column(spec, self.kind)


def code_column(spec: FieldSpec, kind: str) -> CodeColumn:
    """The column of a key or text field; a text field has a space of its own, unless its contract names one."""
    if spec.key is not None:
        return CodeColumn(spec.key, True, spec.space or spec.key)
    return CodeColumn(spec.name, False, spec.space or space_of_text(spec.name, kind))


def space_of_text(name: str, kind: str) -> str:
    """The space of a text field whose contract names none: its own."""
    return f"{kind}#{name}"


def stream_of(kind: str, streams: dict[str, StreamColumns], contracts: Mapping[str, DataContract], place: Place) -> StreamColumns:
    """The stream of an event kind.

    Raises:
        PolicyError: If no data contract describes the kind.
    """
    if kind not in streams:
        if kind not in contracts:
            raise place.wrong(f"there is no data contract for {kind!r}", f"没有 {kind!r} 的数据契约", kind, contracts)
        streams[kind] = StreamColumns(contracts[kind])
    return streams[kind]


def equalities(declaration: Declaration, stream: StreamColumns) -> tuple[Equality, ...]:
    """The declaration's ``where``, with literals as held.

    Raises:
        PolicyError: If a field is unknown or a literal does not fit it.
    """
    found = []
    for name, literal in declaration.where:
        spec = stream.find(name, declaration.place)
        if (spec.type is FieldType.STRING) != isinstance(literal, str):
            raise declaration.place.wrong(
                f"where: {name} is a {spec.type.value}, not {literal!r}",
                f"where：{name} 的类型为 {spec.type.value}，而给出的是 {literal!r}",
            )
        if spec.one_of and literal not in spec.one_of:
            raise declaration.place.wrong(
                f"where: {name} is never {literal!r}", f"where：{name} 不会是 {literal!r}", str(literal), spec.one_of
            )
        held = literal if isinstance(literal, str) else round(literal * spec.scale)
        found.append(Equality(spec.key or spec.name, spec.key is not None, held))
    return tuple(found)


def field_title(contract: DataContract, name: str) -> Text:
    """A field's or key's name for people."""
    spec = contract.role(name) or contract.field(name)
    return spec.title if spec is not None else {"en": name, "zh": name}
