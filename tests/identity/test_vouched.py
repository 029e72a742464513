"""People whom an OpenID provider vouches for: what is known here of their roles, and what they are told where they may not come in."""

from dataclasses import replace

from huitong.contracts import Actor, Role
from huitong.identity.signing_in import Vouched
from tests.identity.build import HERE, World
from tests.identity.test_users import refused

SUN = Vouched("sso", "https://sso.example", "sun-2", "sun.li", "孙莉", ("approver", "analyst"))


def come(world: World, who: Vouched = SUN) -> Actor:
    """Signs somebody in at the provider."""
    return world.desk.sign_in_vouched(who, "192.0.2.1", world.later()).signed.actor


def listed(world: World) -> dict[str, tuple[list[Role], list[Role], bool]]:
    """Of each user, what the administrator reads: roles by grant, roles of the provider, whether they can be a second person."""
    found = world.office.listed(HERE, world.now_us).users
    return {user.id: (user.roles, user.provided, user.confirms) for user in found}


def test_the_roles_of_the_last_sign_in_at_the_provider_are_known_apart_from_those_granted_here(world: World) -> None:
    admin = world.first()
    come(world)
    assert listed(world)["sun.li@sso"] == ([], ["analyst", "approver"], True)
    world.office.grant(world.by(admin), "sun.li@sso", "auditor")
    come(world, replace(SUN, roles=("analyst",)))
    assert listed(world)["sun.li@sso"] == (["auditor"], ["analyst"], False), "what the provider took away is gone"
    world.later(3 * 86_400_000_000)
    world.sign_in("li.wei", password="the heron stands on one leg")  # noqa: S106 -- of a test; old sessions are forgotten now
    assert listed(world)["sun.li@sso"] == (["auditor"], ["analyst"], False)
    assert world.registry.keeper.rebuilt() == world.registry.ask(lambda state: state)


def test_an_approver_by_the_provider_s_groups_is_one_of_two_who_give_rights(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao")
    sun = come(world)
    asked = world.office.grant(world.by(admin), "zhao", "approver")
    assert asked.waits, "an administrator who makes up an approver has a second person here"
    world.office.confirm(world.by(sun), asked.id)
    assert listed(world)["zhao"] == (["approver"], [], True)
    world.office.lock(world.by(admin), "sun.li@sso", "on leave")
    assert world.office.unlock(world.by(admin), "sun.li@sso").waits, "it gives back what the provider gave"


def test_two_who_are_gone_at_the_provider_do_not_keep_the_bank_s_own_machine_from_helping(world: World) -> None:
    admin = world.first()
    come(world)
    come(world, replace(SUN, subject="qian-4", username="qian", roles=("admin",)))
    world.add(admin, "zhao")
    assert not world.office.grant(world.by(HERE), "zhao", "approver").waits
    assert world.events()[-1].data["alone"], "the record says so"


def test_whose_name_is_bound_to_another_person_at_the_provider_is_told_that_and_whom_to_ask(world: World) -> None:
    come(world)
    with refused("access.openid.bound") as told:
        come(world, replace(SUN, subject="sun-3", name="another Sun Li"))
    assert world.events()[-1].data["cause"] == "conflict"
    assert "sun.li@sso is bound to another person" in told.value.cause["en"]
    assert "administers the provider" in told.value.remedy["en"]
    assert "孙莉" not in str(told.value.cause), "who that is, is not told"
    come(world)
