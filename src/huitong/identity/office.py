"""The administration of access: users, rights and API keys, as an administrator orders them. What is shown once is returned once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from huitong.contracts import Actor, Command, Event, Role, require_role
from huitong.identity import api_keys, rights, users
from huitong.identity.passwords import one_time_password, require_good
from huitong.identity.registry import Registry
from huitong.identity.state import ASKED_FOR_US, ApiKey, Asked, Directory, Scope, User
from huitong.identity.tokens import keyed_hash, new_secret, new_token


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

    def add_first(self, command: Command, user: str, name: str, roles: Sequence[Role], password: str) -> Ordered:
        """The first administrator, on the bank's own machine.

        Args:
            command: By whoever works there.
            user: Their id.
            name: Name for people.
            roles: Further roles.
            password: Their password.

        Raises:
            InputError: If id or password is not good enough.
            PolicyError: If the bank has users, or a role needs a second person.
        """
        registry = self._registry
        users.require_user_id(user)
        require_good(password, (user, name), registry.settings.known_passwords)
        hashed, secret = registry.hashed(password), new_secret(registry.random_bytes)
        return _ordered(registry.order(command, users.add_first(command, user, name, roles, hashed, secret)))

    def add(self, command: Command, user: str, name: str) -> Ordered:
        """A user with a one-time password, which is shown once, and no role yet."""
        require_role(command.by, "admin")
        password = one_time_password()
        hashed = self._registry.hashed(password)
        return _once(self._registry.order(command, users.add(command, user, name, hashed)), "password", hashed, password)

    def grant(self, command: Command, user: str, role: Role) -> Ordered:
        """Gives a role; see ``rights.grant``."""
        return _ordered(self._registry.order(command, rights.grant(command, user, role)))

    def revoke(self, command: Command, user: str, role: Role) -> Ordered:
        """Takes a role away."""
        return _ordered(self._registry.order(command, rights.revoke(command, user, role)))

    def lock(self, command: Command, user: str, ground: str) -> Ordered:
        """Keeps a user from signing in; their sessions end at once."""
        return _ordered(self._registry.order(command, users.lock(command, user, ground)))

    def unlock(self, command: Command, user: str) -> Ordered:
        """Lets a locked user sign in again; see ``users.unlock``."""
        return _ordered(self._registry.order(command, users.unlock(command, user)))

    def recover(self, command: Command, user: str) -> Ordered:
        """A one-time password for a user who cannot sign in; where a second person must confirm, it works then. See ``users.recover``."""
        require_role(command.by, "admin")
        password = one_time_password()
        hashed = self._registry.hashed(password)
        return _once(self._registry.order(command, users.recover(command, user, hashed)), "password", hashed, password)

    def confirm(self, command: Command, request: str) -> Ordered:
        """The second person's yes."""
        return _ordered(self._registry.order(command, rights.confirm(command, request)))

    def decline(self, command: Command, request: str, ground: str) -> Ordered:
        """A no to what waits."""
        return _ordered(self._registry.order(command, rights.decline(command, request, ground)))

    def make_api_key(self, command: Command, name: str, scopes: Sequence[Scope], grade: int, expires_us: int) -> Ordered:
        """A new API key, which is shown once."""
        registry = self._registry
        token, fresh = new_token(registry.random_bytes), new_secret(registry.random_bytes)
        events = registry.order(command, api_keys.make(command, name, scopes, grade, expires_us, token, fresh))
        kept = keyed_hash(registry.secret(command.now_us), "api_key", token)
        return _once(events, "token", kept, api_keys.api_key_text(token))

    def revoke_api_key(self, command: Command, key: str) -> Ordered:
        """Ends an API key at once."""
        return _ordered(self._registry.order(command, api_keys.revoke(command, key)))

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


def _ordered(events: Sequence[Event]) -> Ordered:
    return Ordered(events[0].id, waits=events[0].kind == "access.asked")


def _once(events: Sequence[Event], name: str, kept: str, shown: str) -> Ordered:
    """Shows what was made now; of a command that was carried out before nothing can be shown any more."""
    return replace(_ordered(events), shown_once=shown if events[0].data.get(name) == kept else "")


def _listed(state: Directory, now_us: int) -> Listed:
    found = sorted(state.users.values(), key=lambda user: user.id)
    return Listed(
        tuple(
            replace(
                user,
                roles=list(user.roles),
                provided=list(user.provided),
                password=None if user.password is None else "-",
                totp=None if user.totp is None else "-",
                recovery=["-"] * user.codes_left,
            )
            for user in found
        ),
        tuple(replace(asked, password=None) for asked in state.asked.values() if now_us < asked.asked_us + ASKED_FOR_US),
    )
