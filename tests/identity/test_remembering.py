"""Who calls, known without asking the book of access: never longer than a second, and never beyond an act that ends it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from huitong.identity import Credentials
from huitong.identity.remembering import AGAIN_US, REMEMBERED_US
from huitong.kernel import HuitongError, PolicyError
from tests.identity.build import World
from tests.identity.test_api_keys import ADMIN, DAY_US, made
from tests.identity.test_users import refused

LOCAL = Credentials("127.0.0.1", host="localhost")


def settled(world: World, given: Credentials) -> None:
    """Has a key known; noting its first use is an act of its own."""
    for _ in range(2):
        world.desk.authenticate(given, world.now_us)


def test_a_key_is_known_for_a_second_after_it_was_asked_for(world: World) -> None:
    _, given = made(world, "decide")
    assert world.desk.known(given, world.now_us) is None
    settled(world, given)
    assert world.desk.known(given, world.now_us + REMEMBERED_US - 1) == world.desk.authenticate(given, world.now_us)
    assert world.desk.known(given, world.now_us + REMEMBERED_US) is None
    assert world.desk.known(given, world.now_us - 1) is None
    assert world.desk.known(replace(given, api_key="huitong_wrong"), world.now_us) is None


def test_a_known_key_is_known_no_more_once_it_is_revoked_or_has_ended(world: World) -> None:
    key, given = made(world, "decide", days=1)
    settled(world, given)
    command = world.registry.command_by(ADMIN, world.now_us)
    assert world.desk.known(given, world.now_us) is not None
    world.office.revoke_api_key(command, key)
    assert world.desk.known(given, world.now_us) is None
    _, given = made(world, "decide", days=1)
    end_us = world.now_us + DAY_US
    world.desk.authenticate(given, end_us - 2)
    world.desk.authenticate(given, end_us - 2)
    assert world.desk.known(given, end_us - 1) is not None
    assert world.desk.known(given, end_us) is None


def test_a_session_is_asked_for_each_time(world: World) -> None:
    world.first()
    _, cookie = world.sign_in("li.wei", "the heron stands on one leg")
    world.desk.authenticate(cookie, world.now_us)
    assert world.desk.known(cookie, world.now_us) is None
    assert not world.desk.ages(cookie, world.now_us)


def test_a_bank_without_users_is_known_to_be_one_until_it_has_some(world: World) -> None:
    assert world.desk.known(LOCAL, world.now_us) is None
    signed = world.desk.authenticate(LOCAL, world.now_us)
    assert world.desk.known(LOCAL, world.now_us) == signed
    with refused("access.local_only"):
        world.desk.known(replace(LOCAL, address="192.0.2.1"), world.now_us)
    world.first()
    assert world.desk.known(LOCAL, world.now_us) is None


def test_what_is_known_is_asked_for_again_once_and_early_enough_that_nobody_waits(world: World) -> None:
    _, given = made(world, "decide")
    settled(world, given)
    with refused("access.signed_out"):
        world.desk.authenticate(LOCAL, world.now_us)
    for one in (given, LOCAL):
        assert not world.desk.ages(one, world.now_us + AGAIN_US - 1)
        assert world.desk.ages(one, world.now_us + AGAIN_US)
        assert not world.desk.ages(one, world.now_us + AGAIN_US)
        world.desk.ask_again(one, world.now_us + AGAIN_US)
    assert world.desk.known(given, world.now_us + AGAIN_US + REMEMBERED_US - 1) is not None


def test_a_key_revoked_elsewhere_is_forgotten_as_it_is_asked_for_again_and_counts_once_it_comes(world: World) -> None:
    key, given = made(world, "decide")
    settled(world, given)
    World(world.log).office.revoke_api_key(world.by(ADMIN), key)
    instant = world.now_us - 30_000_000 + AGAIN_US
    for _ in range(100):
        world.desk.ask_again(given, instant)
    assert world.desk.known(given, instant) is None
    with refused("access.key.refused"):
        world.desk.authenticate(given, instant)


def test_wrong_keys_count_one_by_one_however_many_come_at_once(world: World) -> None:
    wrong = Credentials("192.0.2.1", api_key="huitong_wrong")

    def code(_: int) -> str:
        with pytest.raises(PolicyError) as error:
            world.desk.authenticate(wrong, world.now_us)
        return error.value.code

    with ThreadPoolExecutor(8) as callers:
        codes = list(callers.map(code, range(60)))
    assert (codes.count("access.key.refused"), codes.count("access.rate")) == (20, 40)


def test_nobody_comes_in_after_a_revocation_however_many_ask_meanwhile(world: World) -> None:
    for _ in range(10):
        key, given = made(world, "decide")
        ended = list[bool]()

        def late(given: Credentials = given, ended: list[bool] = ended) -> bool:
            """Whether anybody came in who came after the revocation."""
            came = False
            for _ in range(200):
                after = bool(ended)
                try:
                    if world.desk.known(given, world.now_us) is None:
                        world.desk.authenticate(given, world.now_us)
                except HuitongError:
                    continue
                came |= after
            return came

        with ThreadPoolExecutor(4) as callers:
            coming = [callers.submit(late) for _ in range(4)]
            command = world.registry.command_by(ADMIN, world.now_us)
            world.office.revoke_api_key(command, key)
            ended.append(True)
            assert not any(one.result() for one in coming)


def test_whoever_comes_while_a_use_is_noted_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, given = made(world, "decide")
    act, through = world.registry.keeper.act, list[str]()

    def slow(*whatever: object) -> object:
        through.append(world.desk.authenticate(given, world.now_us).actor.id)  # somebody else, meanwhile
        return act(*whatever)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(world.registry.keeper, "act", slow)
    assert world.desk.authenticate(given, world.now_us).actor.id == "key:core-banking"
    assert through == ["key:core-banking"]
    monkeypatch.undo()
    assert world.kinds().count("api_key.used") == 1
