"""One edge through the graph: what it completes, then its place among the others. Batch and live run this same compiled code."""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

import numpy as np
from numba import njit

from huitong.features.graph.cycles import COUNTS, close_cycles, newest_of_pair_before
from huitong.features.graph.flow import flow
from huitong.features.graph.gather import gather_scatter, scatter_gather
from huitong.features.graph.layout import (
    CAPPED,
    COLUMN,
    COLUMN_CONSERVED,
    COLUMN_CYCLES,
    COLUMN_LENGTH,
    CUT_SHORT,
    CYCLES,
    DEGREE_IN_SOURCE,
    DEGREE_IN_TARGET,
    DEGREE_OUT_SOURCE,
    DEGREE_OUT_TARGET,
    FAN_IN_SOURCE,
    FAN_IN_TARGET,
    FAN_OUT_SOURCE,
    FAN_OUT_TARGET,
    FIRST,
    GATHER_SCATTER,
    IN,
    KIND,
    LATENESS,
    LENGTH_MAX,
    NEWEST,
    NEXT,
    NONE,
    NULL_INT,
    OUT,
    PASS_THROUGH,
    PROVES,
    REACH,
    RETAIN,
    SCATTER_GATHER,
    SEARCH_TALLY,
    SEARCH_WINDOW,
    SHARE_OUT,
    STEPS,
    TOO_LATE,
    WINDOW,
    Codes,
    Floats,
    Ints,
    Mask,
    Record,
    Records,
    inlined,
)
from huitong.features.graph.lists import bucket_of, forget, forget_rows_without_edge, has_room, link_in, link_out, link_pair
from huitong.features.graph.prefetch import prefetch
from huitong.features.graph.tallies import advance, count_in, count_one, oldest_before, recount


@inlined
def write(row: Floats, column: int, value: float) -> None:
    """Set a column that is asked for."""
    if column >= 0:
        row[column] = value


@inlined
def search(
    edges: Records,
    extras: Records,
    buckets: Codes,
    newest: Codes,
    tallies: Records,
    scratch: Codes,
    header: Ints,
    work: Ints,
    settings: Ints,
    ask: Ints,
    unproved: Codes,
    u: int,
    v: int,
    t: int,
    amount: int,
    row: Floats,
    proof: Codes,
) -> bool:
    """Run one search of the plan for an edge that is not yet in its lists; return whether the step budget ran out."""
    first, number = header[FIRST], header[NEXT]
    cut = t - ask[SEARCH_WINDOW]
    steps_max = settings[STEPS]
    into = proof if ask[PROVES] == 1 else unproved
    capped = False
    if ask[KIND] == CYCLES:
        length, likeness, found = 0, -1.0, False
        floor = NONE
        if u != v and newest[u, IN] >= first:
            floor = oldest_before(edges, newest, tallies, header, v, OUT, ask[SEARCH_TALLY], t, cut)
        if floor != NONE and edges[newest[u, IN] & (edges.shape[0] - 1)].time >= edges[floor & (edges.shape[0] - 1)].time:
            found = True
            since = edges[floor & (edges.shape[0] - 1)].time
            length, likeness, capped = close_cycles(
                edges, extras, buckets, newest, first, u, v, t, amount, cut, since, ask[LENGTH_MAX], steps_max, work, into, number
            )
        for k in range(5):
            write(row, ask[COLUMN_CYCLES + k], work[COUNTS + 2 + k] if found else 0)
        write(row, ask[COLUMN_LENGTH], length)
        write(row, ask[COLUMN_CONSERVED], likeness if likeness >= 0.0 else np.nan)
    elif ask[KIND] == SCATTER_GATHER:
        width = 0
        if u != v and newest[u, IN] >= first:
            width, capped = scatter_gather(edges, extras, buckets, newest, scratch, header, first, u, v, t, cut, steps_max, into, number)
        write(row, ask[COLUMN], width)
    elif ask[KIND] == GATHER_SCATTER:
        oldest = oldest_before(edges, newest, tallies, header, u, IN, ask[SEARCH_TALLY], t, cut)
        width = 0
        if oldest != NONE:
            width, capped = gather_scatter(edges, extras, newest, scratch, header, first, u, v, t, cut, oldest, steps_max, into, number)
        write(row, ask[COLUMN], width)
    else:
        dwell, likeness, capped = flow(edges, extras, newest, first, u, t, amount, cut, steps_max, into, number)
        write(row, ask[COLUMN], dwell)
        write(row, ask[COLUMN_CONSERVED], likeness)
    return capped


