"""The lists of edges: where an edge is put, how its pair is found, what is forgotten.

Every function takes ``first``, the oldest number held; an edge is held while ``edge >= first``.
"""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

import numpy as np

from huitong.features.graph.layout import CUT_SHORT, FIRST, HELD_MAX, IN, NEXT, NONE, OUT, Codes, Ints, Records, inlined


@inlined
def bucket_of(source: int, target: int, buckets: Codes) -> int:
    """Where the hash chain of the pair begins; the multiplier is 2^64 over the golden ratio, as in Knuth's multiplicative hashing."""
    spread = ((np.int64(source) << 32) | np.int64(target)) * np.int64(-7046029254386353131)
    return (spread >> 30) & (buckets.shape[0] - 1)


@inlined
def newest_of_pair(edges: Records, extras: Records, buckets: Codes, first: int, source: int, target: int) -> int:
    """The newest edge held from ``source`` to ``target``, or a number below ``first``."""
    mask = edges.shape[0] - 1
    edge = buckets[bucket_of(source, target, buckets)]
    while edge >= first:
        record = edges[edge & mask]
        if record.source == source and record.target == target:
            break
        edge = extras[edge & mask].pair
    return edge


@inlined
def older_of(edges: Records, slot: int, side: int) -> int:
    """The next older edge on the same side of the same account."""
    return edges[slot].older_out if side == OUT else edges[slot].older_in


@inlined
def forget(edges: Records, header: Ints, limit_us: int) -> None:
    """Give up the edges whose time is at or before ``limit_us``, in the order in which they came."""
    mask = edges.shape[0] - 1
    first, after = header[FIRST], header[NEXT]
    while first < after and edges[first & mask].time <= limit_us:
        first += 1
    header[FIRST] = first


@inlined
def forget_rows_without_edge(edges: Records, header: Ints) -> None:
    """Give up the oldest rows that are no edge; nothing leads to them, so no answer changes."""
    mask = edges.shape[0] - 1
    first, after = header[FIRST], header[NEXT]
    while first < after and edges[first & mask].source < 0:
        first += 1
    header[FIRST] = first


@inlined
def has_room(edges: Records, header: Ints, settings: Ints) -> bool:
    """Whether one more edge fits; at the state's limit the oldest edge is given up for it, and the cut is noted."""
    capacity = edges.shape[0]
    held = header[NEXT] - header[FIRST]
    if held >= settings[HELD_MAX]:
        header[CUT_SHORT] = max(header[CUT_SHORT], edges[header[FIRST] & (capacity - 1)].time)
        header[FIRST] += 1
        return True
    return held < capacity


@inlined
def link_pair(edges: Records, extras: Records, buckets: Codes, first: int, edge: int) -> int:
    """Put ``edge`` into the list of its pair and return the pair's newest edge before it came (or a number below ``first``).

    A hash chain holds the newest edge of each pair only, in falling order of number, so that it ends at its first forgotten link.
    """
    mask = edges.shape[0] - 1
    record, extra = edges[edge & mask], extras[edge & mask]
    bucket = bucket_of(record.source, record.target, buckets)
    before, newest = NONE, buckets[bucket]
    while newest >= first:
        other = edges[newest & mask]
        if other.source == record.source and other.target == record.target:
            break
        before, newest = newest, extras[newest & mask].pair
    if newest >= first and edges[newest & mask].time > record.time:
        newer = newest
        older = extras[newer & mask].same
        while older >= first and edges[older & mask].time > record.time:
            newer, older = older, extras[older & mask].same
        extra.same = older
        extras[newer & mask].same = edge
        extra.superseded = 1
        extra.pair = NONE
        return newest
    if newest >= first:
        extras[newest & mask].superseded = 1
        if before == NONE:
            buckets[bucket] = extras[newest & mask].pair
        else:
            extras[before & mask].pair = extras[newest & mask].pair
    extra.same = newest
    extra.superseded = 0
    extra.pair = buckets[bucket]
    buckets[bucket] = edge
    return newest


@inlined
def link_out(edges: Records, extras: Records, newest: Codes, first: int, edge: int) -> None:
    """Put ``edge`` at its place in time among the edges that leave its source, after those of equal time."""
    mask = edges.shape[0] - 1
    record = edges[edge & mask]
    newer, older = NONE, newest[record.source, OUT]
    while older >= first and edges[older & mask].time > record.time:
        newer, older = older, edges[older & mask].older_out
    record.older_out = older
    extras[edge & mask].newer_out = newer
    if older >= first:
        extras[older & mask].newer_out = edge
    if newer == NONE:
        newest[record.source, OUT] = edge
    else:
        edges[newer & mask].older_out = edge


@inlined
def link_in(edges: Records, extras: Records, newest: Codes, first: int, edge: int) -> None:
    """Put ``edge`` at its place in time among the edges that reach its target, after those of equal time."""
    mask = edges.shape[0] - 1
    record = edges[edge & mask]
    newer, older = NONE, newest[record.target, IN]
    while older >= first and edges[older & mask].time > record.time:
        newer, older = older, edges[older & mask].older_in
    record.older_in = older
    extras[edge & mask].newer_in = newer
    if older >= first:
        extras[older & mask].newer_in = edge
    if newer == NONE:
        newest[record.target, IN] = edge
    else:
        edges[newer & mask].older_in = edge


@inlined
def rebuild_buckets(edges: Records, extras: Records, buckets: Codes, first: int, after: int) -> None:
    """Fill empty hash chains with the newest edge of every pair held, oldest number first."""
    mask = edges.shape[0] - 1
    for edge in range(first, after):
        if extras[edge & mask].superseded == 0:
            bucket = bucket_of(edges[edge & mask].source, edges[edge & mask].target, buckets)
            extras[edge & mask].pair = buckets[bucket]
            buckets[bucket] = edge
