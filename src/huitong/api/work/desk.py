"""Alerts and cases: what is shown of them, and the acts on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import msgspec

from huitong.api.work.acts import SOON, ActRoute, NoBody, Told
from huitong.api.work.assigning import Assigned, with_findings
from huitong.api.work.port import WorkService
from huitong.api.work.showing import Showing, moment
from huitong.contracts import Command, Event, Role
from huitong.identity import ROLES_OF_ALL, Veiled
from huitong.kernel import time_text, time_us
from huitong.operations import cases
from huitong.operations.cases import CHARACTERS_MAX, Alert, Case, Desk, Investigator, Verdict

P = ParamSpec("P")
T = TypeVar("T")
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=CHARACTERS_MAX["reason"])]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
RAISED, ASSIGNED, CLOSED, ESCALATED = "alert.raised", "alert.assigned", "alert.closed", "alert.escalated"


@dataclass(frozen=True, slots=True)
class AlertItem:
    """An alert: the suspicious payments of one subject that show one pattern; amounts in minor units.

    ``proposed_assignee`` is who should have it: of those with the skill that its pattern asks for, whoever has least work for their hours.
    """

    id: str
    role: Veiled[str]
    subject: Veiled[str]
    pattern: Veiled[str]
    raised: str
    last: str
    due: Veiled[str]
    count: int
    amount_minor: Veiled[int]
    expected_loss_minor: Veiled[int]
    payments: list[str]
    decisions: list[str]
    assignee: Veiled[str] | None
    proposed_assignee: Veiled[str] | None
    begun: str | None
    snoozed_until: Veiled[str] | None
    escalated: Veiled[str] | None
    case: str | None
    verdict: Veiled[str] | None
    closed: str | None
    closed_by: Veiled[str] | None
    reason: Veiled[str] | None
    reviewed: Veiled[str] | None


def alert_item(alert: Alert, showing: Showing, proposed: Investigator | None) -> AlertItem:
    """An alert as its reader may see it."""

    def shown(field: str, value: T, at_least: int = 1) -> Veiled[T]:
        return showing.value(alert.id, RAISED, field, value, at_least)

    def maybe(kind: str, field: str, value: T | None) -> Veiled[T] | None:
        return showing.maybe(alert.id, kind, field, value)

    return AlertItem(
        alert.id,
        shown("subject_role", alert.role),
        shown(alert.role, alert.subject),
        shown("pattern", alert.pattern, pattern_grade(alert, showing)),
        time_text(alert.raised_us),
        time_text(alert.last_us),
        shown("due", time_text(alert.due_us)),
        alert.count,
        shown("amount", alert.amount_minor),
        shown("expected_loss", alert.expected_loss_minor),
        list(alert.payments),
        list(alert.decisions),
        maybe(ASSIGNED, "to", alert.assignee),
        maybe(ASSIGNED, "to", None if proposed is None else proposed.id),
        moment(alert.begun_us),
        maybe("alert.snoozed", "until", moment(alert.snoozed_until_us)),
        maybe(ESCALATED, "reason", alert.escalated),
        alert.case,
        maybe(CLOSED, "verdict", alert.verdict),
        moment(alert.closed_us),
        maybe(CLOSED, "by", alert.closed_by),
        maybe(CLOSED, "reason", alert.reason),
        maybe("alert.reviewed", "verdict", alert.reviewed),
    )


def pattern_grade(alert: Alert, showing: Showing) -> int:
    """The grade of what the pattern of an alert says."""
    return showing.of_code(alert.decisions[-1] if alert.decisions else None, alert.pattern)


class To(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who gets it."""

    to: Name


