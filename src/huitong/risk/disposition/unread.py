"""Warnings that a measure does not do what whoever imposed it may think: it stops no payment, or its amount stays as it was."""

from collections.abc import Collection

from huitong.contracts import Event
from huitong.kernel import Finding, Severity
from huitong.risk.disposition.measure import ASKED_AMOUNT, SUBJECT_TITLES, Subject, SubjectRole


def unread_role(role: SubjectRole, read: Collection[str]) -> list[Finding]:
    """The warning that no policy looks at measures on such a subject, so that a measure on it stops no payment.

    Args:
        role: Kind of the subject.
        read: Key roles of which some policy reads measures; empty where none reads any, and the core system alone acts.
    """
    if not read or role in read:
        return []
    title, known = SUBJECT_TITLES[role], sorted(read)
    return [
        Finding(
            "measure.role.unread",
            "subject",
            {
                "en": f"no policy looks at measures on a {title['en']}: it stops no payment",
                "zh": f"没有策略读取对{title['zh']}的措施：该措施不会拦下任何支付",
            },
            {
                "en": f"add {role} to roles under [in_force] of the policy, or impose it on one of {', '.join(known)}",
                "zh": f"请在策略 [in_force] 的 roles 中加入 {role}，或改对以下对象采取：{'、'.join(known)}",
            },
            Severity.WARNING,
        )
    ]


def unnamed_subject(subject: Subject, *, named: bool) -> list[Finding]:
    """The warning that no event names the subject of a measure: it may be a slip of the pen, or somebody who is still to come.

    Args:
        subject: The subject.
        named: Whether some event of the log named it before the measure.
    """
    if named:
        return []
    title = SUBJECT_TITLES[subject.role]
    return [
        Finding(
            "measure.subject.unnamed",
            "subject",
            {
                "en": f"no event of the log names this {title['en']}: the measure stops no payment until one does",
                "zh": f"日志中没有任何事件涉及该{title['zh']}：在其出现之前，该措施不会拦下任何支付",
            },
            {
                "en": "check the name, and lift the measure if it is a slip",
                "zh": "请核对编号，如有误请解除该措施",
            },
            Severity.WARNING,
        )
    ]


def kept_amount(event: Event) -> list[Finding]:
    """The warning that a measure was prolonged but its amount stays, since who is no person lifts none in part.

    It names no amount: whoever asked may see less than that.

    Args:
        event: The event that imposed or proposed it.
    """
    if ASKED_AMOUNT not in event.data:
        return []
    return [
        Finding(
            "measure.amount.stays",
            "amount_minor",
            {
                "en": "the amount stays as it was: the one asked for would lift in part the measure that is in force, which takes a person",
                "zh": "金额维持不变：所请求的金额会使现行措施部分解除，须由人员办理",
            },
            {
                "en": "look at the measure's amount; if it is to be changed, have a person who may lift the measure impose it anew",
                "zh": "请查看该措施的现行金额；如需调整，请由有权解除该措施的人员重新采取",
            },
            Severity.WARNING,
        )
    ]
