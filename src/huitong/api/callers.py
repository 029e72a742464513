"""Whether a caller may ask, up to which grade they are answered, and the record of what they saw."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.requests import Request

from huitong.api.doors import SIGNED
from huitong.api.service import Service
from huitong.contracts import Role, require_role
from huitong.identity import Clearance, Purpose, Reading, Scope, ShownDecision, ShownEvent, Signed
from huitong.identity.grades import grade_of_key
from huitong.kernel import PolicyError

PURPOSE_HEADER = "x-purpose"


def allowed(request: Request, scopes: Sequence[Scope], roles: Sequence[Role]) -> Signed:
    """Who asks, if an API key of theirs is for this and one of their roles may.

    Raises:
        PolicyError: If not.
    """
    signed: Signed = request.scope[SIGNED]
    signed.require_scope(*scopes)
    require_role(signed.actor, *roles)
    return signed


def clearance_in(request: Request, signed: Signed) -> Clearance:
    """Up to which grade they see, for the purpose that the request states.

    Raises:
        InputError: If what it states is no purpose.
    """
    text = request.headers.get(PURPOSE_HEADER)
    return signed.clearance(None if text is None else Purpose.of_header(text))


def answer_grade(signed: Signed) -> int | None:
    """Up to which grade the answer to an event says what it rests on; ``None`` for the whole of it, which the bank's own machine gets."""
    return signed.grade_max


def noted(
    request: Request,
    service: Service,
    signed: Signed,
    clearance: Clearance,
    shown: Sequence[ShownEvent | ShownDecision],
    about: Mapping[str, str] | None = None,
) -> None:
    """Writes down what is about to be shown, where it says something about a person; one event for a request.

    Args:
        request: What was asked.
        service: Writes it.
        signed: Who asks.
        clearance: Up to which grade they see.
        shown: What is shown.
        about: Whom they named of whom nothing is shown, by role: that nothing is known of somebody says something too.
    """
    reading = Reading.of(request.url.path, shown)
    if about:
        contracts = [service.contracts[kind] for kind in service.decided_kinds()]
        grade = max(reading.grade, *(grade_of_key(contracts, role) for role in about))
        reading = replace(reading, fields=tuple(sorted({*reading.fields, *about})), grade=grade, about=about)
    service.note_reading(signed, reading, clearance)


def above_grade(clearance: Clearance, en: str, zh: str) -> PolicyError:
    """What is asked for lies above what they see."""
    if clearance.of_key:
        return PolicyError(
            "access.grade",
            {"en": f"{en}; this key's grade is {clearance.grade}", "zh": f"{zh}；该密钥的级别为 {clearance.grade}"},
            {
                "en": "use a key of a higher grade, which an administrator makes, or ask who sees more",
                "zh": "请使用由系统管理员新建的更高级别密钥，或请可见级别更高的人员查询",
            },
        )
    return PolicyError(
        "access.grade",
        {"en": f"{en}; you see up to grade {clearance.grade}", "zh": f"{zh}；您可见至 {clearance.grade} 级"},
        {
            "en": "say what you read for in X-Purpose, like case:C-77; if you did, ask who sees more",
            "zh": "请在请求头 X-Purpose 中说明目的，例如 case:C-77；若已说明，请由可见级别更高的人员查询",
        },
    )
