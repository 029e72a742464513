"""What the web layer sends and checks around a request: cookies, security headers, and what a request brings to be known by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from huitong.identity.outside import OPEN_HOUSE, Outside

SESSION_COOKIE, SESSION_COOKIE_PLAIN = "__Host-huitong_session", "huitong_session"
"""Name of the session's cookie over TLS, which no sister domain can set, and on the bank's own machine without TLS."""
OPENID_COOKIE, OPENID_COOKIE_PLAIN = "__Host-huitong_openid", "huitong_openid"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
PURPOSE_HEADER = "x-purpose"
"""States what a caller reads for: ``case:C-77``."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HSTS_SECONDS = 63_072_000
_ADDRESSES_REMEMBERED = 1_024


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie's name and flags.

    Attributes:
        name: Its name.
        secure: Whether it goes over TLS only; off on the bank's own machine alone.
        http_only: No script reads it.
        same_site: ``lax``: it comes with a link that is followed, never with a form of another site.
        path: For every page.
    """

    name: str
    secure: bool
    http_only: bool = True
    same_site: str = "lax"
    path: str = "/"


def session_cookie(secure: bool) -> Cookie:
    """The cookie that carries a session."""
    return Cookie(SESSION_COOKIE if secure else SESSION_COOKIE_PLAIN, secure)


def openid_cookie(secure: bool) -> Cookie:
    """The cookie that carries what a sign-in at an OpenID provider must come back with."""
    return Cookie(OPENID_COOKIE if secure else OPENID_COOKIE_PLAIN, secure)


def security_headers(*, secure: bool, nonce: str | None = None, inline_styles: bool = False) -> Mapping[str, str]:
    """Headers of every answer: nothing from elsewhere, in no frame, no guessing of types, no address told to others, no copy kept.

    Args:
        secure: Whether the answer goes over TLS.
        nonce: Of the page's own scripts, where it has some inline.
        inline_styles: Whether the page carries styles in its elements, as NiceGUI's do.

    Source:
        OWASP Secure Headers Project; Content Security Policy Level 3.
    """
    scripts = "'self'" if nonce is None else f"'self' 'nonce-{nonce}'"
    styles = "'self' 'unsafe-inline'" if inline_styles else "'self'"
    policy = (
        f"default-src 'self'; script-src {scripts}; style-src {styles}; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cache-control": "no-store",
    }
    if secure:
        headers["strict-transport-security"] = f"max-age={_HSTS_SECONDS}; includeSubDomains"
    return headers


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brings to be known by.

    Attributes:
        address: Address of the caller, as the connection has it.
        method: HTTP method.
        api_key: The key of ``Authorization: Bearer …``.
        session_token: The session's cookie.
        csrf_token: What a page sends with a change.
        host: The ``Host`` that was asked for.
        origin: The ``Origin`` that a browser names.
        fetch_site: The browser's ``Sec-Fetch-Site``.
        forwarded: Whether a proxy passed it on, so that the address may be the proxy's.
        own: The origin of our own pages, where the institution says which address is ours; else it is known by the ``Host``.
    """

    address: str
    method: str = "GET"
    api_key: str | None = None
    session_token: str | None = None
    csrf_token: str | None = None
    host: str = ""
    origin: str | None = None
    fetch_site: str | None = None
    forwarded: bool = False
    own: str | None = None

    @property
    def changes(self) -> bool:
        """Whether the request may change something."""
        return self.method.upper() not in SAFE_METHODS

    @property
    def from_this_machine(self) -> bool:
        """Whether the caller is on this machine and meant it: not a page of another site in a browser that runs here."""
        return is_loopback(self.address) and not self.forwarded and _is_local_name(self.host) and self.from_own_page

    @property
    def from_own_page(self) -> bool:
        """Whether a browser says that a page of ours asked, or says nothing."""
        if self.fetch_site not in (None, "same-origin", "none"):
            return False
        return self.origin is None or (urlsplit(self.origin).netloc == self.host if self.own is None else self.origin.lower() == self.own)


def cookies_in(header: str) -> Mapping[str, str]:
    """The cookies of a ``Cookie`` header; of several of one name the first, which is that of the longest path."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value.strip('"') for name, mark, value in reversed(list(pairs)) if mark}


def credentials_of(
    headers: Mapping[str, str],
    cookies: Mapping[str, str] | None = None,
    *,
    address: str,
    method: str = "GET",
    outside: Outside = OPEN_HOUSE,
) -> Credentials:
    """What a request brings.

    Args:
        headers: Its headers; names in any case.
        cookies: Its cookies; by default those of its header.
        address: Address of the other end of the connection.
        method: HTTP method.
        outside: How the bank is reached from outside.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if cookies is None:
        cookies = cookies_in(given["cookie"]) if "cookie" in given else {}
    scheme, _, key = given.get("authorization", "").partition(" ")
    return Credentials(
        address=outside.caller(given, address),
        method=method,
        api_key=key.strip() if scheme.lower() == "bearer" else None,
        # Over TLS only the one that no sister domain can have set.
        session_token=cookies.get(SESSION_COOKIE) or (None if outside.secure else cookies.get(SESSION_COOKIE_PLAIN)),
        csrf_token=given.get(CSRF_HEADER),
        host=given.get("host", ""),
        origin=given.get("origin"),
        fetch_site=given.get("sec-fetch-site"),
        forwarded="forwarded" in given or "x-forwarded-for" in given,
        own=outside.address,
    )


@lru_cache(_ADDRESSES_REMEMBERED)
def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; the path of a local socket is not taken for one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


@lru_cache(_ADDRESSES_REMEMBERED)
def _is_local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)


def local_path(path: str) -> str:
    """A path of our own to go back to after signing in; ``/`` for anything that would lead elsewhere."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()
    return path if plain else "/"
