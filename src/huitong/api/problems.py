"""Errors as problem documents: RFC 9457, with cause and remedy in Chinese and English."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from huitong.contracts.outside import cause_outside
from huitong.identity import HTTP_STATUS_OF, Signed
from huitong.identity.grades import GRADE_UNKNOWN
from huitong.kernel import HuitongError, Language, Problem, Text, preferred, problem_document
from huitong.kernel.problems import PROBLEM_TYPE

_MISSING = frozenset(
    {
        "decision.unknown",
        "event.unknown",
        "bank.policy.unknown",
        "proof.unknown",
        "alert.unknown",
        "case.unknown",
        "case.file.unknown",
        "list.unknown",
        "list.entry.unknown",
        "list.proposal.unknown",
        "measure.unknown",
        "measure.proposal.unknown",
        "policy.file",
        "replay.unknown",
        "webhook.unknown",
        "webhook.aside.unknown",
    }
)
"""Codes of input errors that say: what you ask for is not there."""
_STATUS_OF = {
    **HTTP_STATUS_OF,
    "http.not_found": 404,
    "replay.busy": 409,
    "http.method": 405,
    "http.accept": 406,
    "http.slow": 408,
    "http.body.large": 413,
    "http.media_type": 415,
    "http.charset": 415,
    "http.body.unreadable": 400,
    "http.header": 400,
    "http.stale": 412,
    "http.match.untagged": 412,
    "http.match.missing": 428,
}
GRADE_OF_WORK = 2
"""Data grade of who works on an alert or a case, what they found and what they did: as the data contracts of these events say."""
_UNQUOTED: Mapping[str, tuple[int, Text]] = {
    "store.conflict": (
        GRADE_UNKNOWN,
        {"en": "this id is already in the log with other content", "zh": "该编号已在日志中且内容不同"},
    ),
    "access.four_eyes": (
        GRADE_OF_WORK,
        {"en": "you cannot be the second of four eyes here", "zh": "您不能在此作为第二人复核"},
    ),
    "alert.assigned": (GRADE_OF_WORK, {"en": "this alert is somebody else's", "zh": "该预警已分配给他人"}),
    "alert.closed": (GRADE_OF_WORK, {"en": "this alert is closed", "zh": "该预警已关闭"}),
    "alert.in_case": (GRADE_OF_WORK, {"en": "this alert belongs to a case", "zh": "该预警属于某一案件"}),
    "alert.labelled": (
        GRADE_OF_WORK,
        {
            "en": "payments of this alert are labelled already, and unclear would leave that",
            "zh": "该预警的支付已有标签；“无法判定”不会改变标签",
        },
    ),
    "case.closed": (GRADE_OF_WORK, {"en": "this case is closed", "zh": "该案件已结案"}),
    "case.checklist.left": (GRADE_OF_WORK, {"en": "the checklist of this case is not done", "zh": "该案件的检查清单未完成"}),
    "case.unproposed": (GRADE_OF_WORK, {"en": "no proposal to close this case stands", "zh": "该案件没有有效的结案建议"}),
    "case.proposal.other": (GRADE_OF_WORK, {"en": "another proposal stands now", "zh": "结案建议已变更"}),
}
"""Causes of errors that quote the log, as they are told to who sees less than that grade: they may know an id, or carry out an act, without
the right to see what stands there."""


def status_of(error: HuitongError) -> int:
    """The HTTP status of an error."""
    if error.code in _STATUS_OF:
        return _STATUS_OF[error.code]
    return 404 if error.code in _MISSING else error.http_status


def problem_of(error: HuitongError, language: Language = "en", grade: int = 0) -> Problem:
    """The problem document of an error, for who sees up to that grade; by default for who sees nothing."""
    quoted, unquoted = _UNQUOTED.get(error.code, (0, error.cause))
    return problem_document(error, status_of(error), language, cause_outside(error.code, unquoted if grade < quoted else error.cause))


def problem_response(error: HuitongError, headers: Mapping[str, str], accept_language: str = "", signed: Signed | None = None) -> Response:
    """The answer that tells of an error.

    Args:
        error: The error.
        headers: More headers of the answer.
        accept_language: What the caller reads, as its header says.
        signed: Who calls; what they see without a purpose, a refusal may quote.
    """
    language = preferred(accept_language)
    problem = problem_of(error, language, 0 if signed is None else signed.clearance().grade)
    more = {"content-language": language, "vary": "accept-language", **headers}
    if error.retry_after_s is not None:
        more["retry-after"] = str(error.retry_after_s)
    if problem.status == 401:
        more["www-authenticate"] = "Bearer"
    if problem.status == 408:
        more["connection"] = "close"  # what else comes of the body belongs to no request
    return Response(msgspec.json.encode(problem), problem.status, more, PROBLEM_TYPE)


def fault(error: BaseException) -> HuitongError:
    """The error for what nobody foresaw; what it says stays in our own log."""
    name = type(error).__name__
    return HuitongError(
        "fault",
        {
            "en": f"a fault of ours ({name}); the request was not carried out, or not wholly",
            "zh": f"程序自身的错误（{name}）；请求未执行或未完整执行",
        },
        {"en": "ask again; if it stays, report it with the time of the request", "zh": "请重试；若仍出现，请连同请求时间一并反馈"},
    )
