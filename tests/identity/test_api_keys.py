"""API keys: shown once, bound to scopes and a grade, ended by time or by revocation, and quick to ask about."""

from dataclasses import replace

import pytest

from huitong.contracts import Actor, require_second_person
from huitong.identity import SCOPES, Credentials, Purpose
from huitong.kernel import HuitongError
from tests.identity.build import GOOD, MINUTE_US, World
from tests.identity.test_users import refused

DAY_US = 24 * 60 * MINUTE_US
ADMIN = Actor("li.wei", frozenset({"admin"}))


def made(world: World, *scopes: str, grade: int = 3, days: int = 30) -> tuple[str, Credentials]:
    chosen = [scope for scope in SCOPES if scope in scopes]
    ordered = world.office.make_api_key(world.by(ADMIN), "core-banking", chosen, grade, world.now_us + days * DAY_US)
    return ordered.id, Credentials("192.0.2.1", method="POST", api_key=ordered.shown_once)


def test_a_key_is_a_machine_with_its_scopes_and_grade(world: World) -> None:
    key, given = made(world, "decide", "lists", grade=2)
    signed = world.desk.authenticate(given, world.now_us)
    assert signed.actor == Actor("key:core-banking", frozenset({"machine", "steward"}), person=False)
    signed.require_scope("decide")
    with refused("access.scope"):
        signed.require_scope("ingest")
    assert signed.clearance(Purpose("case", "C-1")).grade == 2
    assert signed.through == key


def test_a_key_that_only_looks_asks_for_no_decisions(world: World) -> None:
    _, given = made(world, "read", "metrics")
    assert world.desk.authenticate(given, world.now_us).actor.roles == {"auditor", "operator"}


def test_a_key_ends_by_time_and_by_revocation_at_once(world: World) -> None:
    key, given = made(world, "decide", days=1)
    world.desk.authenticate(given, world.now_us)
    with refused("access.key.refused"):
        world.desk.authenticate(given, world.now_us + DAY_US)
    world.desk.authenticate(given, world.now_us)
    instant = world.now_us
    world.office.revoke_api_key(world.by(ADMIN), key)
    with refused("access.key.refused"):
        world.desk.authenticate(given, instant)
    with refused("access.api_key.unknown"):
        world.office.revoke_api_key(world.by(ADMIN), key)


def test_a_key_revoked_by_another_process_opens_nothing_after_a_second(world: World) -> None:
    key, given = made(world, "decide")
    world.desk.authenticate(given, world.now_us)
    other = World(world.log)
    other.office.revoke_api_key(world.by(ADMIN), key)
    with refused("access.key.refused"):
        world.desk.authenticate(given, world.later(1_000_000))


def test_who_made_a_key_signs_as_one_with_it_even_when_it_is_revoked(world: World) -> None:
    admin = world.first()
    world.add(admin, "wang", "approver")
    key, _ = made(world, "policies")
    signed = world.desk.authenticate(world.sign_in("li.wei", GOOD)[1], world.now_us)
    assert signed.actor.systems == {"key:core-banking"}
    world.office.revoke_api_key(world.by(ADMIN), key)
    signed = world.desk.sign_in("li.wei", GOOD, "", "192.0.2.1", world.now_us).signed
    with refused("access.four_eyes"):
        require_second_person("key:core-banking", signed.actor, "admin")
    other = world.desk.authenticate(world.sign_in("wang")[1], world.now_us)
    require_second_person("key:core-banking", other.actor, "approver")


def test_use_is_written_down_once_an_hour(world: World) -> None:
    _, given = made(world, "decide")
    for _ in range(180):
        world.later(MINUTE_US)
        world.desk.authenticate(given, world.now_us)
    assert world.kinds().count("api_key.used") == 3
    (listed,) = world.office.api_keys(ADMIN)
    assert listed.used_us is not None
    assert listed.token == ""


def test_a_key_that_is_nearly_right_is_refused(world: World) -> None:
    _, given = made(world, "decide")
    text = str(given.api_key)
    for wrong in (text[:-1], text + "A", text.removeprefix("huitong_"), text.lower(), ""):
        with refused("access.key.refused"):
            world.desk.authenticate(replace(given, api_key=wrong), world.later())


def test_wrong_keys_keep_nobody_from_signing_in_from_the_same_address(world: World) -> None:
    world.first()
    wrong = Credentials("192.0.2.1", api_key="huitong_wrong")
    for _ in range(20):
        with refused("access.key.refused"):
            world.desk.authenticate(wrong, world.now_us)
    with refused("access.rate") as limited:
        world.desk.authenticate(wrong, world.now_us)
    assert limited.value.retry_after_s is not None
    assert f"wait {limited.value.retry_after_s} s" in limited.value.remedy["en"]
    assert world.sign_in("li.wei", GOOD)[1].address == wrong.address


def test_a_bank_with_keys_and_no_users_is_open_to_its_own_machine_no_more(world: World) -> None:
    made(world, "decide")
    with refused("access.signed_out"):
        world.desk.authenticate(Credentials("127.0.0.1", host="localhost"), world.now_us)


@pytest.mark.parametrize(
    ("name", "scopes", "grade", "days", "code"),
    [
        ("", ["decide"], 3, 1, "access.user.name"),
        ("x y", ["decide"], 3, 1, "access.user.name"),
        ("core", [], 3, 1, "access.api_key.what"),
        ("core", ["decide"], 5, 1, "access.api_key.grade"),
        ("core", ["decide"], 0, 1, "access.api_key.grade"),
        ("core", ["decide"], 3, 0, "access.api_key.life"),
        ("core", ["decide"], 3, 400, "access.api_key.life"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(world: World, name: str, scopes: list[str], grade: int, days: int, code: str) -> None:
    chosen = [scope for scope in SCOPES if scope in scopes]
    with refused(code):
        world.office.make_api_key(world.by(ADMIN), name, chosen, grade, world.now_us + days * DAY_US)
    assert world.log.end() == 0


def test_only_an_administrator_makes_keys(world: World) -> None:
    with pytest.raises(HuitongError) as error:
        world.office.make_api_key(world.by(Actor("x", frozenset({"operator"}))), "core", ["decide"], 3, world.now_us + DAY_US)
    assert error.value.code == "access.role"
