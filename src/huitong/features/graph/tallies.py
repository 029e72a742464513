"""Counts over a window of one account's edges, kept up to date edge by edge.

The distinct neighbours of a window are its edges that no newer edge of the same pair has superseded: each pair is counted at its
newest edge, so an edge that leaves the window takes its neighbour along only if it is that pair's last.
"""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

from huitong.features.graph.layout import FIRST, MARK, MARK_A, NEWEST, NONE, NULL_INT, OUT, WINDOW, Codes, Ints, Record, Records, inlined
from huitong.features.graph.lists import older_of


@inlined
def recount(
    edges: Records, extras: Records, newest: Codes, scratch: Codes, header: Ints, tally: Record, node: int, side: int, t: int, cut: int
) -> None:
    """Count the edges of ``node`` with time in ``(cut, t]`` by walking them, into ``tally``.

    For a late edge, which is counted as of its own time, and for an account so long idle that its tally's oldest edge is forgotten.
    """
    first = header[FIRST]
    mask = edges.shape[0] - 1
    header[MARK] += 1
    mark = header[MARK]
    oldest, degree, distinct, amount = NONE, 0, 0, 0
    edge = newest[node, side]
    while edge >= first:
        record = edges[edge & mask]
        if record.time <= cut:
            break
        if record.time <= t:
            oldest = edge
            degree += 1
            neighbour = record.target if side == OUT else record.source
            if scratch[neighbour, MARK_A] != mark:
                scratch[neighbour, MARK_A] = mark
                distinct += 1
            if extras[edge & mask].amount != NULL_INT:
                amount += extras[edge & mask].amount
        edge = older_of(edges, edge & mask, side)
    tally.oldest, tally.degree, tally.distinct, tally.amount = oldest, degree, distinct, amount


@inlined
def advance(
    edges: Records, extras: Records, newest: Codes, tallies: Records, scratch: Codes, header: Ints, plan: Ints, node: int, side: int
) -> None:
    """Drop what has left the windows of ``node`` by the newest time."""
    first = header[FIRST]
    mask = edges.shape[0] - 1
    for window in range(plan.shape[0]):
        tally = tallies[node, 2 * window + side]
        cut = header[NEWEST] - plan[window, WINDOW]
        edge = tally.oldest
        while edge >= first and edges[edge & mask].time <= cut:
            extra = extras[edge & mask]
            tally.degree -= 1
            if extra.superseded == 0:
                tally.distinct -= 1
            if extra.amount != NULL_INT:
                tally.amount -= extra.amount
            edge = extra.newer_out if side == OUT else extra.newer_in
        tally.oldest = edge
        if edge < first and edge != NONE:
            recount(edges, extras, newest, scratch, header, tally, node, side, header[NEWEST], cut)


@inlined
def count_in(
    edges: Records, extras: Records, tallies: Records, header: Ints, plan: Ints, node: int, side: int, edge: int, pair: int
) -> None:
    """Count ``edge`` in the windows of ``node``, whose tallies stand at the newest time; ``pair`` was its pair's newest edge."""
    first = header[FIRST]
    mask = edges.shape[0] - 1
    record, extra = edges[edge & mask], extras[edge & mask]
    for window in range(plan.shape[0]):
        cut = header[NEWEST] - plan[window, WINDOW]
        if record.time <= cut:
            continue
        tally = tallies[node, 2 * window + side]
        tally.degree += 1
        if extra.superseded == 0 and not (pair >= first and edges[pair & mask].time > cut):
            tally.distinct += 1
        if extra.amount != NULL_INT:
            tally.amount += extra.amount
        if tally.oldest == NONE or record.time < edges[tally.oldest & mask].time:
            tally.oldest = edge


@inlined
def count_one(tally: Record, amount: int, new: bool) -> None:
    """Count an edge that lies in the window but in no list; ``new`` where it is the first of its pair there."""
    tally.degree += 1
    if new:
        tally.distinct += 1
    if amount != NULL_INT:
        tally.amount += amount


@inlined
def oldest_held(edges: Records, newest: Codes, first: int, node: int, side: int, t: int, cut: int) -> int:
    """The oldest edge of ``node`` with time in ``(cut, t)`` by walking, or `NONE`."""
    mask = edges.shape[0] - 1
    oldest = NONE
    edge = newest[node, side]
    while edge >= first and edges[edge & mask].time > cut:
        if edges[edge & mask].time < t:
            oldest = edge
        edge = older_of(edges, edge & mask, side)
    return oldest


@inlined
def oldest_before(
    edges: Records, newest: Codes, tallies: Records, header: Ints, node: int, side: int, window: int, t: int, cut: int
) -> int:
    """The oldest edge of ``node`` with time in ``(cut, t)``, or `NONE`: at once when ``t`` is the newest time."""
    if t < header[NEWEST]:
        return oldest_held(edges, newest, header[FIRST], node, side, t, cut)
    oldest = tallies[node, 2 * window + side].oldest
    if oldest == NONE or edges[oldest & (edges.shape[0] - 1)].time >= t:
        return NONE
    return oldest
