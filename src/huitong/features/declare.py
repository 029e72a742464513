"""Reads feature declarations: one line of TOML, one feature.

What cannot mean anything is refused here, with the file, the feature and the nearest word.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from huitong.features.operations import COMMON_SETTINGS, OPERATIONS, UNITS_US, Operation
from huitong.kernel import LANGUAGES, InputError, PolicyError, Text, duration_us

EVER = "ever"
FEATURES_MAX = 4_096
"""Most features in one plan."""
KEYS_MAX = 3
"""Most keys that a feature goes by at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file something stands, for errors."""

    where: str
    name: str

    def wrong(self, en: str, zh: str, word: str | None = None, known: Collection[str] = ()) -> PolicyError:
        """An error at this place; with ``word`` and ``known`` the nearest known words are suggested."""
        near = difflib.get_close_matches(word or "", known, n=3, cutoff=0.5)
        listed = near or sorted(known)[:12]
        remedy_en, remedy_zh = (
            "mend the declaration; docs/features.md lists every operation",
            "请修改该声明；各种运算见 docs/zh/features.md",
        )
        if listed:
            remedy_en = f"did you mean {', '.join(listed)}?" if near else f"known are {', '.join(listed)}"
            remedy_zh = f"是否想写 {'、'.join(listed)}？" if near else f"可用的有 {'、'.join(listed)}"
        return PolicyError(
            "features.declaration.wrong",
            {"en": f"{self.where}, feature {self.name}: {en}", "zh": f"{self.where}，特征 {self.name}：{zh}"},
            {"en": remedy_en, "zh": remedy_zh},
        )


@dataclass(frozen=True, slots=True)
class Declaration:
    """One feature as declared.

    Attributes:
        name: Its name.
        operation: Which operation.
        argument: What stands on the right of the operation's word: a name, two names, or ``True``.
        by: Key roles of the deciding event.
        roles: Key roles of the entries; the same as ``by`` unless ``as`` says otherwise.
        over_us: Length of the window; ``None`` for ever.
        over: The window as written.
        events: Kind of the entries; ``None`` for the decided kind.
        where: Equalities that an entry must satisfy.
        options: The other settings: ``of``, ``unit``, ``length``.
        title: The declared title.
        place: Where it stands.
    """

    name: str
    operation: Operation
    argument: str | tuple[str, ...] | bool
    by: tuple[str, ...]
    roles: tuple[str, ...]
    over_us: int | None
    over: str | None
    events: str | None
    where: tuple[tuple[str, str | int | bool | float], ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    title: Text | None = None
    place: Place = field(default=Place("", ""))

    def canonical(self) -> list[object]:
        """What the plan's version covers; titles are left out, they change no value."""
        return [
            self.name,
            self.operation.name,
            list(self.argument) if isinstance(self.argument, tuple) else self.argument,
            list(self.by),
            list(self.roles),
            self.over_us,
            self.events,
            [list(pair) for pair in self.where],
            sorted(self.options.items()),
        ]


def read_declarations(table: Mapping[str, Any], where: str) -> tuple[Declaration, ...]:
    """The declarations of a ``[features]`` table.

    Raises:
        PolicyError: At the first declaration that cannot mean anything.
    """
    if len(table) > FEATURES_MAX:
        raise Place(where, "*").wrong(f"{len(table)} features, at most {FEATURES_MAX}", f"共 {len(table)} 个特征，最多 {FEATURES_MAX} 个")
    return tuple(_read(name, settings, Place(where, name)) for name, settings in table.items())


def _read(name: str, settings: object, place: Place) -> Declaration:
    if not name.isidentifier():
        raise place.wrong("a name is letters, digits and _ and does not start with a digit", "名称只能含字母、数字与下划线，且不以数字开头")
    if not isinstance(settings, Mapping):
        raise place.wrong("write it as { operation = … }", "请写成 { 运算 = … } 的形式")
    words = [word for word in settings if word in OPERATIONS]
    if len(words) != 1:
        unknown = next((word for word in settings if word not in OPERATIONS), None)
        found = f"operations {words}" if words else f"no operation among {sorted(settings)}"
        raise place.wrong(f"needs exactly one operation, has {found}", f"须有且只有一个运算，现有 {words}", unknown, OPERATIONS)
    operation = OPERATIONS[words[0]]
    allowed = operation.settings | COMMON_SETTINGS | {operation.name}
    for word in settings:
        if word not in allowed:
            raise place.wrong(f"{operation.name} takes no {word!r}", f"{operation.name} 没有 {word!r} 这一设置", word, allowed)
    for word in sorted(operation.needed):
        if word not in settings:
            raise place.wrong(f"{operation.name} needs {word}", f"{operation.name} 需要 {word}")
    by = _names(settings.get("by", []), place, "by")
    roles = _names(settings["as"], place, "as") if "as" in settings else by
    if len(by) > KEYS_MAX or len(roles) != len(by):
        raise place.wrong("by names one to three keys, and as the same number", "by 可写一到三个键，as 的个数须与之相同")
    over = settings.get("over")
    return Declaration(
        name,
        operation,
        _argument(operation, settings[operation.name], place),
        by,
        roles,
        _span(over, place),
        over,
        settings.get("events"),
        _equalities(settings.get("where", {}), place),
        {word: settings[word] for word in ("of", "unit", "length") if word in settings},
        _title(settings.get("title"), place),
        place,
    )


def _argument(operation: Operation, value: object, place: Place) -> str | tuple[str, ...] | bool:
    if operation.argument == "true":
        if value is not True:
            raise place.wrong(f"write {operation.name} = true", f"请写 {operation.name} = true")
        return True
    if operation.argument == "features":
        names = _names(value, place, operation.name)
        if len(names) != 2:
            raise place.wrong(f"{operation.name} takes two features", f"{operation.name} 需要两个特征")
        return names
    if not isinstance(value, str):
        raise place.wrong(f"{operation.name} takes a name in quotes", f"{operation.name} 需要一个带引号的名称")
    return value


def _names(value: object, place: Place, word: str) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise place.wrong(f"{word} takes a name or different names", f"{word} 需要一个名称或若干不同的名称")
    return tuple(names)


def _span(over: object, place: Place) -> int | None:
    if over is None or over == EVER:
        return None
    try:
        return duration_us(over if isinstance(over, str) else "")
    except InputError as error:
        raise place.wrong(f"over = {over!r}: {error.message('en')}, or ever", f"over = {over!r}：{error.message('zh')}，或 ever") from None


def _equalities(table: object, place: Place) -> tuple[tuple[str, str | int | bool | float], ...]:
    if not isinstance(table, Mapping) or not all(isinstance(value, str | int | bool | float) for value in table.values()):
        raise place.wrong('write where = { field = "value" }', '请写 where = { 字段 = "值" }')
    return tuple(sorted(table.items()))


def _title(title: object, place: Place) -> Text | None:
    if title is None:
        return None
    if not isinstance(title, Mapping) or any(not isinstance(title.get(language), str) or not title[language] for language in LANGUAGES):
        raise place.wrong("title needs zh and en", "title 需要 zh 与 en 两种文字")
    return {language: title[language] for language in LANGUAGES}


def unit_us(declaration: Declaration, default: str | None) -> int | None:
    """Microseconds of the declared unit, or of ``default``."""
    unit = declaration.options.get("unit", default)
    if unit is None:
        return None
    if unit not in UNITS_US:
        raise declaration.place.wrong(f"unit {unit!r} is unknown", f"未知单位 {unit!r}", str(unit), UNITS_US)
    return UNITS_US[unit]