@inlined
def write_tallies(out_of_u: Record, into_u: Record, out_of_v: Record, into_v: Record, asked: Ints, amount: int, row: Floats) -> None:
    """Columns that are read off the tallies of one window, this edge included."""
    write(row, asked[FAN_OUT_SOURCE], out_of_u.distinct)
    write(row, asked[FAN_IN_SOURCE], into_u.distinct)
    write(row, asked[FAN_OUT_TARGET], out_of_v.distinct)
    write(row, asked[FAN_IN_TARGET], into_v.distinct)
    write(row, asked[DEGREE_OUT_SOURCE], out_of_u.degree)
    write(row, asked[DEGREE_IN_SOURCE], into_u.degree)
    write(row, asked[DEGREE_OUT_TARGET], out_of_v.degree)
    write(row, asked[DEGREE_IN_TARGET], into_v.degree)
    came = into_u.amount
    write(row, asked[PASS_THROUGH], out_of_u.amount / came if came > 0 else np.nan)
    write(row, asked[SHARE_OUT], amount / came if came > 0 and amount != NULL_INT else np.nan)


@inlined
def insert(
    edges: Records,
    extras: Records,
    buckets: Codes,
    newest: Codes,
    tallies: Records,
    header: Ints,
    plan: Ints,
    u: int,
    v: int,
    t: int,
    amount: int,
) -> None:
    """Give the edge the next number and its place in every list and tally; ends below zero make it a row that is no edge."""
    first, edge = header[FIRST], header[NEXT]
    header[NEXT] = edge + 1
    slot = edge & (edges.shape[0] - 1)
    edges[slot].time, edges[slot].source, edges[slot].target = t, u, v
    extras[slot].amount = amount
    if u < 0 or v < 0:
        extras[slot].superseded = 1
        return
    pair = link_pair(edges, extras, buckets, first, edge)
    link_out(edges, extras, newest, first, edge)
    link_in(edges, extras, newest, first, edge)
    count_in(edges, extras, tallies, header, plan, u, OUT, edge, pair)
    count_in(edges, extras, tallies, header, plan, v, IN, edge, pair)


@inlined
def count_unlinked(
    edges: Records, extras: Records, buckets: Codes, tallies: Records, header: Ints, plan: Ints, u: int, v: int, t: int, amount: int
) -> None:
    """Count an edge at the newest time in the tallies of its ends as `insert` would, without giving it a place."""
    pair = newest_of_pair_before(edges, extras, buckets, header[FIRST], u, v, t + 1)
    for window in range(plan.shape[0]):
        new = not_within(edges, header, pair, t - plan[window, WINDOW])
        count_one(tallies[u, 2 * window + OUT], amount, new)
        count_one(tallies[v, 2 * window + IN], amount, new)


@inlined
def count_late_unlinked(
    edges: Records, extras: Records, buckets: Codes, header: Ints, aside: Records, u: int, v: int, t: int, cut: int, amount: int
) -> None:
    """Count a late edge that has no place in the four recounts beside it."""
    new = not_within(edges, header, newest_of_pair_before(edges, extras, buckets, header[FIRST], u, v, t + 1), cut)
    count_one(aside[OUT], amount, new)
    count_one(aside[2 + IN], amount, new)
    if u == v:
        count_one(aside[IN], amount, new)
        count_one(aside[2 + OUT], amount, new)


@inlined
def not_within(edges: Records, header: Ints, edge: int, cut: int) -> bool:
    """Whether ``edge`` is not held or lies at or before ``cut``."""
    return edge < header[FIRST] or edges[edge & (edges.shape[0] - 1)].time <= cut


