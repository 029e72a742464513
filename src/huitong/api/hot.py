"""The way of every payment: one event in, its decision out, without a framework between."""

from collections.abc import Mapping

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from huitong.api.callers import answer_grade
from huitong.api.doors import ARRIVED, HEADER_PAIRS, NAMED, SIGNED
from huitong.api.reading import EVENT_BYTES_MAX, JSON_TYPES, body_at_once, media_type_of
from huitong.api.service import Service
from huitong.api.shapes import answer_up_to, encoded
from huitong.contracts import require_role
from huitong.identity import Signed
from huitong.kernel import ID_LENGTH_MAX, InputError

WAIT_HEADER = "deadline-ms"
WAIT_MS_MAX = 60_000
KEY_HEADER = "idempotency-key"
_HEADERS = [(b"content-type", b"application/json"), *HEADER_PAIRS]


def decide_route(service: Service) -> ASGIApp:
    """``POST /v1/decisions``."""

    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        signed: Signed = scope[SIGNED]
        signed.require_scope("decide")
        require_role(signed.actor, "machine")
        headers: Mapping[str, str] = scope[NAMED]
        media_type_of(headers.get("content-type", ""), JSON_TYPES)
        body = await body_at_once(headers, receive, EVENT_BYTES_MAX)
        policy = policy_asked(QueryParams(scope["query_string"]).get("policy")) if scope["query_string"] else None
        decision = await service.decide(body, key_of(headers), policy, wait_ms_of(headers), scope[ARRIVED])
        answer = encoded(answer_up_to(answer_grade(signed), decision, service.grades_of))
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length, *_HEADERS]})
        await send({"type": "http.response.body", "body": answer})

    return decide


def wait_ms_of(headers: Mapping[str, str]) -> int | None:
    """How long a caller lets the service wait, in milliseconds; ``None`` where it does not say.

    Raises:
        InputError: If what it says is no such number.
    """
    text = headers.get(WAIT_HEADER)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 0 < int(text) <= WAIT_MS_MAX):
        raise InputError(
            "http.header",
            {"en": f"the header {WAIT_HEADER} is {text!r}", "zh": f"请求头 {WAIT_HEADER} 为 {text!r}"},
            {"en": f"send whole milliseconds from 1 to {WAIT_MS_MAX:,}", "zh": f"请发送 1 至 {WAIT_MS_MAX:,} 的整数毫秒"},
        )
    return int(text)


def key_of(headers: Mapping[str, str]) -> str | None:
    """The idempotency key, where one is given.

    Raises:
        InputError: If it can be no id.
    """
    key = headers.get(KEY_HEADER)
    if key is None or (0 < len(key) <= ID_LENGTH_MAX and key.isprintable()):
        return key
    raise InputError(
        "http.header",
        {"en": f"the header {KEY_HEADER} can be no id: {key[:40]!r}", "zh": f"请求头 {KEY_HEADER} 不能作为编号：{key[:40]!r}"},
        {"en": f"send 1 to {ID_LENGTH_MAX} printable characters", "zh": f"请发送 1 至 {ID_LENGTH_MAX} 个可打印字符"},
    )


def policy_asked(name: str | None) -> str | None:
    """The name of a policy or of a version of one, which is never the path of a folder.

    Raises:
        InputError: If it is no name.
    """
    if name is None:
        return None
    before, _, version = name.partition("@")
    plain = before.replace("_", "").replace("-", "")
    if plain.isalnum() and plain.isascii() and (version == "" or (version.isalnum() and version.isascii())) and len(name) <= 200:
        return name
    raise InputError(
        "bank.policy.unknown",
        {"en": f"{name!r} is no policy", "zh": f"没有策略 {name!r}"},
        {"en": "GET /v1/policies names them all", "zh": "GET /v1/policies 列出全部策略"},
    )
