"""The way of every payment: one event in, its decision out, without a framework between."""

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from huitong.api.doors import ACTOR, ARRIVED
from huitong.api.reading import EVENT_BYTES_MAX, JSON_TYPES, body_of, document_of, media_type_of
from huitong.api.service import Service
from huitong.api.shapes import answer_of, encoded
from huitong.contracts import require_role
from huitong.kernel import InputError

WAIT_HEADER = "deadline-ms"
WAIT_MS_MAX = 60_000
KEY_HEADER = "idempotency-key"


def decide_route(service: Service) -> ASGIApp:
    """``POST /v1/decisions``."""

    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        require_role(scope[ACTOR], "machine")
        request = Request(scope, receive)
        headers = request.headers
        media_type_of(headers.get("content-type", ""), JSON_TYPES)
        document = document_of(await body_of(request, EVENT_BYTES_MAX))
        if "id" not in document and KEY_HEADER in headers:
            document = {**document, "id": headers[KEY_HEADER]}
        policy = policy_asked(QueryParams(scope["query_string"]).get("policy"))
        decision = await service.decide(document, policy, wait_ms_of(headers), scope[ARRIVED])
        await Response(encoded(answer_of(decision)), media_type="application/json")(scope, receive, send)

    return decide


def wait_ms_of(headers: Headers) -> int | None:
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
