"""The acts on cases. Each is pure, and refuses what may not be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from huitong.contracts import Command, Event, Role, Value, require_role, require_second_person
from huitong.kernel import InputError, PolicyError
from huitong.operations.cases import state as s
from huitong.operations.cases.alert_acts import WORKING, LabelsOf, alert_of, closing, require_label
from huitong.operations.cases.said import WORDS, fitting
from huitong.operations.cases.settings import DeskSettings

FILE_BYTES_MAX = 20 * 1024 * 1024
"""Largest file that is kept."""


def open_case(desk: s.Desk, command: Command, alert_id: str, title: str) -> list[Event]:
    """Opens a case with a first alert.

    Raises:
        InputError: If there is no such alert, it is closed, or belongs to a case already.
    """
    require_role(command.by, "investigator")
    alert = _free_alert(desk, alert_id)
    data: dict[str, Value] = {"title": _said(title, "title"), "alert": alert_id, "subject_role": alert.role, "by": command.by.id}
    return [Event(command.id, s.CASE_OPENED, command.now_us, {alert.role: alert.subject}, data)]


def link(desk: s.Desk, command: Command, case_id: str, other: str) -> list[Event]:
    """Adds an alert to a case, or points to another case."""
    require_role(command.by, "investigator")
    if other not in desk.cases or other == case_id:
        _free_alert(desk, other)
    return [_about(desk, command, s.CASE_LINKED, case_id, {"other": other})]


def note(desk: s.Desk, command: Command, case_id: str, text: str) -> list[Event]:
    """Writes a note."""
    require_role(command.by, *WORKING)
    return [_about(desk, command, s.CASE_NOTED, case_id, {"note": _said(text, "note")})]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it is kept.

    Attributes:
        content: SHA-256 of its content, hex.
        stored: SHA-256 of what lies on the disk, hex: by it the file is found.
        key: Key that opens it, hex; it is forgotten with whom the case is about.
        media_type: What it is.
        size_bytes: Length of its content.
    """

    content: str
    stored: str
    key: str
    media_type: str
    size_bytes: int


def add_file(desk: s.Desk, command: Command, case_id: str, name: str, file: KeptFile) -> list[Event]:
    """Adds a file that is kept."""
    require_role(command.by, *WORKING)
    data: dict[str, Value] = {
        "name": _said(name, "name"),
        "content": file.content,
        "stored": file.stored,
        "key": file.key,
        "media": file.media_type,
        "size_bytes": file.size_bytes,
    }
    return [_about(desk, command, s.CASE_FILED, case_id, data)]


def check(desk: s.Desk, command: Command, case_id: str, item: str, settings: DeskSettings) -> list[Event]:
    """Ticks an item of the checklist off."""
    require_role(command.by, "investigator")
    if item not in settings.checklist:
        raise InputError(
            "case.checklist",
            {"en": f"the checklist has no item {item!r}", "zh": f"检查清单中没有 {item!r}"},
            {"en": f"it has {', '.join(settings.checklist)}", "zh": f"清单项目：{'、'.join(settings.checklist)}"},
        )
    return [_about(desk, command, s.CASE_CHECKED, case_id, {"item": item})]


def propose(desk: s.Desk, command: Command, case_id: str, verdict: s.Verdict, reason: str, settings: DeskSettings) -> list[Event]:
    """Proposes what a case turned out to be, with reasons, once the checklist is done; another person closes it.

    Raises:
        PolicyError: If something of the checklist is left, or it is unclear although payments have a label: also of alerts that were closed
            with the case before.
    """
    require_role(command.by, "investigator")
    case = _open_case(desk, case_id)
    left = [item for item in settings.checklist if item not in case.checked]
    if left:
        raise PolicyError(
            "case.checklist.left",
            {"en": f"the checklist is not done: {', '.join(left)}", "zh": f"检查清单未完成：{'、'.join(left)}"},
            {"en": "tick it off first", "zh": "请先逐项完成"},
        )
    for alert in (desk.alerts[one] for one in case.alerts):
        require_label(alert, verdict)
    return [_about(desk, command, s.CASE_PROPOSED, case_id, {"verdict": verdict, "reason": _said(reason, "reason")})]


