"""Random people order random changes of rights: whatever they try, the rules of four eyes hold in what the log says."""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec

from huitong.contracts import Actor, Event
from huitong.identity import Directory
from huitong.identity.state import CONFIRMING_ROLES, FOUR_EYES_ROLES, PERSON_ROLES
from huitong.kernel import HuitongError
from tests.identity.build import HERE, World, world_in
from tests.store.postgres_server import drop_schemas, schema_of

NAMES = ("li.wei", "wang", "zhao", "sun", "qian")
ACTS = 300


def actor(world: World, chance: random.Random) -> Actor:
    """Somebody, with the roles that they really have: what a session gives."""
    known = world.registry.ask(lambda state: {user.id: list(user.roles) for user in state.users.values() if user.active})
    known = {user: roles for user, roles in known.items() if roles} if chance.random() < 0.9 else known
    user = chance.choice(sorted(known))
    return Actor(user, frozenset(known[user]))


def act(world: World, chance: random.Random) -> None:
    """One thing that somebody tries."""
    by, user, role, office = world.by(actor(world, chance)), chance.choice(NAMES), chance.choice(PERSON_ROLES), world.office
    waiting = world.registry.ask(lambda state: list(state.asked))
    request = chance.choice(waiting) if waiting else "none"
    tries: list[Callable[[], object]] = [
        lambda: office.add(by, user, user),
        lambda: office.grant(by, user, role),
        lambda: office.grant(by, user, chance.choice(FOUR_EYES_ROLES)),
        lambda: office.grant(by, user, "approver"),
        lambda: office.grant(by, user, "approver"),
        lambda: office.grant(by, user, "admin"),
        lambda: office.grant(world.by(HERE), user, "approver"),
        lambda: office.unlock(by, user),
        lambda: office.revoke(by, user, role),
        lambda: office.lock(by, user, "-"),
        lambda: office.unlock(by, user),
        lambda: office.recover(by, user),
        lambda: office.confirm(by, request),
        lambda: office.confirm(by, request),
        lambda: office.decline(by, request, "-"),
    ]
    try:
        chance.choice(tries)()
    except HuitongError:
        world.later()


def check(events: list[Event]) -> int:
    """What the log says keeps the rules; returns how many changes took two."""
    confirmers, roles = set[str](), dict[str, set[str]]()
    locked, ever_two, taken = set[str](), False, 0
    for event in events:
        user, by, second = (event.keys.get(name, "") for name in ("user", "by", "second"))
        given = {event.data["role"]} if event.kind == "role.granted" else roles.get(user, set())
        four_eyes = not given.isdisjoint(FOUR_EYES_ROLES)
        assert event.kind != "role.revoked" or by != user, event
        if event.kind in ("role.granted", "user.unlocked") or event.data.get("what") == "recovered":
            assert by != user or by == "local"
            if four_eyes and ever_two and (event.kind != "user.unlocked" or user in locked):
                assert second or (by == "local" and len(confirmers - locked) < 2), event
            if second:
                assert len({user, by, second}) == 3
                assert second in confirmers - locked
                taken += 1
        if event.kind == "role.granted":
            roles.setdefault(user, set()).add(str(event.data["role"]))
        elif event.kind == "role.revoked":
            roles[user].discard(str(event.data["role"]))
        confirmers = {one for one, given in roles.items() if given & set(CONFIRMING_ROLES)}
        locked = locked | {user} if event.kind == "user.locked" else locked - {user} if event.kind == "user.unlocked" else locked
        ever_two = ever_two or len(confirmers - locked) > 1
        if roles:
            assert any("admin" in given and one not in locked for one, given in roles.items()), event
    return taken


def life(folder: Path, seed: int, address: str | None = None) -> int:
    """Lets people try; returns how many changes took two."""
    chance = random.Random(seed)
    folder.mkdir()
    with world_in(folder, address=address) as world:
        world.add(world.first(), "wang", "approver")
        for _ in range(ACTS):
            act(world, chance)
        state = world.registry.ask(lambda state: state)
        assert world.registry.keeper.rebuilt() == state
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=Directory) == state
        return check(world.events())


def test_whatever_people_try_rights_are_given_by_two_and_the_book_is_its_log(tmp_path: Path) -> None:
    taken = [life(tmp_path / str(seed), seed) for seed in range(12)]
    assert sum(taken) > 50, "enough took a second person for this to mean something"


def test_the_same_holds_in_postgresql(tmp_path: Path) -> None:
    try:
        assert life(tmp_path / "life", 1, schema_of(tmp_path)) > 0
    finally:
        drop_schemas()
