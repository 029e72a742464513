"""The administration of access: users, rights and API keys, as an administrator orders them. What is shown once is returned once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from huitong.contracts import Actor, Event, Role, require_role
from huitong.identity import api_keys, rights, users
from huitong.identity.passwords import one_time_password, require_good
from huitong.identity.registry import Registry
from huitong.identity.state import ASKED_FOR_US, ApiKey, Asked, Directory, Scope, User
from huitong.identity.tokens import new_secret, new_token


@dataclass(frozen=True, slots=True)
class Ordered:
    """What became of an order.

    Attributes:
        id: Id of its first event; of a request that waits, its name.
        waits: Whether a second person has to confirm it.
        shown_once: A one-time password or an API key; empty where there is none.
    """

    id: str
    waits: bool = False
    shown_once: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Who is there.

    Attributes:
        users: All users, by id; without what they sign in with.
        asked: What waits for a second person.
    """

    users: tuple[User, ...]
    asked: tuple[Asked, ...]


class AccessOffice:
    """Orders about access. Any number of threads may order.

    Args:
        registry: The book of access.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_first(self, user: str, name: str, roles: Sequence[Role], password: str, now_us: int) -> Ordered:
        """The first administrator, on the bank's own machine.

        Args:
            user: Their id.
            name: Name for people.
            roles: Further roles.
            password: Their password.
            now_us: The clock's reading.

        Raises:
            InputError: If id or password is not good enough.
            PolicyError: If the bank has users, or a role needs a second person.
        """
        registry = self._registry
        users.require_user_id(user)
        require_good(password, (user, name), registry.settings.known_passwords)
        hashed, secret = registry.hashed(password), new_secret(registry.random_bytes)
        events = registry.act(lambda command: users.add_first(command, user, name, roles, hashed, secret, now_us), now_us)
        return Ordered(events[0].id)

    def add(self, actor: Actor, user: str, name: str, now_us: int) -> Ordered:
        """A user with a one-time password, which is shown once, and no role yet."""
        require_role(actor, "admin")
        password = one_time_password()
        hashed = self._registry.hashed(password)
        events = self._registry.act(lambda command: users.add(command, actor, user, name, hashed, now_us), now_us)
        return Ordered(events[0].id, shown_once=password)

    def grant(self, actor: Actor, user: str, role: Role, now_us: int) -> Ordered:
        """Gives a role; see ``rights.grant``."""
        return _waiting(self._registry.act(lambda command: rights.grant(command, actor, user, role, now_us), now_us))

    def revoke(self, actor: Actor, user: str, role: Role, now_us: int) -> Ordered:
        """Takes a role away."""
        return _waiting(self._registry.act(lambda command: rights.revoke(command, actor, user, role, now_us), now_us))

    def lock(self, actor: Actor, user: str, ground: str, now_us: int) -> Ordered:
        """Keeps a user from signing in; their sessions end at once."""
        return _waiting(self._registry.act(lambda command: users.lock(command, actor, user, ground, now_us), now_us))

    def unlock(self, actor: Actor, user: str, now_us: int) -> Ordered:
        """Lets a locked user sign in again; see ``users.unlock``."""
        return _waiting(self._registry.act(lambda command: users.unlock(command, actor, user, now_us), now_us))

    def recover(self, actor: Actor, user: str, now_us: int) -> Ordered:
        """A one-time password for a user who cannot sign in; where a second person must confirm, it works then. See ``users.recover``."""
        require_role(actor, "admin")
        password = one_time_password()
        hashed = self._registry.hashed(password)
        events = self._registry.act(lambda command: users.recover(command, actor, user, hashed, now_us), now_us)
        return replace(_waiting(events), shown_once=password)

    def confirm(self, actor: Actor, request: str, now_us: int) -> Ordered:
        """The second person's yes."""
        return _waiting(self._registry.act(lambda command: rights.confirm(command, actor, request, now_us), now_us))

    def decline(self, actor: Actor, request: str, ground: str, now_us: int) -> Ordered:
        """A no to what waits."""
        return _waiting(self._registry.act(lambda command: rights.decline(command, actor, request, ground, now_us), now_us))

    def make_api_key(self, actor: Actor, name: str, scopes: Sequence[Scope], grade: int, expires_us: int, now_us: int) -> Ordered:
        """A new API key, which is shown once."""
        random = self._registry.random_bytes
        token, secret = new_token(random), new_secret(random)
        events = self._registry.act(
            lambda command: api_keys.make(command, actor, name, scopes, grade, expires_us, token, secret, now_us), now_us
        )
        return Ordered(events[0].id, shown_once=api_keys.api_key_text(token))

    def revoke_api_key(self, actor: Actor, key: str, now_us: int) -> Ordered:
        """Ends an API key at once."""
        return _waiting(self._registry.act(lambda command: api_keys.revoke(command, actor, key, now_us), now_us))

    def listed(self, actor: Actor, now_us: int) -> Listed:
        """Users, and what waits for a second person.

        Raises:
            PolicyError: If the actor neither gives rights nor confirms nor audits.
        """
        require_role(actor, "admin", "approver", "auditor")
        return self._registry.ask(lambda state: _listed(state, now_us))

    def api_keys(self, actor: Actor) -> tuple[ApiKey, ...]:
        """All API keys, without what opens.

        Raises:
            PolicyError: If the actor neither gives rights nor audits.
        """
        require_role(actor, "admin", "auditor")
        return self._registry.ask(lambda state: tuple(replace(key, token="", scopes=list(key.scopes)) for key in state.api_keys.values()))


def _waiting(events: Sequence[Event]) -> Ordered:
    return Ordered(events[0].id, waits=events[0].kind == "access.asked")


def _listed(state: Directory, now_us: int) -> Listed:
    found = sorted(state.users.values(), key=lambda user: user.id)
    return Listed(
        tuple(
            replace(user, roles=list(user.roles), password=None if user.password is None else "-", totp=None if user.totp is None else "-")
            for user in found
        ),
        tuple(replace(asked, password=None) for asked in state.asked.values() if now_us < asked.asked_us + ASKED_FOR_US),
    )
