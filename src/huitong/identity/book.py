"""The book of access: who may sign in and do what, as a fold over the log."""

from collections.abc import Callable, Mapping

from huitong.contracts import Event, Role
from huitong.identity.state import PERSON_ROLES, SCOPES, SESSION_LIFE_MAX_US, ApiKey, Asked, Directory, Session, User, What


class AccessBook:
    """Users, roles, sessions, API keys and what waits for a second person."""

    name, version, state = "access", 4, Directory

    @property
    def kinds(self) -> tuple[str, ...]:
        """See ``Book``. Reading (``access.read``) changes no right and is not among them."""
        return tuple(_ENTER)

    def blank(self) -> Directory:
        """See ``Book``."""
        return Directory()

    def enter(self, state: Directory, event: Event) -> None:
        """See ``Book``."""
        _ENTER[event.kind](state, event)


def _text(event: Event, name: str) -> str | None:
    value = event.data.get(name)
    return value if isinstance(value, str) else None


def _number(event: Event, name: str) -> int | None:
    value = event.data.get(name)
    return value if isinstance(value, int) else None


def _roles(text: str | None) -> list[Role]:
    given = (text or "").split()
    return [role for role in PERSON_ROLES if role in given]


def _role(event: Event) -> Role | None:
    return next(iter(_roles(_text(event, "role"))), None)


def _user(state: Directory, event: Event) -> User | None:
    return state.users.get(event.keys.get("user", ""))


def _founded(state: Directory, event: Event) -> None:
    state.secret = state.secret or _text(event, "secret")


def _added(state: Directory, event: Event) -> None:
    user = User(event.keys["user"], _text(event, "name") or event.keys["user"])
    user.password, user.until_us = _text(event, "password"), _number(event, "until")
    user.issuer, user.subject = _text(event, "issuer"), _text(event, "subject")
    state.users[user.id] = user


def _locked(state: Directory, event: Event) -> None:
    if (user := _user(state, event)) is not None:
        user.active = False
        user.credential += 1


def _unlocked(state: Directory, event: Event) -> None:
    if (user := _user(state, event)) is not None:
        user.active = True
        user.failures, user.locked_until_us = 0, 0
    _settled(state, event)


def _changed(state: Directory, event: Event) -> None:
    _settled(state, event)
    user = _user(state, event)
    if user is None:
        return
    what = event.data["what"]
    if what in ("totp", "codes"):
        user.recovery = (_text(event, "recovery") or "").split()
    if what == "codes":  # opens nothing that was not open: sessions stay
        return
    user.credential += 1
    if what == "totp":
        user.totp, user.step = _text(event, "totp"), _number(event, "step") or 0
        return
    user.password, user.until_us = _text(event, "password"), _number(event, "until")
    user.failures, user.locked_until_us = 0, 0
    if what == "recovered":
        user.totp, user.step, user.recovery = None, 0, []


def _asked(state: Directory, event: Event) -> None:
    what: What = "recover" if event.data["what"] == "recover" else "unlock" if event.data["what"] == "unlock" else "grant"
    password = _text(event, "password")
    state.asked[event.id] = Asked(event.id, what, event.keys["user"], event.keys["by"], event.time_us, _role(event), password)


def _settled(state: Directory, event: Event) -> None:
    state.asked.pop(_text(event, "request") or "", None)


def _granted(state: Directory, event: Event) -> None:
    user, role = _user(state, event), _role(event)
    if user is not None and role is not None and role not in user.roles:
        user.roles.append(role)
    _count_confirming(state)
    _settled(state, event)


def _count_confirming(state: Directory) -> None:
    if not state.two_could_confirm:
        state.two_could_confirm = sum(one.confirms for one in state.users.values()) > 1


def _revoked(state: Directory, event: Event) -> None:
    user, role = _user(state, event), _role(event)
    if user is not None and role in user.roles:
        user.roles.remove(role)


def _opened(state: Directory, event: Event) -> None:
    while state.sessions and (oldest := next(iter(state.sessions.values()))).opened_us + SESSION_LIFE_MAX_US <= event.time_us:
        _drop(state, oldest.id)
    user, token = _user(state, event), _text(event, "token")
    if user is None or token is None:
        return
    user.failures, user.locked_until_us, user.signed_in_us = 0, 0, event.time_us
    user.step = max(user.step, _number(event, "step") or 0)
    used = _number(event, "code")
    if used is not None and 0 < used <= len(user.recovery):
        user.recovery[used - 1] = ""
    session = Session(
        id=event.id,
        user=user.id,
        token=token,
        credential=_number(event, "credential") or 0,
        opened_us=event.time_us,
        seen_us=event.time_us,
        how=str(event.data["how"]),
        roles=_roles(_text(event, "roles")),
    )
    state.sessions[session.id] = session
    state.session_of[token] = session.id
    user.provided = list(session.roles)
    _count_confirming(state)


def _drop(state: Directory, session_id: str) -> None:
    session = state.sessions.pop(session_id, None)
    if session is not None:
        state.session_of.pop(session.token, None)


def _renewed(state: Directory, event: Event) -> None:
    session = state.sessions.get(str(event.data["session"]))
    if session is not None:
        session.seen_us = max(session.seen_us, event.time_us)


def _closed(state: Directory, event: Event) -> None:
    _drop(state, str(event.data["session"]))


def _refused(state: Directory, event: Event) -> None:
    user = _user(state, event)
    if user is not None and event.data["cause"] in ("password", "code"):
        user.fail(event.time_us)


def _made(state: Directory, event: Event) -> None:
    token = _text(event, "token") or ""
    given = (_text(event, "scopes") or "").split()
    key = ApiKey(
        id=event.id,
        name=_text(event, "name") or event.id,
        token=token,
        scopes=[scope for scope in SCOPES if scope in given],
        grade=_number(event, "grade") or 1,
        made_us=event.time_us,
        expires_us=_number(event, "expires") or 0,
        by=event.keys.get("by", ""),
    )
    state.api_keys[key.id] = key
    state.api_key_of[token] = key.id


def _used(state: Directory, event: Event) -> None:
    if (key := state.api_keys.get(str(event.data["api_key"]))) is not None:
        key.used_us = max(key.used_us or 0, event.time_us)


def _key_revoked(state: Directory, event: Event) -> None:
    if (key := state.api_keys.get(str(event.data["api_key"]))) is not None and key.revoked_us is None:
        key.revoked_us = event.time_us


_ENTER: Mapping[str, Callable[[Directory, Event], None]] = {
    "access.founded": _founded,
    "user.added": _added,
    "user.locked": _locked,
    "user.unlocked": _unlocked,
    "credential.changed": _changed,
    "access.asked": _asked,
    "access.declined": _settled,
    "role.granted": _granted,
    "role.revoked": _revoked,
    "session.opened": _opened,
    "session.renewed": _renewed,
    "session.closed": _closed,
    "access.refused": _refused,
    "api_key.made": _made,
    "api_key.used": _used,
    "api_key.revoked": _key_revoked,
}
