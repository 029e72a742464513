"""The feature plan: declarations checked against the data contracts, with a version that covers everything that can change a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from huitong.contracts import DataContract, Int32Array
from huitong.features.calendar import ZoneOffsets
from huitong.features.columns import StreamColumns
from huitong.features.declare import Declaration, Place, read_declarations
from huitong.features.derived import derived_program
from huitong.features.graphs import GraphPlan, graph_plan, searched_columns
from huitong.features.program import Read
from huitong.features.resolve import FeatureType, FieldRead, GroupingKey, ListRead, Resolution, remembers_always
from huitong.features.titles import default_titles
from huitong.kernel import MICROSECONDS_PER_DAY, InputError, PolicyError, Text, TomlError, duration_us, read_toml

KERNEL_VERSION = 3
"""Grows whenever the same plan and events would give other bits."""

LATENESS_US = MICROSECONDS_PER_DAY
"""How late an event may come and still be put in its place, where the plan says nothing."""
ZONES_KEPT = 64
"""Zones whose rules are hashed once: a look-up for each day of 38 years, at every load of a policy otherwise."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a plan.

    Attributes:
        name: Its name.
        column: Its column in feature vectors.
        type: What it is; a string is a symbol, a boolean 0 or 1; all are float64, NaN where missing.
        unit: Its unit for people, if any.
        title: Its name for people, in zh and en.
        operation: The operation that makes it.
    """

    name: str
    column: int
    type: FeatureType
    unit: str | None
    title: Text
    operation: str


@dataclass(frozen=True, slots=True)
class GroupingPlan:
    """A grouping and what is asked of it."""

    key: GroupingKey
    reads: tuple[Read, ...]
    remembers: bool


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """What to compute; made by ``load``.

    Attributes:
        features: The features, in the order of the file.
        decides: The decided event kind.
        version: Hash of the declarations, of what they use of the contracts, of the zone's rules and of the kernel.
        zone: Zone of calendar features.
        lateness_us: How late an event may come and still be put in its place.
        streams: Columns read, by event kind.
        groupings: The groupings.
        fields: Features of the event itself.
        calendar: Rows (part, column).
        lists: List features.
        holds: Columns of the time left of which only whether there is any counts.
        derived: Program of derived features, shape ``(n, 4)``.
        graph: The graph's columns, if any.
    """

    features: tuple[Feature, ...]
    decides: str
    version: str
    zone: str
    lateness_us: int
    streams: Mapping[str, StreamColumns]
    groupings: tuple[GroupingPlan, ...]
    fields: tuple[FieldRead, ...]
    calendar: tuple[tuple[int, int], ...]
    lists: tuple[ListRead, ...]
    holds: tuple[int, ...]
    derived: Int32Array
    graph: GraphPlan | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names by column."""
        return tuple(feature.name for feature in self.features)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Event kinds that the features read, the decided kind last: the order of equal times."""
        return (*sorted(kind for kind in self.streams if kind != self.decides), self.decides)

    @property
    def searched(self) -> frozenset[int]:
        """Columns that are NaN where the graph's patterns are not searched for: theirs, and those derived from them."""
        return searched_columns(self.graph, self.derived)

    @property
    def lists_needed(self) -> tuple[str, ...]:
        """Names of the lists."""
        return tuple(sorted({read.list for read in self.lists}))

    @classmethod
    def load(
        cls, source: Path | Mapping[str, Any], contracts: Mapping[str, DataContract], decides: str, where: str = "features.toml"
    ) -> "FeaturePlan":
        """Reads and checks a plan.

        Args:
            source: A TOML file, or its content: ``[features]``, and optionally ``[settings]`` with ``zone``, ``lateness`` and ``graph``.
            contracts: Data contracts by event kind.
            decides: The event kind that is decided.
            where: Name of the file, for errors.

        Raises:
            PolicyError: If the file is no TOML, or a declaration cannot mean anything; names file and feature, suggests near words.
        """
        document = _parse(source, where) if isinstance(source, Path) else source
        place = Place(where, "[settings]")
        for word in document:
            if word not in ("features", "settings"):
                raise place.wrong(f"unknown table [{word}]", f"未知的表 [{word}]", word, ("features", "settings"))
        if decides not in contracts:
            raise place.wrong(f"there is no data contract for {decides!r}", f"没有 {decides!r} 的数据契约", decides, contracts)
        declarations = {declaration.name: declaration for declaration in read_declarations(document.get("features", {}), where)}
        zone, lateness_us, graph_settings = _settings(document.get("settings", {}), place)
        resolution = Resolution(contracts, decides, {decides: StreamColumns(contracts[decides])})
        for column, declaration in enumerate(declarations.values()):
            resolution.add(declaration, column)
        columns = {name: column for column, name in enumerate(declarations)}
        derived = derived_program(declarations, columns)
        graph = graph_plan(resolution, graph_settings, lateness_us, place)
        titles = default_titles(declarations, contracts, decides)
        features = tuple(
            Feature(name, columns[name], *resolution.types[name], titles[name], declaration.operation.name)
            for name, declaration in declarations.items()
        )
        return cls(
            features,
            decides,
            _version(declarations, resolution, zone, lateness_us, graph_settings, graph),
            zone,
            lateness_us,
            resolution.streams,
            tuple(GroupingPlan(key, tuple(reads), remembers_always(reads)) for key, reads in resolution.groupings.items()),
            tuple(resolution.fields),
            tuple(resolution.calendar),
            tuple(resolution.lists),
            tuple(resolution.holds),
            derived,
            graph,
        )


