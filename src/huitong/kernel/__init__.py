"""Words that every room uses: money, time, ids, errors, findings. Standard library only, no I/O.

For whom: every other room. Where it fails: nowhere silently; each constructor refuses what it cannot hold.
"""

from huitong.kernel.attachments import attachment
from huitong.kernel.clock import (
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_SECOND,
    Clock,
    FixedClock,
    SystemClock,
    duration_us,
    local_date,
    midnight_us,
    minute_text,
    time_text,
    time_us,
)
from huitong.kernel.durations import DURATION_UNITS, digits, duration_text
from huitong.kernel.errors import (
    LANGUAGES,
    NO_JSON,
    BusyError,
    DataError,
    ExternalError,
    HuitongError,
    InputError,
    Language,
    PolicyError,
    Text,
)
from huitong.kernel.findings import Finding, Severity
from huitong.kernel.ids import ID_LENGTH_MAX, DecisionId, EventId, ulid, ulid_time_us
from huitong.kernel.lines import in_one_line
from huitong.kernel.memory import settle_memory
from huitong.kernel.money import AMOUNT_MINOR_MAX, CURRENCY_EXPONENT, Money, currency_exponent
from huitong.kernel.problems import Found, Problem, preferred, problem_document
from huitong.kernel.system import refusal
from huitong.kernel.toml import TOML_DEPTH_MAX, TomlError, read_toml

__all__ = [
    "AMOUNT_MINOR_MAX",
    "CURRENCY_EXPONENT",
    "DURATION_UNITS",
    "ID_LENGTH_MAX",
    "LANGUAGES",
    "MICROSECONDS_PER_DAY",
    "MICROSECONDS_PER_SECOND",
    "NO_JSON",
    "TOML_DEPTH_MAX",
    "BusyError",
    "Clock",
    "DataError",
    "DecisionId",
    "EventId",
    "ExternalError",
    "Finding",
    "FixedClock",
    "Found",
    "HuitongError",
    "InputError",
    "Language",
    "Money",
    "PolicyError",
    "Problem",
    "Severity",
    "SystemClock",
    "Text",
    "TomlError",
    "attachment",
    "currency_exponent",
    "digits",
    "duration_text",
    "duration_us",
    "in_one_line",
    "local_date",
    "midnight_us",
    "minute_text",
    "preferred",
    "problem_document",
    "read_toml",
    "refusal",
    "settle_memory",
    "time_text",
    "time_us",
    "ulid",
    "ulid_time_us",
]
