"""The acts on alerts. Each is pure, and refuses what may not be."""

from collections.abc import Callable, Collection, Mapping, Sequence

from huitong.contracts import Actor, Command, Event, Role, Value, require_role, require_second_person
from huitong.kernel import MICROSECONDS_PER_DAY, InputError, PolicyError, Text, minute_text
from huitong.operations.cases import state as s
from huitong.operations.cases.queue import drawn_for_review
from huitong.operations.cases.said import fitting
from huitong.operations.cases.settings import DeskSettings, Worker

LabelsOf = Callable[[Command, int, Sequence[str], s.Verdict], Sequence[Event]]
"""Makes the labels of payments: of a command, from its event of that number on, for the payments' event ids, with a verdict that is no
``"unclear"``. An analyst's verdict is an event, from which features and models learn."""
WORKING: tuple[Role, ...] = ("investigator", "approver")
"""Who works on alerts and cases. Asked first: to who is neither, no refusal says how one of them stands."""


def assign(desk: s.Desk, command: Command, alert_id: str, to: str, workers: Sequence[Worker]) -> list[Event]:
    """Gives an alert to somebody who may work on it.

    Args:
        desk: The desk.
        command: The command.
        alert_id: The alert.
        to: Who gets it.
        workers: Who there is; where nobody is known, whoever is named gets it.

    Raises:
        InputError: If they may not work on it.
    """
    require_role(command.by, "investigator", "approver", "machine")
    person, alert = fitting(to, "person"), _open_alert(desk, alert_id)
    known = {**{one.id: one.roles for one in workers}, command.by.id: command.by.roles}
    if (workers or person in known) and not may_work(alert, known.get(person, ())):
        raise _no_worker(alert, person)
    return [_about(desk, command, s.ALERT_ASSIGNED, alert_id, {"to": person})]


def may_work(alert: s.Alert, roles: Collection[Role]) -> bool:
    """Whether whoever has these roles may have an alert: one that was escalated is an approver's."""
    return not frozenset(_working(alert)).isdisjoint(roles)


def _working(alert: s.Alert) -> tuple[Role, ...]:
    return ("approver",) if alert.escalated else WORKING


def _no_worker(alert: s.Alert, person: str) -> InputError:
    if alert.escalated:
        cause: Text = {
            "en": f"alert {alert.id} was escalated, and {person!r} is no approver who can sign in",
            "zh": f"预警 {alert.id} 已升级，而 {person!r} 不是可登录的审批人",
        }
        return InputError("alert.nobody", cause, {"en": "name an approver", "zh": "请指定一位审批人"})
    return InputError(
        "alert.nobody",
        {"en": f"{person!r} is nobody who can sign in and work alerts", "zh": f"{person!r} 不是可登录并处理预警的人员"},
        {"en": "name an investigator or an approver (`huitong users list`)", "zh": "请指定一位调查员或审批人（`huitong users list`）"},
    )


def begin(desk: s.Desk, command: Command, alert_id: str) -> list[Event]:
    """Takes an alert up: it is one's own from here on, and the time counts.

    Raises:
        PolicyError: If it is somebody else's, or was escalated and the actor is no approver, or the actor is
            an approver only, whom nobody has given it.
        InputError: If they have begun already: to begin again would lose the time that they have worked.
    """
    require_role(command.by, *WORKING)
    alert = _open_alert(desk, alert_id)
    require_role(command.by, *_beginning(alert, command.by.id))
    _require_own(alert, command)
    if alert.begun_us is not None and alert.begun_by == alert.assignee == command.by.id:
        raise InputError(
            "alert.begun",
            {"en": f"you have begun with alert {alert_id} already", "zh": f"您已开始处理预警 {alert_id}"},
            {"en": "go on with it: its time counts", "zh": "请继续处理，计时未中断"},
        )
    return [_about(desk, command, s.ALERT_BEGUN, alert_id)]


def may_begin(alert: s.Alert, actor: Actor) -> bool:
    """Whether somebody may begin with an alert, and nobody has: it is theirs or nobody's, and their roles let them."""
    free = alert.open and alert.begun_us is None and alert.assignee in (None, actor.id)
    return free and not actor.roles.isdisjoint(_beginning(alert, actor.id))


def _beginning(alert: s.Alert, person: str) -> tuple[Role, ...]:
    """Who begins: an investigator; an approver with what was escalated, and with what was given to them."""
    if alert.escalated:
        return ("approver",)
    return ("investigator", "approver") if alert.assignee == person else ("investigator",)


