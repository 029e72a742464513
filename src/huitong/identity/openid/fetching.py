"""Calls to the provider: few, small, short, never redirected, and over TLS unless it is on this machine."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from huitong.identity.openid.errors import unreachable
from huitong.identity.web import is_loopback
from huitong.kernel import PolicyError

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


def _opener() -> urllib.request.OpenerDirector:
    """Follows no redirect: where a provider's address leads is for its owner to say."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def fetch(address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> object:
    """See ``Fetch``.

    Raises:
        ExternalError: If the provider cannot be reached or answers with anything but JSON.
        PolicyError: If the address is neither https nor on this machine.
    """
    require_secure(address)
    body = None if form is None else urlencode(form).encode()
    request = urllib.request.Request(address, body, {"accept": "application/json", **(headers or {})})  # noqa: S310 -- required above
    try:
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
            content = answer.read(ANSWER_BYTES_MAX + 1)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(512).decode("utf-8", "replace")
        raise unreachable(address, f"{error.code} {said}") from None
    except OSError as error:
        raise unreachable(address, str(getattr(error, "reason", error))) from None
    if len(content) > ANSWER_BYTES_MAX:
        raise unreachable(address, f"> {ANSWER_BYTES_MAX} bytes")
    try:
        document: object = json.loads(content)
    except ValueError:
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
