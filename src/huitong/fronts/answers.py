"""Answers as bytes, and those that a front gives by itself: the bank is away or full, or the caller too slow."""

import http
from collections.abc import Iterable

import msgspec

from huitong.fronts.frames import Answer
from huitong.kernel import BusyError, ExternalError, HuitongError, InputError, preferred, problem_document
from huitong.kernel.problems import PROBLEM_TYPE

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Of each answer of the service."""
STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus}
RETRY_AFTER_S = 2
REQUEST_SECONDS_MAX = 30
"""How long a request may take to arrive."""
HEAD_BYTES_MAX = 64 * 1024


def header_lines(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they stand in an answer."""
    return b"".join([b"%b: %b\r\n" % pair for pair in pairs])


def refusal_of(error: HuitongError, status: int, accept_language: str) -> Answer:
    """The answer that tells of an error; where asking again helps, it says when.

    Args:
        error: The error.
        status: HTTP status.
        accept_language: What the caller reads, as its header says.
    """
    language = preferred(accept_language)
    body = msgspec.json.encode(problem_document(error, status, language))
    headers = {"content-length": str(len(body)), "content-type": PROBLEM_TYPE, "content-language": language, "vary": "accept-language"}
    if isinstance(error, ExternalError):
        headers["retry-after"] = str(error.retry_after_s if isinstance(error, BusyError) else RETRY_AFTER_S)
    lines = header_lines((name.encode(), value.encode()) for name, value in {**headers, **HEADERS}.items())
    return Answer(0, status, lines, body)


def away() -> ExternalError:
    """The error for a request whose time is over while the bank's process starts again."""
    return ExternalError(
        "fronts.away",
        {
            "en": "the bank is being started again and did not answer in time; whether the request was carried out is not known",
            "zh": "服务正在重新启动，未能及时应答；请求是否已执行尚不确定",
        },
        {
            "en": "send the same again after the seconds in Retry-After: nothing happens twice under one id",
            "zh": "请按 Retry-After 所示秒数后原样重发：同一编号不会重复执行",
        },
    )


def full(held: int) -> BusyError:
    """The error for a request that finds too many before it."""
    return BusyError(
        "fronts.full",
        {"en": f"{held:,} requests are open already; nothing was done", "zh": f"已有 {held:,} 个请求尚未应答；本次未作处理"},
        {"en": "ask again in a second", "zh": "请一秒后重试"},
    )


def crowded(held: int) -> BusyError:
    """The error for a request that comes in pieces where there is no room to hold them."""
    return BusyError(
        "fronts.full",
        {
            "en": f"requests that are not whole yet hold {held:,} bytes already; nothing was done",
            "zh": f"尚未收齐的请求已占用 {held:,} 字节；本次未作处理",
        },
        {"en": "ask again in a second, in one go", "zh": "请一秒后一次性重新发送"},
    )


def slow() -> InputError:
    """The error for a request that takes too long to arrive."""
    return InputError(
        "http.slow",
        {
            "en": f"the request was not there after {REQUEST_SECONDS_MAX} seconds",
            "zh": f"{REQUEST_SECONDS_MAX} 秒内未收到完整请求",
        },
        {"en": "send it again, in one go", "zh": "请一次性重新发送"},
    )


def broken() -> InputError:
    """The error for what is no HTTP."""
    return InputError(
        "http.broken",
        {"en": "the request breaks the rules of HTTP", "zh": "请求不符合 HTTP 协议"},
        {
            "en": "check its method, its headers and how it says where its body ends",
            "zh": "请检查请求方法、请求头以及请求体长度的声明方式",
        },
    )


def long_head() -> InputError:
    """The error for headers beyond their limit."""
    return InputError(
        "http.header",
        {"en": f"the headers are larger than {HEAD_BYTES_MAX:,} bytes", "zh": f"请求头超过 {HEAD_BYTES_MAX:,} 字节"},
        {"en": "send fewer or shorter headers", "zh": "请减少或缩短请求头"},
    )
