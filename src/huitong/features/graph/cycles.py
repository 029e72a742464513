"""Temporal cycles that an edge closes.

The edge ``u -> v`` at ``t`` closes a cycle of length L when older edges lead from ``v`` to ``u`` in L - 1 steps, each strictly later than
the one before, all in the window, through accounts that are all different. A ring of accounts counts once, however many payments run
along it; of these the newest that fit stand for it. Definition: Blanuša et al., "Fast parallel algorithms for enumeration of simple,
temporal, and hop-constrained cycles" (ACM TOPC, 2023); the peer implementation is snapml's GraphFeaturePreprocessor, which counts the same.

We walk back from ``u``. From each account only the newest edge of a pair that is still in time is followed: it leaves the most
room, so that every ring is met exactly once. At each account y we ask whether ``v`` paid y early enough: one look into the pair table
in place of the last and widest level of the walk. Nothing older than the first payment on of what v paid can be on the way.
"""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

from huitong.features.graph.layout import IN, OUT, PROOF_CYCLE, PROOF_PATH, Codes, Ints, Records, inlined
from huitong.features.graph.lists import newest_of_pair

COUNTS, VIA, AT, BEFORE, LOW, HIGH, PAID, PAID_EDGE, WORK_SIZE = 0, 8, 14, 20, 26, 32, 38, 46, 54
# Sections of the work array. COUNTS: by length. One place per depth: edge taken, account reached, time of that edge, smallest and
# largest amount so far. One place per edge out of v, newest first: account paid, edge.
FEW = 8
"""Edges out of one account that are looked at one by one; beyond, a general answer is cheaper."""


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
def list_paid(edges: Records, newest: Codes, first: int, v: int, t: int, cut: int, work: Ints) -> int:
    """List the edges out of ``v`` with time in ``(cut, t)`` in the work array; return how many, or -1 when there are more than `FEW`."""
    mask = edges.shape[0] - 1
    paid = 0
    edge = newest[v, OUT]
    while edge >= first and edges[edge & mask].time > cut:
        if edges[edge & mask].time < t:
            if paid == FEW:
                return -1
            work[PAID + paid], work[PAID_EDGE + paid] = edges[edge & mask].target, edge
            paid += 1
        edge = edges[edge & mask].older_out
    return paid


@inlined
def earliest_second(edges: Records, newest: Codes, first: int, paid: int, t: int, work: Ints) -> int:
    """Earliest time at which money that v paid out can have been paid on, ``t`` when it was not: no later step is older."""
    mask = edges.shape[0] - 1
    earliest = t
    for k in range(paid):
        since = edges[work[PAID_EDGE + k] & mask].time
        edge = newest[work[PAID + k], OUT]
        for _ in range(FEW):
            if edge < first or edges[edge & mask].time <= since:
                break
            earliest = min(earliest, edges[edge & mask].time)
            edge = edges[edge & mask].older_out
        if edge >= first and edges[edge & mask].time > since:
            earliest = min(earliest, since + 1)
    return earliest


@inlined
def paid_before(
    edges: Records, extras: Records, buckets: Codes, first: int, paid: int, v: int, account: int, before: int, work: Ints
) -> int:
    """The newest edge from ``v`` to ``account`` that is older than ``before``, or a number below ``first``."""
    if paid < 0:
        return newest_of_pair_before(edges, extras, buckets, first, v, account, before)
    mask = edges.shape[0] - 1
    for k in range(paid):
        if work[PAID + k] == account and edges[work[PAID_EDGE + k] & mask].time < before:
            return work[PAID_EDGE + k]
    return first - 1


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
    paid = list_paid(edges, newest, first, v, t, cut, work)
    if paid >= 0:
        floor = earliest_second(edges, newest, first, paid, t, work) - 1
    work[AT], work[BEFORE], work[LOW], work[HIGH] = u, t, amount, amount
    while True:
        steps += 1
        back = paid_before(edges, extras, buckets, first, paid, v, work[AT + depth], work[BEFORE + depth], work)
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
