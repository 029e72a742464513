"""The mapping: which column of a table becomes which field of an event, in which unit. A TOML file, checked at load."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from difflib import get_close_matches
from math import gcd
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from huitong.contracts import DataContract, FieldSpec, FieldType
from huitong.data.scalars import Scale
from huitong.kernel import LANGUAGES, HuitongError, InputError, PolicyError, Text, TomlError, duration_us, read_toml, refusal, time_us

Raw = str | int | float | bool
"""What a mapping file may write down as a value."""

TIME_UNIT_US = {"s": 1_000_000, "ms": 1_000, "us": 1, "days": 86_400_000_000}
"""Microseconds of each unit of a number that is a time; ``iso`` is text."""
MONEY_UNITS = ("major", "minor", "thousandths")
ID_SUFFIX = ":label"

_PLAIN_SETTINGS = ("column", "constant", "from", "values", "default", "prefix", "unit", "epoch", "zone")
_NO_VALUES: Mapping[str, Raw] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Where one field comes from and how it is read.

    Attributes:
        field: The field's name, or ``"id"`` or ``"time"``.
        column: Column of the source.
        constant: Value of every row instead.
        copy_of: Field of the payment that is copied instead.
        unit: Unit of the source, empty for the type's usual one.
        epoch_us: What a number that is a time counts from, µs UTC.
        zone: Zone of local times.
        values: What the source says (as text) to what it means; empty for no map.
        default: Taken where the source says nothing.
        prefix: Put before each text.
    """

    field: str
    column: str | None = None
    constant: Raw | None = None
    copy_of: str | None = None
    unit: str = ""
    epoch_us: int = 0
    zone: tzinfo | None = None
    values: Mapping[str, Raw] = dataclasses.field(default_factory=lambda: _NO_VALUES)
    default: Raw | None = None
    prefix: str = ""

    @property
    def counts_time(self) -> bool:
        """Whether a time is a number that counts from an epoch."""
        return self.unit in TIME_UNIT_US

    def scale(self, spec: FieldSpec | None) -> Scale:
        """How a number of the source becomes the integer held."""
        if spec is None or spec.type is FieldType.TIMESTAMP:
            return Scale(TIME_UNIT_US.get(self.unit, 1), 1, rounds=True)
        factor, divisor = {"minor": (1, 1), "thousandths": (spec.scale, 1000)}.get(self.unit, (spec.scale, 1))
        common = gcd(factor, divisor)
        return Scale(factor // common, divisor // common, rounds=spec.type is FieldType.NUMBER)


@dataclass(frozen=True, slots=True)
class LabelMapping:
    """How each row also becomes a label, an event of its own that arrives later.

    Attributes:
        kind: Kind of the label events.
        delay_us: How much later than the row it becomes known, µs.
        id_suffix: Put after the row's id.
        fields: Rules of its fields.
    """

    kind: str
    delay_us: int
    id_suffix: str
    fields: tuple[ColumnRule, ...]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How a table becomes events of one kind, and labels of another.

    Attributes:
        name: Name of the file, for errors.
        kind: Kind of the events.
        id: Rule of the event id.
        time: Rule of the event time.
        fields: Rules of the other fields.
        labels: How rows become labels, where they do.
        title: What people call it; ``None`` where it says nothing.
    """

    name: str
    kind: str
    id: ColumnRule
    time: ColumnRule
    fields: tuple[ColumnRule, ...]
    labels: LabelMapping | None = None
    title: Text | None = None

    @classmethod
    def load(cls, path: Path) -> "TableMapping":
        """Reads a mapping file.

        Raises:
            InputError: If there is no such file.
            PolicyError: If the file is no TOML or holds an unknown or meaningless setting.
        """
        try:
            document = read_toml(path.read_bytes())
        except OSError as error:
            raise InputError(
                "mapping.file",
                {
                    "en": f"mapping {path.name} cannot be read: {refusal(error)['en']}",
                    "zh": f"映射 {path.name} 无法读取：{refusal(error)['zh']}",
                },
                {"en": "check the path and the permissions", "zh": "请检查路径与权限"},
            ) from None
        except TomlError as error:
            raise _wrong(path.name, f"no readable TOML: {error.text['en']}", f"不是可读的 TOML：{error.text['zh']}") from None
        return cls.of_table(document, path.name)

    @classmethod
    def of_table(cls, document: Mapping[str, Any], where: str) -> "TableMapping":
        """Checks a parsed mapping.

        Raises:
            PolicyError: As ``load``.
        """
        _known(document, ("kind", "title", "id", "time", "fields", "labels"), where)
        for name in ("kind", "id", "time"):
            if name not in document:
                raise _wrong(where, f"{name} is missing", f"缺少 {name}")
        return cls(
            where,
            _text(document, "kind", where),
            _rule("id", document["id"], f"{where} [id]"),
            _rule("time", document["time"], f"{where} [time]"),
            _rules(document.get("fields", {}), where, "fields"),
            _labels(document["labels"], where) if "labels" in document else None,
            _title(document.get("title")),
        )

    @classmethod
    def by_name(cls, contract: DataContract, labels: LabelMapping | None = None) -> "TableMapping":
        """The mapping of a table whose columns are called ``id``, ``time`` and like the contract's fields."""
        fields = tuple(ColumnRule(spec.name, column=spec.name) for spec in contract.fields)
        return cls(contract.kind, contract.kind, ColumnRule("id", column="id"), ColumnRule("time", column="time"), fields, labels)

    def columns(self) -> list[str]:
        """Every column of the source that the mapping reads, each once."""
        rules = [self.id, self.time, *self.fields, *(self.labels.fields if self.labels else ())]
        return list(dict.fromkeys(rule.column for rule in rules if rule.column is not None))

    def check(self, contract: DataContract, label_contract: DataContract | None) -> None:
        """Whether the mapping fits the contracts.

        Raises:
            PolicyError: If kinds differ, a field is unknown, a required field has no rule, or a unit does not fit its type.
        """
        if self.kind != contract.kind:
            raise _wrong(self.name, f"kind {self.kind} is not {contract.kind}", f"kind {self.kind} 不是 {contract.kind}")
        _fits(self.fields, contract, self.name, {rule.field for rule in self.fields})
        for rule in (self.id, self.time, *self.fields):
            if rule.copy_of is not None:
                raise _wrong(self.name, f"{rule.field}: from is for labels", f"{rule.field}：from 只用于标签")
        if self.labels is None:
            return
        if label_contract is None or label_contract.kind != self.labels.kind:
            raise _wrong(self.name, f"labels need the contract of {self.labels.kind}", f"标签需要 {self.labels.kind} 的契约")
        copied = {spec.name for spec in label_contract.fields if spec.key and contract.role(spec.key)}
        _fits(self.labels.fields, label_contract, f"{self.name} [labels]", {rule.field for rule in self.labels.fields} | copied)
        sources = ["id", *(spec.name for spec in contract.fields)]
        for rule in self.labels.fields:
            if rule.copy_of is not None and rule.copy_of not in sources:
                raise _unknown(rule.copy_of, sources, f"{self.name} [labels.fields.{rule.field}]")
            _alike(rule, contract, label_contract, self.name)


def _alike(rule: ColumnRule, contract: DataContract, label_contract: DataContract, where: str) -> None:
    """Whether a copied field is held the same way on both sides."""
    if rule.copy_of is None:
        return
    source, target = contract.field(rule.copy_of), label_contract.field(rule.field)
    form = (FieldType.STRING, 0) if source is None else (source.type, source.decimals)
    if target is not None and (target.type, target.decimals) != form:
        raise _wrong(where, f"{rule.field} is not like {rule.copy_of}", f"{rule.field} 与 {rule.copy_of} 的类型不同")


_ALIKE = 0.8
"""Least likeness of a name that is suggested: a slip of the pen, not another word (amuont is like amount, account is not)."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like ``name``, whatever case and punctuation, else one of the same letters; empty where there is none."""
    bare, wanted = {_bare(one): one for one in known}, _bare(name)
    swapped = [one for one in bare if sorted(one) == sorted(wanted)]
    return next((bare[one] for one in (*get_close_matches(wanted, bare, n=1, cutoff=_ALIKE), *swapped)), "")


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())) or name


