"""The book of the desk: what each event does to alerts and cases."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from huitong.contracts import Event
from huitong.operations.cases import state as s
from huitong.operations.cases.settings import MINUTE_US

_MINUTES_MAX = 240.0
"""Longest time that counts as work on one alert: beyond it, somebody went home."""


class DeskBook:
    """Folds the events of alerts and cases."""

    name: ClassVar[str] = "desk"
    version: ClassVar[int] = 9
    state: ClassVar[type[s.Desk]] = s.Desk

    @property
    def kinds(self) -> tuple[str, ...]:
        """See ``Book``."""
        return tuple(_ENTER)

    def blank(self) -> s.Desk:
        """No alert, no case."""
        return s.Desk()

    def enter(self, state: s.Desk, event: Event) -> None:
        """See ``Book``."""
        _ENTER[event.kind](state, event)


def _raised(desk: s.Desk, event: Event) -> None:
    role, pattern = text(event, "subject_role"), text(event, "pattern")
    subject = event.keys.get(role) or text(event, "payment")  # what names nobody is about itself
    place = s.place_in_queue(role, subject, pattern)
    alert = desk.alerts.get(desk.open_alerts.get(place, ""))
    if alert is None:
        alert = s.Alert(event.id, role, subject, pattern, event.time_us, event.time_us, number(event, "due"))
        desk.alerts[event.id] = alert
        desk.open_alerts[place] = event.id
    alert.snoozed_until_us = 0  # whoever let it sleep did not know of this payment
    if alert.count < s.PAYMENTS_MAX:
        alert.payments.append(text(event, "payment"))
        alert.decisions.append(text(event, "decision"))
        desk.of_decision[text(event, "decision")] = alert.id
    alert.count += 1
    alert.last_us = max(alert.last_us, event.time_us)
    alert.due_us = min(alert.due_us, number(event, "due"))
    alert.amount_minor += number(event, "amount")
    alert.expected_loss_minor += number(event, "expected_loss")
    if event.data.get("certain") is True:
        alert.certain_minor += number(event, "expected_loss")
    if isinstance(event.data.get("urgent_from"), int) and alert.expected_loss_minor >= number(event, "urgent_from"):
        alert.due_us = min(alert.due_us, number(event, "urgent_due"))
    if case := desk.cases.get(alert.case or ""):
        _note_void(case, event, text(event, "payment"), alert.id)


def _assigned(desk: s.Desk, event: Event) -> None:
    if alert := _alert(desk, event):
        alert.assignee = text(event, "to") or None
        if alert.assignee != alert.begun_by:
            alert.begun_us = None  # until the next one begins, it waits


def _begun(desk: s.Desk, event: Event) -> None:
    if alert := _alert(desk, event):
        alert.begun_us, alert.begun_by, alert.snoozed_until_us = event.time_us, text(event, "by"), 0
        alert.assignee = alert.begun_by


def _snoozed(desk: s.Desk, event: Event) -> None:
    if alert := _alert(desk, event):
        alert.snoozed_until_us, alert.begun_us = number(event, "until"), None


def _escalated(desk: s.Desk, event: Event) -> None:
    if alert := _alert(desk, event):
        alert.escalated, alert.assignee, alert.begun_us, alert.snoozed_until_us = text(event, "reason"), None, None, 0


def _closed(desk: s.Desk, event: Event) -> None:
    alert = _alert(desk, event)
    if alert is None:
        return
    was_open = alert.open
    alert.verdict, alert.reason = text(event, "verdict"), text(event, "reason")
    alert.closed_us, alert.closed_by = event.time_us, text(event, "by")
    alert.reviewed = None  # whoever looked a second time judged another closing
    if alert.verdict != "unclear":
        alert.labelled, alert.labelled_count = alert.verdict, len(alert.payments)
    case = desk.cases.get(alert.case or "")
    alert.proposed_by = None if case is None else case.proposed_by  # an alert of a case is closed by nothing else
    if not was_open:  # its case was reopened, and closed with another verdict
        return
    desk.open_alerts.pop(s.place_in_queue(alert.role, alert.subject, alert.pattern), None)
    if alert.begun_us is not None:
        handled = desk.handled.setdefault(alert.pattern, s.Handled())
        handled.alerts += 1
        handled.minutes += min(max(event.time_us - alert.begun_us, 0) / MINUTE_US, _MINUTES_MAX)


def _reopened(desk: s.Desk, event: Event) -> None:
    alert = _alert(desk, event)
    if alert is None or alert.open:
        return
    alert.verdict = alert.reason = alert.closed_us = alert.closed_by = alert.proposed_by = alert.reviewed = alert.begun_us = None
    alert.snoozed_until_us = 0
    desk.open_alerts.setdefault(s.place_in_queue(alert.role, alert.subject, alert.pattern), alert.id)
    if case := desk.cases.get(alert.case or ""):
        _note_void(case, event, text(event, "reason"), alert.id)


def _reviewed(desk: s.Desk, event: Event) -> None:
    if alert := _alert(desk, event):
        alert.reviewed = text(event, "verdict")


def _case_opened(desk: s.Desk, event: Event) -> None:
    role = text(event, "subject_role")
    case = s.Case(event.id, text(event, "title"), role, event.keys.get(role, ""), event.time_us, text(event, "by"))
    desk.cases[event.id] = case
    desk.open_cases.append(event.id)
    _write(case, event)
    _join(desk, case, text(event, "alert"))


def _case_linked(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        other, voids = text(event, "other"), None
        if other in desk.alerts:
            _join(desk, case, other)
            voids = _void(case)
        elif other not in case.links:
            case.links.append(other)
            _point_back(desk.cases.get(other), case, event)
        _write(case, event, reference=other, voids=voids)


def _point_back(other: s.Case | None, case: s.Case, event: Event) -> None:
    """Whoever looks at the other case is to know of it too."""
    if other is None:
        return
    other.linked_from.append(case.id)
    if len(other.timeline) < s.TIMELINE_MAX:
        other.timeline.append(s.Entry(event.id, event.time_us, text(event, "by"), event.kind, reference=case.id, back=True))


def _case_noted(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        _write(case, event, text(event, "note"))


def _case_filed(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        _write(case, event, text(event, "name"), text(event, "content"))


def _case_checked(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        case.checked[text(event, "item")] = text(event, "by")
        _write(case, event, text(event, "item"))


def _case_proposed(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        case.proposed, case.proposed_by, case.reasons = text(event, "verdict"), text(event, "by"), text(event, "reason")
        case.proposal = event.id
        _write(case, event, text(event, "reason"))


def _case_closed(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        case.closed_us, case.closed_by = event.time_us, text(event, "by")
        if case.id in desk.open_cases:
            desk.open_cases.remove(case.id)
        if case.proposal is None:  # recorded before what joins made a proposal void
            latest = next((one for one in reversed(case.timeline) if one.kind == s.CASE_PROPOSED), None)
            case.proposed, case.reasons = text(event, "verdict"), text(event, "reason")
            case.proposal, case.proposed_by = (None, None) if latest is None else (latest.id, latest.by)
        _write(case, event, text(event, "reason"))


def _case_refused(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        voids = _void(case)
        _write(case, event, text(event, "reason"), voids=voids)


def _case_reopened(desk: s.Desk, event: Event) -> None:
    if case := _case(desk, event):
        case.proposal = case.proposed = case.proposed_by = case.closed_us = case.closed_by = None
        if case.id not in desk.open_cases:
            desk.open_cases.append(case.id)
        _write(case, event, text(event, "reason"))


def _void(case: s.Case) -> str | None:
    """Nothing is proposed any more: a second person refused it, or it says nothing of an alert that came in since, nor of a payment that
    joined one. Gives the id of the proposal that was.
    """
    if case.closed_us is not None:
        return None
    proposal = case.proposal
    case.proposal = case.proposed = case.proposed_by = case.reasons = None
    return proposal


def _note_void(case: s.Case, event: Event, said: str, alert: str) -> None:
    """What happens to an alert stands in its case's time line where it makes a proposal void: else nobody would know why it is gone."""
    if voids := _void(case):
        _write(case, event, said, alert, voids)


