"""Recovery codes: each stands in for a code of a lost device once, counts like one, and opens nothing more."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from huitong.contracts import Actor
from huitong.identity.recovery import RECOVERY_CODES, hashes_of, matching_code, new_codes
from huitong.kernel import HuitongError
from tests.identity.build import MINUTE_US, OTHER, World
from tests.identity.test_users import refused

ADMIN = Actor("li.wei", frozenset({"admin"}))
DEVICE = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def codes(world: World) -> tuple[str, ...]:
    """Codes of zhao, who has a device and the role of an analyst."""
    world.add(world.first(), "zhao", "analyst")
    _, cookie = world.sign_in("zhao")
    made = world.desk.set_totp(world.desk.authenticate(cookie, world.now_us), OTHER, DEVICE, world.code(DEVICE), world.now_us)
    world.later(MINUTE_US)
    return made


def left_of(world: World) -> int:
    return world.registry.ask(lambda state: state.users["zhao"].codes_left)


def test_codes_are_many_and_long_and_no_two_alike() -> None:
    made = new_codes()
    assert len(set(made)) == RECOVERY_CODES
    assert {len(code.replace("-", "")) for code in made} == {16}


def test_a_code_is_found_however_it_is_typed_and_only_for_whom_it_was_made() -> None:
    made, secret = new_codes(), "00" * 32
    kept = hashes_of(made, secret, "zhao").split()
    assert matching_code(f" {made[3].lower().replace('-', ' ')} ", kept, secret, "zhao") == 3
    assert matching_code(made[3], kept, secret, "sun") is None
    assert matching_code(made[3], kept, "11" * 32, "zhao") is None
    assert matching_code("", ["", *kept[1:]], secret, "zhao") is None


def test_a_code_signs_in_once_and_the_record_says_how_many_are_left(world: World, codes: tuple[str, ...]) -> None:
    opened = world.desk.sign_in("zhao", OTHER, codes[4], "192.0.2.1", world.now_us)
    assert opened.codes_left == RECOVERY_CODES - 1
    assert (opened.signed.actor.roles, opened.signed.due) == (frozenset({"analyst"}), ()), "as with the device"
    session = world.events()[-1]
    assert (session.kind, session.data["code"], session.data["codes_left"]) == ("session.opened", 5, RECOVERY_CODES - 1)
    with refused("access.sign_in.refused"):
        world.sign_in("zhao", code=codes[4])
    assert world.events()[-1].data["cause"] == "code"
    assert world.desk.sign_in("zhao", OTHER, codes[0], "192.0.2.1", world.later()).codes_left == RECOVERY_CODES - 2
    assert world.desk.sign_in("zhao", OTHER, world.code(DEVICE), "192.0.2.1", world.now_us).codes_left is None, "the device still works"


def test_a_code_without_the_password_opens_nothing_and_stays(world: World, codes: tuple[str, ...]) -> None:
    with refused("access.sign_in.refused"):
        world.sign_in("zhao", "a wrong password of mine", code=codes[0])
    world.sign_in("zhao", code=codes[0])


def test_wrong_codes_lock_out_like_those_of_a_device(world: World, codes: tuple[str, ...]) -> None:
    for number in range(5):
        with refused("access.sign_in.refused"):
            world.sign_in("zhao", code=f"AAAA-BBBB-CCCC-DDD{number}")
        world.later()
    with refused("access.sign_in.refused"):
        world.sign_in("zhao", code=codes[0])
    assert left_of(world) == RECOVERY_CODES, "a code that came too early is not used up"
    world.later(5 * MINUTE_US)
    world.sign_in("zhao", code=codes[0])


def test_one_code_opens_one_session_however_many_try_at_once(world: World, codes: tuple[str, ...]) -> None:
    def attempt(_: int) -> int:
        try:
            world.sign_in("zhao", code=codes[0])
        except HuitongError:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_new_codes_take_the_place_of_those_before_and_sessions_stay(world: World, codes: tuple[str, ...]) -> None:
    _, cookie = world.sign_in("zhao", code=codes[0])
    signed = world.desk.authenticate(cookie, world.now_us)
    with refused("access.sign_in.refused"):
        world.desk.renew_codes(signed, "not my password at all", world.later())
    fresh = world.desk.renew_codes(signed, OTHER, world.later())
    assert world.desk.codes_left(world.desk.authenticate(cookie, world.now_us)) == RECOVERY_CODES
    with refused("access.sign_in.refused"):
        world.sign_in("zhao", code=codes[1])
    world.later()
    world.sign_in("zhao", code=fresh[1])


def test_codes_go_with_their_device(world: World, codes: tuple[str, ...]) -> None:
    _, cookie = world.sign_in("zhao", code=codes[0])
    signed = world.desk.authenticate(cookie, world.now_us)
    world.desk.set_totp(signed, OTHER, DEVICE, world.code(DEVICE), world.now_us)
    world.later()
    with refused("access.sign_in.refused"):
        world.sign_in("zhao", code=codes[1])
    once = world.office.recover(world.by(ADMIN), "zhao").shown_once
    assert left_of(world) == 0
    signed = world.desk.sign_in("zhao", once, "", "192.0.2.1", world.later()).signed
    assert world.desk.codes_left(signed) is None
    with refused("access.codes.no_device"):
        world.desk.renew_codes(signed, once, world.later())


def test_codes_survive_a_restart_and_neither_log_nor_administrator_shows_them(world: World, codes: tuple[str, ...]) -> None:
    world.sign_in("zhao", code=codes[0])
    again = World(world.log)
    again.now_us = world.later()
    with refused("access.sign_in.refused"):
        again.sign_in("zhao", code=codes[0])
    again.later()
    again.sign_in("zhao", code=codes[1])
    assert not any(code in str(event) for event in world.events() for code in codes)
    hashes = str(next(event.data["recovery"] for event in world.events() if "recovery" in event.data))
    assert not any(hashes[:64].encode() in payload for payload in world.log.payloads()), "no reader without the master key sees hashes"
    (listed,) = (user for user in world.office.listed(ADMIN, world.now_us).users if user.id == "zhao")
    assert (listed.codes_left, set(listed.recovery)) == (RECOVERY_CODES - 2, {"-"})
