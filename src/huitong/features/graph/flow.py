"""Money that passes through the sending account: how long it rested, and whether an incoming amount leaves unchanged."""

# mypy: disable-error-code="no-any-return"
# Fields of records are untyped for mypy; numba infers them.

import numpy as np

from huitong.features.graph.cycles import conserved
from huitong.features.graph.layout import IN, NULL_INT, PROOF_PATH, Codes, Records, inlined


@inlined
def flow(
    edges: Records,
    extras: Records,
    newest: Codes,
    first: int,
    u: int,
    t: int,
    amount: int,
    cut: int,
    steps_max: int,
    proof: Codes,
    number: int,
) -> tuple[float, float, bool]:
    """Dwell time and likeness of amounts for an edge that leaves ``u`` at ``t``, over the strictly older edges that reached ``u``.

    Dwell: the newest incoming edges are taken as what is being spent, until they cover ``amount`` (last in, first out; what is not covered
    does not count). Each counts ``t`` minus its time, weighted by the money taken from it. Without amounts: the newest edge alone.

    Returns:
        Dwell in microseconds (NaN: nothing came in), smaller over larger amount of the best pair (NaN: unknown), budget ran out.
    """
    mask = edges.shape[0] - 1
    left = amount if amount > 0 else 0
    weight, weighted, newest_age, best, steps = 0.0, 0.0, np.nan, -1.0, 0
    edge = newest[u, IN]
    while edge >= first and edges[edge & mask].time > cut:
        steps += 1
        if steps > steps_max:
            break
        record = edges[edge & mask]
        if record.time < t and record.source != u:
            age = float(t - record.time)
            if np.isnan(newest_age):
                newest_age = age
                proof[PROOF_PATH] = number - edge
            came = extras[edge & mask].amount
            if came != NULL_INT and came > 0:
                taken = min(left, came)
                weight += taken
                weighted += taken * age
                left -= taken
            likeness = conserved(min(amount, came), max(amount, came))
            if likeness > best:
                best = likeness
                proof[PROOF_PATH] = number - edge
                if likeness == 1.0 and left == 0:
                    break
        edge = record.older_in
    dwell = weighted / weight if weight > 0.0 else newest_age
    return dwell, best if best >= 0.0 else np.nan, steps > steps_max