@inlined
def look_ahead(
    sources: Codes, targets: Codes, i: int, edges: Records, extras: Records, buckets: Codes, newest: Codes, tallies: Records
) -> None:
    """Fetch what the coming edges of a batch will touch: first their accounts, closer by the edges that these lead to."""
    mask = edges.shape[0] - 1
    far = i + 16
    if far < sources.shape[0] and sources[far] >= 0 and targets[far] >= 0:
        u, v = sources[far], targets[far]
        prefetch(newest, u)
        prefetch(newest, v)
        prefetch(tallies, u)
        prefetch(tallies, v)
        prefetch(buckets, bucket_of(u, v, buckets))
    near = i + 8
    if near < sources.shape[0] and sources[near] >= 0 and targets[near] >= 0:
        u, v = sources[near], targets[near]
        for side in range(2):
            prefetch(edges, newest[u, side] & mask)
            prefetch(edges, newest[v, side] & mask)
            if tallies.shape[1] > 0:
                prefetch(edges, tallies[u, side].oldest & mask)
                prefetch(edges, tallies[v, side].oldest & mask)
                prefetch(extras, tallies[u, side].oldest & mask)
                prefetch(extras, tallies[v, side].oldest & mask)
        prefetch(extras, newest[u, OUT] & mask)
        prefetch(extras, newest[v, IN] & mask)
        prefetch(edges, buckets[bucket_of(u, v, buckets)] & mask)


@njit(nogil=True, cache=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload] # see `inlined`
def run_edges(  # noqa: PLR0912 -- a branch per fate of an edge
    sources: Codes,
    targets: Codes,
    times: Ints,
    amounts: Ints,
    searched: Mask,
    start: int,
    out: Floats,
    evidence: Codes,
    unproved: Codes,
    aside: Records,
    settings: Ints,
    plan: Ints,
    searches: Ints,
    edges: Records,
    extras: Records,
    buckets: Codes,
    newest: Codes,
    tallies: Records,
    scratch: Codes,
    header: Ints,
    work: Ints,
    links: bool,
) -> int:
    """Take the edges from ``start`` on, one after the other, and write a row for each.

    An edge that is not ``searched`` gets its place and its tallies like any other; what only a search finds stays NaN in its row.
    Without ``links`` an edge gets its row but no place: no list changes, only ``header`` and the tallies of the two ends, which the caller
    puts back.

    Returns:
        The number of edges taken since 0; fewer than given when the ring is full and must grow first.
    """
    keep = evidence.shape[0] == times.shape[0]
    for i in range(start, times.shape[0]):
        look_ahead(sources, targets, i, edges, extras, buckets, newest, tallies)
        u, v, t, amount = np.int64(sources[i]), np.int64(targets[i]), times[i], amounts[i]
        row = out[i]
        proof = evidence[i] if keep else evidence[0]
        placed = u >= 0 and v >= 0 and t != NULL_INT
        on_time = t >= header[NEWEST]
        if placed and on_time:
            forget(edges, header, t - settings[RETAIN])
        forget_rows_without_edge(edges, header)
        if not has_room(edges, header, settings) and links:
            return i
        proof[:] = 0
        if placed and not on_time and t < header[NEWEST] - settings[LATENESS]:
            header[TOO_LATE] += 1
            placed = False
        if not placed:
            row[:] = np.nan
            if links:
                insert(edges, extras, buckets, newest, tallies, header, plan, NONE, NONE, header[NEWEST], amount)
            continue
        if on_time:
            header[NEWEST] = t
        for side in range(2):
            advance(edges, extras, newest, tallies, scratch, header, plan, u, side)
            advance(edges, extras, newest, tallies, scratch, header, plan, v, side)
        capped = t - settings[REACH] < header[CUT_SHORT]
        if not searched[i]:
            row[:] = np.nan
        for s in range(searches.shape[0] if searched[i] else 0):
            capped |= search(
                edges, extras, buckets, newest, tallies, scratch, header, work, settings, searches[s], unproved, u, v, t, amount, row, proof
            )
        if links:
            insert(edges, extras, buckets, newest, tallies, header, plan, u, v, t, amount)
        elif on_time:
            count_unlinked(edges, extras, buckets, tallies, header, plan, u, v, t, amount)
        for window in range(plan.shape[0]):
            if on_time:
                write_tallies(
                    tallies[u, 2 * window],
                    tallies[u, 2 * window + 1],
                    tallies[v, 2 * window],
                    tallies[v, 2 * window + 1],
                    plan[window],
                    amount,
                    row,
                )
            else:
                cut = t - plan[window, WINDOW]
                for side in range(2):
                    recount(edges, extras, newest, scratch, header, aside[side], u, side, t, cut)
                    recount(edges, extras, newest, scratch, header, aside[2 + side], v, side, t, cut)
                if not links:
                    count_late_unlinked(edges, extras, buckets, header, aside, u, v, t, cut, amount)
                write_tallies(aside[0], aside[1], aside[2], aside[3], plan[window], amount, row)
        if searched[i]:
            row[settings[CAPPED]] = 1.0 if capped else 0.0
    return times.shape[0]
