"""The data contract of an event kind: what each field is, in which unit, how sensitive, and what is allowed."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from huitong.kernel import LANGUAGES, MICROSECONDS_PER_SECOND, PolicyError, Text, currency_exponent, duration_us, time_us


class FieldType(StrEnum):
    """What a field holds; the type fixes how it is written down as an integer or a text."""

    MONEY = "money"
    """Integer minor units of the contract's currency."""
    INTEGER = "integer"
    NUMBER = "number"
    """Decimal number with ``decimals`` digits, held as an integer scaled by ``10**decimals``."""
    BOOLEAN = "boolean"
    STRING = "string"
    TIMESTAMP = "timestamp"
    """µs since the epoch, UTC."""
    DATE = "date"
    """Days since the epoch."""


GRADE_MIN, GRADE_MAX = 1, 5
"""Data grades of JR/T 0197-2020, section 5: 1 public … 5 most sensitive."""

TEXT_LENGTH_MAX = 256
"""Longest text, in characters, where a contract names no other limit."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of an event kind.

    Attributes:
        name: The field's name.
        type: What it holds.
        title: Its name for people, in zh and en.
        unit: Unit of a number (``"km"``), ``None`` where the type says it.
        required: Whether an event without it is refused.
        minimum: Least allowed value, as held (minor units, scaled), inclusive.
        maximum: Greatest allowed value, as held, inclusive.
        one_of: Allowed texts; empty for any.
        length_max: Longest allowed text, in characters.
        decimals: Digits after the point: of a ``number``, or of the currency of ``money``.
        key: Key role (``"account"``, ``"counterparty"``, ``"device"``, ``"customer"``, ``"merchant"``, …); such a field is a key, not data.
        space: Name of the set of ids that the key belongs to, shared by roles that name the same things (account and counterparty).
        grade: Data grade 1-5 (JR/T 0197-2020).
        identifies_person: Whether it identifies a person.
    """

    name: str
    type: FieldType
    title: Text
    unit: str | None = None
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    one_of: tuple[str, ...] = ()
    length_max: int = TEXT_LENGTH_MAX
    decimals: int = 0
    key: str | None = None
    space: str | None = None
    grade: int = 3
    identifies_person: bool = False

    @property
    def scale(self) -> int:
        """What one unit for people is as held: 100 for money in CNY, ``10**decimals`` for a number."""
        return int(10**self.decimals)


@dataclass(frozen=True, slots=True)
class DataContract:
    """What an event kind looks like.

    Attributes:
        kind: The event kind (``"payment.requested"``).
        version: Grows with every change.
        title: The kind's name for people.
        currency: ISO 4217 code of every ``money`` field; events in another currency are refused, since their sums would mean nothing.
        currency_field: Field that carries each event's currency code, or ``None`` where the source names none.
        horizon_us: Earliest believable event time, µs UTC.
        ahead_max_us: How far an event's time may lie ahead of the clock, µs.
        fields: The fields, in the order of the file.
    """

    kind: str
    version: int
    title: Text
    currency: str
    currency_field: str | None
    horizon_us: int
    ahead_max_us: int
    fields: tuple[FieldSpec, ...]

    def field(self, name: str) -> FieldSpec | None:
        """The field of that name."""
        return next((spec for spec in self.fields if spec.name == name), None)

    def role(self, role: str) -> FieldSpec | None:
        """The field that carries the key role."""
        return next((spec for spec in self.fields if spec.key == role), None)

    @classmethod
    def load(cls, path: Path) -> "DataContract":
        """Reads a contract file.

        Raises:
            PolicyError: If the file is no TOML or says something that no contract can mean.
        """
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _wrong(path.name, f"no readable TOML: {error}", f"不是可读的 TOML：{error}") from None
        return cls.of_table(document, path.name)

    @classmethod
    def of_table(cls, document: Mapping[str, Any], where: str) -> "DataContract":
        """Checks a parsed contract.

        Args:
            document: The TOML document.
            where: Name of the file, for errors.

        Raises:
            PolicyError: As ``load``.
        """
        known = {"kind", "version", "title", "currency", "currency_field", "horizon", "ahead_max", "fields"}
        if unknown := set(document) - known:
            raise _wrong(where, f"unknown setting {sorted(unknown)}", f"未知设置 {sorted(unknown)}")
        for name in ("kind", "version", "title", "currency", "fields"):
            if name not in document:
                raise _wrong(where, f"{name} is missing", f"缺少 {name}")
        currency = document["currency"]
        decimals = currency_exponent(currency)
        fields = tuple(_field(name, table, decimals, where) for name, table in document["fields"].items())
        currency_field = document.get("currency_field")
        if currency_field is not None and all(spec.name != currency_field for spec in fields):
            raise _wrong(where, f"currency_field {currency_field!r} is no field", f"currency_field {currency_field!r} 不是字段")
        roles = [spec.key for spec in fields if spec.key]
        if doubled := {role for role in roles if roles.count(role) > 1}:
            raise _wrong(where, f"key role {sorted(doubled)} is given twice", f"键角色 {sorted(doubled)} 重复")
        return cls(
            document["kind"],
            document["version"],
            _title(document["title"], where, "title"),
            currency,
            currency_field,
            time_us(document.get("horizon", "2000-01-01T00:00:00Z")),
            duration_us(document.get("ahead_max", "1h")),
            fields,
        )


