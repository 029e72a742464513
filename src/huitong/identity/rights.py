"""Acts on rights: granting, confirming by a second person, declining, revoking."""

from collections.abc import Mapping, Sequence

from huitong.contracts import Act, Command, Event, Role, Value, require_role, require_second_person
from huitong.identity import errors
from huitong.identity.state import ASKED_FOR_US, CONFIRMING_ROLES, FOUR_EYES_ROLES, Asked, Directory
from huitong.identity.users import recovered, require_another, require_other_admin, takes_two, user_of


def grant(command: Command, user: str, role: Role) -> Act[Directory]:
    """Gives a role; a role that gives a second signature waits for a second person, once there were ever two who could be one."""

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        one = user_of(state, user)
        require_another(command.by, user)
        if role in one.roles:
            raise errors.already({"en": f"{user} is {role} already", "zh": f"{user} 已具有角色 {role}"})
        keys = {"user": user, "by": command.by.id}
        if takes_two(state, command.by, [role]):
            return [Event(command.id, "access.asked", command.now_us, keys, {"what": "grant", "role": role})]
        data: dict[str, Value] = {"role": role, "alone": True} if role in FOUR_EYES_ROLES else {"role": role}
        return [Event(command.id, "role.granted", command.now_us, keys, data)]

    return act


def revoke(command: Command, user: str, role: Role) -> Act[Directory]:
    """Takes a role away, at once: also from who is signed in; one's own is taken by somebody else."""

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        one = user_of(state, user)
        require_another(command.by, user)
        if role not in one.roles:
            raise errors.already({"en": f"{user} does not have the role {role}", "zh": f"{user} 不具有角色 {role}"})
        if role == "admin":
            require_other_admin(state, user)
        return [Event(command.id, "role.revoked", command.now_us, {"user": user, "by": command.by.id}, {"role": role})]

    return act


def waiting(state: Directory, request: str, now_us: int) -> Asked:
    """What waits under that id.

    Raises:
        InputError: If nothing does, or no longer.
    """
    asked = state.asked.get(request)
    if asked is None or now_us >= asked.asked_us + ASKED_FOR_US:
        raise errors.no_request(request)
    return asked


def confirm(command: Command, request: str) -> Act[Directory]:
    """The second person's yes: what was asked for takes effect."""

    def act(state: Directory) -> Sequence[Event]:
        asked = waiting(state, request, command.now_us)
        require_second_person(asked.by, command.by, *CONFIRMING_ROLES)
        require_another(command.by, asked.user)
        user_of(state, asked.user)
        keys = {"user": asked.user, "by": asked.by, "second": command.by.id}
        kind, data = _effect(asked, command.now_us)
        return [Event(command.id, kind, command.now_us, keys, {**data, "request": asked.id})]

    return act


def _effect(asked: Asked, now_us: int) -> tuple[str, Mapping[str, Value]]:
    if asked.what == "grant":
        return "role.granted", {"role": asked.role}
    if asked.what == "unlock":
        return "user.unlocked", {}
    return "credential.changed", recovered(asked.password or "", now_us)


def decline(command: Command, request: str, ground: str) -> Act[Directory]:
    """A no to what was asked for: by whoever could confirm it, or by who asked."""

    def act(state: Directory) -> Sequence[Event]:
        asked = waiting(state, request, command.now_us)
        if command.by.id != asked.by:
            require_role(command.by, *CONFIRMING_ROLES)
        keys = {"user": asked.user, "by": command.by.id}
        return [Event(command.id, "access.declined", command.now_us, keys, {"request": request, "ground": ground})]

    return act
