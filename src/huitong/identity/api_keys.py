"""Acts on API keys: making, noting that one is in use, revoking. The key itself is shown once; what is kept is a keyed hash."""

from collections.abc import Sequence

from huitong.contracts import Act, Command, Event, Value, require_role
from huitong.identity import errors
from huitong.identity.state import SCOPES, Directory, Scope
from huitong.identity.tokens import API_KEY_PREFIX, keyed_hash
from huitong.identity.users import founded, require_user_id
from huitong.kernel import MICROSECONDS_PER_DAY, EventId, InputError

KEY_LIFE_MAX_US = 366 * MICROSECONDS_PER_DAY
"""Longest life of an API key."""
KEY_GRADE_MAX = 4
"""Highest grade that a system may see."""


def require_scope_of(text: str) -> Scope:
    """The scope of a name.

    Raises:
        InputError: If there is none.
    """
    found = next((scope for scope in SCOPES if scope == text), None)
    if found is None:
        raise InputError(
            "access.scope.unknown",
            {"en": f"{text!r} is no scope of an API key", "zh": f"{text!r} 不是接口密钥的权限范围"},
            {"en": f"known: {', '.join(SCOPES)}", "zh": f"已有：{'、'.join(SCOPES)}"},
        )
    return found


def api_key_text(token: str) -> str:
    """The key as a system sends it."""
    return f"{API_KEY_PREFIX}{token}"


def make(
    command: Command,
    name: str,
    scopes: Sequence[Scope],
    grade: int,
    expires_us: int,
    token: str,
    secret: str,
) -> Act[Directory]:
    """A new API key.

    Args:
        command: By an administrator; its id is the key's.
        name: Of the system that calls with it; its acts bear it, and a new key may take over the name of an old one.
        scopes: What it may.
        grade: Highest data grade that it sees, 1 to 4.
        expires_us: When it ends.
        token: Its secret part.
        secret: Secret under which tokens are hashed from now on, where the bank has none yet.
    """

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        _require_sound(name, scopes, grade, expires_us, command.now_us)
        data: dict[str, Value] = {
            "name": name,
            "token": keyed_hash(state.secret or secret, "api_key", token),
            "scopes": " ".join(dict.fromkeys(scopes)),
            "grade": grade,
            "expires": expires_us,
        }
        return [
            Event(command.id, "api_key.made", command.now_us, {"by": command.by.id}, data),
            *founded(state, command.id, 1, secret, command.now_us),
        ]

    return act


def _require_sound(name: str, scopes: Sequence[Scope], grade: int, expires_us: int, now_us: int) -> None:
    require_user_id(name)
    if not scopes:
        raise InputError(
            "access.api_key.what",
            {"en": "an API key needs a scope", "zh": "接口密钥至少需要一个权限范围"},
            {"en": f"scopes: {', '.join(SCOPES)}", "zh": f"权限范围：{'、'.join(SCOPES)}"},
        )
    if not 1 <= grade <= KEY_GRADE_MAX:
        raise InputError(
            "access.api_key.grade",
            {"en": f"grade {grade} is not 1 to {KEY_GRADE_MAX}", "zh": f"分级 {grade} 不在 1 到 {KEY_GRADE_MAX} 之间"},
            {"en": "give the highest data grade that the system must see", "zh": "请给出该系统须看到的最高数据分级"},
        )
    if not now_us < expires_us <= now_us + KEY_LIFE_MAX_US:
        raise InputError(
            "access.api_key.life",
            {"en": "an API key ends between now and a year from now", "zh": "接口密钥的有效期最长一年，且须晚于当前时间"},
            {"en": "give such an end; make a new key before it", "zh": "请给出这样的到期时间，并在到期前生成新密钥"},
        )


def revoke(command: Command, key: str) -> Act[Directory]:
    """Ends an API key at once."""

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        found = state.api_keys.get(key)
        if found is None or found.revoked_us is not None:
            raise errors.no_api_key(key)
        return [Event(command.id, "api_key.revoked", command.now_us, {"by": command.by.id}, {"api_key": key})]

    return act


def used(command: EventId, key: str, every_us: int, now_us: int) -> Act[Directory]:
    """Notes that a key is in use, at most once in ``every_us``."""

    def act(state: Directory) -> Sequence[Event]:
        found = state.api_keys.get(key)
        if found is None or (found.used_us is not None and now_us < found.used_us + every_us):
            return []
        return [Event(command, "api_key.used", now_us, {}, {"api_key": key})]

    return act
