"""Money that spreads and meets again: scatter-gather and gather-scatter, as an edge ``u -> v`` completes them.

Source of the patterns: Altman et al., "Realistic synthetic financial transactions for anti-money laundering models" (NeurIPS 2023).
"""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

from huitong.features.graph.layout import (
    IN,
    MARK,
    MARK_A,
    MARK_B,
    MIDDLE,
    MIDDLES_MAX,
    OUT,
    PROOF_GATHER,
    PROOF_SCATTER,
    WIDTH,
    Codes,
    Ints,
    Records,
    inlined,
)
from huitong.features.graph.lists import newest_of_pair


@inlined
def scatter_gather(
    edges: Records,
    extras: Records,
    buckets: Codes,
    newest: Codes,
    scratch: Codes,
    header: Ints,
    first: int,
    u: int,
    v: int,
    t: int,
    cut: int,
    steps_max: int,
    proof: Codes,
    number: int,
) -> tuple[int, bool]:
    """Widest ``s -> {m} -> v`` with ``u`` among the middles m: how many middles, 0 when nobody else paid ``u``.

    Each branch is a path of two edges, the second strictly later; all older than ``t`` but the closing one; s, the middles and v differ.
    The newest edge ``m -> v`` admits every ``s -> m`` that an older one admits, so each middle is looked at once.

    Returns:
        Width, and whether the step budget ran out.
    """
    mask = edges.shape[0] - 1
    header[MARK] += 1
    mark = header[MARK]
    steps, width, scatterer = 0, 0, -1
    edge = newest[u, IN]
    while edge >= first and edges[edge & mask].time > cut and steps <= steps_max:
        steps += 1
        record = edges[edge & mask]
        s = record.source
        if record.time < t and s not in (u, v) and scratch[s, MARK_A] != mark:
            scratch[s, MARK_A], scratch[s, WIDTH], scratch[s, MIDDLE] = mark, 1, u
            if width == 0:
                width, scatterer = 1, s
        edge = record.older_in
    if width == 0:
        return 0, steps > steps_max
    gathered = newest[v, IN]
    while gathered >= first and edges[gathered & mask].time > cut and steps <= steps_max:
        steps += 1
        record = edges[gathered & mask]
        m, at = record.source, record.time
        if at < t and m not in (u, v) and scratch[m, MARK_B] != mark:
            scratch[m, MARK_B] = mark
            edge = newest[m, IN]
            while edge >= first and edges[edge & mask].time > cut and steps <= steps_max:
                steps += 1
                s = edges[edge & mask].source
                if scratch[s, MARK_A] == mark and scratch[s, MIDDLE] != m and s != m and edges[edge & mask].time < at:
                    scratch[s, MIDDLE] = m
                    scratch[s, WIDTH] += 1
                    if scratch[s, WIDTH] > width:
                        width, scatterer = scratch[s, WIDTH], s
                edge = edges[edge & mask].older_in
        gathered = record.older_in
    prove_scatter(edges, extras, buckets, newest, scratch, header, first, scatterer, u, v, t, cut, steps_max, proof, number)
    return width, steps > steps_max


@inlined
def prove_scatter(
    edges: Records,
    extras: Records,
    buckets: Codes,
    newest: Codes,
    scratch: Codes,
    header: Ints,
    first: int,
    s: int,
    u: int,
    v: int,
    t: int,
    cut: int,
    steps_max: int,
    proof: Codes,
    number: int,
) -> None:
    """Leave the edge ``s -> u`` and the newest branches ``s -> m -> v`` in ``proof``."""
    mask = edges.shape[0] - 1
    edge = newest_of_pair(edges, extras, buckets, first, s, u)
    while edge >= first and edges[edge & mask].time >= t:
        edge = extras[edge & mask].same
    proof[PROOF_SCATTER] = number - edge
    if scratch[s, WIDTH] < 2:
        return
    header[MARK] += 1
    mark = header[MARK]
    found, steps = 0, 0
    gathered = newest[v, IN]
    while gathered >= first and edges[gathered & mask].time > cut and found < MIDDLES_MAX and steps <= steps_max:
        record = edges[gathered & mask]
        m = record.source
        steps += 1
        if record.time < t and m not in (s, u, v) and scratch[m, MARK_B] != mark:
            scratch[m, MARK_B] = mark
            edge = newest_of_pair(edges, extras, buckets, first, s, m)
            while edge >= first and edges[edge & mask].time >= record.time:
                edge = extras[edge & mask].same
            if edge >= first and edges[edge & mask].time > cut:
                proof[PROOF_SCATTER + 1 + 2 * found] = number - edge
                proof[PROOF_SCATTER + 2 + 2 * found] = number - gathered
                found += 1
        gathered = record.older_in


@inlined
def gather_scatter(
    edges: Records,
    extras: Records,
    newest: Codes,
    scratch: Codes,
    header: Ints,
    first: int,
    u: int,
    v: int,
    t: int,
    cut: int,
    oldest_in: int,
    steps_max: int,
    proof: Codes,
    number: int,
) -> tuple[int, bool]:
    """Largest k such that k distinct accounts paid ``u`` and then ``u`` paid k distinct accounts, the edge ``u -> v`` being the last.

    Two cursors walk towards each other: the k-th new payer from the oldest edge on, the k-th new payee from this edge back. As long as the
    payer came strictly before the payee, a moment between them has k on both sides.

    Returns:
        Width, and whether the step budget ran out.
    """
    mask = edges.shape[0] - 1
    header[MARK] += 1
    mark = header[MARK]
    width, steps = 0, 0
    paid, gathered = newest[u, OUT], oldest_in
    scratch[v, MARK_B] = mark
    paid_at, paid_edge = t, number
    while u != v:
        while gathered >= first and steps <= steps_max:
            record = edges[gathered & mask]
            if record.time >= t or (record.source != u and scratch[record.source, MARK_A] != mark):
                break
            steps += 1
            gathered = extras[gathered & mask].newer_in
        if gathered < first or steps > steps_max or edges[gathered & mask].time >= paid_at:
            break
        scratch[edges[gathered & mask].source, MARK_A] = mark
        if width < MIDDLES_MAX:
            proof[PROOF_GATHER + width] = number - gathered
            if width > 0:
                proof[PROOF_GATHER + MIDDLES_MAX + width - 1] = number - paid_edge
        width += 1
        while paid >= first and edges[paid & mask].time > cut and steps <= steps_max:
            record = edges[paid & mask]
            if record.time < t and record.target != u and scratch[record.target, MARK_B] != mark:
                break
            steps += 1
            paid = record.older_out
        if paid < first or edges[paid & mask].time <= cut or steps > steps_max:
            break
        scratch[edges[paid & mask].target, MARK_B] = mark
        paid_at, paid_edge = edges[paid & mask].time, paid
    return width, steps > steps_max
