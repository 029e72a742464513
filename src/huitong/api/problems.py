"""Errors as problem documents: RFC 9457, with cause and remedy in Chinese and English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from starlette.responses import Response

from huitong.identity import HTTP_STATUS_OF
from huitong.kernel import BusyError, Finding, HuitongError, Language, Text

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:huitong:problem:"
_MISSING = frozenset(
    {
        "decision.unknown",
        "event.unknown",
        "bank.policy.unknown",
        "proof.unknown",
        "alert.unknown",
        "case.unknown",
        "measure.unknown",
        "measure.proposal.unknown",
        "policy.file",
    }
)
"""Codes of input errors that say: what you ask for is not there."""
_STATUS_OF = {
    **HTTP_STATUS_OF,
    "http.not_found": 404,
    "http.method": 405,
    "http.accept": 406,
    "http.slow": 408,
    "http.body.large": 413,
    "http.media_type": 415,
    "http.charset": 415,
    "http.body.unreadable": 400,
    "http.header": 400,
    "http.stale": 412,
    "http.match.missing": 428,
}
_TITLES: dict[int, Text] = {
    400: {"en": "The request cannot be read", "zh": "请求无法读取"},
    401: {"en": "Nobody is signed in", "zh": "尚未认证"},
    403: {"en": "That is not allowed", "zh": "不允许该操作"},
    404: {"en": "There is no such thing", "zh": "不存在"},
    405: {"en": "That cannot be done here", "zh": "此处不支持该方法"},
    406: {"en": "No such form of answer", "zh": "无法以所要求的格式应答"},
    408: {"en": "The request came too slowly", "zh": "请求传输过慢"},
    409: {"en": "The data say otherwise", "zh": "数据不一致"},
    412: {"en": "It was changed meanwhile", "zh": "内容已被他人修改"},
    413: {"en": "The request is too large", "zh": "请求过大"},
    415: {"en": "No such form of request", "zh": "不支持的请求格式"},
    422: {"en": "The request does not meet its contract", "zh": "请求不符合约定"},
    428: {"en": "Say which state you have seen", "zh": "须说明所依据的版本"},
    429: {"en": "Too much at once", "zh": "请求过多"},
    500: {"en": "A fault of ours", "zh": "程序自身的错误"},
    503: {"en": "The service cannot answer now", "zh": "服务暂时不可用"},
}


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong with an event: where, what, what to do."""

    code: str
    where: str
    text: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document.

    Attributes:
        type: ``urn:huitong:problem:`` and the code.
        title: What kind of problem, in the language asked for.
        status: The HTTP status.
        detail: Cause and remedy, in the language asked for.
        code: Stable name, the same everywhere in the platform.
        cause: What happened.
        remedy: What to do.
        findings: Everything that is wrong with an event, where one was sent.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    cause: Text
    remedy: Text
    findings: tuple[Found, ...] = ()


_UNQUOTED: Mapping[str, Text] = {
    "store.conflict": {
        "en": "this id is already in the log with other content",
        "zh": "该编号已在日志中且内容不同",
    },
}
"""Causes of errors that quote the log, for callers who may know an id without having the right to see what stands under it."""


def status_of(error: HuitongError) -> int:
    """The HTTP status of an error."""
    if error.code in _STATUS_OF:
        return _STATUS_OF[error.code]
    return 404 if error.code in _MISSING else error.http_status


def problem_of(error: HuitongError, language: Language = "en") -> Problem:
    """The problem document of an error."""
    status = status_of(error)
    found: Sequence[Finding] = getattr(error, "findings", ())
    title = _TITLES.get(status, _TITLES[500])
    findings = tuple(Found(one.code, one.where, one.text, one.remedy) for one in found)
    cause = _UNQUOTED.get(error.code, error.cause)
    detail = error.message(language).replace(error.cause[language], cause[language])
    return Problem(TYPE_PREFIX + error.code, title[language], status, detail, error.code, cause, error.remedy, findings)


def problem_response(error: HuitongError, headers: Mapping[str, str], accept_language: str = "") -> Response:
    """The answer that tells of an error.

    Args:
        error: The error.
        headers: More headers of the answer.
        accept_language: What the caller reads, as its header says.
    """
    language = preferred(accept_language)
    problem = problem_of(error, language)
    more = {"content-language": language, "vary": "accept-language", **headers}
    if isinstance(error, BusyError):
        more["retry-after"] = str(error.retry_after_s)
    if problem.status == 401:
        more["www-authenticate"] = "Bearer"
    return Response(msgspec.json.encode(problem), problem.status, more, MEDIA_TYPE)


def preferred(accept_language: str) -> Language:
    """Chinese or English, whichever a caller would rather read; English where neither is named."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accept_language.lower().split(","):
        tag, _, parameters = part.strip().partition(";")
        language: Language | None = "zh" if tag.startswith("zh") else "en" if tag.startswith("en") else None
        _, _, weight = parameters.strip().partition("q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if language is not None and quality > best[0]:
            best = (quality, language)
    return best[1]


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