def snooze(desk: s.Desk, command: Command, alert_id: str, until_us: int, reason: str, settings: DeskSettings) -> list[Event]:
    """Lets an alert sleep for a while, or until a payment joins it; its deadline does not move.

    Raises:
        PolicyError: If it is somebody else's, or was escalated, and the actor is no approver.
    """
    require_role(command.by, *WORKING)
    alert = _open_alert(desk, alert_id)
    require_role(command.by, *_working(alert))
    if "approver" not in command.by.roles:
        _require_own(alert, command)
    _check_sleep(command, until_us, settings)
    return [_about(desk, command, s.ALERT_SNOOZED, alert_id, {"until": until_us, "reason": _said(reason)})]


def _check_sleep(command: Command, until_us: int, settings: DeskSettings) -> None:
    until, latest = (minute_text(one, command.zone) for one in (until_us, command.now_us + settings.snooze_max_us))
    remedy: Text = {"en": f"choose a time after now and up to {latest}", "zh": f"请选择现在之后、不晚于 {latest} 的时间"}
    if until_us <= command.now_us:
        raise InputError("alert.snooze.past", {"en": f"{until} is past", "zh": f"{until} 已过"}, remedy)
    if until_us > command.now_us + settings.snooze_max_us:
        days = settings.snooze_max_us / MICROSECONDS_PER_DAY
        raise InputError(
            "alert.snooze",
            {"en": f"an alert sleeps for at most {days:g} days from now", "zh": f"预警自现在起最多稍后 {days:g} 天处理"},
            remedy,
        )


def escalate(desk: s.Desk, command: Command, alert_id: str, reason: str) -> list[Event]:
    """Hands an alert up, with the reason; whoever had it gives it back.

    Raises:
        InputError: If it was escalated already: the first reason stands.
    """
    require_role(command.by, "investigator", "machine")
    if _open_alert(desk, alert_id).escalated:
        raise InputError(
            "alert.escalated",
            {"en": f"alert {alert_id} was escalated already", "zh": f"预警 {alert_id} 已升级"},
            {
                "en": "it is an approver's now; to add something, open a case with it and write a note there",
                "zh": "现由审批人处理；如需补充，请立案并在案件中添加备注",
            },
        )
    return [_about(desk, command, s.ALERT_ESCALATED, alert_id, {"reason": _said(reason)})]


def close(desk: s.Desk, command: Command, alert_id: str, verdict: s.Verdict, reason: str, labels_of: LabelsOf) -> list[Event]:
    """Closes an alert with what it turned out to be; its payments are labelled in the same commit.

    Raises:
        PolicyError: If it belongs to a case, which is closed as a whole, or was escalated and the actor is no approver; or if it is unclear
            although its payments have a label.
    """
    require_role(command.by, *WORKING)
    alert = _open_alert(desk, alert_id)
    require_role(command.by, *_working(alert))
    if alert.case is not None and (case := desk.cases.get(alert.case)) is not None and case.closed_us is not None:
        raise PolicyError(
            "alert.in_case",
            {
                "en": f"alert {alert_id} belongs to case {alert.case}, which was closed by {case.closed_by}",
                "zh": f"预警 {alert_id} 属于案件 {alert.case}，该案件已由 {case.closed_by} 结案",
            },
            {
                "en": "reopen the case, propose how to close it, and have it closed: its alerts are closed with it",
                "zh": "请重新打开案件、提出结论并结案：其下预警将一并关闭",
            },
        )
    if alert.case is not None:
        raise PolicyError(
            "alert.in_case",
            {"en": f"alert {alert_id} belongs to case {alert.case}", "zh": f"预警 {alert_id} 属于案件 {alert.case}"},
            {"en": "close the case: its alerts are closed with it", "zh": "请结案：其下预警将一并关闭"},
        )
    require_label(alert, verdict)
    return closing(alert, command, 0, verdict, _said(reason), labels_of)


def require_label(alert: s.Alert, verdict: str) -> None:
    """Refuses ``"unclear"`` where an earlier verdict labelled the payments: a label can be replaced, but not taken back.

    Raises:
        PolicyError: Naming the label.
    """
    if verdict == "unclear" and alert.labelled is not None:
        raise PolicyError(
            "alert.labelled",
            {
                "en": f"the payments of alert {alert.id} are labelled as {alert.labelled} already, and unclear would leave that",
                "zh": f"预警 {alert.id} 曾被关闭，其支付已标注为 {alert.labelled}；“无法判定”不会改变该标签",
            },
            {
                "en": "decide for fraud or genuine, the later label counts; until you can, leave it open",
                "zh": "请判定为欺诈或正常，以较后的标签为准；尚不能判定时，请保持未关闭",
            },
        )