def _fits(rules: tuple[ColumnRule, ...], contract: DataContract, where: str, given: set[str]) -> None:
    for rule in rules:
        spec = contract.field(rule.field)
        if spec is None:
            raise _unknown(rule.field, [known.name for known in contract.fields], where)
        allowed: tuple[str, ...] = ("",)
        if spec.type in (FieldType.MONEY, FieldType.NUMBER):
            allowed = ("", *MONEY_UNITS)
        elif spec.type is FieldType.TIMESTAMP:
            allowed = ("", "iso", *TIME_UNIT_US)
        if rule.unit not in allowed:
            raise _wrong(
                where,
                f"{rule.field}: unit {rule.unit!r} does not fit {spec.type}",
                f"{rule.field}：单位 {rule.unit!r} 不适用于 {spec.type}",
            )
        if rule.prefix and spec.type is not FieldType.STRING:
            raise _wrong(where, f"{rule.field}: prefix is for texts", f"{rule.field}：prefix 只用于文字")
    missing = [spec.name for spec in contract.fields if spec.required and spec.name not in given]
    if missing:
        raise _wrong(where, f"the contract requires {missing}", f"契约要求 {missing}")


def _labels(table: object, where: str) -> LabelMapping:
    place = f"{where} [labels]"
    if not isinstance(table, Mapping):
        raise _wrong(place, "it is no table", "不是表")
    _known(table, ("kind", "delay", "id_suffix", "fields"), place)
    if "kind" not in table or "delay" not in table:
        raise _wrong(place, "kind and delay are needed", "需要 kind 与 delay")
    suffix = _text(table, "id_suffix", place) if "id_suffix" in table else ID_SUFFIX
    if not suffix:
        raise _wrong(place, "id_suffix is empty", "id_suffix 为空")
    delay = _text(table, "delay", place)
    return LabelMapping(
        _text(table, "kind", place),
        _parsed(lambda: duration_us(delay), place),
        suffix,
        _rules(table.get("fields", {}), where, "labels.fields"),
    )


