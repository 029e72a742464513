"""Measures: what is done to customers, accounts, cards and devices after a decision, by whom, until when, and how it is taken back.

For whom: the investigator who holds and releases, the policy that reads what is in force, the auditor who asks who did what and why.
How: a ledger as a book over the log; measures follow from decisions as events, persons act on them with four eyes, the core system is
told by an outbox and held to account by a reconciliation. A measure ends by the event clock; no timer is needed for that.
Where it fails: what reached the log later than the feature plan's lateness counts in the ledger but in no feature; a payment that was let
through by a person after all draws on no limit.
"""

from huitong.risk.disposition.acts import Wanted, confirm, impose, lift, proposal_of, refuse
from huitong.risk.disposition.channels import Channels, unknown_channel
from huitong.risk.disposition.core_system import Answer, CoreSystem, Held, HttpCoreSystem, Instruction
from huitong.risk.disposition.figures import Figures, desk_records_named, figures, payments_measured
from huitong.risk.disposition.following import STOPPING, consequence_of, drawn_by, imposed_by, subjects_of, unfit
from huitong.risk.disposition.ledger import (
    CoreCommand,
    Ledger,
    MeasuresBook,
    Proposal,
    drawn_minor,
    effective,
    every_stretch,
    held_since,
    in_force,
    lift_waits,
    measure_of,
    measures_of,
    refused,
    waiting,
)
from huitong.risk.disposition.measure import (
    ALL_PAYMENTS,
    CHANGED,
    CONSEQUENCE_KINDS,
    KIND_TITLES,
    KINDS,
    MEASURE_EVENTS,
    REFUSED,
    SUBJECT_ROLES,
    SUBJECT_TITLES,
    Change,
    Place,
    Scope,
    Subject,
    SubjectRole,
    change_of,
    event_of,
    rank,
)
from huitong.risk.disposition.notices import Notices, notice, read_notices
from huitong.risk.disposition.outbox import CommandState, Delivered, Outbox, core_state, due, overdue, state_of, wait_us
from huitong.risk.disposition.reconciling import reconcile
from huitong.risk.disposition.settings import GroundFor, Settings, read_settings
from huitong.risk.disposition.shipped import NOTICES_NAME, SETTINGS_FOLDER, SETTINGS_NAME, shipped
from huitong.risk.disposition.stretches import Stretch, stretches, strongest
from huitong.risk.disposition.unread import kept_amount, unnamed_subject, unread_role

__all__ = [
    "ALL_PAYMENTS",
    "CHANGED",
    "CONSEQUENCE_KINDS",
    "KINDS",
    "KIND_TITLES",
    "MEASURE_EVENTS",
    "NOTICES_NAME",
    "REFUSED",
    "SETTINGS_FOLDER",
    "SETTINGS_NAME",
    "STOPPING",
    "SUBJECT_ROLES",
    "SUBJECT_TITLES",
    "Answer",
    "Change",
    "Channels",
    "CommandState",
    "CoreCommand",
    "CoreSystem",
    "Delivered",
    "Figures",
    "GroundFor",
    "Held",
    "HttpCoreSystem",
    "Instruction",
    "Ledger",
    "MeasuresBook",
    "Notices",
    "Outbox",
    "Place",
    "Proposal",
    "Scope",
    "Settings",
    "Stretch",
    "Subject",
    "SubjectRole",
    "Wanted",
    "change_of",
    "confirm",
    "consequence_of",
    "core_state",
    "desk_records_named",
    "drawn_by",
    "drawn_minor",
    "due",
    "effective",
    "event_of",
    "every_stretch",
    "figures",
    "held_since",
    "impose",
    "imposed_by",
    "in_force",
    "kept_amount",
    "lift",
    "lift_waits",
    "measure_of",
    "measures_of",
    "notice",
    "overdue",
    "payments_measured",
    "proposal_of",
    "rank",
    "read_notices",
    "read_settings",
    "reconcile",
    "refuse",
    "refused",
    "shipped",
    "state_of",
    "stretches",
    "strongest",
    "subjects_of",
    "unfit",
    "unknown_channel",
    "unnamed_subject",
    "unread_role",
    "wait_us",
    "waiting",
]
