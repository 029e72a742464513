"""Acts on alerts and cases, from forms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from huitong.console.acting import Act, Done
from huitong.console.forms import Given
from huitong.console.ports_work import WorkPort
from huitong.console.work.look import path_to
from huitong.contracts import Command
from huitong.evaluation.words import plural
from huitong.kernel import InputError, Text
from huitong.operations import cases
from huitong.operations.cases import ALERT_CLOSED, VERDICTS, Desk, Verdict


def _verdict(given: Given) -> Verdict:
    return cast("Verdict", given.one_of("verdict", VERDICTS))


def _written(given: Given, name: str) -> str:
    """What a person wrote; how long it may be is the desk's to say, to which a line's end is one character as it is in the page."""
    return given.text(name, None).replace("\r\n", "\n")


def _assign(bank: WorkPort, command: Command, given: Given) -> Done:
    alert, to = given.text("alert"), given.text("to").strip()
    bank.desk.carry_out(command, cases.assign, alert, to, bank.workers())
    warned = bank.desk.ask(lambda desk: cases.unskilled(cases.alert_of(desk, alert), to, bank.desk_settings))
    if warned:
        why = warned[0].text
        return Done({"en": f"Assigned to {to}, but {why['en']}.", "zh": f"已分配给 {to}，但{why['zh']}。"})
    return Done({"en": f"Assigned to {to}.", "zh": f"已分配给 {to}。"})


def _begin(bank: WorkPort, command: Command, given: Given) -> Done:
    alert = given.text("alert")
    bank.desk.carry_out(command, cases.begin, alert)
    return Done({"en": "It is yours, and its clock runs.", "zh": "已由您处理，开始计时。"}, path_to("alerts", alert))


def _snooze(bank: WorkPort, command: Command, given: Given) -> Done:
    until_us, reason = given.moment_us("until"), _written(given, "reason")
    bank.desk.carry_out(command, cases.snooze, given.text("alert"), until_us, reason, bank.desk_settings)
    return Done({"en": "It sleeps until then.", "zh": "将于该时间后再处理。"})


def _escalate(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.desk.carry_out(command, cases.escalate, given.text("alert"), _written(given, "reason"))
    return Done({"en": "Escalated: an approver closes it.", "zh": "已升级，将由审批人关闭。"})


def _close(bank: WorkPort, command: Command, given: Given) -> Done:
    alert, verdict = given.text("alert"), _verdict(given)
    command = replace(command, expects=_payments_seen(alert, given.text("seen")))
    done = bank.desk.carry_out(command, cases.close, alert, verdict, _written(given, "reason"), bank.labels_of)
    labels = max(len(done) - 1, 0)
    said: Text = {
        "en": f"Closed; {plural(labels, 'payment got its label', 'payments got their label')}.",
        "zh": f"已关闭，{labels:,} 笔支付已打上标签。",
    }
    return Done(said, path_to("alerts"))


def _payments_seen(alert: str, seen: str) -> Callable[[Desk], None]:
    """Refuses a verdict on more payments than its page showed."""

    def expects(desk: Desk) -> None:
        if str(cases.alert_of(desk, alert).count) != seen:
            raise InputError(
                "alert.grown",
                {"en": "payments joined the alert since you opened the page", "zh": "您打开页面之后，又有支付并入该预警"},
                {"en": "open the page anew in another tab and look at them", "zh": "请在新标签页重新打开并查看这些支付"},
            )

    return expects


def _reopen(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.desk.carry_out(command, cases.reopen, given.text("alert"), _written(given, "reason"))
    return Done({"en": "It is open again.", "zh": "已重新打开。"})


def _review(bank: WorkPort, command: Command, given: Given) -> Done:
    alert, verdict = given.text("alert"), _verdict(given)
    bank.desk.carry_out(command, cases.review, alert, verdict, bank.desk_settings)
    first = bank.desk.ask(lambda desk: cases.alert_of(desk, alert).verdict)
    if first == verdict:
        return Done({"en": "You agree with the first verdict.", "zh": "与首次结论一致。"})
    return Done({"en": "You disagree with the first verdict; both are kept.", "zh": "与首次结论不一致，两者均予保留。"})


def _open_case(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.desk.carry_out(command, cases.open_case, given.text("alert"), given.text("title"))
    return Done({"en": "The case is open.", "zh": "已立案。"}, path_to("cases", command.id))


def _link(bank: WorkPort, command: Command, given: Given) -> Done:
    case = given.text("case")
    bank.desk.carry_out(command, cases.link, case, given.text("other"))
    return Done({"en": "Linked.", "zh": "已关联。"}, path_to("cases", case))


def _note(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.desk.carry_out(command, cases.note, given.text("case"), _written(given, "note"))
    return Done({"en": "The note is in the time line.", "zh": "备注已记入时间线。"})


def _file(bank: WorkPort, command: Command, given: Given) -> Done:
    file = given.files.get("file")
    if file is None:
        raise InputError(
            "case.file.missing",
            {"en": "no file was chosen", "zh": "未选择文件"},
            {"en": "choose one", "zh": "请选择文件"},
        )
    bank.add_case_file(command, given.text("case"), file.name, file.content)
    return Done({"en": f"{file.name} is kept with the case.", "zh": f"{file.name} 已存入案件。"})


def _check(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.desk.carry_out(command, cases.check, given.text("case"), given.text("item"), bank.desk_settings)
    return Done({"en": "Ticked off.", "zh": "已标记完成。"})


def _propose(bank: WorkPort, command: Command, given: Given) -> Done:
    case, verdict = given.text("case"), _verdict(given)
    bank.desk.carry_out(command, cases.propose, case, verdict, _written(given, "reason"), bank.desk_settings)
    return Done({"en": "Proposed; a second person closes the case.", "zh": "已提出结论，待第二人结案。"})


def _close_case(bank: WorkPort, command: Command, given: Given) -> Done:
    done = bank.desk.carry_out(command, cases.close_case, given.text("case"), given.text("proposal"), bank.labels_of)
    alerts = sum(one.kind == ALERT_CLOSED for one in done)
    labels = max(len(done) - 1 - alerts, 0)
    en = f"{plural(alerts, 'alert has', 'alerts have')} its verdict now, {plural(labels, 'payment got a label', 'payments got a label')}."
    zh = f"{alerts:,} 条预警以此结论关闭，{labels:,} 笔支付已打上标签。"
    return Done({"en": f"The case is closed; {en}", "zh": f"已结案：{zh}"})


def _refuse_case(bank: WorkPort, command: Command, given: Given) -> Done:
    case = given.text("case")
    bank.desk.carry_out(command, cases.refuse_case, case, given.text("proposal"), _written(given, "reason"))
    return Done({"en": "The case is back with its investigator.", "zh": "案件已退回调查员。"}, path_to("cases", case))


def _reopen_case(bank: WorkPort, command: Command, given: Given) -> Done:
    bank.desk.carry_out(command, cases.reopen_case, given.text("case"), _written(given, "reason"))
    return Done({"en": "The case is open again.", "zh": "案件已重新打开。"})


DESK_ACTS: Mapping[str, Act[WorkPort]] = {
    "alert.assign": _assign,
    "alert.begin": _begin,
    "alert.snooze": _snooze,
    "alert.escalate": _escalate,
    "alert.close": _close,
    "alert.reopen": _reopen,
    "alert.review": _review,
    "case.open": _open_case,
    "case.link": _link,
    "case.note": _note,
    "case.file": _file,
    "case.check": _check,
    "case.propose": _propose,
    "case.close": _close_case,
    "case.refuse": _refuse_case,
    "case.reopen": _reopen_case,
}