def _alert(desk: s.Desk, event: Event) -> s.Alert | None:
    return desk.alerts.get(event.keys.get("alert", ""))


def _case(desk: s.Desk, event: Event) -> s.Case | None:
    return desk.cases.get(event.keys.get("case", ""))


def _join(desk: s.Desk, case: s.Case, alert_id: str) -> None:
    alert = desk.alerts.get(alert_id)
    if alert is not None and alert_id not in case.alerts:
        case.alerts.append(alert_id)
        alert.case = case.id


def _write(case: s.Case, event: Event, said: str = "", reference: str | None = None, voids: str | None = None) -> None:
    case.timeline.append(s.Entry(event.id, event.time_us, text(event, "by"), event.kind, said, reference, voids))


def text(event: Event, name: str) -> str:
    """A text of an event; empty where it has none, or where it can no longer be read."""
    value = event.data.get(name)
    return value if isinstance(value, str) else ""


def number(event: Event, name: str) -> int:
    """A number of an event; 0 where it has none."""
    value = event.data.get(name)
    return value if isinstance(value, int) else 0


_ENTER: Mapping[str, Callable[[s.Desk, Event], None]] = {
    s.ALERT_RAISED: _raised,
    s.ALERT_ASSIGNED: _assigned,
    s.ALERT_BEGUN: _begun,
    s.ALERT_SNOOZED: _snoozed,
    s.ALERT_ESCALATED: _escalated,
    s.ALERT_CLOSED: _closed,
    s.ALERT_REOPENED: _reopened,
    s.ALERT_REVIEWED: _reviewed,
    s.CASE_OPENED: _case_opened,
    s.CASE_LINKED: _case_linked,
    s.CASE_NOTED: _case_noted,
    s.CASE_FILED: _case_filed,
    s.CASE_CHECKED: _case_checked,
    s.CASE_PROPOSED: _case_proposed,
    s.CASE_CLOSED: _case_closed,
    s.CASE_REFUSED: _case_refused,
    s.CASE_REOPENED: _case_reopened,
}