def close_case(desk: s.Desk, command: Command, case_id: str, proposal: str | None, labels_of: LabelsOf) -> list[Event]:
    """Closes a case as proposed, by a second person; its alerts are closed and their payments labelled in the same commit.

    Alerts that were closed with the case before it was reopened, with another verdict, are closed anew with this one and their payments
    labelled again: the case's latest verdict is that of all its alerts.

    Args:
        desk: The desk.
        command: The command.
        case_id: The case.
        proposal: Id of the proposal that the actor has seen and confirms; ``None`` only with a command that expects a state of the case.
        labels_of: Makes the labels.

    Raises:
        PolicyError: If nothing is proposed, another proposal stands than the actor confirms, the actor proposed it, an alert was escalated
            and the actor is no approver, or it is unclear although payments have a label.
        InputError: If no proposal is named.
    """
    require_role(command.by, *WORKING)
    case, verdict, proposer = _proposed_case(desk, case_id)
    require_second_person(proposer, command.by, *signed_by(desk.alerts[one] for one in case.alerts))
    _require_seen(case, command, proposal)
    reason = case.reasons or ""
    said: dict[str, Value] = {"verdict": verdict, "reason": reason, "proposal": case.proposal}
    events = [_about(desk, command, s.CASE_CLOSED, case_id, said)]
    for alert in judged_by(verdict, (desk.alerts[one] for one in case.alerts)):
        require_label(alert, verdict)
        events += closing(alert, command, len(events), verdict, reason, labels_of)
    return events


def refuse_case(desk: s.Desk, command: Command, case_id: str, proposal: str | None, reason: str) -> list[Event]:
    """Sends a case back as it was before it was proposed to close it; who proposed that may take it back so, and may propose again.

    Args:
        desk: The desk.
        command: The command.
        case_id: The case.
        proposal: Id of the proposal that the actor has seen and refuses; ``None`` only with a command that expects a state of the case.
        reason: What its investigator is to know.

    Raises:
        PolicyError: If nothing is proposed, another proposal stands than the actor refuses, or the actor could not close the case.
        InputError: If no proposal is named, or no reason.
    """
    if not command.by.stands_behind(case_of(desk, case_id).proposed_by or ""):
        require_role(command.by, *WORKING)
    case, _, proposer = _proposed_case(desk, case_id)
    if not command.by.stands_behind(proposer):
        require_second_person(proposer, command.by, *signed_by(desk.alerts[one] for one in case.alerts))
    _require_seen(case, command, proposal)
    return [_about(desk, command, s.CASE_REFUSED, case_id, {"reason": _said(reason, "reason"), "proposal": case.proposal})]


def judged_by(verdict: str, alerts: Iterable[s.Alert]) -> list[s.Alert]:
    """Which alerts of a case its verdict closes: those that are open, and those that were closed with it as something else."""
    return [one for one in alerts if one.open or one.verdict != verdict]


def signed_by(alerts: Iterable[s.Alert]) -> tuple[Role, ...]:
    """Who gives the second signature under a case of these alerts: where one is escalated, an approver."""
    return ("approver",) if any(one.escalated for one in alerts) else WORKING


def _proposed_case(desk: s.Desk, case_id: str) -> tuple[s.Case, s.Verdict, str]:
    """An open case, with the verdict that is proposed and who proposes it."""
    case = _open_case(desk, case_id)
    if case.proposed is None or case.proposed_by is None:
        if (entry := s.voided(case)) is not None:
            raise _void(case, entry)
        raise PolicyError(
            "case.unproposed",
            {"en": f"nobody has proposed how to close case {case_id}", "zh": f"案件 {case_id} 尚无结案建议"},
            {"en": "its investigator proposes a verdict with reasons first", "zh": "请先由调查员提出结论与理由"},
        )
    return case, cast("s.Verdict", case.proposed), case.proposed_by


def _void(case: s.Case, entry: s.Entry) -> PolicyError:
    en, zh = {
        s.CASE_REFUSED: (f"{entry.by} sent it back", f"{entry.by} 已退回"),
        s.CASE_LINKED: (f"{entry.by} added an alert to it", f"{entry.by} 向其并入了预警"),
        s.ALERT_REOPENED: (f"{entry.by} reopened an alert of it", f"{entry.by} 重新打开了其下预警"),
    }.get(entry.kind, ("a payment joined one of its alerts", "有支付并入其下预警"))
    return PolicyError(
        "case.unproposed",
        {
            "en": f"nobody has proposed how to close case {case.id} since {en}: what was proposed before is void",
            "zh": f"{zh}，案件 {case.id} 此前的结案建议已失效，尚无新的建议",
        },
        {
            "en": "look at what has changed; its investigator proposes a verdict with reasons again",
            "zh": "请查看所发生的变化，由调查员再次提出结论与理由",
        },
    )


