"""Temporal cycles that an edge closes.

The edge ``u -> v`` at ``t`` closes a cycle of length L when older edges lead from ``v`` to ``u`` in L - 1 steps, each strictly later than
the one before, all in the window, through accounts that are all different. A ring of accounts counts once, however many payments run
along it; of these the newest that fit stand for it. Definition: Blanuša et al., "Fast parallel algorithms for enumeration of simple,
temporal, and hop-constrained cycles" (ACM TOPC, 2023); the peer implementation is snapml's GraphFeaturePreprocessor, which counts the same.

We walk back from ``u``. From each account only the newest edge of a pair that is still in time is followed: it leaves the most
room, so that every ring is met exactly once. At each account y we ask whether ``v`` paid y early enough: one look into the pair table
in place of the last and widest level of the walk. Nothing older than v's oldest edge in the window can be on the way.
"""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

from huitong.features.graph.layout import IN, PROOF_CYCLE, PROOF_PATH, Codes, Ints, Records, inlined
from huitong.features.graph.lists import newest_of_pair

COUNTS, VIA, AT, BEFORE, LOW, HIGH, WORK_SIZE = 0, 8, 14, 20, 26, 32, 40
# Sections of the work array, one place per depth: edge taken, account reached, time of that edge, smallest and largest amount so far.


@inlined
def conserved(low: int, high: int) -> float:
    """Smaller over larger amount; -1 when an amount is missing or none is positive."""
    return low / high if low >= 0 and high > 0 else -1.0


@inlined
def newest_of_pair_before(edges: Records, extras: Records, buckets: Codes, first: int, source: int, target: int, before: int) -> int:
    """The newest edge from ``source`` to ``target`` that is older than ``before``, or a number below ``first``."""
    mask = edges.shape[0] - 1
    edge = newest_of_pair(edges, extras, buckets, first, source, target)
    while edge >= first and edges[edge & mask].time >= before:
        edge = extras[edge & mask].same
    return edge


@inlined
def leads_on(edges: Records, extras: Records, buckets: Codes, first: int, edge: int, v: int, depth: int, work: Ints) -> bool:
    """Whether ``edge`` is the step to take from its account to a new one: in time, and the newest of its pair that is."""
    mask = edges.shape[0] - 1
    record = edges[edge & mask]
    before = work[BEFORE + depth]
    if record.time >= before or record.source == v:
        return False
    for k in range(depth + 1):
        if work[AT + k] == record.source:
            return False
    if extras[edge & mask].superseded == 0:
        return True
    return newest_of_pair_before(edges, extras, buckets, first, record.source, record.target, before) == edge


@inlined
def close_cycles(
    edges: Records,
    extras: Records,
    buckets: Codes,
    newest: Codes,
    first: int,
    u: int,
    v: int,
    t: int,
    amount: int,
    cut: int,
    floor: int,
    length_max: int,
    steps_max: int,
    work: Ints,
    proof: Codes,
    number: int,
) -> tuple[int, float, bool]:
    """Count the cycles by length into ``work[COUNTS + length]`` and leave the best one's edges, oldest first, in ``proof``.

    The best cycle is the shortest, among those the one whose amounts are most alike.
    ``floor`` is the time of v's oldest edge in the window; ``number`` the number of the closing edge.

    Returns:
        Length of the best cycle (0: none), smallest over largest amount along it (-1: unknown), whether the step budget ran out.
    """
    mask = edges.shape[0] - 1
    for length in range(2, 7):
        work[COUNTS + length] = 0
    best_length, best_likeness = 0, -2.0
    depth, steps = 0, 0
    work[AT], work[BEFORE], work[LOW], work[HIGH] = u, t, amount, amount
    while True:
        steps += 1
        back = newest_of_pair_before(edges, extras, buckets, first, v, work[AT + depth], work[BEFORE + depth])
        if back >= first and edges[back & mask].time > cut:
            length = depth + 2
            work[COUNTS + length] += 1
            if best_length == 0 or length <= best_length:
                last = extras[back & mask].amount
                likeness = conserved(min(work[LOW + depth], last), max(work[HIGH + depth], last))
                if length < best_length or likeness > best_likeness:
                    best_length, best_likeness = length, likeness
                    proof[PROOF_CYCLE] = number - back
                    for k in range(PROOF_PATH - PROOF_CYCLE - 1):
                        proof[PROOF_CYCLE + 1 + k] = number - work[VIA + depth - 1 - k] if k < depth else 0
        edge = newest[work[AT + depth], IN] if depth + 2 < length_max else first - 1
        while True:
            if edge < first or edges[edge & mask].time <= floor:
                depth -= 1
                if depth < 0:
                    return best_length, best_likeness, False
                edge = edges[work[VIA + depth] & mask].older_in
                continue
            steps += 1
            if steps > steps_max:
                return best_length, best_likeness, True
            if leads_on(edges, extras, buckets, first, edge, v, depth, work):
                break
            edge = edges[edge & mask].older_in
        passed = extras[edge & mask].amount
        work[VIA + depth] = edge
        work[LOW + depth + 1] = min(work[LOW + depth], passed)
        work[HIGH + depth + 1] = max(work[HIGH + depth], passed)
        depth += 1
        work[AT + depth], work[BEFORE + depth] = edges[edge & mask].source, edges[edge & mask].time