def _parse(path: Path, where: str) -> Mapping[str, Any]:
    try:
        return read_toml(path.read_bytes())
    except TomlError as error:
        raise PolicyError(
            "features.file.unreadable",
            {"en": f"{where}: no readable TOML: {error.text['en']}", "zh": f"{where}：不是可读的 TOML：{error.text['zh']}"},
            {"en": "mend the file", "zh": "请修改该文件"},
        ) from None


def _settings(table: Mapping[str, Any], place: Place) -> tuple[str, int, Mapping[str, Any]]:
    known = ("zone", "lateness", "graph")
    for word in table:
        if word not in known:
            raise place.wrong(f"unknown setting {word!r}", f"未知设置 {word!r}", word, known)
    zone = table.get("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise place.wrong(
            f"unknown zone {zone!r}; write it like Asia/Shanghai", f"未知时区 {zone!r}；请写成 Asia/Shanghai 这样的形式"
        ) from None
    try:
        lateness_us = duration_us(table["lateness"]) if "lateness" in table else LATENESS_US
    except InputError as error:
        raise place.wrong(f"lateness: {error.message('en')}", f"lateness：{error.message('zh')}") from None
    return zone, lateness_us, table.get("graph", {})


def _version(
    declarations: Mapping[str, Declaration],
    resolution: Resolution,
    zone: str,
    lateness_us: int,
    graph_settings: Mapping[str, Any],
    graph: GraphPlan | None,
) -> str:
    """Hash of everything that can change a value."""
    used = [
        [kind, number.name, spec.type.value, spec.scale, spec.required]
        for kind, stream in sorted(resolution.streams.items())
        for number in stream.numbers.values()
        if (spec := stream.contract.role(number.name) or stream.contract.field(number.name)) is not None
    ]
    spaces = [[code.space for code in stream.codes.values()] for _, stream in sorted(resolution.streams.items())]
    ends = [] if graph is None else [graph.source.space, graph.target.space]
    keys = [[[role.space for role in (*key.roles, *key.asked)], [one.literal for one in key.where]] for key in resolution.groupings]
    content = [
        KERNEL_VERSION,
        resolution.decides,
        [declaration.canonical() for declaration in declarations.values()],
        used,
        [spaces, ends, keys],
        _zone_rules(zone) if resolution.calendar else "",
        lateness_us,
        sorted(graph_settings.items()),
    ]
    return blake2b(msgspec.json.encode(content), digest_size=16).hexdigest()


@lru_cache(maxsize=ZONES_KEPT)
def _zone_rules(zone: str) -> str:
    """Hash of the zone's offsets at noon UTC of every day from 2000 to 2037, so that other zone tables make another version."""
    offsets = ZoneOffsets(zone)
    days = range(10_957, 24_837)
    return blake2b(msgspec.json.encode([offsets.of(day * MICROSECONDS_PER_DAY + MICROSECONDS_PER_DAY // 2) for day in days])).hexdigest()
