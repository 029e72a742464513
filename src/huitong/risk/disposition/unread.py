"""Warnings that a measure stops no payment: of a kind of subject of which no policy looks at measures, or of a name that nobody has."""

from collections.abc import Collection

from huitong.kernel import Finding, Severity
from huitong.risk.disposition.measure import SUBJECT_TITLES, Subject, SubjectRole


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
