"""The data contract of an event kind: what each field is, in which unit, how sensitive, and what is allowed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from huitong.contracts.event import Value
from huitong.kernel import (
    LANGUAGES,
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_SECOND,
    HuitongError,
    InputError,
    PolicyError,
    Text,
    TomlError,
    currency_exponent,
    duration_us,
    read_toml,
    refusal,
    time_text,
    time_us,
)


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

RESERVED_NAMES = frozenset({"id", "time", "kind"})
"""Names that stand beside an event's fields."""

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
        titles: What texts are called for people, in zh and en; a text without one is called by itself.
        length_max: Longest allowed text, in characters.
        decimals: Digits after the point: of a ``number``, or of the currency of ``money``.
        key: Key role (``"account"``, ``"counterparty"``, ``"device"``, ``"customer"``, ``"merchant"``, …); such a field is a key, not data.
        space: Name of the set of ids that the key belongs to, shared by roles that name the same things (account and counterparty).
        grade: Data grade 1-5 (JR/T 0197-2020).
        identifies_person: Whether it identifies a person; such a text is encrypted in the log.
        person: Role of the key whose person it identifies (a customer's account, device, name); ``None`` where it stands for itself.
    """

    name: str
    type: FieldType
    title: Text
    unit: str | None = None
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    one_of: tuple[str, ...] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)
    length_max: int = TEXT_LENGTH_MAX
    decimals: int = 0
    key: str | None = None
    space: str | None = None
    grade: int = 3
    identifies_person: bool = False
    person: str | None = None

    @property
    def scale(self) -> int:
        """What one unit for people is as held: 100 for money in CNY, ``10**decimals`` for a number."""
        return int(10**self.decimals)

    def called(self, text: str) -> Text:
        """What a text of this field is called for people."""
        return self.titles.get(text) or {language: text.replace("_", " ") for language in LANGUAGES}


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

    def shown(self, name: str, value: Value) -> str:
        """A field's value as people write it: amounts and numbers in their unit, times as ISO 8601."""
        spec = self.field(name)
        if spec is None or value is None or isinstance(value, str | bool):
            return "-" if value is None else str(value)
        if spec.type is FieldType.TIMESTAMP:
            return time_text(value)
        if spec.type is FieldType.DATE:
            return time_text(value * MICROSECONDS_PER_DAY)[:10]
        return f"{Decimal(value).scaleb(-spec.decimals):,.{spec.decimals}f}"

    @classmethod
    def load(cls, path: Path) -> "DataContract":
        """Reads a contract file.

        Raises:
            InputError: If the file cannot be read.
            PolicyError: If the file is no TOML or says something that no contract can mean.
        """
        try:
            document = read_toml(path.read_bytes())
        except OSError as error:
            raise InputError(
                "contract.file",
                {
                    "en": f"data contract {path} cannot be read: {refusal(error)['en']}",
                    "zh": f"数据契约 {path} 无法读取：{refusal(error)['zh']}",
                },
                {"en": "check the path and the permissions", "zh": "请检查路径与权限"},
            ) from None
        except TomlError as error:
            raise _wrong(path.name, f"no readable TOML: {error.text['en']}", f"不是可读的 TOML：{error.text['zh']}") from None
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
        _known(document, ("kind", "version", "title", "currency", "currency_field", "horizon", "ahead_max", "fields"), where)
        for name in ("kind", "version", "title", "currency", "fields"):
            if name not in document:
                raise _wrong(where, f"{name} is missing", f"缺少 {name}")
        currency = document["currency"]
        decimals = _parsed(lambda: currency_exponent(currency), where)
        if reserved := sorted(set(document["fields"]) & RESERVED_NAMES):
            raise _wrong(where, f"{reserved} stand beside the fields and cannot be one", f"{reserved} 与字段并列，不能用作字段名")
        fields = tuple(_field(name, table, decimals, where) for name, table in document["fields"].items())
        currency_field = document.get("currency_field")
        if currency_field is not None and all(spec.name != currency_field for spec in fields):
            raise _wrong(where, f"currency_field {currency_field!r} is no field", f"currency_field {currency_field!r} 不是字段")
        roles = [spec.key for spec in fields if spec.key]
        for spec in fields:
            if spec.person is not None and (spec.person not in roles or not spec.identifies_person):
                raise _wrong(
                    f"{where} [fields.{spec.name}]",
                    f"person = {spec.person!r} needs a key of that role and identifies_person = true",
                    f"person = {spec.person!r} 需要有该角色的键，且 identifies_person = true",
                )
        if doubled := {role for role in roles if roles.count(role) > 1}:
            raise _wrong(where, f"key role {sorted(doubled)} is given twice", f"键角色 {sorted(doubled)} 重复")
        return cls(
            document["kind"],
            document["version"],
            _title(document["title"], where, "title"),
            currency,
            currency_field,
            _parsed(lambda: time_us(document.get("horizon", "2000-01-01T00:00:00Z")), where),
            _parsed(lambda: duration_us(document.get("ahead_max", "1h")), where),
            fields,
        )


_FIELD_SETTINGS = (
    *("type", "title", "unit", "required", "min", "max", "one_of", "titles", "length_max", "decimals"),
    *("key", "space", "grade", "identifies_person", "person"),
)


def _known(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for setting in table:
        if setting not in known:
            close = get_close_matches(setting, known, n=1)
            en, zh = (f"did you mean {close[0]!r}?", f"是否想写 {close[0]!r}？") if close else (f"known: {known}", f"已知：{known}")
            raise _wrong(place, f"unknown setting {setting!r}; {en}", f"未知设置 {setting!r}；{zh}")


def _parsed(parse: Callable[[], int], place: str) -> int:
    try:
        return parse()
    except HuitongError as error:
        raise _wrong(place, error.message("en"), error.message("zh")) from None


def _field(name: str, table: Mapping[str, Any], currency_decimals: int, where: str) -> FieldSpec:
    place = f"{where} [fields.{name}]"
    _known(table, _FIELD_SETTINGS, place)
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
    if table.get("identifies_person") and field_type is not FieldType.STRING:
        raise _wrong(place, "what identifies a person must be of type string, to be encrypted", "识别个人的字段须为 string 类型，以便加密")
    decimals = {FieldType.MONEY: currency_decimals, FieldType.NUMBER: table.get("decimals", 6)}.get(field_type, 0)
    if not 0 <= decimals <= 9:
        raise _wrong(place, f"decimals {decimals} is not 0 to 9", f"decimals {decimals} 不在 0 到 9 之间")
    one_of, titles = tuple(table.get("one_of", ())), table.get("titles", {})
    if not isinstance(titles, Mapping) or (titles and field_type is not FieldType.STRING):
        raise _wrong(place, "titles name the texts of a string", "titles 只能用于 string 字段，为其取值命名")
    if one_of and (strange := sorted(set(titles) - set(one_of))):
        raise _wrong(place, f"titles name {strange}, which one_of does not allow", f"titles 中的 {strange} 不在 one_of 之内")
    return FieldSpec(
        name=name,
        type=field_type,
        title=_title(table.get("title"), place, "title"),
        unit=table.get("unit"),
        required=table.get("required", False),
        minimum=_parsed_bound(table.get("min"), field_type, decimals, place),
        maximum=_parsed_bound(table.get("max"), field_type, decimals, place),
        one_of=one_of,
        titles={text: _title(title, place, f"the title of {text!r}") for text, title in titles.items()},
        length_max=table.get("length_max", TEXT_LENGTH_MAX),
        decimals=decimals,
        key=key,
        space=table.get("space", key),
        grade=grade,
        identifies_person=table.get("identifies_person", False),
        person=table.get("person"),
    )


def _parsed_bound(value: object, field_type: FieldType, decimals: int, place: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int | float | str | date) or isinstance(value, bool):
        raise _wrong(place, f"bound {value!r} is no number", f"界限 {value!r} 不是数")
    try:
        return _bound(value, field_type, decimals)
    except (HuitongError, ValueError, TypeError, ArithmeticError) as error:
        raise _wrong(place, f"bound {value!r} cannot be read: {error}", f"界限 {value!r} 无法读取：{error}") from None


def _bound(value: float | str | date, field_type: FieldType, decimals: int) -> int:
    """Bounds are written in the unit for people (CNY, km) and held like the values."""
    if field_type is FieldType.TIMESTAMP:
        return time_us(str(value)) if isinstance(value, str | date) else int(value) * MICROSECONDS_PER_SECOND
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).days
    return round(Decimal(str(value)).scaleb(decimals))


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
