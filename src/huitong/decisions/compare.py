"""What changed between two versions of a policy, in the words of its files: settings, rules, features, cells, list entries, model."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from huitong.decisions.tables import DmnTable, read_dmn
from huitong.kernel import HuitongError


@dataclass(frozen=True, slots=True)
class Difference:
    """One change.

    Attributes:
        file: The file, by its path inside the policy's folder.
        place: Where in the file: a setting's path, a table's row and cell, a list's entry.
        before: What stood there; ``None`` if nothing did.
        after: What stands there now; ``None`` if nothing does.
    """

    file: str
    place: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Difference]:
    """Every change from one version's files to another's; a file that cannot be read is compared as a whole."""
    found: list[Difference] = []
    for file in sorted(set(before) | set(after)):
        old, new = before.get(file), after.get(file)
        if old == new:
            continue
        if old is None or new is None:
            found.append(Difference(file, "", None if old is None else f"{len(old)} bytes", None if new is None else f"{len(new)} bytes"))
            continue
        places_old, places_new = _places(file, old), _places(file, new)
        found += [
            Difference(file, place, places_old.get(place), places_new.get(place))
            for place in dict.fromkeys([*places_old, *places_new])
            if places_old.get(place) != places_new.get(place)
        ]
    return found


def _places(file: str, content: bytes) -> dict[str, str]:
    try:
        if file.endswith(".toml"):
            return dict(_flat(tomllib.loads(content.decode()), ""))
        if file.endswith(".dmn"):
            return {place: text for table in read_dmn(content, file) for place, text in _cells(table)}
        if file.endswith(".csv"):
            return dict(_entries(content.decode("utf-8-sig")))
    except (HuitongError, UnicodeDecodeError, tomllib.TOMLDecodeError, csv.Error):
        pass  # a file that is broken is shown as changed, below
    return {"": f"{len(content)} bytes, {hash_of(content)}"}


def hash_of(content: bytes) -> str:
    """The first digits of a file's SHA-256, for telling contents apart."""
    return sha256(content).hexdigest()[:12]


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - TOML holds anything
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        for number, inner in enumerate(value, 1):
            name = inner.get("id", number) if isinstance(inner, Mapping) else number
            yield from _flat(inner, f"{path}[{name}]")
    else:
        yield path, repr(value) if not isinstance(value, str) else value


def _cells(table: DmnTable) -> Iterator[tuple[str, str]]:
    yield f"{table.name}, hit policy", table.hit_policy + table.aggregation
    for number, rule in enumerate(table.rules, 1):
        row = f"{table.name}, row {number}"
        for column, text in zip(table.inputs, rule.inputs, strict=True):
            yield f"{row}, {column.label or column.expression}", text
        for output, text in zip(table.outputs, rule.outputs, strict=True):
            yield f"{row}, {output.name}", text
        for name, text in zip(table.annotations, rule.annotations, strict=False):
            yield f"{row}, {name}", text


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(io.StringIO(text)):
        value = row.pop("value", "") or ""
        yield f"entry {value}", ", ".join(f"{name} {held}" for name, held in row.items() if held) or "listed"
