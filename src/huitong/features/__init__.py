"""Features: named numbers about an event and its history, the same bits live, in replays and in training.

For whom: the analyst who declares a feature in one line of TOML, the policy that decides on it, the training that must see what live saw.
How: a plan is checked against the data contracts and becomes small tables of whole numbers that drive compiled functions; state lies in
flat arrays, sums are exact whole numbers, so order, sharding and restoring change no bit.
Where it fails: an event beyond the lateness bound is in no window (it is reported); a value beyond ``VALUE_MAX`` is refused.
"""

import huitong.machine_code  # noqa: F401 - before any cached function is loaded
from huitong.features.batch import FeatureChunk
from huitong.features.columns import VALUE_MAX
from huitong.features.edges import Patterns, patterns_of_row
from huitong.features.engine import FeatureEngine
from huitong.features.grades import feature_grades
from huitong.features.inputs import inputs_version
from huitong.features.late import LATE, LateEvent, LateEvents, late_text, too_late_us
from huitong.features.listed import Listed, ListEntries
from huitong.features.missing import missing_inputs
from huitong.features.operations import CALENDAR_PARTS, OPERATIONS, Operation
from huitong.features.plan import KERNEL_VERSION, LATENESS_US, Feature, FeaturePlan
from huitong.features.snapshot import Snapshot
from huitong.features.symbols import Symbols, symbol_code
from huitong.features.warm import warm_up

__all__ = [
    "CALENDAR_PARTS",
    "KERNEL_VERSION",
    "LATE",
    "LATENESS_US",
    "OPERATIONS",
    "VALUE_MAX",
    "Feature",
    "FeatureChunk",
    "FeatureEngine",
    "FeaturePlan",
    "LateEvent",
    "LateEvents",
    "ListEntries",
    "Listed",
    "Operation",
    "Patterns",
    "Snapshot",
    "Symbols",
    "feature_grades",
    "inputs_version",
    "late_text",
    "missing_inputs",
    "patterns_of_row",
    "symbol_code",
    "too_late_us",
    "warm_up",
]
