"""Temporal cycles that an edge closes.

The edge ``u -> v`` at ``t`` closes a cycle of length L when older edges lead from ``v`` to ``u`` in L - 1 steps, each strictly later than
the one before, all in the window, through accounts that are all different. Counted as in Blanuša et al., "Fast parallel algorithms for
enumeration of simple, temporal, and hop-constrained cycles" (ACM TOPC, 2023); the peer implementation is snapml's GraphFeaturePreprocessor.

We walk back from ``u`` and ask at each account y whether ``v`` paid y early enough: one look into the pair table in place of
the last and widest level of the walk. Nothing older than v's oldest edge in the window can be on the way.
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
def close_here(
    edges: Records,
    extras: Records,
    first: int,
    back: int,
    cut: int,
    depth: int,
    best_length: int,
    best_likeness: float,
    steps: int,
    steps_max: int,
    work: Ints,
    proof: Codes,
    number: int,
) -> tuple[int, float, int]:
    """Count the cycles whose oldest edge is ``back`` or an older one of its pair, and keep the best.

    Returns:
        Length of the best cycle so far, likeness of its amounts, steps so far (beyond ``steps_max``: broken off).
    """
    mask = edges.shape[0] - 1
    length = depth + 2
    while back >= first and edges[back & mask].time > cut:
        steps += 1
        if steps > steps_max:
            break
        if edges[back & mask].time < work[BEFORE + depth]:
            work[COUNTS + length] += 1
            if best_length == 0 or length <= best_length:
                last = extras[back & mask].amount
                likeness = conserved(min(work[LOW + depth], last), max(work[HIGH + depth], last))
                if length < best_length or likeness > best_likeness:
                    best_length, best_likeness = length, likeness
                    proof[PROOF_CYCLE] = number - back
                    for k in range(PROOF_PATH - PROOF_CYCLE - 1):
                        proof[PROOF_CYCLE + 1 + k] = number - work[VIA + depth - 1 - k] if k < depth else 0
        back = extras[back & mask].same
    return best_length, best_likeness, steps


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

    The best cycle is the shortest, among those the one whose amounts are most alike, among those the one with the newest edges.
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
        back = newest_of_pair(edges, extras, buckets, first, v, work[AT + depth])
        if back >= first:
            best_length, best_likeness, steps = close_here(
                edges, extras, first, back, cut, depth, best_length, best_likeness, steps, steps_max, work, proof, number
            )
            if steps > steps_max:
                return best_length, best_likeness, True
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
            record = edges[edge & mask]
            if record.time < work[BEFORE + depth] and record.source != v:
                fresh = True
                for k in range(depth + 1):
                    if work[AT + k] == record.source:
                        fresh = False
                if fresh:
                    break
            edge = record.older_in
        passed = extras[edge & mask].amount
        work[VIA + depth] = edge
        work[LOW + depth + 1] = min(work[LOW + depth], passed)
        work[HIGH + depth + 1] = max(work[HIGH + depth], passed)
        depth += 1
        work[AT + depth], work[BEFORE + depth] = edges[edge & mask].source, edges[edge & mask].time
