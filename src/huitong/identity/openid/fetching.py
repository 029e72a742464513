"""Calls to the provider: few, small, short, never redirected, and over TLS unless it is on this machine."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from huitong.identity.openid.errors import silent, unreachable
from huitong.identity.web import is_loopback
from huitong.kernel import NO_JSON, PolicyError
from huitong.outgoing import call

TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 1 << 20


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
        PolicyError: If the address is neither https nor on this machine.
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
        raise unreachable(address, f"{answer.status} {answer.content[:512].decode('utf-8', 'replace')}")
    try:
        document: object = json.loads(answer.content)
    except NO_JSON:
        raise unreachable(address, "no JSON") from None
    return document


def require_secure(address: str) -> None:
    """Refuses an address over which a token could be read on the way.

    Raises:
        PolicyError: If it is neither https nor on this machine.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https" or (parts.scheme == "http" and (host == "localhost" or is_loopback(host))):
        return
    raise PolicyError(
        "access.openid.insecure",
        {"en": f"{address} is no https address", "zh": f"{address} 不是 https 地址"},
        {"en": "have the provider use TLS", "zh": "请为身份提供方启用 TLS"},
    )