def closing(alert: s.Alert, command: Command, first: int, verdict: s.Verdict, reason: str, labels_of: LabelsOf) -> list[Event]:
    """The events by which an alert is closed, from number ``first`` of a command on: the alert's own, and its payments' labels."""
    data = {"verdict": verdict, "reason": reason, "by": command.by.id}
    events = [Event(command.id_of(first), s.ALERT_CLOSED, command.now_us, _keys(alert), data)]
    if verdict == "unclear":
        return events
    # A label said twice would be two frauds to whoever counts them.
    unlabelled = alert.payments[alert.labelled_count if alert.labelled == verdict else 0 :]
    return [*events, *labels_of(command, first + 1, unlabelled, verdict)]


def reopen(desk: s.Desk, command: Command, alert_id: str, reason: str) -> list[Event]:
    """Takes a closed alert up again."""
    require_role(command.by, *WORKING)
    alert = alert_of(desk, alert_id)
    if alert.open:
        raise InputError(
            "alert.open",
            {"en": f"alert {alert_id} is open", "zh": f"预警 {alert_id} 尚未关闭"},
            {"en": "go on with it", "zh": "请直接处理"},
        )
    place = s.place_in_queue(alert.role, alert.subject, alert.pattern)
    if place in desk.open_alerts:
        newer = desk.open_alerts[place]
        raise InputError(
            "alert.newer",
            {
                "en": f"a newer alert about the same is open: {newer}",
                "zh": f"同一主体与模式已有新的预警：{newer}",
            },
            {"en": "go on with that one", "zh": "请处理该预警"},
        )
    return [Event(command.id, s.ALERT_REOPENED, command.now_us, _keys(alert), {"by": command.by.id, "reason": _said(reason)})]


def review(desk: s.Desk, command: Command, alert_id: str, verdict: s.Verdict, settings: DeskSettings) -> list[Event]:
    """A second look at a closed alert that was drawn for one, by somebody who neither closed it nor proposed its verdict.

    Raises:
        PolicyError: If the actor closed it, or proposed its case's verdict.
        InputError: If it is open, was not drawn, or was looked at already.
    """
    require_role(command.by, *WORKING)
    alert = alert_of(desk, alert_id)
    if alert.open or alert.reviewed is not None or not drawn_for_review(alert_id, settings):
        raise InputError(
            "alert.review",
            {"en": f"alert {alert_id} is not waiting for a second look", "zh": f"预警 {alert_id} 不在质检名单中"},
            {"en": "take one from the list of those that are", "zh": "请从质检名单中选取"},
        )
    for judged in (alert.closed_by, alert.proposed_by):
        require_second_person(judged or "", command.by, "investigator", "approver")
    return [Event(command.id, s.ALERT_REVIEWED, command.now_us, _keys(alert), {"by": command.by.id, "verdict": verdict})]


def alert_of(desk: s.Desk, alert_id: str) -> s.Alert:
    """The alert of that id.

    Raises:
        InputError: If there is none.
    """
    if alert_id not in desk.alerts:
        raise InputError(
            "alert.unknown",
            {"en": f"there is no alert {alert_id}", "zh": f"没有预警 {alert_id}"},
            {"en": "take the id from the queue", "zh": "请从预警队列中取编号"},
        )
    return desk.alerts[alert_id]


def _open_alert(desk: s.Desk, alert_id: str) -> s.Alert:
    alert = alert_of(desk, alert_id)
    if not alert.open:
        raise InputError(
            "alert.closed",
            {"en": f"alert {alert_id} was closed by {alert.closed_by}", "zh": f"预警 {alert_id} 已由 {alert.closed_by} 关闭"},
            {"en": "reopen it first", "zh": "请先重新打开"},
        )
    return alert


def _require_own(alert: s.Alert, command: Command) -> None:
    if alert.assignee not in (None, command.by.id):
        raise PolicyError(
            "alert.assigned",
            {"en": f"alert {alert.id} is {alert.assignee}'s", "zh": f"预警 {alert.id} 已分配给 {alert.assignee}"},
            {"en": "have it assigned to you first", "zh": "请先将其改派给您"},
        )


def _about(desk: s.Desk, command: Command, kind: str, alert_id: str, data: Mapping[str, Value] | None = None) -> Event:
    alert = _open_alert(desk, alert_id)
    return Event(command.id, kind, command.now_us, _keys(alert), {**(data or {}), "by": command.by.id})


def _keys(alert: s.Alert) -> dict[str, str]:
    """An event about an alert names whom that is about, so that what it says is forgotten with them."""
    return {"alert": alert.id, **({} if alert.role == "payment" else {alert.role: alert.subject})}


def _said(reason: str) -> str:
    """A reason without blanks around it.

    Raises:
        InputError: If it says nothing, or too much.
    """
    said = fitting(reason, "reason")
    if not said:
        raise InputError(
            "desk.reason",
            {"en": "no reason is given", "zh": "未填写理由"},
            {"en": "say in a sentence why", "zh": "请用一句话说明"},
        )
    return said
