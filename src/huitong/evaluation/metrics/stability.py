"""Whether a distribution stayed what it was: population stability index."""

import numpy as np

from huitong.contracts import Float64Array, Int64Array

PSI_WATCH, PSI_ALARM = 0.10, 0.25
"""Customary limits: below 0.10 stable, above 0.25 shifted (Siddiqi 2006, Credit Risk Scorecards, chapter 9)."""

_FLOOR = 1e-4
"""Least share of a bin, so that an empty bin gives a large but finite index."""


def psi_edges(reference: Float64Array, bins: int = 10) -> Float64Array:
    """Inner edges of bins of equal mass in the reference; NaN is left out, equal edges are folded.

    Returns:
        Rising edges, shape ``(at most bins - 1,)``.
    """
    known = reference[~np.isnan(reference)]
    return np.unique(np.quantile(known, np.arange(1, bins) / bins)) if len(known) else np.zeros(0)


def bin_counts(values: Float64Array, edges: Float64Array) -> Int64Array:
    """Number of values in each bin, missing ones last, shape ``(len(edges) + 2,)``."""
    missing = np.isnan(values)
    place = np.searchsorted(edges, values, side="left")
    place[missing] = len(edges) + 1
    return np.bincount(place, minlength=len(edges) + 2).astype(np.int64)


def population_stability_index(reference: Int64Array, actual: Int64Array) -> float | None:
    """Sum over bins of (actual share - reference share) x ln(actual share / reference share); ``None`` when either is empty.

    Source:
        Siddiqi (2006), Credit Risk Scorecards, chapter 9; it is the symmetric Kullback-Leibler (Jeffreys) divergence.
    """
    if reference.sum() == 0 or actual.sum() == 0:
        return None
    used = (reference > 0) | (actual > 0)
    before = np.maximum(reference[used] / reference.sum(), _FLOOR)
    after = np.maximum(actual[used] / actual.sum(), _FLOOR)
    return float(np.sum((after - before) * np.log(after / before)))
