"""Graph declarations as a graph spec: which pattern goes to which column, and which keys are the ends of a payment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huitong.contracts import FieldType, Int32Array
from huitong.features.columns import CodeColumn
from huitong.features.declare import Declaration, Place
from huitong.features.graph import PATTERNS, GraphFeature, GraphSpec, is_tally
from huitong.features.resolve import Resolution
from huitong.kernel import InputError

CAPPED = "capped"
_SETTINGS = ("source", "target", "amount", "steps", "edges_held_max")


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """The graph of the decided kind.

    Attributes:
        spec: Its columns and limits.
        source: Key role that pays.
        target: Key role that is paid.
        amount: Column of ``values`` with the amount.
        amount_name: Field with the amount.
        columns: For each feature its column in the graph's rows and in the feature vector.
    """

    spec: GraphSpec
    source: CodeColumn
    target: CodeColumn
    amount: int
    amount_name: str
    columns: tuple[tuple[int, int], ...]


def graph_plan(resolution: Resolution, settings: Mapping[str, Any], lateness_us: int, place: Place) -> GraphPlan | None:
    """The graph that the declarations ask for; ``None`` if they ask for none.

    Raises:
        PolicyError: If a pattern, a key or a setting cannot be.
    """
    for word in settings:
        if word not in _SETTINGS:
            raise place.wrong(f"graph has no setting {word!r}", f"graph 没有 {word!r} 这一设置", word, _SETTINGS)
    if not resolution.graph:
        return None
    first = resolution.graph[0][0].place
    stream = resolution.decided()
    ends = [stream.role(settings.get(end, default), first) for end, default in (("source", "account"), ("target", "counterparty"))]
    if ends[0].space != ends[1].space:
        raise first.wrong(
            f"keys {ends[0].name} and {ends[1].name} must share one space in the data contract",
            f"键 {ends[0].name} 与 {ends[1].name} 在数据契约中须属于同一 space",
        )
    amount = stream.find(settings.get("amount", "amount"), first)
    if amount.type is not FieldType.MONEY:
        raise first.wrong(f"{amount.name} is no money", f"{amount.name} 不是金额")
    asked: dict[GraphFeature, int] = {}
    columns = []
    for declaration, out in resolution.graph:
        if declaration.argument == CAPPED:
            columns.append((-1, out))
        else:
            feature = _feature(declaration)
            columns.append((asked.setdefault(feature, len(asked)), out))
    limits = {name: settings[name] for name in ("steps", "edges_held_max") if name in settings}
    try:
        spec = GraphSpec(tuple(asked), lateness_us, **limits)
    except InputError as error:
        raise place.wrong(error.message("en"), error.message("zh")) from None
    return GraphPlan(spec, ends[0], ends[1], stream.number(amount), amount.name, tuple(columns))


def searched_columns(graph: GraphPlan | None, derived: Int32Array) -> frozenset[int]:
    """Columns that only a search fills: patterns, the flag that one was cut short, and what is derived from them.

    Args:
        graph: The graph, if there is one.
        derived: Program of derived features, in the order of dependency.
    """
    if graph is None:
        return frozenset()
    found = {out for column, out in graph.columns if column < 0 or not is_tally(graph.spec.features[column])}
    for _, first, second, out in derived.tolist():
        if first in found or second in found:
            found.add(out)
    return frozenset(found)


def _feature(declaration: Declaration) -> GraphFeature:
    pattern = str(declaration.argument)
    if pattern not in PATTERNS:
        raise declaration.place.wrong(f"unknown graph pattern {pattern!r}", f"未知的图模式 {pattern!r}", pattern, [*PATTERNS, CAPPED])
    if declaration.over_us is None:
        raise declaration.place.wrong("a graph pattern needs a window, over = …", "图模式需要窗口 over = …")
    try:
        return GraphFeature(pattern, declaration.over_us, declaration.options.get("length", 0), declaration.options.get("of"))
    except InputError as error:
        raise declaration.place.wrong(error.message("en"), error.message("zh")) from None
