"""Acts on users: adding, locking, unlocking, recovering them, and what they sign in with."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from huitong.contracts import Act, Actor, Command, Event, Role, Value, require_role
from huitong.identity import errors
from huitong.identity.state import CONFIRMING_ROLES, FOUR_EYES_ROLES, PERSON_ROLES, Directory, User
from huitong.kernel import MICROSECONDS_PER_DAY, EventId, InputError, PolicyError

LOCAL = "local"
"""Id of whoever works on the bank's own machine without having signed in."""
ONE_TIME_US = MICROSECONDS_PER_DAY
"""How long a one-time password can be used."""
NAME_LENGTH_MAX = 128
_USER_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def require_user_id(user: str) -> None:
    """Refuses what is no id of a user, or of a system that calls with an API key.

    Raises:
        InputError: If it is none, or a name that stands for something else.
    """
    if _USER_ID.fullmatch(user) is None or user == LOCAL:
        raise InputError(
            "access.user.name",
            {"en": f"{user!r} cannot be the id of a user or a system", "zh": f"{user!r} 不能用作用户名或系统名"},
            {
                "en": "take small letters, digits and . _ - within, at most 64, like li.wei",
                "zh": "请使用小写字母与数字，中间可有 . _ -，最多 64 个字符，例如 li.wei",
            },
        )


def user_of(state: Directory, user: str) -> User:
    """The user of an id.

    Raises:
        InputError: If there is none.
    """
    if user not in state.users:
        raise errors.no_user(user)
    return state.users[user]


def part(command: EventId, number: int) -> EventId:
    """Id of the ``number``-th event of a command."""
    return command if number == 0 else f"{command}/{number}"


def founded(state: Directory, command: EventId, number: int, secret: str, now_us: int) -> list[Event]:
    """The event that gives a bank the secret under which it hashes tokens, where it has none yet."""
    if state.secret is not None:
        return []
    return [Event(part(command, number), "access.founded", now_us, {}, {"secret": secret})]


def add_first(command: Command, user: str, name: str, roles: Sequence[Role], password: str, secret: str) -> Act[Directory]:
    """The first administrator of a bank, made on its own machine.

    Args:
        command: By whoever works there.
        user: Id of the user.
        name: Name for people.
        roles: Further roles; none that confirms what an administrator asks for.
        password: Hash of the password.
        secret: Secret under which tokens are hashed from now on.
    """

    def act(state: Directory) -> Sequence[Event]:
        require_user_id(user)
        if state.users:
            raise PolicyError(
                "access.not_first",
                {"en": "this bank has users already", "zh": "本数据目录已有用户"},
                {"en": "have an administrator add others: huitong users add", "zh": "请由系统管理员新增：huitong users add"},
            )
        keys = {"user": user, "by": LOCAL}
        events = [Event(command.id, "user.added", command.now_us, keys, {"name": name, "password": password})]
        for role in dict.fromkeys(("admin", *_alone(roles))):
            events.append(Event(command.id_of(len(events)), "role.granted", command.now_us, keys, {"role": role, "alone": True}))
        return [*events, *founded(state, command.id, len(events), secret, command.now_us)]

    return act


def _alone(roles: Sequence[Role]) -> list[Role]:
    for role in roles:
        if role in CONFIRMING_ROLES and role != "admin":
            raise PolicyError(
                "access.first_roles",
                {"en": f"the first administrator cannot be {role} as well", "zh": f"首位系统管理员不能同时具有角色 {role}"},
                {"en": "give that role to another person", "zh": "请将该角色授予另一人"},
            )
    return list(roles)


def add(command: Command, user: str, name: str, password: str) -> Act[Directory]:
    """A user with a one-time password and no role yet.

    Args:
        command: By an administrator.
        user: Id of the user.
        name: Name for people.
        password: Hash of the one-time password.
    """

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        require_user_id(user)
        if user in state.users:
            raise errors.already({"en": f"there is a user {user} already", "zh": f"已有用户 {user}"})
        if not 0 < len(name) <= NAME_LENGTH_MAX:
            raise InputError(
                "access.user.title",
                {"en": f"a name has 1 to {NAME_LENGTH_MAX} characters", "zh": f"姓名应为 1 至 {NAME_LENGTH_MAX} 个字符"},
                {"en": "give a shorter one", "zh": "请缩短"},
            )
        data: dict[str, Value] = {"name": name, "password": password, "until": command.now_us + ONE_TIME_US}
        return [Event(command.id, "user.added", command.now_us, {"user": user, "by": command.by.id}, data)]

    return act


def lock(command: Command, user: str, ground: str) -> Act[Directory]:
    """Keeps a user from signing in, and ends their sessions at once."""

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        one = user_of(state, user)
        if not one.active:
            raise errors.already({"en": f"{user} is locked already", "zh": f"{user} 已停用"})
        require_other_admin(state, user)
        return [Event(command.id, "user.locked", command.now_us, {"user": user, "by": command.by.id}, {"ground": ground})]

    return act


def require_other_admin(state: Directory, user: str) -> None:
    """Refuses to leave a bank without an administrator.

    Raises:
        PolicyError: If ``user`` is the only one.
    """
    admins = [one.id for one in state.users.values() if one.here and "admin" in one.roles]
    if admins == [user]:
        raise errors.last_admin(user)


def takes_two(state: Directory, by: Actor, roles: Iterable[Role]) -> bool:
    """Whether giving somebody these roles, for the first time or back, takes a second person.

    It does from the moment that there were two who could be one. Where they are gone since, only whoever has the bank's own machine can
    help, and the record says so: whether those of an OpenID provider are gone there, nobody here knows, so they do not count for that.
    """
    if set(FOUR_EYES_ROLES).isdisjoint(roles) or not state.two_could_confirm:
        return False
    return by.id != LOCAL or sum(replace(user, provided=[]).confirms for user in state.users.values()) > 1