def _rules(tables: object, where: str, name: str) -> tuple[ColumnRule, ...]:
    if not isinstance(tables, Mapping):
        raise _wrong(where, f"[{name}] is no table", f"[{name}] 不是表")
    return tuple(_rule(field_name, table, f"{where} [{name}.{field_name}]") for field_name, table in tables.items())


def _rule(name: str, table: object, place: str) -> ColumnRule:
    if not isinstance(table, Mapping):
        raise _wrong(place, "it is no table", "不是表")
    _known(table, _PLAIN_SETTINGS, place)
    if sum(setting in table for setting in ("column", "constant", "from")) != 1:
        raise _wrong(place, "give exactly one of column, constant, from", "column、constant、from 须恰好给出一个")
    if name == "id" and "column" not in table:
        raise _wrong(place, "an id needs a column", "编号需要 column")
    unit = _text(table, "unit", place) if "unit" in table else ""
    units = ("iso", *TIME_UNIT_US) if name == "time" else (*MONEY_UNITS, "iso", *TIME_UNIT_US)
    if unit and (unit not in units or name == "id"):
        raise _unknown(unit, units, place)
    if name == "time" and "values" in table:
        raise _wrong(place, "a time has no values", "时间没有取值表")
    if unit not in TIME_UNIT_US and "epoch" in table:
        raise _wrong(place, "epoch needs unit s, ms, us or days", "epoch 需要单位 s、ms、us 或 days")
    epoch = _text(table, "epoch", place) if "epoch" in table else None
    return ColumnRule(
        name,
        _text(table, "column", place) if "column" in table else None,
        _raw(table.get("constant"), place),
        _text(table, "from", place) if "from" in table else None,
        unit,
        0 if epoch is None else _parsed(lambda: time_us(epoch), place),
        _zone(_text(table, "zone", place), place) if "zone" in table else None,
        _values(table.get("values", {}), place),
        _raw(table.get("default"), place),
        _text(table, "prefix", place) if "prefix" in table else "",
    )


def _values(table: object, place: str) -> Mapping[str, Raw]:
    if not isinstance(table, Mapping):
        raise _wrong(place, "values is no table", "values 不是表")
    meanings = {str(said): _raw(means, place) for said, means in table.items()}
    return MappingProxyType({said: means for said, means in meanings.items() if means is not None})


def _raw(value: object, place: str) -> Raw | None:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise _wrong(place, f"{value!r} is no text, number or boolean", f"{value!r} 不是文字、数或真假值")


def _zone(name: str, place: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong(place, f"unknown zone {name!r}, write it like Asia/Shanghai", f"未知时区 {name!r}，请写成 Asia/Shanghai") from None


def _parsed(parse: Callable[[], int], place: str) -> int:
    try:
        return parse()
    except HuitongError as error:
        raise _wrong(place, error.message("en"), error.message("zh")) from None


def _text(table: Mapping[str, Any], name: str, place: str) -> str:
    value = table[name]
    if not isinstance(value, str):
        raise _wrong(place, f"{name} {value!r} is no text", f"{name} {value!r} 不是文字")
    return value


def _known(table: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    for setting in table:
        if setting not in known:
            raise _unknown(setting, known, place)


def _unknown(name: str, known: Iterable[str], place: str) -> PolicyError:
    close = nearest(name, known)
    hint_en = f"did you mean {close!r}?" if close else f"known: {sorted(known)}"
    hint_zh = f"是否想写 {close!r}？" if close else f"已知：{sorted(known)}"
    return _wrong(place, f"unknown {name!r}; {hint_en}", f"未知的 {name!r}；{hint_zh}")


def _wrong(where: str, en: str, zh: str) -> PolicyError:
    return PolicyError(
        "mapping.wrong",
        {"en": f"mapping {where}: {en}", "zh": f"映射 {where}：{zh}"},
        {"en": "mend the file; docs/data.md lists every setting", "zh": "请修改该文件；各项设置见 docs/zh/data.md"},
    )


def _title(title: object) -> Text | None:
    """A title in both languages; one that is written otherwise is a remark to whoever reads the file."""
    if isinstance(title, dict) and all(isinstance(title.get(language), str) for language in LANGUAGES):
        return {"en": title["en"], "zh": title["zh"]}
    return None
