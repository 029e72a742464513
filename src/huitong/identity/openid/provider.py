"""An OpenID provider as we use it: where to send people, and who they are when they come back."""

import base64
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huitong.contracts import Role
from huitong.identity.openid.errors import broken_off, refused, silent, unreachable
from huitong.identity.openid.fetching import Fetch, fetch, is_secure, require_secure
from huitong.identity.openid.settings import OpenIdSettings
from huitong.identity.openid.tokens import UnknownKeyError, claims_of, key_set, require_extra
from huitong.identity.signing_in import Vouched
from huitong.identity.tokens import new_token, same
from huitong.identity.web import local_path
from huitong.kernel import MICROSECONDS_PER_SECOND, PolicyError

SIGN_IN_LASTS_US = 10 * 60 * MICROSECONDS_PER_SECOND
"""How long somebody may take at the provider."""
_METADATA_LASTS_US = 3_600 * MICROSECONDS_PER_SECOND
_KEYS_ASKED_EVERY_US = 60 * MICROSECONDS_PER_SECOND
_NONCE_BYTES = 12
_USERNAME_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that has begun.

    Attributes:
        address: Where to send the browser.
        cookie: What the browser must come back with: encrypted, so that it is nobody's to read or make.
    """

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization: str
    token: str
    keys: str
    about: str | None
    basic: bool
    names_itself: bool


class OpenIdProvider:
    """Signs people in at a provider. Any number of threads may ask.

    Args:
        settings: What the institution says about it.
        sealing: 32 bytes under which the browser's cookie is encrypted, the same in every process of a bank.
        ask: Asks an address of the provider.
        random_bytes: Gives ``n`` random bytes.

    Raises:
        InputError: If the extra ``openid`` is not installed.
        PolicyError: If the issuer is neither https nor on this machine.
    """

    def __init__(
        self, settings: OpenIdSettings, sealing: bytes, ask: Fetch = fetch, random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        require_extra()
        require_secure(settings.issuer)
        self.settings = settings
        self._cipher = AESGCM(sealing)
        self._ask = ask
        self._random = random_bytes
        self._turn = threading.Lock()
        self._metadata: tuple[int, _Metadata] | None = None
        self._keys: tuple[int, object] | None = None

    def start(self, return_to: str, now_us: int) -> Started:
        """Begins a sign-in.

        Args:
            return_to: Path of ours to go to afterwards.
            now_us: The clock's reading.

        Raises:
            ExternalError: If the provider does not answer.
        """
        metadata = self._described(now_us)
        state, nonce, verifier = (new_token(self._random) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        kept: dict[str, str | int] = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "to": local_path(return_to),
            "until": now_us + SIGN_IN_LASTS_US,
        }
        mark = "&" if "?" in metadata.authorization else "?"
        return Started(f"{metadata.authorization}{mark}{urlencode(query)}", self._sealed(kept))

    def finish(self, cookie: str | None, query: Mapping[str, str], now_us: int) -> tuple[Vouched, str]:
        """Who came back, and the path of ours to go to.

        Args:
            cookie: What the browser was given when it was sent there.
            query: What the provider put into the address it was sent back to.
            now_us: The clock's reading.

        Raises:
            PolicyError: If anything is not as it was begun, or the token is not right in every respect.
            ExternalError: If the provider does not answer.
        """
        kept = self._opened(cookie or "")
        until = kept.get("until")
        if not isinstance(until, int) or now_us >= until:
            raise refused("it took too long, or was not begun here", "耗时过长，或并非由此处发起")
        if not same(query.get("state", ""), str(kept["state"])):
            raise refused("it is another sign-in than the one begun here", "并非此处发起的登录")
        if query.get("error") == "access_denied":
            raise broken_off()
        if "error" in query:
            said = query["error"][:64]
            raise refused(f"the provider says {said}", f"身份提供方答复 {said}")
        metadata = self._described(now_us)
        if ("iss" in query or metadata.names_itself) and query.get("iss") != self.settings.issuer:
            raise refused("another provider answered", "应答来自另一身份提供方")
        token, access = self._exchanged(metadata, query.get("code", ""), str(kept["verifier"]))
        claims = self._claims(metadata, token, str(kept["nonce"]), now_us)
        return self._vouched(self._completed(metadata, claims, access)), local_path(str(kept["to"]))

    def wanted(self, cookie: str | None) -> str:
        """The path of ours that a sign-in was begun for, however it ends; ``/`` where it was not begun in this browser."""
        try:
            return local_path(str(self._opened(cookie or "")["to"]))
        except PolicyError:
            return "/"

    def _described(self, now_us: int) -> _Metadata:
        with self._turn:
            known = self._metadata
        if known is not None and known[0] <= now_us < known[0] + _METADATA_LASTS_US:
            return known[1]
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = self._ask(address)
        if not isinstance(document, Mapping) or document.get("issuer") != self.settings.issuer:
            raise unreachable(address, "issuer ≠ [access.openid] issuer")
        authorization, token, keys = (
            _address_in(document, name, address) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        about = _address_in(document, "userinfo_endpoint", address) if "userinfo_endpoint" in document else None
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = isinstance(methods, list) and "client_secret_basic" in methods
        metadata = _Metadata(
            authorization, token, keys, about, basic, document.get("authorization_response_iss_parameter_supported") is True
        )
        with self._turn:
            self._metadata = (now_us, metadata)
        return metadata

    def _exchanged(self, metadata: _Metadata, code: str, verifier: str) -> tuple[str, str | None]:
        settings = self.settings
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": settings.redirect, "code_verifier": verifier}
        headers = {}
        if settings.client_secret is not None and metadata.basic:
            pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = settings.client_id
            if settings.client_secret is not None:
                form["client_secret"] = settings.client_secret
        answer = self._ask(metadata.token, form, headers)
        token = answer.get("id_token") if isinstance(answer, Mapping) else None
        if not isinstance(token, str):
            raise refused("the provider gives no id token", "身份提供方没有给出 ID 令牌")
        access = answer.get("access_token") if isinstance(answer, Mapping) else None
        return token, access if isinstance(access, str) else None

    def _completed(self, metadata: _Metadata, claims: Mapping[str, object], access: str | None) -> Mapping[str, object]:
        """The claims with those that the provider tells only where it is asked for them (Core 1.0, section 5.3)."""
        wanted = (self.settings.username_claim, self.settings.roles_claim.partition(".")[0])
        if metadata.about is None or access is None or all(name in claims for name in wanted):
            return claims
        more = self._ask(metadata.about, None, {"authorization": f"Bearer {access}"})
        if not isinstance(more, Mapping) or more.get("sub") != claims["sub"]:
            raise refused("the provider tells about somebody else than its id token", "身份提供方所述用户与 ID 令牌不一致")
        return {**more, **claims}

    def _claims(self, metadata: _Metadata, token: str, nonce: str, now_us: int) -> Mapping[str, object]:
        settings = self.settings
        with self._turn:
            known = self._keys
        for _ in range(2):
            if known is None:
                known = (now_us, self._ask(metadata.keys))
                with self._turn:
                    self._keys = known
            try:
                return claims_of(token, key_set(known[1]), settings.issuer, settings.client_id, nonce, now_us)
            except UnknownKeyError:  # it may have turned its keys; ask again, but not for every forged token
                if now_us < known[0] + _KEYS_ASKED_EVERY_US:
                    break
                known = None
        raise refused("its id token is signed by a key that it does not publish", "ID 令牌所用的签名密钥未公布")

    def _vouched(self, claims: Mapping[str, object]) -> Vouched:
        settings = self.settings
        subject = str(claims["sub"])
        username = claims.get(settings.username_claim)
        if not isinstance(username, str) or not username.isprintable() or not 0 < len(username) <= _USERNAME_LENGTH_MAX or "@" in username:
            username = subject[:_USERNAME_LENGTH_MAX]
        name = claims.get("name")
        return Vouched(
            provider=settings.name,
            issuer=settings.issuer,
            subject=subject,
            username=username,
            name=name if isinstance(name, str) and name else username,
            roles=self._roles(claims),
        )

    def _roles(self, claims: Mapping[str, object]) -> tuple[Role, ...]:
        found: object = claims
        for step in self.settings.roles_claim.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        given = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
        return tuple(dict.fromkeys(role for group in given if isinstance(group, str) and (role := self.settings.roles.get(group))))

    def _sealed(self, kept: Mapping[str, str | int]) -> str:
        nonce = self._random(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, json.dumps(kept).encode(), b"openid")).decode()

    def _opened(self, cookie: str) -> Mapping[str, object]:
        try:
            raw = base64.urlsafe_b64decode(cookie)
            kept: object = json.loads(self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], b"openid"))
        except (InvalidTag, ValueError):
            kept = None
        if not isinstance(kept, dict):
            raise refused("it was not begun in this browser", "并非在此浏览器中发起")
        return kept


def _address_in(document: Mapping[str, object], name: str, asked: str) -> str:
    found = document.get(name)
    if not isinstance(found, str):
        raise unreachable(asked, f"no {name}")
    if not is_secure(found):
        raise silent(asked, {"en": f"its {name} is no https address", "zh": f"其 {name} 不是 https 地址"})
    return found


def sealing_key(secret: str) -> bytes:
    """The key of the cookies, from the bank's secret for tokens (hex)."""
    return hmac.digest(bytes.fromhex(secret), b"openid cookie", "sha256")
