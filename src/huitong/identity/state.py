"""Who may sign in and what they may do: the state that the log's events on users, roles, sessions and API keys come to."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from huitong.contracts import Role
from huitong.kernel import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND

CONFIRMING_ROLES: tuple[Role, ...] = ("admin", "approver")
"""Roles whose holders may be the second person of a change of rights."""
FOUR_EYES_ROLES: tuple[Role, ...] = (*CONFIRMING_ROLES, "steward", "investigator")
"""Roles that one person alone cannot give: their holders give a second signature somewhere, which whoever makes up two users could else."""
PERSON_ROLES: tuple[Role, ...] = ("analyst", "investigator", "approver", "steward", "auditor", "operator", "admin")
"""Roles that a person can have."""

What = Literal["grant", "recover", "unlock"]
"""What can wait for a second person."""
ASKED_FOR_US = 7 * MICROSECONDS_PER_DAY
"""How long what was asked for waits for a second person."""

FAILURES_MAX = 5
"""Failures in a row after which a user is locked out for a while; NIST SP 800-63B allows a hundred."""
_FORGOTTEN = "enc:"
"""What begins so stands for the name of somebody who was forgotten; no name that is given does."""
_LOCK_OUT_US = 5 * 60 * MICROSECONDS_PER_SECOND
_LOCK_OUT_DOUBLINGS_MAX = 4

SESSION_LIFE_MAX_US = MICROSECONDS_PER_DAY
"""After this a session is forgotten, whatever a bank sets: the longest that NIST SP 800-63B allows at its second level."""

Scope = Literal["decide", "ingest", "feedback", "read", "policies", "lists", "measures", "cases", "metrics"]
"""What an API key may be for."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
SCOPE_ROLES: dict[Scope, Role] = {
    "decide": "machine",
    "ingest": "machine",
    "feedback": "machine",
    "read": "auditor",
    "policies": "analyst",
    "lists": "steward",
    "measures": "investigator",
    "cases": "investigator",
    "metrics": "operator",
}
"""The role that a scope stands for. No machine is ever one of four eyes, so none approves or gives rights."""


@dataclass
class User:
    """A person who may sign in.

    Attributes:
        id: Stable name (``"li.wei"``; ``"li.wei@sso"`` of one whom an OpenID provider knows).
        name: Name for people.
        roles: What they may do, by the bank's own grant.
        active: Whether they may sign in at all.
        credential: Version of what they sign in with: sessions of an earlier one have ended.
        password: Argon2id hash; ``None`` where an OpenID provider vouches.
        until_us: When a one-time password ends; ``None`` where the password is the user's own.
        totp: Secret of time-based codes, base32; ``None`` without.
        step: Last time step whose code was used: no code is taken twice.
        recovery: Keyed hashes of recovery codes, each in its place; empty where it was used.
        failures: Failures in a row.
        locked_until_us: Until when failures lock them out.
        issuer: OpenID issuer that vouches for them.
        subject: Who they are at the issuer.
        signed_in_us: When they last signed in.
        provided: Roles that the OpenID provider gave at the last sign-in; whether it still would, nobody here knows.
    """

    id: str
    name: str
    roles: list[Role] = field(default_factory=list)
    active: bool = True
    credential: int = 1
    password: str | None = None
    until_us: int | None = None
    totp: str | None = None
    step: int = 0
    recovery: list[str] = field(default_factory=list)
    failures: int = 0
    locked_until_us: int = 0
    issuer: str | None = None
    subject: str | None = None
    signed_in_us: int | None = None
    provided: list[Role] = field(default_factory=list)

    @property
    def codes_left(self) -> int:
        """How many recovery codes were not used yet."""
        return sum(one != "" for one in self.recovery)

    @property
    def known_roles(self) -> frozenset[Role]:
        """What they may do, as far as it is known here: by the bank's own grant, and as the provider gave it last."""
        return frozenset([*self.roles, *self.provided])

    @property
    def confirms(self) -> bool:
        """Whether they can be the second person of a change of rights."""
        return self.here and not self.known_roles.isdisjoint(CONFIRMING_ROLES)

    @property
    def can_sign_in(self) -> bool:
        """Whether there is something to sign in with: a person who was forgotten has nothing any more."""
        return self.here and (self.issuer is not None or (self.password or "").startswith("$argon2id$"))

    @property
    def here(self) -> bool:
        """Whether they are active, and were not forgotten since."""
        return self.active and not self.id.startswith(_FORGOTTEN)

    def fail(self, now_us: int) -> None:
        """Counts a failure; from the fifth in a row on each locks the user out, twice as long as the one before, up to 80 minutes."""
        self.failures += 1
        if self.failures >= FAILURES_MAX:
            doublings = min(self.failures - FAILURES_MAX, _LOCK_OUT_DOUBLINGS_MAX)
            self.locked_until_us = now_us + (_LOCK_OUT_US << doublings)


