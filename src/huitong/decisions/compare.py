"""What changed between two versions of a policy, in the words of its files: settings, rules, features, cells, list entries, model."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeGuard

from huitong.decisions.policy.reader import SETTINGS_FILE, TRAINED_FILE, read_settings
from huitong.decisions.tables import DmnTable, read_dmn
from huitong.kernel import HuitongError, Text, TomlError, read_toml

LISTED = "listed"
"""What is said of an entry of a list that says nothing but its value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One change.

    Attributes:
        file: The file, by its path inside the policy's folder.
        place: Where in the file: a setting's path, a table's row and cell, a list's entry.
        before: What stood there; ``None`` if nothing did.
        after: What stands there now; ``None`` if nothing does.
        said: The place in words.
    """

    file: str
    place: str
    before: str | None
    after: str | None
    said: Text


Part = tuple[Text, str]
"""Where a part of a file stands, for people, and what it says."""


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Difference]:
    """Every change from one version's files to another's; a file that cannot be read is compared as a whole."""
    found: list[Difference] = []
    for file in sorted(set(before) | set(after)):
        old, new = before.get(file), after.get(file)
        if old == new:
            continue
        parts = [] if old is None or new is None else _changed_parts(file, old, new)
        found += parts or [_difference(file, _as_written(""), _whole(old), _whole(new))]
    return _with_thresholds(found, before, after)


_OUTCOMES: Mapping[str, str] = {"review": "人工复核", "decline": "拒绝"}
"""The usual outcomes that a score may have, in Chinese."""


def _with_thresholds(found: list[Difference], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Difference]:
    """The differences with the thresholds that decide: what training chose holds as long as ``policy.toml`` says nothing else."""
    old, new = _thresholds(before), _thresholds(after)
    if old is None or new is None:
        return found
    written = {(one.place, one.file) for one in found if one.file in (SETTINGS_FILE, TRAINED_FILE)}
    places = {f"thresholds.{outcome}": outcome for outcome in [*old, *new] if old.get(outcome) != new.get(outcome)}
    decided = []
    for place, outcome in places.items():
        said: Text = {"en": f"threshold of the score, {outcome}", "zh": f"评分阈值，{_OUTCOMES.get(outcome, outcome)}"}
        file = SETTINGS_FILE if (place, SETTINGS_FILE) in written else TRAINED_FILE
        decided.append(Difference(file, place, *_percents(old.get(outcome), new.get(outcome)), said))
    others = (one for one in found if (one.place, one.file) not in written or one.place not in places)
    return sorted([*decided, *others], key=lambda one: one.file)


def _thresholds(files: Mapping[str, bytes]) -> Mapping[str, float] | None:
    """From which score on each outcome is given; ``None`` where the settings cannot be read."""
    try:
        chosen = read_settings(files, "").thresholds
    except HuitongError:
        return None
    return {} if chosen is None else chosen.chosen


def _percents(before: float | None, after: float | None) -> tuple[str | None, str | None]:
    """Two scores in percent, with as many digits as tell them apart."""
    digits = next((n for n in range(2, 16) if None in (before, after) or f"{before:.{n + 2}f}" != f"{after:.{n + 2}f}"), 16)
    one, other = (None if score is None else f"{score * 100:.{digits}f} %" for score in (before, after))
    return one, other


def _changed_parts(file: str, old: bytes, new: bytes) -> list[Difference]:
    """What says something else in the two files; nothing where they differ in comments or layout only, or cannot be read."""
    try:
        parts_old, parts_new = _parts(file, old), _parts(file, new)
    except (HuitongError, UnicodeDecodeError, TomlError, csv.Error):
        return []
    found = []
    for key in dict.fromkeys([*parts_old, *parts_new]):
        one, other = parts_old.get(key), parts_new.get(key)
        if (one and one[1]) != (other and other[1]):
            said = (other or one or (_as_written(""), ""))[0]
            found.append(_difference(file, said, one[1] if one else None, other[1] if other else None))
    return found + _moved(file, old, new)


def _difference(file: str, said: Text, before: str | None, after: str | None) -> Difference:
    return Difference(file, said["en"], before, after, said)


def _as_written(text: str) -> Text:
    return {"en": text, "zh": text}


def _moved(file: str, old: bytes, new: bytes) -> list[Difference]:
    """What stands in another order: rows and results of a table, rules and tables of a document, and names of a list."""
    before, found = _orders(file, old), []
    for place, (said, order) in _orders(file, new).items():
        _, order_before = before.get(place, (said, []))
        stayed = set(order) & set(order_before)
        pairs = list(zip((one for one in order_before if one in stayed), (one for one in order if one in stayed), strict=True))
        moved = [number for number, (one, other) in enumerate(pairs) if one != other]
        if moved:
            old_order, new_order = zip(*pairs[moved[0] : moved[-1] + 1], strict=True)
            found.append(_difference(file, said, ", ".join(old_order), ", ".join(new_order)))
    return found


def _orders(file: str, content: bytes) -> dict[str, tuple[Text, list[str]]]:
    """What has an order in a file: by where it stands, that in words, and the order."""
    if file.endswith(".dmn"):
        return {key: order for table in read_dmn(content, file) for key, order in _orders_of(table)}
    if file.endswith(".toml"):
        document = read_toml(content.decode())
        ordered = [*_lists(document, ""), *_named(document, "")]
        return {path: ({"en": f"{path}, order", "zh": f"{path}，顺序"}, names) for path, names in ordered}
    return {}


def _orders_of(table: DmnTable) -> Iterator[tuple[str, tuple[Text, list[str]]]]:
    """The orders in a decision table: the first row that hits may decide, and the first result column goes before the next."""
    name = table.name
    yield f"{name}\0rows", ({"en": f"{name}, order of rows", "zh": f"{name}，行的顺序"}, _row_ids(table))
    results = [output.name for output in table.outputs]
    yield f"{name}\0results", ({"en": f"{name}, order of results", "zh": f"{name}，结果列的顺序"}, results)


def _row_ids(table: DmnTable) -> list[str]:
    """The ids of its rows; nothing where they do not tell the rows apart."""
    ids = [rule.id for rule in table.rules]
    return ids if all(ids) and len(set(ids)) == len(ids) else []


def _parts(file: str, content: bytes) -> dict[str, Part]:
    """The parts of a file by what stays the same when other parts come and go: a setting's path, a row's id, a list's value."""
    if file.endswith(".toml"):
        document = read_toml(content.decode())
        items = {f"{path}\0{name}": (_as_written(path), name) for path, names in _lists(document, "") for name in names}
        return {path: (_as_written(path), text) for path, text in _flat(document, "")} | items
    if file.endswith(".dmn"):
        return {key: part for table in read_dmn(content, file) for key, part in _cells(table)}
    if file.endswith(".csv"):
        entries = _entries(content.decode("utf-8-sig"))
        return {value: ({"en": f"entry {value}", "zh": f"条目 {value}"}, text) for value, text in entries}
    return {}


