"""A spec as three tables of integers that the compiled code reads."""

from collections import defaultdict

import numpy as np

from huitong.features.graph import layout
from huitong.features.graph.layout import Ints
from huitong.features.graph.spec import GraphFeature, GraphSpec

TALLY_COLUMNS = {
    ("fan_out", "source"): layout.FAN_OUT_SOURCE,
    ("fan_in", "source"): layout.FAN_IN_SOURCE,
    ("fan_out", "target"): layout.FAN_OUT_TARGET,
    ("fan_in", "target"): layout.FAN_IN_TARGET,
    ("degree_out", "source"): layout.DEGREE_OUT_SOURCE,
    ("degree_in", "source"): layout.DEGREE_IN_SOURCE,
    ("degree_out", "target"): layout.DEGREE_OUT_TARGET,
    ("degree_in", "target"): layout.DEGREE_IN_TARGET,
    ("pass_through", None): layout.PASS_THROUGH,
    ("share_out", None): layout.SHARE_OUT,
}
SEARCH_COLUMNS = {
    "cycles": (layout.CYCLES, layout.COLUMN_CYCLES),
    "cycle_length": (layout.CYCLES, layout.COLUMN_LENGTH),
    "cycle_conserved": (layout.CYCLES, layout.COLUMN_CONSERVED),
    "scatter_gather": (layout.SCATTER_GATHER, layout.COLUMN),
    "gather_scatter": (layout.GATHER_SCATTER, layout.COLUMN),
    "dwell": (layout.FLOW, layout.COLUMN),
    "path_conserved": (layout.FLOW, layout.COLUMN_CONSERVED),
}
# Searches that start from the oldest edge in their window, which a tally knows.
NEEDS_TALLY = (layout.CYCLES, layout.GATHER_SCATTER)
RETAIN_BEYOND = 8
"""An edge is kept an eighth of the longest window longer than needed, so that an account seen that often never has to be recounted."""


def is_tally(feature: GraphFeature) -> bool:
    """Whether the column is read off a tally rather than searched."""
    return (feature.pattern, feature.of) in TALLY_COLUMNS


def settings_of(spec: GraphSpec) -> Ints:
    """The limits of a spec; shape ``(SETTINGS_SIZE,)``."""
    settings = np.zeros(layout.SETTINGS_SIZE, np.int64)
    settings[layout.RETAIN] = spec.window_us_max + spec.lateness_us + spec.window_us_max // RETAIN_BEYOND
    settings[layout.LATENESS] = spec.lateness_us
    settings[layout.STEPS] = spec.steps
    settings[layout.CAPPED] = len(spec.features)
    settings[layout.HELD_MAX] = spec.edges_held_max
    settings[layout.REACH] = spec.window_us_max
    return settings


def searches_of(spec: GraphSpec) -> Ints:
    """One row per search, a search being a kind of pattern over one window; shape ``(n, SEARCH_PLAN_SIZE)``.

    The longest window of each kind leaves the evidence. Its row in the tally plan is filled in by `plan_of`.
    """
    found: dict[tuple[int, int], Ints] = {}
    for column, feature in enumerate(spec.features):
        if is_tally(feature):
            continue
        kind, place = SEARCH_COLUMNS[feature.pattern]
        ask = found.setdefault((kind, feature.window_us), np.full(layout.SEARCH_PLAN_SIZE, layout.NONE, np.int64))
        ask[place + (feature.length - 2 if feature.length else 0)] = column
        # A cycle of any length may be the shortest or the most alike: those columns ask for all lengths.
        length_max = feature.length or 6
        ask[layout.LENGTH_MAX] = max(ask[layout.LENGTH_MAX], length_max)
    longest: dict[int, int] = defaultdict(int)
    for kind, window in found:
        longest[kind] = max(longest[kind], window)
    for (kind, window), ask in found.items():
        ask[layout.KIND], ask[layout.SEARCH_WINDOW], ask[layout.PROVES] = kind, window, int(longest[kind] == window)
    return np.array([found[key] for key in sorted(found)], np.int64).reshape(-1, layout.SEARCH_PLAN_SIZE)


def plan_of(spec: GraphSpec) -> tuple[Ints, Ints]:
    """The tally plan and the searches of a spec; shapes ``(n, TALLY_PLAN_SIZE)`` and ``(m, SEARCH_PLAN_SIZE)``."""
    searches = searches_of(spec)
    windows = {feature.window_us for feature in spec.features if is_tally(feature)}
    windows |= {int(ask[layout.SEARCH_WINDOW]) for ask in searches if ask[layout.KIND] in NEEDS_TALLY}
    rows = {window: row for row, window in enumerate(sorted(windows))}
    tallies = np.full((len(rows), layout.TALLY_PLAN_SIZE), layout.NONE, np.int64)
    for window, row in rows.items():
        tallies[row, layout.WINDOW] = window
    for column, feature in enumerate(spec.features):
        if is_tally(feature):
            tallies[rows[feature.window_us], TALLY_COLUMNS[feature.pattern, feature.of]] = column
    for ask in searches:
        ask[layout.SEARCH_TALLY] = rows.get(int(ask[layout.SEARCH_WINDOW]), layout.NONE)
    return tallies, searches
