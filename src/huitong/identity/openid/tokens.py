"""The id token: whose signature, from whom, for whom, until when, for which sign-in (OpenID Connect Core 1.0, section 3.1.3.7)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from huitong.identity.openid.errors import refused
from huitong.kernel import MICROSECONDS_PER_SECOND, InputError

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures by a key pair; never "none", never a shared secret."""
CLOCK_DRIFT_SECONDS = 60
_TOKEN_LENGTH_MAX = 65_536


class UnknownKeyError(Exception):
    """The token is signed by a key that the set does not hold: the provider may have turned its keys."""


def require_extra() -> None:
    """Looks whether what verifies tokens is installed.

    Raises:
        InputError: If it is not.
    """
    try:
        import joserfc  # noqa: F401, PLC0415 -- an extra
    except ImportError:
        raise InputError(
            "access.openid.extra",
            {"en": "[access.openid] needs a package that is not installed: joserfc", "zh": "[access.openid] 需要未安装的软件包：joserfc"},
            {"en": 'pip install "huitong[openid]"', "zh": '请运行 pip install "huitong[openid]"'},
        ) from None


def key_set(document: object) -> "KeySet":
    """The provider's keys.

    Raises:
        PolicyError: If the document holds none.
    """
    from joserfc.errors import JoseError  # noqa: PLC0415 -- an extra
    from joserfc.jwk import KeySet  # noqa: PLC0415 -- an extra

    keys = document.get("keys") if isinstance(document, Mapping) else None
    known = [key for key in keys or () if isinstance(key, Mapping) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use") != "enc"]
    try:
        return KeySet.import_key_set({"keys": known})  # type: ignore[typeddict-item]  # read from JSON, checked by the import
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise refused(f"its keys cannot be read ({error})", f"其公钥无法读取（{error}）") from None


def claims_of(token: str, keys: "KeySet", issuer: str, client_id: str, nonce: str, now_us: int) -> Mapping[str, object]:
    """The claims of an id token that is right in every respect.

    Args:
        token: The token.
        keys: The provider's keys.
        issuer: Who must have issued it.
        client_id: For whom it must be.
        nonce: For which sign-in it must be.
        now_us: The clock's reading.

    Raises:
        UnknownKeyError: If the key that signed it is not among ``keys``.
        PolicyError: If anything is wrong.
    """
    from joserfc import jwt  # noqa: PLC0415 -- an extra
    from joserfc.errors import InvalidKeyIdError, JoseError  # noqa: PLC0415 -- an extra

    if len(token) > _TOKEN_LENGTH_MAX:
        raise refused("its id token is too long", "ID 令牌过长")
    try:
        claims: Mapping[str, object] = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except InvalidKeyIdError:
        raise UnknownKeyError from None
    except (JoseError, ValueError) as error:
        raise refused(
            f"its id token is not signed by it ({type(error).__name__})", f"ID 令牌的签名无效（{type(error).__name__}）"
        ) from None
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    if claims.get("iss") != issuer:
        raise refused("its id token names another issuer", "ID 令牌的签发方不符")
    if client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != client_id) or claims.get("azp", client_id) != client_id:
        raise refused("its id token is for another client", "ID 令牌并非签发给本系统")
    _require_times(claims, now_us)
    if claims.get("nonce") != nonce:
        raise refused("its id token is of another sign-in", "ID 令牌不属于本次登录")
    if not isinstance(claims.get("sub"), str) or not 0 < len(str(claims["sub"])) <= 255:
        raise refused("its id token names nobody", "ID 令牌没有标明用户")
    return claims


def _require_times(claims: Mapping[str, object], now_us: int) -> None:
    now = now_us / MICROSECONDS_PER_SECOND
    expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or now >= expires + CLOCK_DRIFT_SECONDS:
        raise refused("its id token has ended", "ID 令牌已过期")
    if not isinstance(issued, int | float) or not isinstance(begins, int | float) or max(issued, begins) > now + CLOCK_DRIFT_SECONDS:
        raise refused("its id token is of the future; compare the clocks", "ID 令牌的时间晚于当前时间；请核对时钟")