def _whole(content: bytes | None) -> str | None:
    return None if content is None else f"{len(content)} bytes, {hash_of(content)}"


def hash_of(content: bytes) -> str:
    """The first digits of a file's SHA-256, for telling contents apart."""
    return sha256(content).hexdigest()[:12]


def _is_list(value: object) -> TypeGuard[list[str]]:
    """Whether it is a list of names, each there once."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value) and len(set(value)) == len(value)


def _lists(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:  # noqa: ANN401 - TOML holds anything
    """The lists of names in a document: told name by name, for of a long one nobody sees what was added."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}" if path else str(name))
    elif _is_list(value):
        yield path, value


def _named(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:  # noqa: ANN401 - TOML holds anything
    """The names of what a document holds several of, as rules or tables, in their order: it may decide which of them speaks."""
    if isinstance(value, Mapping):
        if path and all(isinstance(inner, Mapping) for inner in value.values()):
            yield path, list(value)
        for name, inner in value.items():
            yield from _named(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        names = [inner.get("id") for inner in value if isinstance(inner, Mapping)]
        if _is_list(names):
            yield path, names


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - TOML holds anything
    """The values of a document; those lists that are told name by name are left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not _is_list(inner):
                yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value, 1):
            name = inner.get("id", number) if isinstance(inner, Mapping) else number
            yield from _flat(inner, f"{path}[{name}]")
    else:
        yield path, repr(value) if not isinstance(value, str) else value


def _cells(table: DmnTable) -> Iterator[tuple[str, Part]]:
    yield from _columns(table)
    heads = [
        *((f"in {number}", column.label or column.expression) for number, column in enumerate(table.inputs)),
        *((f"out {output.name}", output.name) for output in table.outputs),
        *((f"note {note}", note) for note in table.annotations),
        ("about", "description"),
    ]
    by_id, name = bool(_row_ids(table)), table.name
    for number, rule in enumerate(table.rules, 1):
        row = rule.id if by_id else str(number)
        texts = (*rule.inputs, *rule.outputs, *rule.annotations, *([rule.description] if rule.description else ()))
        for (key, head), text in zip(heads, texts, strict=False):
            said: Text = {"en": f"{name}, row {number}, {head}", "zh": f"{name}，第 {number} 行，{_chinese(head)}"}
            yield f"{name}\0{row}\0{key}", (said, text)


def _columns(table: DmnTable) -> Iterator[tuple[str, Part]]:
    """What a decision table says outside its rows; where no row hits, the default decides, and values may stand by priority."""
    name = table.name
    yield f"{name}\0policy", ({"en": f"{name}, hit policy", "zh": f"{name}，命中策略"}, table.hit_policy + table.aggregation)
    for number, column in enumerate(table.inputs, 1):
        head: Text = {"en": f"{name}, input {number}", "zh": f"{name}，第 {number} 个条件列"}
        yield f"{name}\0input {number}", (head, column.expression)
        yield from _details(f"{name}\0input {number}", head, label=column.label, values=column.values, type=column.type_ref)
    for output in table.outputs:
        head = {"en": f"{name}, {output.name}", "zh": f"{name}，{_chinese(output.name)}"}
        key = f"{name}\0output {output.name}"
        yield from _details(key, head, default=output.default, values=output.values, type=output.type_ref)


_DETAILS: Mapping[str, Text] = {
    "default": {"en": "where no row hits", "zh": "无命中时的结果"},
    "values": {"en": "allowed values in order", "zh": "允许的取值及其顺序"},
    "label": {"en": "label", "zh": "列名"},
    "type": {"en": "type", "zh": "类型"},
}


def _details(key: str, head: Text, **texts: str) -> Iterator[tuple[str, Part]]:
    """What is said of a column, as far as anything is."""
    for name, text in texts.items():
        if text:
            said = _DETAILS[name]
            yield f"{key}\0{name}", ({"en": f"{head['en']}, {said['en']}", "zh": f"{head['zh']}，{said['zh']}"}, text)


_MACHINE_HEADS = ("outcome", "结果"), ("zh", "原因（中文）"), ("en", "原因（英文）"), ("description", "说明")
"""What columns are called that are named for the machine."""


def _chinese(head: str) -> str:
    """A column's head in Chinese: of a label in both languages that part."""
    return dict(_MACHINE_HEADS).get(head) or head.partition(" / ")[0]


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(io.StringIO(text)):
        value = row.pop("value", "") or ""
        yield value, ", ".join(f"{name} {held}" for name, held in row.items() if name and held) or LISTED