_FIELD_SETTINGS = frozenset(
    ["type", "title", "unit", "required", "min", "max", "one_of", "length_max", "decimals", "key", "space", "grade", "identifies_person"]
)


def _field(name: str, table: Mapping[str, Any], currency_decimals: int, where: str) -> FieldSpec:
    place = f"{where} [fields.{name}]"
    if unknown := set(table) - _FIELD_SETTINGS:
        raise _wrong(place, f"unknown setting {sorted(unknown)}", f"未知设置 {sorted(unknown)}")
    types: Sequence[str] = [member.value for member in FieldType]
    if table.get("type") not in types:
        raise _wrong(place, f"type must be one of {types}", f"type 必须是 {types} 之一")
    field_type = FieldType(table["type"])
    grade = table.get("grade", 3)
    if not isinstance(grade, int) or not GRADE_MIN <= grade <= GRADE_MAX:
        raise _wrong(place, f"grade {grade!r} is not 1 to 5", f"grade {grade!r} 不在 1 到 5 之间")
    key = table.get("key")
    if key is not None and field_type is not FieldType.STRING:
        raise _wrong(place, "a key must be of type string", "键字段的类型必须是 string")
    decimals = {FieldType.MONEY: currency_decimals, FieldType.NUMBER: table.get("decimals", 6)}.get(field_type, 0)
    if not 0 <= decimals <= 9:
        raise _wrong(place, f"decimals {decimals} is not 0 to 9", f"decimals {decimals} 不在 0 到 9 之间")
    return FieldSpec(
        name=name,
        type=field_type,
        title=_title(table.get("title"), place, "title"),
        unit=table.get("unit"),
        required=table.get("required", False),
        minimum=_bound(table.get("min"), field_type, decimals),
        maximum=_bound(table.get("max"), field_type, decimals),
        one_of=tuple(table.get("one_of", ())),
        length_max=table.get("length_max", TEXT_LENGTH_MAX),
        decimals=decimals,
        key=key,
        space=table.get("space", key),
        grade=grade,
        identifies_person=table.get("identifies_person", False),
    )


def _bound(value: float | str | None, field_type: FieldType, decimals: int) -> int | None:
    """Bounds are written in the unit for people (CNY, km) and held like the values."""
    if value is None:
        return None
    if field_type is FieldType.TIMESTAMP:
        return time_us(value) if isinstance(value, str) else int(value) * MICROSECONDS_PER_SECOND
    return round(float(value) * float(10**decimals))


def _title(value: object, where: str, name: str) -> Text:
    if not isinstance(value, Mapping) or any(not value.get(language) for language in LANGUAGES):
        raise _wrong(where, f"{name} needs zh and en", f"{name} 需要 zh 与 en 两种文字")
    return {language: value[language] for language in LANGUAGES}


def _wrong(where: str, en: str, zh: str) -> PolicyError:
    return PolicyError(
        "contract.wrong",
        {"en": f"data contract {where}: {en}", "zh": f"数据契约 {where}：{zh}"},
        {"en": "mend the file; docs/data.md lists every setting", "zh": "请修改该文件；各项设置见 docs/zh/data.md"},
    )
