"""The warning that a measure concerns a kind of subject of which no policy looks at measures."""

from collections.abc import Collection

from huitong.kernel import Finding, Severity
from huitong.risk.disposition.measure import SUBJECT_TITLES, SubjectRole


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
