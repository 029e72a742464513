"""How the graph lies in memory: fixed records in flat arrays, linked by 32-bit edge numbers.

An edge number says its slot in the ring (``number & mask``) and whether the edge is still held (``number >= first``): a link to
a forgotten edge is recognised without reading memory, so nothing has to be unlinked when the ring moves on, and no link dangles.
Lists are in order of time, newest first. What is forgotten lies outside every window, so a list ends at its first forgotten link.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Records = npt.NDArray[Any]
Record = Any
"""One record of such an array, fields by name."""

NULL_INT = -(2**63)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` into whatever compiled code calls it.

    A call would cost more than most of these functions do (arrays are passed field by field, with their reference counts); and as the one
    entry point holds all the code, it alone is cached. Division follows IEEE 754 instead of raising. Reference counts are off: the compiled
    code owns no memory, and its caller holds every array.
    """
    compiled: Callable[..., Any] = njit(forceinline=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload] # numba's own option, absent from its types
    return compiled


NONE = -1
"""No edge."""
LOST = -2
"""An edge that was there but whose number has been given away (see ``GraphState.run``); like `NONE`, never held."""

OUT, IN = 0, 1
"""Sides of an account: the list of edges that leave it, the list of edges that reach it."""

# What a walk reads, and nothing more: 24 bytes.
EDGE = np.dtype(
    [("time", np.int64), ("source", np.int32), ("target", np.int32), ("older_out", np.int32), ("older_in", np.int32)],
    align=True,
)
# What is read once a pattern is found or an edge enters or leaves a window.
# pair: next pair in the hash chain; same: next older edge of the same pair; superseded: a newer edge of the pair came.
EXTRA = np.dtype(
    [
        ("amount", np.int64),
        ("newer_out", np.int32),
        ("newer_in", np.int32),
        ("pair", np.int32),
        ("same", np.int32),
        ("superseded", np.int32),
    ],
    align=True,
)
# One window over one list of one account: its oldest edge and what lies from there to the newest.
TALLY = np.dtype([("amount", np.int64), ("oldest", np.int32), ("degree", np.int32), ("distinct", np.int32)], align=True)

# Header: the few numbers that change with every edge.
FIRST, NEXT, NEWEST, BASE, MARK, CUT_SHORT, TOO_LATE, HEADER_SIZE = range(8)
# FIRST, NEXT   numbers of the oldest edge held and of the edge to come
# NEWEST        newest time seen
# BASE          rows seen before number 0
# MARK          last mark given out in scratch
# CUT_SHORT     newest time among edges that were forgotten inside a window
# TOO_LATE      rows older than the lateness bound
LONG_AGO = -(2**62)

# Settings: fixed per state.
RETAIN, LATENESS, STEPS, CAPPED, HELD_MAX, REACH, SETTINGS_SIZE = range(7)
# RETAIN        age in µs at which an edge may be forgotten
# CAPPED        column of the flag
# REACH         longest window in µs

# One row per tallied window: the window, then an output column or -1 for each of these.
WINDOW, FAN_OUT_SOURCE, FAN_IN_SOURCE, FAN_OUT_TARGET, FAN_IN_TARGET = range(5)
DEGREE_OUT_SOURCE, DEGREE_IN_SOURCE, DEGREE_OUT_TARGET, DEGREE_IN_TARGET, PASS_THROUGH, SHARE_OUT, TALLY_PLAN_SIZE = range(5, 12)

# One row per search: kind, window, its row in the tally plan, whether it writes evidence, longest cycle, then output columns or -1.
KIND, SEARCH_WINDOW, SEARCH_TALLY, PROVES, LENGTH_MAX, COLUMN, COLUMN_LENGTH, COLUMN_CONSERVED = range(8)
COLUMN_CYCLES = 8  # + length - 2
SEARCH_PLAN_SIZE = 13
CYCLES, SCATTER_GATHER, GATHER_SCATTER, FLOW = range(4)

# Scratch per account: a mark tells whether the rest belongs to the search under way.
MARK_A, MARK_B, WIDTH, MIDDLE, SCRATCH_SIZE = range(5)

# Evidence: how many rows before this one the proving edge came; 0: none.
PROOF_CYCLE, PROOF_PATH, PROOF_SCATTER, PROOF_GATHER, PROOF_SIZE = 0, 5, 6, 15, 24
MIDDLES_MAX = 4
"""Branches of a scatter-gather, and edges on either side of a gather-scatter, kept as evidence."""
