"""Problem documents, RFC 9457, as everything that answers over HTTP writes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from huitong.kernel.errors import HuitongError, Language, Text
from huitong.kernel.findings import Finding

PROBLEM_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:huitong:problem:"
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


def problem_document(error: HuitongError, status: int, language: Language, cause: Text | None = None) -> Problem:
    """What is said of an error.

    Args:
        error: The error.
        status: The HTTP status.
        language: What the caller reads.
        cause: Said instead of the error's own cause, where that would tell too much.
    """
    found: Sequence[Finding] = getattr(error, "findings", ())
    findings = tuple(Found(one.code, one.where, one.text, one.remedy) for one in found)
    title = _TITLES.get(status, _TITLES[500])
    cause = error.cause if cause is None else cause
    detail = error.message(language).replace(error.cause[language], cause[language])
    return Problem(TYPE_PREFIX + error.code, title[language], status, detail, error.code, cause, error.remedy, findings)


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
