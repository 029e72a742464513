"""Alerts and cases: what a person has to look at, in which order, and what came of it.

For whom: the investigator with a queue, the team lead with its hours, the auditor who asks who closed what. How: a book over the log
(``DeskBook``); an alert is raised in the commit of its decision, joined by later payments of the same subject and pattern, ranked by the
loss that a minute of work avoids; a case gathers alerts and is closed by a second person; every verdict labels its payments, so that
features and models learn from it. Where it fails: an expected loss is only as good as the model's probability, and a measure imposed
meanwhile does not lower it; minutes are measured only
where somebody says that they begin.
"""

from huitong.operations.cases.alert_acts import LabelsOf, alert_of, assign, begin, close, escalate, may_work, reopen, review, snooze
from huitong.operations.cases.book import DeskBook
from huitong.operations.cases.case_acts import (
    FILE_BYTES_MAX,
    KeptFile,
    add_file,
    case_of,
    check,
    close_case,
    link,
    note,
    open_case,
    propose,
    reopen_case,
)
from huitong.operations.cases.queue import (
    QueueFigures,
    Waiting,
    agreement,
    as_waiting,
    awake,
    best_for,
    drawn_for_review,
    figures,
    minutes_of,
    open_alerts,
    ordered,
    ordered_for,
    place_for,
    queue,
    to_review,
)
from huitong.operations.cases.raising import raised_by
from huitong.operations.cases.said import CHARACTERS_MAX
from huitong.operations.cases.settings import DeskSettings, Investigator, Worker
from huitong.operations.cases.settings_file import SETTINGS_FOLDER, SETTINGS_NAME, read_settings, shipped
from huitong.operations.cases.state import (
    ALERT_CLOSED,
    ALERT_ESCALATED,
    ALERT_RAISED,
    CASE_FILED,
    CASE_OPENED,
    CASE_PROPOSED,
    TEXT_FIELDS,
    VERDICTS,
    Alert,
    Case,
    Desk,
    Entry,
    Handled,
    Verdict,
    verdicts_of,
)

__all__ = [
    "ALERT_CLOSED",
    "ALERT_ESCALATED",
    "ALERT_RAISED",
    "CASE_FILED",
    "CASE_OPENED",
    "CASE_PROPOSED",
    "CHARACTERS_MAX",
    "FILE_BYTES_MAX",
    "SETTINGS_FOLDER",
    "SETTINGS_NAME",
    "TEXT_FIELDS",
    "VERDICTS",
    "Alert",
    "Case",
    "Desk",
    "DeskBook",
    "DeskSettings",
    "Entry",
    "Handled",
    "Investigator",
    "KeptFile",
    "LabelsOf",
    "QueueFigures",
    "Verdict",
    "Waiting",
    "Worker",
    "add_file",
    "agreement",
    "alert_of",
    "as_waiting",
    "assign",
    "awake",
    "begin",
    "best_for",
    "case_of",
    "check",
    "close",
    "close_case",
    "drawn_for_review",
    "escalate",
    "figures",
    "link",
    "may_work",
    "minutes_of",
    "note",
    "open_alerts",
    "open_case",
    "ordered",
    "ordered_for",
    "place_for",
    "propose",
    "queue",
    "raised_by",
    "read_settings",
    "reopen",
    "reopen_case",
    "review",
    "shipped",
    "snooze",
    "to_review",
    "verdicts_of",
]