def require_another(actor: Actor, user: str) -> None:
    """Refuses to change one's own rights.

    Raises:
        PolicyError: If actor and user are the same.
    """
    if actor.id == user:
        raise errors.own_rights(user)


def unlock(command: Command, user: str) -> Act[Directory]:
    """Lets a locked user sign in again, or asks a second person to agree where the user has a role that takes two to give."""

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        one = user_of(state, user)
        require_another(command.by, user)
        if one.active and one.locked_until_us <= command.now_us:
            raise errors.already({"en": f"{user} is not locked", "zh": f"{user} 未被停用或锁定"})
        keys = {"user": user, "by": command.by.id}
        if not one.active and takes_two(state, command.by, one.known_roles):
            return [Event(command.id, "access.asked", command.now_us, keys, {"what": "unlock"})]
        return [Event(command.id, "user.unlocked", command.now_us, keys)]

    return act


def recover(command: Command, user: str, password: str) -> Act[Directory]:
    """Gives a user who cannot sign in a one-time password and takes their code device away; asks a second person for roles that take two.

    Args:
        command: By an administrator, or by ``local`` on the bank's own machine: whoever holds its keys holds everything anyway.
        user: The user.
        password: Hash of the one-time password.
    """

    def act(state: Directory) -> Sequence[Event]:
        require_role(command.by, "admin")
        one = user_of(state, user)
        require_another(command.by, user)
        require_own_password(one)
        keys = {"user": user, "by": command.by.id}
        if command.by.id != LOCAL and takes_two(state, command.by, one.roles):
            return [Event(command.id, "access.asked", command.now_us, keys, {"what": "recover", "password": password})]
        return [Event(command.id, "credential.changed", command.now_us, keys, recovered(password, command.now_us))]

    return act


def recovered(password: str, now_us: int) -> dict[str, Value]:
    """What a recovery writes down."""
    return {"what": "recovered", "password": password, "until": now_us + ONE_TIME_US}


def require_own_password(user: User) -> None:
    """Refuses what only makes sense for a user of the bank's own.

    Raises:
        PolicyError: If an OpenID provider vouches for the user.
    """
    if user.issuer is not None:
        raise PolicyError(
            "access.user.external",
            {"en": f"{user.id} signs in at {user.issuer}", "zh": f"{user.id} 由 {user.issuer} 验证登录"},
            {"en": "change password and codes there", "zh": "请在该处修改口令与动态口令"},
        )


def set_password(command: EventId, user: str, credential: int, password: str, now_us: int) -> Act[Directory]:
    """A user's own new password; every session of theirs ends.

    Args:
        command: Id of the command.
        user: The user, whose old password was checked.
        credential: Version of the credential that was checked.
        password: Hash of the new password.
        now_us: The clock's reading.
    """

    def act(state: Directory) -> Sequence[Event]:
        _require_checked(state, user, credential)
        return [Event(command, "credential.changed", now_us, {"user": user, "by": user}, {"what": "password", "password": password})]

    return act


def set_totp(command: EventId, user: str, credential: int, secret: str, step: int, recovery: str, now_us: int) -> Act[Directory]:
    """A user's code device, with recovery codes that belong to it.

    Args:
        command: Id of the command.
        user: The user, whose password was checked.
        credential: Version of the credential that was checked.
        secret: Secret of the device, base32.
        step: Time step of a code of it that was checked.
        recovery: Keyed hashes of the recovery codes.
        now_us: The clock's reading.
    """

    def act(state: Directory) -> Sequence[Event]:
        _require_checked(state, user, credential)
        data: dict[str, Value] = {"what": "totp", "totp": secret, "step": step, "recovery": recovery}
        return [Event(command, "credential.changed", now_us, {"user": user, "by": user}, data)]

    return act


def set_codes(command: EventId, user: str, credential: int, recovery: str, now_us: int) -> Act[Directory]:
    """A user's new recovery codes; those before them open nothing any more.

    Args:
        command: Id of the command.
        user: The user, whose password was checked.
        credential: Version of the credential that was checked.
        recovery: Keyed hashes of the codes.
        now_us: The clock's reading.
    """

    def act(state: Directory) -> Sequence[Event]:
        _require_checked(state, user, credential)
        if user_of(state, user).totp is None:
            raise InputError(
                "access.codes.no_device",
                {
                    "en": "recovery codes stand in for a code device, and there is none",
                    "zh": "尚未绑定动态口令设备，无需恢复码",
                },
                {"en": "set up a code device first; it comes with recovery codes", "zh": "请先绑定动态口令设备，届时会一并给出恢复码"},
            )
        data: dict[str, Value] = {"what": "codes", "recovery": recovery}
        return [Event(command, "credential.changed", now_us, {"user": user, "by": user}, data)]

    return act


def _require_checked(state: Directory, user: str, credential: int) -> None:
    one = user_of(state, user)
    if not one.active or one.credential != credential:
        raise errors.sign_in_refused()


def require_role_of_person(role: str) -> Role:
    """The role of a name.

    Raises:
        InputError: If no person can have it.
    """
    found = next((one for one in PERSON_ROLES if one == role), None)
    if found is None:
        raise InputError(
            "access.role.unknown",
            {"en": f"{role!r} is no role of a person", "zh": f"{role!r} 不是人员可具有的角色"},
            {"en": f"known: {', '.join(PERSON_ROLES)}", "zh": f"已有：{'、'.join(PERSON_ROLES)}"},
        )
    return found
