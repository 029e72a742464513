"""From declarations to what the engine does: each feature's type and unit, and its wish to a grouping, a field, a list or the graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from huitong.contracts import DataContract, FieldSpec, FieldType
from huitong.features import layout
from huitong.features.calendar import PARTS
from huitong.features.columns import (
    MOMENTS_US,
    NUMERIC,
    VALUE_MAX,
    CodeColumn,
    Equality,
    StreamColumns,
    equalities,
    space_of_text,
    stream_of,
)
from huitong.features.declare import Declaration, unit_us
from huitong.features.program import Read

FeatureType = Literal["number", "boolean", "string"]

_WINDOW_CODES = {
    "sum": layout.OP_READ_SUM,
    "mean": layout.OP_READ_MEAN,
    "rate": layout.OP_READ_MEAN,
    "std": layout.OP_READ_STD,
    "zscore": layout.OP_READ_ZSCORE,
    "ratio_to_mean": layout.OP_READ_RATIO_TO_MEAN,
    "min": layout.OP_READ_EXTREMUM,
    "max": layout.OP_READ_EXTREMUM,
}
_UNITLESS = ("zscore", "ratio_to_mean", "rate")
_REMEMBER_ALWAYS = (
    layout.OP_READ_SINCE_LAST,
    layout.OP_READ_SINCE_FIRST,
    layout.OP_READ_TOTAL,
    layout.OP_READ_AGE,
    layout.OP_READ_REMAINING,
)


@dataclass(frozen=True, slots=True)
class GroupingKey:
    """What makes a grouping: kind of its entries, their roles, the roles asked by, the condition on an entry."""

    kind: str
    roles: tuple[CodeColumn, ...]
    asked: tuple[CodeColumn, ...]
    where: tuple[Equality, ...]


@dataclass(frozen=True, slots=True)
class FieldRead:
    """A feature read off the event: column of ``values``, its divisor; for an age the microseconds of a unit."""

    out: int
    value: int
    scale: int
    multiplier_us: int


@dataclass(frozen=True, slots=True)
class ListRead:
    """A feature that asks whether a text is on a list."""

    out: int
    list: str
    name: str
    is_key: bool


@dataclass(slots=True)
class Resolution:
    """Everything that the declarations come to.

    Attributes:
        contracts: The data contracts by kind.
        decides: The decided kind.
        streams: Columns by kind.
        groupings: Wishes by grouping.
        fields: Features of the event itself.
        calendar: Rows (part, out).
        lists: List features.
        graph: Graph features, in order.
        types: Type and unit of each feature.
        holds: Columns of the time left of which only whether there is any counts.
    """

    contracts: Mapping[str, DataContract]
    decides: str
    streams: dict[str, StreamColumns] = field(default_factory=dict)
    groupings: dict[GroupingKey, list[Read]] = field(default_factory=dict)
    fields: list[FieldRead] = field(default_factory=list)
    calendar: list[tuple[int, int]] = field(default_factory=list)
    lists: list[ListRead] = field(default_factory=list)
    graph: list[tuple[Declaration, int]] = field(default_factory=list)
    types: dict[str, tuple[FeatureType, str | None]] = field(default_factory=dict)
    holds: list[int] = field(default_factory=list)

    def add(self, declaration: Declaration, out: int) -> None:
        """Takes up one declaration as column ``out``.

        Raises:
            PolicyError: If it does not fit the data contracts.
        """
        family = declaration.operation.family
        if family == "window":
            answer = self._window(declaration, out)
        elif family == "history":
            answer = self._history(declaration, out)
        elif family == "event":
            answer = self._event(declaration, out)
        elif family == "graph":
            self.graph.append((declaration, out))
            answer = ("number", None)
        else:
            answer = ("number", None)
        self.types[declaration.name] = answer

    def decided(self) -> StreamColumns:
        """The decided kind's columns."""
        return self.streams[self.decides]

    def _event(self, declaration: Declaration, out: int) -> tuple[FeatureType, str | None]:
        name, place, stream = str(declaration.argument), declaration.place, self.decided()
        if declaration.operation.name == "calendar":
            if name not in PARTS:
                raise place.wrong(f"unknown calendar part {name!r}", f"未知的日历成分 {name!r}", name, PARTS)
            self.calendar.append((PARTS.index(name), out))
            return ("boolean" if name.startswith("is_") else "number"), None
        if declaration.operation.name == "list":
            spec = stream.find(str(declaration.options["of"]), place)
            if spec.type is not FieldType.STRING:
                raise place.wrong(f"{spec.name} is no text", f"{spec.name} 不是文本")
            self.lists.append(ListRead(out, name, spec.key or spec.name, spec.key is not None))
            return "boolean", None
        spec = stream.find(name, place)
        column = stream.number(spec)
        age = self._age(declaration, spec)
        if age is not None:
            self.fields.append(FieldRead(out, column, age[0], age[1]))
            return "number", str(declaration.options["unit"])
        self.fields.append(FieldRead(out, column, spec.scale, 0))
        return value_type(spec), value_unit(spec, stream.contract)

    def _window(self, declaration: Declaration, out: int) -> tuple[FeatureType, str | None]:
        operation, place = declaration.operation.name, declaration.place
        stream = self._stream(declaration, self.decides)
        reads = self._grouping(declaration, stream)
        span = declaration.over_us
        if operation == "count":
            reads.append(Read(layout.OP_READ_COUNT, out, span))
            return "number", None
        spec = stream.find(str(declaration.argument), place)
        if operation == "distinct":
            if spec.type is not FieldType.STRING:
                raise place.wrong(
                    f"{spec.name} is a {spec.type.value}: distinct counts keys and texts",
                    f"{spec.name} 的类型为 {spec.type.value}：distinct 只数键与文本",
                )
            if span is None:
                raise place.wrong("distinct over ever would grow without bound", "distinct 不支持 ever，否则内存无上限")
            reads.append(Read(layout.OP_READ_DISTINCT, out, span, text=stream.code(spec)))
            return "number", None
        wanted = (FieldType.BOOLEAN,) if operation == "rate" else (*NUMERIC, FieldType.BOOLEAN)
        if spec.type not in wanted:
            raise place.wrong(
                f"{operation} takes no {spec.type.value} ({spec.name})", f"{operation} 不适用于 {spec.type.value} 类型（{spec.name}）"
            )
        summed = operation not in ("min", "max")
        if summed and spec.type in (FieldType.INTEGER, FieldType.NUMBER) and not _bounded(spec):
            # One event beyond it would be in the log for good, and nothing behind it could be decided any more.
            most = VALUE_MAX // spec.scale
            raise place.wrong(
                f"{operation} adds {spec.name} up: give it min and max in the data contract of {stream.kind}, within ±{most}",
                f"{operation} 要对 {spec.name} 求和：请在 {stream.kind} 的数据契约中为其设置 min 与 max，不超出 ±{most}",
            )
        unitless = operation in _UNITLESS
        reads.append(
            Read(
                _WINDOW_CODES[operation],
                out,
                span,
                value=stream.number(spec, summed=summed),
                nullable=not spec.required,
                sign=-1 if operation == "min" else 1,
                scale=1 if unitless else spec.scale,
            )
        )
        return "number", None if unitless else value_unit(spec, stream.contract)

    def _history(self, declaration: Declaration, out: int) -> tuple[FeatureType, str | None]:
        operation, place = declaration.operation.name, declaration.place
        if operation in ("remaining", "holds"):
            return self._remaining(declaration, out)
        if operation != "profile":
            reads = self._grouping(declaration, self._stream(declaration, self.decides))
            code = layout.OP_READ_SINCE_LAST if operation == "since_last" else layout.OP_READ_SINCE_FIRST
            scale = unit_us(declaration, "seconds")
            reads.append(Read(code, out, scale=scale or 1))
            return "number", str(declaration.options.get("unit", "seconds"))
        stream = self._stream(declaration, f"{declaration.by[0]}.profile")
        reads = self._grouping(declaration, stream)
        spec = stream.find(str(declaration.argument), place)
        age = self._age(declaration, spec)
        scale, multiplier = age or (spec.scale, 1)
        code = layout.OP_READ_TOTAL if age is None else layout.OP_READ_AGE
        reads.append(Read(code, out, value=stream.number(spec), nullable=True, scale=scale, multiplier_us=multiplier))
        if age is not None:
            return "number", str(declaration.options["unit"])
        return value_type(spec), value_unit(spec, stream.contract)

    def _remaining(self, declaration: Declaration, out: int) -> tuple[FeatureType, str | None]:
        stream = self._stream(declaration, self.decides)
        reads = self._grouping(declaration, stream)
        spec = stream.find(str(declaration.argument), declaration.place)
        if spec.type is not FieldType.TIMESTAMP:
            raise declaration.place.wrong(
                f"{spec.name} is a {spec.type.value}: {declaration.operation.name} takes a timestamp",
                f"{spec.name} 的类型为 {spec.type.value}：{declaration.operation.name} 只适用于 timestamp",
            )
        reads.append(
            Read(layout.OP_READ_REMAINING, out, value=stream.number(spec), nullable=True, scale=unit_us(declaration, "seconds") or 1)
        )
        if declaration.operation.name == "holds":
            self.holds.append(out)
            return "boolean", None
        return "number", str(declaration.options.get("unit", "seconds"))

    def _age(self, declaration: Declaration, spec: FieldSpec) -> tuple[int, int] | None:
        """Divisor and microseconds of a unit as held, where a unit asks for the age of a date or timestamp."""
        scale = unit_us(declaration, None)
        if scale is None:
            return None
        if spec.type not in MOMENTS_US:
            raise declaration.place.wrong(
                f"{spec.name} is a {spec.type.value} and has no age", f"{spec.name} 的类型为 {spec.type.value}，没有时长可言"
            )
        return scale, MOMENTS_US[spec.type]

    def _stream(self, declaration: Declaration, default: str) -> StreamColumns:
        return stream_of(declaration.events or default, self.streams, self.contracts, declaration.place)

    def _grouping(self, declaration: Declaration, stream: StreamColumns) -> list[Read]:
        place = declaration.place
        asked = tuple(self.decided().role(name, place) for name in declaration.by)
        entries = (stream.role(name, place) for name in declaration.roles)
        roles = tuple(_in_space_of(ask, entry, self.decides, stream.kind) for ask, entry in zip(asked, entries, strict=True))
        for entry, ask in zip(roles, asked, strict=True):
            if entry.space != ask.space:
                raise place.wrong(
                    f"key {ask.name} ({ask.space}) and key {entry.name} ({entry.space}) name different things",
                    f"键 {ask.name}（{ask.space}）与键 {entry.name}（{entry.space}）所指不是同一类对象",
                )
        key = GroupingKey(stream.kind, roles, asked, equalities(declaration, stream))
        return self.groupings.setdefault(key, [])


