"""One message over HTTP to an address that somebody else chose: nowhere inside the house, not for long, not on to elsewhere.

The host's name is looked up once and that address is connected to, so that a name cannot lead elsewhere between the look and the call.
TLS is verified, redirects are not followed, and the whole of it has one time limit.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from huitong.kernel import ExternalError, PolicyError, Text
from huitong.outgoing import NO_ANSWER, Line, why_silent, within

Network = IPv4Network | IPv6Network
TIME_SECONDS = 15.0
ANSWER_BYTES_MAX = 16_384
GONE = 410
"""The answer of a receiver that wants nothing more."""
_UNKNOWN = (OSError, UnicodeError, ValueError)
"""What the look-up of a name raises that leads nowhere."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where messages may go besides the public internet.

    Attributes:
        networks: Networks inside the house; to these also without TLS.
        authorities: Certificates of the house's own authority, PEM; the system's where ``None``.
        time_seconds: How long a message may take.
    """

    networks: tuple[Network, ...] = ()
    authorities: str | None = None
    time_seconds: float = TIME_SECONDS


def post(url: str, headers: Mapping[str, str], body: bytes, reach: Reach, ending: Future[None] | None = None) -> int:
    """Posts a message; the status of the answer.

    Args:
        url: Where.
        headers: Headers beside length and host.
        body: The body.
        reach: Where it may go.
        ending: Done when whoever tells is about to end; then it is hung up soon.

    Raises:
        PolicyError: If it leads inside the house, or goes there without TLS.
        ExternalError: If there is no answer.
    """
    try:
        return within(reach.time_seconds, lambda line: _post(url, headers, body, reach, line), ending)
    except NO_ANSWER as error:
        raise _silent(urlsplit(url).hostname or "", why_silent(error)) from error


def _post(url: str, headers: Mapping[str, str], body: bytes, reach: Reach, line: Line) -> int:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = _allowed(host, port, secure, reach)
    with socket.create_connection((str(address), port), timeout=reach.time_seconds) as plain:
        line.goes_over(plain)
        with _wrapped(plain, host, reach) if secure else plain as connected:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = connected
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"content-type": "application/cloudevents+json", "user-agent": "huitong", **headers})
            answer = connection.getresponse()
            answer.read(ANSWER_BYTES_MAX)
            return answer.status


def _wrapped(plain: socket.socket, host: str, reach: Reach) -> socket.socket:
    return ssl.create_default_context(cafile=reach.authorities).wrap_socket(plain, server_hostname=host)


def require_reachable(url: str, reach: Reach) -> None:
    """Refuses an address written in figures to which no message may go; where a name leads is seen when it is told.

    Raises:
        PolicyError: If it leads inside the house, or goes elsewhere without TLS.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found = _addresses(host, parts.port, socket.AI_NUMERICHOST)
    except _UNKNOWN:
        return
    _require_allowed(host, found, parts.scheme == "https", reach)


def _allowed(host: str, port: int, secure: bool, reach: Reach) -> IPv4Address | IPv6Address:
    """The address that a host's name leads to, if all that it leads to may be told."""
    try:
        found = _addresses(host, port)
    except _UNKNOWN as error:
        raise _silent(host, why_silent(error)) from error
    _require_allowed(host, found, secure, reach)
    return found[0]


def _addresses(host: str, port: int | None, flags: int = 0) -> Sequence[IPv4Address | IPv6Address]:
    found = {ip_address(str(one[4][0]).partition("%")[0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)}
    return sorted(found, key=lambda one: (one.version, int(one)))


def _require_allowed(host: str, found: Sequence[IPv4Address | IPv6Address], secure: bool, reach: Reach) -> None:
    elsewhere = [one for one in found if not any(one in network for network in reach.networks)]
    inside = [one for one in elsewhere if not is_public(one)]
    if inside:
        networks = ", ".join(f'"{ip_network(one)}"' for one in inside)
        raise PolicyError(
            "webhook.inside",
            {"en": f"{host} is an address inside the house", "zh": f"{host} 指向内部网络地址"},
            {
                "en": f"allow it, or the network that it is in, in bank.toml: [webhooks] networks = [{networks}]",
                "zh": f"请在 bank.toml 中允许该地址或其所在网段：[webhooks] networks = [{networks}]",
            },
        )
    if elsewhere and not secure:
        raise PolicyError(
            "webhook.plain",
            {"en": f"{host} would be told without TLS", "zh": f"向 {host} 的回调未使用 TLS"},
            {"en": "give an https address", "zh": "请使用 https 地址"},
        )


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, also by whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(inner)
        if address in IPv6Network("64:ff9b::/96"):  # NAT64
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks that texts name.

    Raises:
        ValueError: If one is none.
    """
    return tuple(IPv6Network(text) if ":" in text else IPv4Network(text) for text in texts)


def _silent(host: str, why: Text) -> ExternalError:
    return ExternalError(
        "webhook.silent",
        {"en": f"no answer from {host}: {why['en']}", "zh": f"{host} 没有应答：{why['zh']}"},
        {"en": "it is told again, later and later; see that it can be reached", "zh": "系统会逐渐延长间隔重试；请检查其是否可达"},
    )
