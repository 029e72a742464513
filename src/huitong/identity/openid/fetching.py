"""Calls to the provider: few, small, short, never redirected, and over TLS unless it is on this machine."""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from huitong.identity.openid.errors import refused, silent, unreachable
from huitong.identity.web import is_loopback
from huitong.kernel import NO_JSON, HuitongError, PolicyError
from huitong.outgoing import Reply, answered, call

TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 1 << 20
BAD_REQUEST = 400
_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


class Fetch(Protocol):
    """Asks an address of the provider."""

    def __call__(self, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> object:
        """The JSON document that it answers with; a form is posted.

        Raises:
            ExternalError: If there is no such answer.
        """
        ...


def fetch(address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> object:
    """See ``Fetch``.

    Raises:
        ExternalError: If the provider cannot be reached or answers with anything but JSON.
        PolicyError: If the address is neither https nor on this machine, or the provider does not take the code that a sign-in came with.
    """
    require_secure(address)
    body = None if form is None else urlencode(form).encode()
    answer = call(
        "GET" if body is None else "POST",
        address,
        {"accept": "application/json", **(headers or {})},
        body,
        timeout_s=TIMEOUT_SECONDS,
        bytes_max=ANSWER_BYTES_MAX,
        silent=partial(silent, address),
    )
    if not answer.good:
        raise _turned_down(address, answer)
    try:
        return _document(answer)
    except NO_JSON:
        raise unreachable(address, "no JSON") from None


def _document(answer: Reply) -> object:
    document: object = json.loads(answer.content)
    return document


def _turned_down(address: str, answer: Reply) -> HuitongError:
    """Why the provider gives no document: of its words, only the code of an error of OAuth (RFC 6749, section 5.2)."""
    code = _error_code(answer)
    if answer.status == BAD_REQUEST and code == "invalid_grant":
        return refused("its code was used already, has ended or is of another sign-in", "授权码已使用、已过期或不属于本次登录")
    why = answered(answer.status)
    return silent(address, why if code is None else {"en": f"{why['en']} ({code})", "zh": f"{why['zh']}（{code}）"})


def _error_code(answer: Reply) -> str | None:
    try:
        document = _document(answer)
    except NO_JSON:
        return None
    code = document.get("error") if isinstance(document, Mapping) else None
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else None


def require_secure(address: str) -> None:
    """Refuses an address over which a token could be read on the way.

    Raises:
        PolicyError: If it is neither https nor on this machine.
    """
    if not is_secure(address):
        raise PolicyError(
            "access.openid.insecure",
            {"en": f"{address} is no https address", "zh": f"{address} 不是 https 地址"},
            {"en": "have the provider use TLS", "zh": "请为身份提供方启用 TLS"},
        )


def is_secure(address: str) -> bool:
    """Whether an address is https or on this machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return parts.scheme == "https" or (parts.scheme == "http" and (host == "localhost" or is_loopback(host)))
