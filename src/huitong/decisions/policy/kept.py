"""Lists that people keep, as features: a policy reads them by the events of their entries, so as they were known at the event.

The features are made here from the settings and stand behind those of the features file, so that nothing else has to know of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huitong.contracts import LIST_ENTRY_CHANGED, DataContract, FieldSpec
from huitong.decisions.policy.settings import Settings
from huitong.decisions.policy.wrong import wrong

Declared = Mapping[str, Any]
"""The content of a features file."""


@dataclass(frozen=True, slots=True)
class KeptRead:
    """Where a kept list stands: its place among the lists, the column that says whether it hits, and that of the entry's id."""

    place: int
    hit: int
    entry: int


def hit_name(name: str) -> str:
    """Name of the feature that says whether the event is on a kept list."""
    return f"on_list_{name}"


def entry_name(name: str) -> str:
    """Name of the feature that says which entry it was last."""
    return f"list_entry_{name}"


def with_kept_lists(declared: Declared, settings: Settings, contracts: Mapping[str, DataContract], where: str) -> Declared:
    """The features file with what the kept lists add to it; a feature ``{ list = … }`` of such a list reads its entries.

    Raises:
        PolicyError: If nobody can keep a list of what it looks up.
    """
    kept = {one.name: one.of for one in settings.lists if one.file is None}
    if not kept:
        return declared
    contract = contracts[settings.decides]
    features = {name: _read(one, kept, contract, contracts, where) for name, one in declared.get("features", {}).items()}
    for name, of in kept.items():
        reads = _reads(name, of, contract, contracts, where)
        on = {"zh": f"在名单 {name} 上", "en": f"is on the list {name}"}
        entry = {"zh": f"名单 {name} 中的条目", "en": f"entry of the list {name}"}
        features[hit_name(name)] = {"holds": "until", **reads, "title": on}
        features[entry_name(name)] = {"profile": "entry", **reads, "title": entry}
    return {**declared, "features": features}


def kept_reads(settings: Settings, names: tuple[str, ...]) -> tuple[KeptRead, ...]:
    """Where the columns of each kept list stand among the features."""
    return tuple(
        KeptRead(place, names.index(hit_name(one.name)), names.index(entry_name(one.name)))
        for place, one in enumerate(settings.lists)
        if one.file is None
    )


def _read(feature: object, kept: Mapping[str, str], contract: DataContract, contracts: Mapping[str, DataContract], where: str) -> object:
    if not isinstance(feature, Mapping) or feature.get("list") not in kept or not isinstance(feature.get("of"), str):
        return feature
    others = {word: value for word, value in feature.items() if word not in ("list", "of")}
    return {"holds": "until", **_reads(str(feature["list"]), str(feature["of"]), contract, contracts, where), **others}


def _reads(name: str, of: str, contract: DataContract, contracts: Mapping[str, DataContract], where: str) -> Mapping[str, object]:
    """By what, among which events: the list's key role is the one whose names are of the same set."""
    asked, entries = _spec(contract, of), contracts.get(LIST_ENTRY_CHANGED)
    role = None if asked is None or entries is None else next((one.key for one in entries.fields if one.key and _same(one, asked)), None)
    if role is None:
        raise wrong(
            f"{where} [lists.{name}]",
            f"nobody can keep a list of {of!r}: name a file, or one of {', '.join(_keepable(contract, entries))}",
            f"不能日常维护以 {of!r} 为对象的名单：请给出 file，或使用 {'、'.join(_keepable(contract, entries))} 之一",
        )
    return {"by": of, "as": role, "events": LIST_ENTRY_CHANGED, "where": {"list": name}}


def _spec(contract: DataContract, name: str) -> FieldSpec | None:
    return contract.role(name) or contract.field(name)


def _same(one: FieldSpec, other: FieldSpec) -> bool:
    return (one.space or one.key) == (other.space or other.key)


def _keepable(contract: DataContract, entries: DataContract | None) -> list[str]:
    keys = [] if entries is None else [one for one in entries.fields if one.key]
    return [one.key or one.name for one in contract.fields if any(_same(one, key) for key in keys)]