def _require_seen(case: s.Case, command: Command, proposal: str | None) -> None:
    """Refuses an answer to what the actor has not seen: a proposal may be replaced while a page is open."""
    if proposal is None and command.expects is None:
        raise InputError(
            "case.proposal.unnamed",
            {
                "en": f"the answer to what is proposed of case {case.id} does not say which proposal it means",
                "zh": f"请求未指明所答复的是案件 {case.id} 的哪一项结案建议",
            },
            {
                "en": "send the id of the proposal that was read, or If-Match with the case's ETag",
                "zh": "请给出所阅建议的编号，或以 If-Match 给出案件的 ETag",
            },
        )
    if proposal is not None and proposal != case.proposal:
        raise PolicyError(
            "case.proposal.other",
            {
                "en": f"another proposal stands now: {case.proposed_by} proposes {case.proposed}",
                "zh": f"结案建议已变更：{case.proposed_by} 建议判定为 {case.proposed}",
            },
            {"en": "open the case again, read it, and answer that one", "zh": "请重新打开案件，阅读后答复新的建议"},
        )


def reopen_case(desk: s.Desk, command: Command, case_id: str, reason: str) -> list[Event]:
    """Takes a closed case up again; its alerts stay closed, until each is reopened or the case is closed with another verdict."""
    require_role(command.by, *WORKING)
    case = case_of(desk, case_id)
    if case.closed_us is None:
        raise InputError(
            "case.open",
            {"en": f"case {case_id} is open", "zh": f"案件 {case_id} 尚未结案"},
            {"en": "go on with it", "zh": "请直接处理"},
        )
    return [_written(command, s.CASE_REOPENED, case, {"reason": _said(reason, "reason")})]


def case_of(desk: s.Desk, case_id: str) -> s.Case:
    """The case of that id.

    Raises:
        InputError: If there is none.
    """
    if case_id not in desk.cases:
        raise InputError(
            "case.unknown",
            {"en": f"there is no case {case_id}", "zh": f"没有案件 {case_id}"},
            {"en": "take the id from the list of cases", "zh": "请从案件列表中取编号"},
        )
    return desk.cases[case_id]


def _open_case(desk: s.Desk, case_id: str) -> s.Case:
    case = case_of(desk, case_id)
    if case.closed_us is not None:
        raise InputError(
            "case.closed",
            {"en": f"case {case_id} was closed by {case.closed_by}", "zh": f"案件 {case_id} 已由 {case.closed_by} 结案"},
            {"en": "reopen it first", "zh": "请先重新打开"},
        )
    if len(case.timeline) >= s.TIMELINE_MAX:
        raise InputError(
            "case.full",
            {"en": f"case {case_id} has {s.TIMELINE_MAX:,} entries", "zh": f"案件 {case_id} 已有 {s.TIMELINE_MAX:,} 条记录"},
            {"en": "go on in a new case that is linked to it", "zh": "请新建案件并与其关联"},
        )
    return case


def _free_alert(desk: s.Desk, alert_id: str) -> s.Alert:
    alert = alert_of(desk, alert_id)
    if not alert.open or alert.case is not None:
        en = "closed" if alert.case is None else f"in case {alert.case}"
        zh = "已关闭" if alert.case is None else f"已在案件 {alert.case} 中"
        raise InputError(
            "case.alert",
            {"en": f"alert {alert_id} is {en}", "zh": f"预警 {alert_id} {zh}"},
            {"en": "choose an open alert that is in no case", "zh": "请选择未关闭且不属于任何案件的预警"},
        )
    return alert


def _about(desk: s.Desk, command: Command, kind: str, case_id: str, data: Mapping[str, Value]) -> Event:
    return _written(command, kind, _open_case(desk, case_id), data)


def _written(command: Command, kind: str, case: s.Case, data: Mapping[str, Value]) -> Event:
    """An event about a case; it names whom the case is about, so that what it says is forgotten with them."""
    return Event(command.id, kind, command.now_us, {"case": case.id, case.role: case.subject}, {**data, "by": command.by.id})


def _said(text: str, what: str) -> str:
    said = fitting(text, what)
    if not said:
        raise InputError(
            f"case.{what}",
            {"en": f"the {WORDS[what]['en']} is empty", "zh": f"{WORDS[what]['zh']}为空"},
            {"en": "write something that another person understands", "zh": "请填写他人能看懂的内容"},
        )
    return said