@dataclass
class Session:
    """Somebody signed in.

    Attributes:
        id: Its name, which is no secret.
        user: Who.
        token: Keyed hash of the secret that the browser holds.
        credential: Version of the credential it was opened with.
        opened_us: Since when.
        seen_us: When it was last in use, to within the time after which it is renewed.
        how: ``"password"`` or ``"openid"``.
        roles: Roles that the OpenID provider gave at sign-in.
    """

    id: str
    user: str
    token: str
    credential: int
    opened_us: int
    seen_us: int
    how: str
    roles: list[Role]


@dataclass
class ApiKey:
    """What a system calls with.

    Attributes:
        id: Its name, which stands in the key itself and is no secret.
        name: Name for people.
        token: Keyed hash of the key.
        scopes: What it is for.
        grade: Highest data grade that it sees.
        made_us: Since when.
        expires_us: Until when.
        by: Who made it.
        used_us: When it was last used, to the hour.
        revoked_us: When it was revoked.
    """

    id: str
    name: str
    token: str
    scopes: list[Scope]
    grade: int
    made_us: int
    expires_us: int
    by: str = ""
    used_us: int | None = None
    revoked_us: int | None = None

    @property
    def actor(self) -> str:
        """Id under which the system acts; keys of one name act as one."""
        return f"key:{self.name}"

    def valid(self, now_us: int) -> bool:
        """Whether it opens anything."""
        return self.revoked_us is None and now_us < self.expires_us


@dataclass
class Asked:
    """A change of rights that waits for a second person.

    Attributes:
        id: Its name.
        what: Which change.
        user: Whom it concerns.
        by: Who asked.
        asked_us: When.
        role: The role, of a grant.
        password: Hash of the one-time password, of a recovery.
    """

    id: str
    what: What
    user: str
    by: str
    asked_us: int
    role: Role | None = None
    password: str | None = None


@dataclass
class Directory:
    """Everybody and everything that may sign in.

    Attributes:
        secret: Under which tokens are hashed, hex; ``None`` before anything was made.
        users: By id.
        sessions: By id, oldest first.
        session_of: Id of the session by the keyed hash of its token.
        api_keys: By id.
        api_key_of: Id of the API key by the keyed hash of it.
        asked: What waits for a second person, by id.
        two_could_confirm: Whether there were ever two who can be a second person; from then on nobody gives rights alone.
    """

    secret: str | None = None
    users: dict[str, User] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    session_of: dict[str, str] = field(default_factory=dict)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    api_key_of: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    two_could_confirm: bool = False

    @property
    def empty(self) -> bool:
        """Whether nobody and nothing was ever given access: then the bank is open to its own machine."""
        return not self.users and not self.api_keys

    def systems_of(self, user: str) -> frozenset[str]:
        """Ids of the systems whose API keys a user made, whether or not these still open anything."""
        return frozenset(key.actor for key in self.api_keys.values() if key.by == user)

    def external(self, issuer: str, subject: str) -> User | None:
        """The user whom an OpenID provider knows as ``subject``."""
        return next((user for user in self.users.values() if (user.issuer, user.subject) == (issuer, subject)), None)
