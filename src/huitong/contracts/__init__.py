"""Frozen events, decisions and Protocols that rooms share. Imports the kernel only.

For whom: every room. Where it fails: a data contract that cannot mean anything is refused at load, never at the first event.
"""

from huitong.contracts.actors import ROLE_TITLES, ROLES, Actor, Role, Signers, can_be_second, require_role, require_second_person
from huitong.contracts.batch import NULL_CODE, NULL_INT, Codes, EventBatch, Float64Array, Int32Array, Int64Array, time_order
from huitong.contracts.books import REQUEST_DIGEST, Act, Book, Command, Consequence, id_of_act
from huitong.contracts.decision import (
    TIER_FULL,
    Decision,
    Evidence,
    ListHit,
    Measure,
    MeasureKind,
    PatternEdge,
    Reason,
    RuleHit,
    SmallestChange,
)
from huitong.contracts.event import Event, Value
from huitong.contracts.fields import DataContract, FieldSpec, FieldType
from huitong.contracts.health import Health
from huitong.contracts.kept import (
    CHANNEL,
    COUNTERPARTY,
    IN_FORCE,
    LIST_ENTRY_CHANGED,
    MEASURE_CHANGED,
    MEASURE_DRAWN,
    MEASURE_TITLES,
    SCOPE_KEYS,
    MeasureScope,
    measure_feature,
)
from huitong.contracts.log import Answered, Appended, Log, LogBatch, Pending, Recorded
from huitong.contracts.reasons import GIVEN_WEIGHT, MEASURE_WEIGHT, Standing, as_told, main_reason, standing_of
from huitong.contracts.replays import ReplayJob, ReportHolds
from huitong.contracts.row import PLAIN_MAX, PLAIN_MIN, Row, RowHeader, odd_places, row_header
from huitong.contracts.written import read_written, shape_in_chinese

__all__ = [
    "CHANNEL",
    "COUNTERPARTY",
    "GIVEN_WEIGHT",
    "IN_FORCE",
    "LIST_ENTRY_CHANGED",
    "MEASURE_CHANGED",
    "MEASURE_DRAWN",
    "MEASURE_TITLES",
    "MEASURE_WEIGHT",
    "NULL_CODE",
    "NULL_INT",
    "PLAIN_MAX",
    "PLAIN_MIN",
    "REQUEST_DIGEST",
    "ROLES",
    "ROLE_TITLES",
    "SCOPE_KEYS",
    "TIER_FULL",
    "Act",
    "Actor",
    "Answered",
    "Appended",
    "Book",
    "Codes",
    "Command",
    "Consequence",
    "DataContract",
    "Decision",
    "Event",
    "EventBatch",
    "Evidence",
    "FieldSpec",
    "FieldType",
    "Float64Array",
    "Health",
    "Int32Array",
    "Int64Array",
    "ListHit",
    "Log",
    "LogBatch",
    "Measure",
    "MeasureKind",
    "MeasureScope",
    "PatternEdge",
    "Pending",
    "Reason",
    "Recorded",
    "ReplayJob",
    "ReportHolds",
    "Role",
    "Row",
    "RowHeader",
    "RuleHit",
    "Signers",
    "SmallestChange",
    "Standing",
    "Value",
    "as_told",
    "can_be_second",
    "id_of_act",
    "main_reason",
    "measure_feature",
    "odd_places",
    "read_written",
    "require_role",
    "require_second_person",
    "row_header",
    "shape_in_chinese",
    "standing_of",
    "time_order",
]
