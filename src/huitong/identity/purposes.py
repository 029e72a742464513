"""Up to which data grade somebody sees, by role and stated purpose. Grades are those of JR/T 0197-2020: 1 public … 5 most sensitive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import unquote

from huitong.contracts import Actor, Role
from huitong.kernel import InputError, Text

PurposeKind = Literal["policy", "alert", "case", "data", "request", "audit", "operation"]
"""What somebody reads for."""
PURPOSE_KINDS: tuple[PurposeKind, ...] = get_args(PurposeKind)
PURPOSE_TITLES: Mapping[PurposeKind, Text] = {
    "policy": {"en": "work on a policy", "zh": "策略工作"},
    "alert": {"en": "work on an alert", "zh": "处理预警"},
    "case": {"en": "investigation of a case", "zh": "案件调查"},
    "data": {"en": "care for data", "zh": "数据治理"},
    "request": {"en": "request of a customer", "zh": "客户请求"},
    "audit": {"en": "audit", "zh": "审计"},
    "operation": {"en": "running the system", "zh": "系统运维"},
}
REFERENCE_LENGTH_MAX = 128
ROLES_WHO_READ: tuple[Role, ...] = ("analyst", "investigator", "approver", "auditor")
"""Who may look at decisions, alerts, cases and measures; what of them they see, their grade says."""
ROLES_WHO_REPLAY: tuple[Role, ...] = ("analyst", "approver", "auditor")
"""Who may replay the log or a table under a policy."""
ROLES_OF_ALL: tuple[Role, ...] = (*ROLES_WHO_READ, "steward", "operator", "admin")
"""Everybody in the house; what concerns no customer is no secret among them."""

WITHOUT_PURPOSE: Mapping[Role, int] = {
    "analyst": 2,
    "investigator": 2,
    "approver": 2,
    "steward": 2,
    "auditor": 2,
    "operator": 1,
    "admin": 1,
    "machine": 1,
}
"""Highest grade that a role sees where no purpose is stated: nothing about a person (grade 3 and above)."""
WITH_PURPOSE: Mapping[Role, Mapping[PurposeKind, int]] = {
    "analyst": {"policy": 3},
    "investigator": {"alert": 3, "case": 4, "request": 3},
    "approver": {"policy": 3, "alert": 3, "case": 4},
    "steward": {"data": 3, "request": 4},
    "auditor": {"audit": 4},
    "operator": {"operation": 2},
    "admin": {"operation": 2},
    "machine": {},
}
"""Highest grade that a role sees for a purpose. Grade 5, what people sign in with, nobody sees for any."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What somebody reads for: it decides what they see, and is written down with what they saw.

    Attributes:
        kind: The kind.
        reference: Which policy, alert, case, request: its id.

    Raises:
        InputError: If the reference is missing or too long.
    """

    kind: PurposeKind
    reference: str

    def __post_init__(self) -> None:
        """Checks the reference: a purpose that refers to nothing is none."""
        if not 0 < len(self.reference.strip()) <= REFERENCE_LENGTH_MAX:
            raise InputError(
                "access.purpose.reference",
                {"en": "a purpose refers to something: a case, an alert, a request", "zh": "目的须指明所涉事项：案件、预警或请求"},
                {
                    "en": f"give its number, at most {REFERENCE_LENGTH_MAX} characters",
                    "zh": f"请给出其编号，最多 {REFERENCE_LENGTH_MAX} 个字符",
                },
            )

    @classmethod
    def parse(cls, text: str) -> "Purpose":
        """Reads ``"case:C-77"``, as a header or an address carries it.

        Raises:
            InputError: If it is no purpose.
        """
        kind, _, reference = text.partition(":")
        found = next((one for one in PURPOSE_KINDS if one == kind), None)
        if found is None:
            raise InputError(
                "access.purpose.unknown",
                {"en": f"{kind!r} is no kind of purpose", "zh": f"{kind!r} 不是目的类别"},
                {
                    "en": f"write KIND:REFERENCE with one of {', '.join(PURPOSE_KINDS)}",
                    "zh": f"请写成 类别:编号，类别为 {'、'.join(PURPOSE_KINDS)} 之一",
                },
            )
        return cls(found, reference)

    @classmethod
    def of_header(cls, text: str) -> "Purpose":
        """Reads a header, whose bytes HTTP takes for Latin-1: what is not ASCII comes percent-encoded, or as UTF-8.

        Raises:
            InputError: If it is no purpose.
        """
        try:
            text = unquote(text.encode("latin-1").decode(), errors="strict")
        except UnicodeError:  # Latin-1 after all, or a reference with a percent sign of its own
            return cls.parse(text)
        return cls.parse(text)


@dataclass(frozen=True, slots=True)
class Clearance:
    """Up to which grade somebody sees, and for what.

    Attributes:
        grade: The highest grade, 1 to 4.
        purpose: What for; ``None`` where none was stated.
        of_key: Whether an API key's own grade says so, whatever is stated.
    """

    grade: int
    purpose: Purpose | None = None
    of_key: bool = False


def clearance_of(actor: Actor, purpose: Purpose | None, grade_max: int | None = None) -> Clearance:
    """What an actor sees for a purpose: what the strongest of their roles does.

    Args:
        actor: Who.
        purpose: What for.
        grade_max: Of an API key: the grade that it was made with, which stands for the roles of a machine.
    """
    if grade_max is not None:
        return Clearance(grade_max, purpose, of_key=True)
    grades = [WITHOUT_PURPOSE[role] for role in actor.roles]
    if purpose is not None:
        grades += [WITH_PURPOSE[role].get(purpose.kind, 0) for role in actor.roles]
    return Clearance(max(grades, default=1), purpose)
