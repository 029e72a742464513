"""Request bodies, within limits: size, charset, depth, rows."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.types import Message, Receive

from huitong.api.room import ROOM, Place
from huitong.api.sentences import json_in_chinese
from huitong.api.service import Document
from huitong.kernel import HuitongError, InputError, Text

EVENT_BYTES_MAX = 64 * 1024
BATCH_BYTES_MAX = 64 * 1024 * 1024
BATCH_ROWS_MAX = 100_000
BODY_SECONDS_MAX = 30
DEPTH_MAX = 32
"""Deepest nesting of a JSON body; an event has none."""
JSON_TYPES = ("application/json",)
LINES_TYPE = "application/x-ndjson"
ARROW_TYPE = "application/vnd.apache.arrow.stream"
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii"})
_BOM = b"\xef\xbb\xbf"


def media_type_of(content_type: str, known: Sequence[str]) -> str:
    """The body's form, one of those that are known; a missing one stands for the first.

    Raises:
        InputError: If it is another one, or its charset is none that JSON may have.
    """
    if content_type in known:
        return content_type
    name, _, parameters = content_type.partition(";")
    name = name.strip().lower()
    charset = ""
    for parameter in parameters.split(";"):
        key, _, value = parameter.strip().partition("=")
        if key.lower() == "charset":
            charset = value.strip().strip('"').lower()
    if name and name not in known:
        raise refused("http.media_type", f"the body is {name!r}", f"请求体类型为 {name!r}", _send(known))
    if charset not in _UTF8:
        raise refused(
            "http.charset",
            f"the body is in {charset!r}",
            f"请求体字符集为 {charset!r}",
            {"en": "send UTF-8", "zh": "请使用 UTF-8"},
        )
    return name or known[0]


def _send(known: Sequence[str]) -> Text:
    return {"en": f"send {' or '.join(known)}", "zh": f"请发送 {' 或 '.join(known)}"}


async def body_at_once(headers: Mapping[str, str], receive: Receive, bytes_max: int) -> bytes:
    """The whole body of a small request, which nearly always comes in one piece.

    Raises:
        InputError: As ``body_of``.
    """
    require_plain(headers, bytes_max)
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            message = await receive()
    except TimeoutError:
        raise _slow() from None
    if message["type"] != "http.request" or message.get("more_body"):
        return await _body([message], receive, bytes_max)
    body: bytes = message.get("body", b"")
    if len(body) > bytes_max:
        raise too_large(bytes_max)
    return body


async def body_of(request: Request, bytes_max: int) -> bytes:
    """The whole body; one that may be larger than an event takes its place in the room for such, before it is read where it says its size.

    Raises:
        InputError: If it is larger, compressed, too slow, or the caller went away in the middle.
        BusyError: If there is no room for it.
    """
    require_plain(request.headers, bytes_max)
    place: Place | None = request.scope.get(ROOM) if bytes_max > EVENT_BYTES_MAX else None
    if place is not None:
        declared = request.headers.get("content-length", "")
        place.take(int(declared) if declared.isdigit() else 0)
    return await _body([], request.receive, bytes_max, place)


def require_plain(headers: Mapping[str, str], bytes_max: int) -> None:
    """Refuses a body for what its headers say of it.

    Raises:
        InputError: If it is compressed, or declared to be larger than ``bytes_max``.
    """
    if headers.get("content-encoding", "identity") not in ("identity", ""):
        raise refused("http.media_type", "the body is compressed", "请求体经过压缩", {"en": "send it as it is", "zh": "请发送未压缩的内容"})
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise too_large(bytes_max)


async def _body(begun: list[Message], receive: Receive, bytes_max: int, place: Place | None = None) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while True:
                message = begun.pop() if begun else await receive()
                if message["type"] != "http.request":
                    raise refused(
                        "http.body.unreadable", "the caller went away", "调用方已断开", {"en": "send it again", "zh": "请重新发送"}
                    )
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > bytes_max:
                    raise too_large(bytes_max)
                if place is not None:
                    place.take(size)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise _slow() from None


def _slow() -> InputError:
    return refused(
        "http.slow",
        f"the body was not there after {BODY_SECONDS_MAX} seconds",
        f"{BODY_SECONDS_MAX} 秒内未收到完整请求体",
        {"en": "send it again, in one go", "zh": "请一次性重新发送"},
    )


def document_of(body: bytes) -> Document:
    """A JSON object.

    Raises:
        InputError: If the bytes are none, nest too deeply, or say a name of one object twice.
    """
    if body.startswith(_BOM):
        body = body[len(_BOM) :]
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _depth(body) > DEPTH_MAX:
        raise unreadable(f"it nests deeper than {DEPTH_MAX}", f"嵌套超过 {DEPTH_MAX} 层")
    try:
        found = msgspec.json.decode(body)
    except msgspec.ValidationError:  # of what has no shape to meet, this alone
        raise unreadable("a number in it is out of range", "其中有数值超出范围") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        said = "it is not in UTF-8" if isinstance(error, UnicodeDecodeError) else error  # which counts from where a text begins
        raise unreadable(f"it is no JSON: {said}", f"不是 JSON：{json_in_chinese(error)}") from None
    if not isinstance(found, dict):
        raise unreadable("it is no JSON object", "不是 JSON 对象")
    if b"\\" in body or body.count(b'"') != 2 * _texts_in(found):
        json.loads(body, object_pairs_hook=_require_once, parse_int=str, parse_float=str)
    return found


def _texts_in(value: object) -> int:
    """Names and texts in a document: without escapes, half of its quotation marks, if no name stands there twice."""
    if isinstance(value, dict):
        return len(value) + sum(map(_texts_in, value.values()))
    if isinstance(value, list):
        return sum(map(_texts_in, value))
    return isinstance(value, str)


def _require_once(pairs: list[tuple[str, object]]) -> None:
    """Refuses an object that says a name twice: which of the two its sender means, others may read otherwise (RFC 8259, section 4)."""
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise unreadable(f"{name[:64]!r} stands there twice", f"{name[:64]!r} 出现两次")
        names.add(name)


_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _depth(body: bytes) -> int:
    """How deep brackets nest, those within texts aside."""
    depth = deepest = 0
    for byte in _TEXT.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def lines_of(body: bytes) -> list[Document | HuitongError]:
    """JSON objects, one a line; empty lines are passed over. A line that is none is its own error.

    Raises:
        InputError: If there are too many lines.
    """
    found: list[Document | HuitongError] = []
    for line in raw_lines_of(body):
        try:
            require_line(line)
            found.append(document_of(line))
        except InputError as error:
            found.append(error)
    return found


def raw_lines_of(body: bytes) -> list[bytes]:
    """The lines of a body that are not empty.

    Raises:
        InputError: If there are too many.
    """
    lines = [line for line in body.removeprefix(_BOM).split(b"\n") if line.strip()]
    if len(lines) > BATCH_ROWS_MAX:
        raise too_many(len(lines))
    return lines


def require_line(line: bytes) -> None:
    """Whether a line is no larger than an event may be.

    Raises:
        InputError: If it is.
    """
    if len(line) > EVENT_BYTES_MAX:
        raise too_large(EVENT_BYTES_MAX)


def too_large(bytes_max: int) -> InputError:
    """The error for a body beyond its limit."""
    return refused(
        "http.body.large",
        f"the body is larger than {bytes_max:,} bytes",
        f"请求体超过 {bytes_max:,} 字节",
        {"en": "send less at once", "zh": "请减少单次发送的内容"},
    )


def too_many(rows: int) -> InputError:
    """The error for more rows than one request may have."""
    return refused(
        "http.body.large",
        f"{rows:,} rows, beyond {BATCH_ROWS_MAX:,}",
        f"共 {rows:,} 行，超过 {BATCH_ROWS_MAX:,} 行",
        {"en": "send fewer at once", "zh": "请减少单次发送的行数"},
    )


def unreadable(en: str, zh: str) -> InputError:
    """The error for a body that is not what it says it is."""
    return refused(
        "http.body.unreadable",
        f"the body cannot be read: {en}",
        f"请求体无法读取：{zh}",
        {"en": "mend it and send it again", "zh": "请更正后重新发送"},
    )


def refused(code: str, en: str, zh: str, remedy: Text) -> InputError:
    """The error for a body of which something is wrong."""
    return InputError(code, {"en": en, "zh": zh}, remedy)