def _in_space_of(ask: CodeColumn, entry: CodeColumn, decides: str, kind: str) -> CodeColumn:
    """The entries' role in the space by which it is asked, where both are texts of one name that no contract says the space of."""
    plain = all(not one.is_key and one.space == space_of_text(one.name, of) for one, of in ((ask, decides), (entry, kind)))
    return replace(entry, space=ask.space) if plain and ask.name == entry.name else entry


def _bounded(spec: FieldSpec) -> bool:
    """Whether whatever passes the door can be added up exactly."""
    return all(bound is not None and abs(bound) <= VALUE_MAX for bound in (spec.minimum, spec.maximum))


def remembers_always(reads: list[Read]) -> bool:
    """Whether a key without kept entries still has something to say."""
    return any(read.code in _REMEMBER_ALWAYS or read.span_us is None for read in reads)


def value_type(spec: FieldSpec) -> FeatureType:
    """Type of a feature that is a field's value."""
    return {FieldType.STRING: "string", FieldType.BOOLEAN: "boolean"}.get(spec.type, "number")  # type: ignore[return-value]


def value_unit(spec: FieldSpec, contract: DataContract) -> str | None:
    """Unit of a field's value for people."""
    if spec.type is FieldType.MONEY:
        return contract.currency
    return {FieldType.TIMESTAMP: "µs", FieldType.DATE: "days"}.get(spec.type, spec.unit)
