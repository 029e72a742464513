"""Acts of signing in and out. Passwords are checked before, for that takes long; the act sees whether that still holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from huitong.contracts import Act, Event, Role, Value
from huitong.identity.recovery import matching_code
from huitong.identity.state import Directory, User
from huitong.identity.tokens import keyed_hash
from huitong.identity.totp import matching_step
from huitong.identity.users import NAME_LENGTH_MAX, founded, part
from huitong.kernel import EventId

Cause = Literal["unknown", "password", "code", "locked", "expired", "conflict"]
"""Why a sign-in was refused; written down, and not told to who tried, except a conflict: who they are, their provider has confirmed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who wants to sign in, with what was found out about the password.

    Attributes:
        user: Whom they say they are.
        credential: Version of the credential that the password was checked against; 0 where nobody of that name is known.
        matched: Whether the password is right.
        code: The code of their device, or a recovery code in its place, if they gave one.
        address: Where they are.
    """

    user: str
    credential: int
    matched: bool
    code: str
    address: str


def refusal(user: User | None, attempt: Attempt, now_us: int) -> Cause | None:
    """Why an attempt must be refused whatever its code, or ``None``."""
    if user is None:
        return "unknown"
    if not user.can_sign_in or user.issuer is not None or now_us < user.locked_until_us:
        return "locked"
    if not attempt.matched or attempt.credential != user.credential:
        return "password"
    return "expired" if user.until_us is not None and now_us >= user.until_us else None


def second_factor(user: User, given: str, secret: str, now_us: int) -> Mapping[str, Value] | None:
    """What is written down of a user's second factor, so that it is not taken again; ``None`` where they lack it.

    Args:
        user: The user.
        given: A code of their device, or one of their recovery codes.
        secret: Secret under which the bank hashes tokens.
        now_us: The clock's reading.
    """
    if user.totp is None:
        return {"step": 0}
    step = matching_step(user.totp, given, now_us, user.step)
    if step is not None:
        return {"step": step}
    place = matching_code(given, user.recovery, secret, user.id)
    return None if place is None else {"step": user.step, "code": place + 1, "codes_left": user.codes_left - 1}


def sign_in(command: EventId, attempt: Attempt, token: str, now_us: int) -> Act[Directory]:
    """A session, or a refusal: both are written down.

    Args:
        command: Id of the command, and of the session.
        attempt: Who wants to, with what.
        token: Secret of the session.
        now_us: The clock's reading.
    """

    def act(state: Directory) -> Sequence[Event]:
        user = state.users.get(attempt.user)
        cause = refusal(user, attempt, now_us)
        if user is None or cause is not None or state.secret is None:
            return [refused(command, None if user is None else user.id, cause or "unknown", attempt.address, now_us)]
        factor = second_factor(user, attempt.code, state.secret, now_us)
        if factor is None:
            return [refused(command, user.id, "code", attempt.address, now_us)]
        data: dict[str, Value] = {
            "token": keyed_hash(state.secret, "session", token),
            "how": "password",
            "credential": user.credential,
            "address": attempt.address,
            **factor,
        }
        return [Event(command, "session.opened", now_us, {"user": user.id}, data)]

    return act


def fail(command: EventId, user: str, now_us: int) -> Act[Directory]:
    """Notes that somebody who is signed in gave a wrong password where it was asked for again."""

    def act(state: Directory) -> Sequence[Event]:
        return [refused(command, user, "password", "", now_us)] if user in state.users else []

    return act


def refused(command: EventId, user: str | None, cause: Cause, address: str, now_us: int) -> Event:
    """The event of a refused sign-in."""
    keys = {} if user is None else {"user": user}
    return Event(command, "access.refused", now_us, keys, {"cause": cause, **({"address": address} if address else {})})


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom an OpenID provider vouches for.

    Attributes:
        provider: The bank's short name for the provider.
        issuer: Its issuer.
        subject: Who it is there; never changes.
        username: What they are called there.
        name: Name for people.
        roles: Roles that the provider's claim maps to.
    """

    provider: str
    issuer: str
    subject: str
    username: str
    name: str
    roles: tuple[Role, ...]

    @property
    def user(self) -> str:
        """Their id here, which no user of the bank's own can have."""
        return f"{self.username}@{self.provider}"


def sign_in_vouched(command: EventId, who: Vouched, address: str, token: str, secret: str, now_us: int) -> Act[Directory]:
    """A session for whom a provider vouches; the user is added at the first one, and from then on bound to the provider's subject.

    Args:
        command: Id of the command.
        who: Whom it vouches for.
        address: Where they are.
        token: Secret of the session.
        secret: Secret under which tokens are hashed from now on, where the bank has none yet.
        now_us: The clock's reading.
    """

    def act(state: Directory) -> Sequence[Event]:
        user = state.external(who.issuer, who.subject)
        if user is None and who.user in state.users:  # the name went to another person at the provider
            return [refused(command, who.user, "conflict", address, now_us)]
        if user is not None and not user.can_sign_in:
            return [refused(command, user.id, "locked", address, now_us)]
        user_id = who.user if user is None else user.id
        data: dict[str, Value] = {
            "token": keyed_hash(state.secret or secret, "session", token),
            "how": "openid",
            "credential": 1 if user is None else user.credential,
            "roles": " ".join(who.roles),
            "address": address,
        }
        events = []
        if user is None:
            added: dict[str, Value] = {"name": who.name[:NAME_LENGTH_MAX], "issuer": who.issuer, "subject": who.subject}
            events.append(Event(command, "user.added", now_us, {"user": user_id, "by": user_id}, added))
        events.append(Event(part(command, len(events)), "session.opened", now_us, {"user": user_id}, data))
        return [*events, *founded(state, command, len(events), secret, now_us)]

    return act


def renew(command: EventId, session: str, every_us: int, now_us: int) -> Act[Directory]:
    """Notes that a session is in use, at most once in ``every_us``."""

    def act(state: Directory) -> Sequence[Event]:
        found = state.sessions.get(session)
        if found is None or now_us < found.seen_us + every_us:
            return []
        return [Event(command, "session.renewed", now_us, {}, {"session": session})]

    return act


def close(command: EventId, session: str, by: str, now_us: int) -> Act[Directory]:
    """Ends a session."""

    def act(state: Directory) -> Sequence[Event]:
        if session not in state.sessions:
            return []
        return [Event(command, "session.closed", now_us, {"by": by}, {"session": session})]

    return act
