"""The graph features again, slowly and in plain words: every candidate is tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from huitong.features.graph import NULL_INT, GraphFeature

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Edge:
    source: int
    target: int
    time: int
    amount: int = 100


def answer(seen: list[Edge], edge: Edge, feature: GraphFeature) -> float:  # noqa: PLR0911, PLR0912 - one case per pattern
    """The feature of ``edge``, of which ``seen`` came before in the stream, in that order."""
    since = edge.time - feature.window_us
    within = [other for other in seen if since < other.time <= edge.time]
    before = [other for other in within if other.time < edge.time and other.source != other.target]
    counted = [*within, edge]
    node = edge.target if feature.of == "target" else edge.source
    cycles = closed_cycles(before, edge) if feature.pattern.startswith("cycle") else []
    match feature.pattern:
        case "fan_out":
            return len({other.target for other in counted if other.source == node})
        case "fan_in":
            return len({other.source for other in counted if other.target == node})
        case "degree_out":
            return sum(other.source == node for other in counted)
        case "degree_in":
            return sum(other.target == node for other in counted)
        case "cycles":
            return sum(len(cycle) == feature.length for cycle in cycles)
        case "cycle_length":
            return min((len(cycle) for cycle in cycles), default=0)
        case "cycle_conserved":
            shortest = min((len(cycle) for cycle in cycles), default=0)
            best = max((likeness([other.amount for other in cycle]) for cycle in cycles if len(cycle) == shortest), default=-1.0)
            return best if best >= 0 else NAN
        case "scatter_gather":
            return scatter_gather(before, edge)
        case "gather_scatter":
            return gather_scatter(before, edge)
        case "pass_through" | "share_out":
            came = money(other.amount for other in counted if other.target == node)
            left = money(other.amount for other in counted if other.source == node)
            if came <= 0:
                return NAN
            if feature.pattern == "pass_through":
                return left / came
            return edge.amount / came if edge.amount != NULL_INT else NAN
        case "dwell":
            return dwell(before, edge)
        case "path_conserved":
            best = max((likeness([other.amount, edge.amount]) for other in before if other.target == node), default=-1.0)
            return best if best >= 0 else NAN
    raise AssertionError(feature.pattern)


def money(amounts: Iterator[int]) -> int:
    return sum(amount for amount in amounts if amount != NULL_INT)


def likeness(amounts: list[int]) -> float:
    low, high = min(amounts), max(amounts)
    return low / high if low >= 0 and high > 0 else -1.0


def closed_cycles(before: list[Edge], edge: Edge) -> list[list[Edge]]:
    """Every ring of 2 to 6 accounts that ``edge`` closes in strictly rising time, by its newest payments."""
    rings: dict[tuple[int, ...], list[Edge]] = {}
    for cycle in every_cycle(before, edge):
        accounts = tuple(step.source for step in cycle)
        rings[accounts] = max(
            rings.get(accounts, cycle), cycle, key=lambda found: [(step.time, before.index(step)) for step in found[-2::-1]]
        )
    return list(rings.values())


def every_cycle(before: list[Edge], edge: Edge) -> Iterator[list[Edge]]:
    """Every choice of payments along every ring."""

    def paths(node: int, path: list[Edge]) -> Iterator[list[Edge]]:
        if node == edge.source:
            yield path
            return
        if len(path) == 5:
            return
        visited = {edge.target, *(step.target for step in path)}
        for step in before:
            if step.source == node and step.target not in visited and (not path or step.time > path[-1].time):
                yield from paths(step.target, [*path, step])

    if edge.source != edge.target:
        for path in paths(edge.target, []):
            yield [*path, edge]


def scatter_gather(before: list[Edge], edge: Edge) -> int:
    u, v = edge.source, edge.target
    if u == v:
        return 0
    widths = [0]
    for s in {other.source for other in before if other.target == u} - {v}:
        middles = {
            first.target
            for first in before
            for second in before
            if first.source == s and second.target == v and first.target == second.source and first.time < second.time
        }
        widths.append(1 + len(middles - {u, v, s}))
    return max(widths)


def gather_scatter(before: list[Edge], edge: Edge) -> int:
    u = edge.source
    if u == edge.target:
        return 0
    best = 0
    for moment in range(min((other.time for other in before), default=edge.time), edge.time + 1):
        payers = {other.source for other in before if other.target == u and other.time < moment}
        payees = {other.target for other in before if other.source == u and other.time >= moment} | {edge.target}
        best = max(best, min(len(payers), len(payees)))
    return best


def dwell(before: list[Edge], edge: Edge) -> float:
    incoming = sorted((other for other in before if other.target == edge.source), key=lambda other: other.time)[::-1]
    if not incoming:
        return NAN
    left, weight, weighted = max(edge.amount, 0), 0.0, 0.0
    for other in incoming:
        taken = min(left, max(other.amount, 0))
        left -= taken
        weight += taken
        weighted += taken * float(edge.time - other.time)
    return weighted / weight if weight > 0 else float(edge.time - incoming[0].time)


def is_rising(times: list[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(times))