class Why(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why."""

    reason: Reason


class Snooze(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Until when it sleeps, ISO 8601, and why."""

    until: Annotated[str, msgspec.Meta(max_length=40)]
    reason: Reason


class Judged(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What it turned out to be."""

    verdict: Verdict


class JudgedWhy(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What it turned out to be, and why."""

    verdict: Verdict
    reason: Reason


class OpenCase(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The alert that a case grows from, and what it is about."""

    alert: Name
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Linked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An alert that joins, or another case."""

    other: Name


class Note(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A note."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=CHARACTERS_MAX["note"])]


class Confirmed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Id of the proposal that is confirmed, as the case shows it; may be left out where ``If-Match`` names the state that was seen."""

    proposal: Annotated[str, msgspec.Meta(max_length=128)] | None = None


class Refused(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why the case is sent back, and the id of the proposal that is refused; may be left out as where one is confirmed."""

    reason: Reason
    proposal: Annotated[str, msgspec.Meta(max_length=128)] | None = None


class Item(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An item of the checklist."""

    item: Name


def _on_desk(
    service: WorkService, command: Command, act: Callable[Concatenate[Desk, Command, P], Sequence[Event]], *given: P.args, **named: P.kwargs
) -> None:
    service.act_on_desk(command, lambda desk: act(desk, command, *given, **named))


def _same(_service: WorkService, place: Mapping[str, str], body: msgspec.Struct) -> Told:
    """What is sent stands in the event under the same names, and so does the alert or case of the address."""
    subject = {key: place[f"{key}_id"] for key in ("alert", "case") if f"{key}_id" in place}
    return {**{name: value for name, value in msgspec.to_builtins(body).items() if value is not None}, **subject}


def alert_seen(place: Mapping[str, str]) -> Callable[[Desk], Alert | None]:
    """Finds the alert of an address."""
    return lambda desk: desk.alerts.get(place["alert_id"])


def case_seen(place: Mapping[str, str]) -> Callable[[Desk], Case | None]:
    """Finds the case of an address."""
    return lambda desk: desk.cases.get(place["case_id"])


def _alert(
    word: str,
    title: str,
    body: type,
    example: msgspec.Struct,
    carry_out: Callable[..., None],
    told: Callable[..., Told] = _same,
    roles: Sequence[Role] = cases.WORKING,
) -> ActRoute[Any]:
    path = f"/alerts/{{alert_id:path}}/{word}"
    return ActRoute(path, f"{word}_alert", "alerts", title, "cases", roles, body, example, carry_out, told, alert_seen)


def _case(
    word: str, title: str, body: type, example: msgspec.Struct, carry_out: Callable[..., None], roles: Sequence[Role] = cases.WORKING
) -> ActRoute[Any]:
    path = f"/cases/{{case_id:path}}/{word}"
    return ActRoute(path, f"{word}_case", "cases", title, "cases", roles, body, example, carry_out, _same, case_seen)


DESK_ACTS: Sequence[ActRoute[Any]] = (
    replace(
        _alert(
            "assign",
            "Give an alert to somebody who may work on it",
            To,
            To("zhao.min"),
            lambda s, c, p, b: _on_desk(s, c, cases.assign, p["alert_id"], b.to, s.workers()),
        ),
        gives=with_findings,
        given=Assigned,
    ),
    _alert("begin", "Begin to work on an alert", NoBody, NoBody(), lambda s, c, p, _b: _on_desk(s, c, cases.begin, p["alert_id"])),
    _alert(
        "snooze",
        "Let an alert sleep",
        Snooze,
        Snooze(SOON, "the customer calls back then"),
        lambda s, c, p, b: _on_desk(s, c, cases.snooze, p["alert_id"], time_us(b.until), b.reason, s.desk_settings),
        lambda _s, p, b: {"alert": p["alert_id"], "until": time_us(b.until), "reason": b.reason},
    ),
    _alert(
        "escalate",
        "Hand an alert on to an approver",
        Why,
        Why("beyond my limit"),
        lambda s, c, p, b: _on_desk(s, c, cases.escalate, p["alert_id"], b.reason),
        roles=("investigator",),
    ),
    _alert(
        "close",
        "Close an alert with a verdict, which labels its payments",
        JudgedWhy,
        JudgedWhy("genuine", "the customer confirmed the payment"),
        lambda s, c, p, b: _on_desk(s, c, cases.close, p["alert_id"], b.verdict, b.reason, s.labels_of),
    ),
    _alert(
        "reopen",
        "Open a closed alert again",
        Why,
        Why("a complaint came in"),
        lambda s, c, p, b: _on_desk(s, c, cases.reopen, p["alert_id"], b.reason),
    ),
    _alert(
        "review",
        "Look at a closed alert a second time, as another person",
        Judged,
        Judged("genuine"),
        lambda s, c, p, b: _on_desk(s, c, cases.review, p["alert_id"], b.verdict, s.desk_settings),
    ),
    ActRoute(
        "/cases",
        "open_case",
        "cases",
        "Open a case from an alert",
        "cases",
        ("investigator",),
        OpenCase,
        OpenCase("A-1", "Money mules around one account"),
        lambda s, c, _p, b: _on_desk(s, c, cases.open_case, b.alert, b.title),
        _same,
    ),
    _case(
        "link",
        "Join an alert to a case, or point to another case",
        Linked,
        Linked("A-2"),
        lambda s, c, p, b: _on_desk(s, c, cases.link, p["case_id"], b.other),
        roles=("investigator",),
    ),
    _case(
        "note",
        "Write a note",
        Note,
        Note("the bank of the payee was told"),
        lambda s, c, p, b: _on_desk(s, c, cases.note, p["case_id"], b.note),
    ),
    _case(
        "check",
        "Tick an item of the checklist off",
        Item,
        Item("customer_contacted"),
        lambda s, c, p, b: _on_desk(s, c, cases.check, p["case_id"], b.item, s.desk_settings),
        roles=("investigator",),
    ),
    _case(
        "propose",
        "Propose how to close a case",
        JudgedWhy,
        JudgedWhy("fraud", "three accounts passed the money on within the hour"),
        lambda s, c, p, b: _on_desk(s, c, cases.propose, p["case_id"], b.verdict, b.reason, s.desk_settings),
        roles=("investigator",),
    ),
    _case(
        "close",
        "Close a case as proposed, as a second person",
        Confirmed,
        Confirmed("act:5f1c0a52f7d94c0c8a2f4f0a3b1f6d77"),
        lambda s, c, p, b: _on_desk(s, c, cases.close_case, p["case_id"], b.proposal, s.labels_of),
    ),
    _case(
        "refuse",
        "Send a case back that was proposed to be closed, as a second person, or take one's own proposal back",
        Refused,
        Refused("the payee was never called", "act:5f1c0a52f7d94c0c8a2f4f0a3b1f6d77"),
        lambda s, c, p, b: _on_desk(s, c, cases.refuse_case, p["case_id"], b.proposal, b.reason),
        roles=ROLES_OF_ALL,
    ),
    _case(
        "reopen",
        "Open a closed case again",
        Why,
        Why("new evidence"),
        lambda s, c, p, b: _on_desk(s, c, cases.reopen_case, p["case_id"], b.reason),
    ),
)
"""Every act on alerts and cases."""
