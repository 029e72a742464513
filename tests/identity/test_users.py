"""Users and their rights: four eyes where rights are given, and nothing that opens anything in clear in the log."""

import dataclasses
from pathlib import Path

import pytest

from huitong.contracts import Actor, DataContract, Event, FieldType, Role
from huitong.identity import AccessSettings, Hardness, access_contracts
from huitong.identity.passwords import hashed, matches
from huitong.identity.totp import new_secret
from huitong.identity.users import LOCAL
from huitong.kernel import HuitongError, InputError, PolicyError
from huitong.store import Name, SqliteLog
from tests.identity.build import GOOD, HERE, OTHER, World, world_in


def refused(code: str) -> "pytest.RaisesExc[HuitongError]":
    return pytest.raises(HuitongError, check=lambda error: error.code == code)


def fits(event: Event, contract: DataContract) -> list[str]:
    """What in an event its contract does not allow."""
    keys = {spec.key: spec for spec in contract.fields if spec.key}
    data = {spec.name: spec for spec in contract.fields if not spec.key}
    wrong = [f"key {role}" for role in event.keys if role not in keys] + [f"field {name}" for name in event.data if name not in data]
    for name, spec in {**keys, **data}.items():
        value = event.keys.get(name) if name in keys else event.data.get(name)
        if value is None:
            wrong += [f"{name} is missing"] if spec.required else []
        elif spec.type is FieldType.STRING:
            good = isinstance(value, str) and len(value) <= spec.length_max and (not spec.one_of or value in spec.one_of)
            wrong += [] if good else [f"{name} = {value!r}"]
        elif spec.type is FieldType.BOOLEAN:
            wrong += [] if isinstance(value, bool) else [f"{name} = {value!r}"]
        else:
            low, high = spec.minimum if spec.minimum is not None else -(2**63), spec.maximum if spec.maximum is not None else 2**63
            wrong += [] if isinstance(value, int) and low <= value <= high else [f"{name} = {value!r}"]
    return wrong


def test_the_first_administrator_is_made_once(world: World) -> None:
    world.first()
    assert world.kinds() == ["user.added", "role.granted", "access.founded"]
    with refused("access.not_first"):
        world.office.add_first(world.by(HERE), "wang", "王", (), GOOD)


def test_the_first_administrator_cannot_be_both_of_four_eyes(world: World) -> None:
    with refused("access.first_roles"):
        world.office.add_first(world.by(HERE), "li.wei", "李伟", ("approver",), GOOD)


def test_only_an_administrator_gives_roles_and_never_to_themselves(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "analyst")
    with refused("access.role"):
        world.office.grant(world.by(Actor("zhao", frozenset({"analyst"}))), "li.wei", "analyst")
    with refused("access.own_rights"):
        world.office.grant(world.by(admin), "li.wei", "analyst")


def test_nobody_takes_their_own_role_which_another_administrator_does(world: World) -> None:
    admin = world.first()
    other = world.add(admin, "wang", "admin")
    with refused("access.own_rights"):
        world.office.revoke(world.by(admin), "li.wei", "admin")
    world.office.revoke(world.by(other), "li.wei", "admin")
    assert {user.id: user.roles for user in world.office.listed(other, world.now_us).users} == {"li.wei": [], "wang": ["admin"]}


def test_the_first_two_come_about_alone_and_say_so_then_every_approver_takes_two(world: World) -> None:
    admin = world.first()
    wang = world.add(admin, "wang", "approver")
    world.add(admin, "zhao")
    alone = [event for event in world.events() if event.kind == "role.granted"]
    assert [event.data.get("alone") for event in alone] == [True, True]
    asked = world.office.grant(world.by(admin), "zhao", "approver")
    assert asked.waits
    assert "approver" not in {user.id: user.roles for user in world.office.listed(admin, world.now_us).users}["zhao"]
    with refused("access.four_eyes"):
        world.office.confirm(world.by(admin), asked.id)
    with refused("access.four_eyes"):
        world.office.confirm(world.by(Actor("key:robot", frozenset({"approver"}), person=False)), asked.id)
    world.office.confirm(world.by(wang), asked.id)
    assert {user.id: user.roles for user in world.office.listed(admin, world.now_us).users}["zhao"] == ["approver"]
    granted = world.events()[-1]
    assert (granted.keys["by"], granted.keys["second"], granted.data["request"]) == ("li.wei", "wang", asked.id)
    with refused("access.request.unknown"):
        world.office.confirm(world.by(wang), asked.id)


@pytest.mark.parametrize("role", ["steward", "investigator"])
def test_whoever_gives_a_second_signature_somewhere_is_made_recovered_and_unlocked_by_two(world: World, role: Role) -> None:
    admin = world.first()
    world.add(admin, "early", role)  # there is nobody yet who could confirm it
    assert world.events()[-1].data["alone"]
    wang = world.add(admin, "wang", "approver")
    world.add(admin, "zhao")
    asked = world.office.grant(world.by(admin), "zhao", role)
    assert asked.waits
    assert world.sign_in("zhao")
    assert world.desk.sign_in("zhao", OTHER, "", "192.0.2.1", world.now_us).signed.actor.roles == frozenset()
    with refused("access.role"):  # of those who give a second signature only some confirm rights
        world.office.confirm(world.by(Actor("early", frozenset({role}))), asked.id)
    world.office.confirm(world.by(wang), asked.id)
    assert world.desk.sign_in("zhao", OTHER, "", "192.0.2.1", world.now_us).signed.actor.roles == {role}
    assert world.office.recover(world.by(admin), "zhao").waits
    world.office.lock(world.by(admin), "zhao", "on leave")
    assert world.office.unlock(world.by(admin), "zhao").waits
    assert not world.office.grant(world.by(admin), "zhao", "analyst").waits


def test_whom_it_concerns_is_no_second_person(world: World) -> None:
    admin = world.first()
    wang = world.add(admin, "wang", "approver")
    asked = world.office.grant(world.by(admin), "wang", "admin")
    with refused("access.own_rights"):
        world.office.confirm(world.by(wang), asked.id)


def test_what_waits_ends_after_a_week_and_can_be_declined(world: World) -> None:
    admin = world.first()
    wang = world.add(admin, "wang", "approver")
    world.add(admin, "zhao")
    first = world.office.grant(world.by(admin), "zhao", "approver")
    second = world.office.grant(world.by(admin), "zhao", "admin")
    world.office.decline(world.by(wang), second.id, "not needed")
    assert [one.id for one in world.office.listed(admin, world.now_us).asked] == [first.id]
    world.later(7 * 86_400_000_000)
    assert world.office.listed(admin, world.now_us).asked == ()
    with refused("access.request.unknown"):
        world.office.confirm(world.by(wang), first.id)


def test_recovery_of_who_can_give_rights_takes_two_and_then_works_once(world: World) -> None:
    admin = world.first()
    wang = world.add(admin, "wang", "approver")
    world.add(admin, "zhao", "analyst")
    alone = world.office.recover(world.by(admin), "zhao")
    assert not alone.waits
    third = world.add(admin, "sun")
    asked = world.office.grant(world.by(admin), "sun", "approver")
    world.office.confirm(world.by(wang), asked.id)
    recovery = world.office.recover(world.by(admin), "wang")
    assert recovery.waits
    world.sign_in("wang")  # until it is confirmed nothing has changed
    world.office.confirm(world.by(Actor(third.id, frozenset({"approver"}))), recovery.id)
    with refused("access.sign_in.refused"):
        world.sign_in("wang")
    signed = world.desk.sign_in("wang", recovery.shown_once, "", "192.0.2.1", world.later()).signed
    assert (signed.actor.roles, signed.due) == (frozenset(), ("password",))
    world.desk.set_password(signed, recovery.shown_once, "a quite new password of mine", world.later())
    with refused("access.sign_in.refused"):
        world.sign_in("wang", recovery.shown_once)


def test_on_the_bank_s_own_machine_recovery_is_always_possible_and_written_down(world: World) -> None:
    admin = world.first()
    world.add(admin, "wang", "approver")
    assert not world.office.recover(world.by(HERE), "wang").waits
    assert world.events()[-1].keys["by"] == LOCAL


def test_where_those_who_could_confirm_are_gone_the_bank_s_own_machine_helps_and_only_then(world: World) -> None:
    admin = world.first()
    world.add(admin, "wang", "approver")
    world.add(admin, "zhao")
    assert world.office.grant(world.by(HERE), "zhao", "approver").waits
    world.office.revoke(world.by(admin), "wang", "approver")
    assert world.office.grant(world.by(admin), "zhao", "approver").waits
    assert not world.office.grant(world.by(HERE), "zhao", "approver").waits
    granted = world.events()[-1]
    assert (granted.keys["by"], granted.data["alone"]) == (LOCAL, True)
    assert world.office.grant(world.by(HERE), "wang", "approver").waits


def test_a_lock_ends_sessions_at_once_and_the_last_administrator_cannot_be_locked_out(world: World) -> None:
    admin = world.first()
    world.add(admin, "wang", "approver")
    _, cookie = world.sign_in("wang")
    world.desk.authenticate(cookie, world.now_us)
    world.office.lock(world.by(admin), "wang", "left the house")
    with refused("access.signed_out"):
        world.desk.authenticate(cookie, world.now_us)
    with refused("access.sign_in.refused"):
        world.sign_in("wang")
    with refused("access.last_admin"):
        world.office.lock(world.by(admin), "li.wei", "-")
    with refused("access.last_admin"):
        world.office.revoke(world.by(HERE), "li.wei", "admin")
    assert world.office.unlock(world.by(admin), "wang").waits


def test_who_is_unlocked_has_to_sign_in_again(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "analyst")
    _, cookie = world.sign_in("zhao")
    world.office.lock(world.by(admin), "zhao", "-")
    world.office.unlock(world.by(admin), "zhao")
    with refused("access.signed_out"):
        world.desk.authenticate(cookie, world.now_us)
    world.sign_in("zhao")


def test_a_revoked_role_is_gone_from_who_is_signed_in(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "analyst", "steward")
    _, cookie = world.sign_in("zhao")
    world.office.revoke(world.by(admin), "zhao", "steward")
    assert world.desk.authenticate(cookie, world.now_us).actor.roles == {"analyst"}


@pytest.mark.parametrize("user", ["", "local", "Li", "li wei", "li@sso", "-li", "x" * 65, "李"])
def test_an_id_that_stands_for_something_else_is_refused(world: World, user: str) -> None:
    with refused("access.user.name"):
        world.office.add_first(world.by(HERE), user, "name", (), GOOD)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "5 characters"),
        ("x" * 129, "129 characters"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats"),
        ("abcdefghijklmnopqrst", "counts itself out"),
        ("123456789012345678", "counts itself out"),
        ("wordswordswordswords", "repeats"),
        ("li.wei.huitong.1234", "little more"),
        ("correct horse battery staple", "known passwords"),
    ],
)
def test_a_guessable_password_is_refused_with_its_reason_and_never_repeated(tmp_path: Path, password: str, said: str) -> None:
    with world_in(tmp_path, AccessSettings(known_passwords=frozenset({"correct horse battery staple"}))) as world:
        with pytest.raises(InputError, match=said) as error:
            world.office.add_first(world.by(HERE), "li.wei", "李伟", (), password)
        assert all(password not in text for text in (*error.value.cause.values(), *error.value.remedy.values()))


@pytest.mark.parametrize("password", [GOOD, OTHER, "今天下雨我忘了带伞所以淋湿了衣服", "zq8!vv-Lw0rmx#p"])
def test_length_is_what_counts_and_any_character_is_welcome(world: World, password: str) -> None:
    world.office.add_first(world.by(HERE), "li.wei", "李伟", (), password)
    world.sign_in("li.wei", password)


def test_hashes_are_argon2id_as_others_make_them() -> None:
    # From the test vectors of the reference implementation (phc-winner-argon2, src/test.c, version 0x13).
    reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    assert matches("password", reference)
    assert not matches("Password", reference)
    assert hashed(GOOD, Hardness(64)) != hashed(GOOD, Hardness(64))
    assert matches("ｃａｆé in the rain", hashed("café in the rain", Hardness(64)))
    assert not matches(GOOD, None, Hardness(64))


def test_every_event_fits_its_contract_and_what_opens_something_stands_nowhere_in_clear(world: World, tmp_path: Path) -> None:
    admin = world.first()
    wang = world.add(admin, "wang", "approver")
    zhao = world.add(admin, "zhao")
    asked = world.office.grant(world.by(admin), zhao.id, "approver")
    world.office.confirm(world.by(wang), asked.id)
    key = world.office.make_api_key(world.by(admin), "core", ("decide",), 3, world.now_us + 86_400_000_000)
    token, cookie = world.sign_in("wang")
    signed = world.desk.authenticate(cookie, world.now_us)
    secret = new_secret()
    world.desk.set_totp(signed, OTHER, secret, world.code(secret), world.now_us)
    with refused("access.sign_in.refused"):
        world.desk.sign_in("nobody", "a typed password", "", "192.0.2.77", world.later())
    contracts = access_contracts()
    events = world.events()
    assert {event.kind: found for event in events if (found := fits(event, contracts[event.kind]))} == {}
    hashes = [
        str(event.data[name]) for event in events for name in ("password", "token", "secret", "totp", "recovery") if name in event.data
    ]
    assert len(hashes) > 5
    world.log.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("log.sqlite*"))
    for clear in (*hashes, key.shown_once, token, secret, GOOD, OTHER, "a typed password", "li.wei", "李伟", "192.0.2.77"):
        assert clear.encode() not in raw
    with SqliteLog(tmp_path / "log.sqlite") as blind:  # without the master key
        seen = [record.content for record in blind.read()]
        assert all("argon2" not in str(dataclasses.asdict(event)) for event in seen)


def test_a_log_that_conceals_nothing_takes_no_credentials(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "open.sqlite") as log, refused("access.log.open"):
        World(log)


def test_a_forgotten_user_cannot_sign_in_and_the_rest_stays(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "analyst")
    _, cookie = world.sign_in("zhao")
    world.log.persons.forget(Name("user", "zhao"), "left", "f1", world.later())
    with refused("access.signed_out"):
        world.desk.authenticate(cookie, world.now_us)
    with refused("access.sign_in.refused"):
        world.sign_in("zhao")
    world.sign_in("li.wei", GOOD)
    assert [user.id.startswith("enc:") for user in world.office.listed(admin, world.now_us).users].count(True) == 1


def test_a_forgotten_administrator_is_none_any_more_and_signs_nothing(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "admin")
    world.log.persons.forget(Name("user", "zhao"), "left", "f1", world.later())
    with refused("access.last_admin"):
        world.office.lock(world.by(admin), "li.wei", "leaves")
    assert [user.id for user in world.office.listed(admin, world.now_us).users if user.confirms] == ["li.wei"]


def locked_because(world: World) -> str:
    (record,) = world.log.read(kinds=["user.locked"])
    assert isinstance(record.content, Event)
    return str(record.content.data["ground"])


def test_why_a_user_was_locked_goes_with_them(world: World) -> None:
    admin = world.first()
    world.add(admin, "zhao", "analyst")
    world.office.lock(world.by(admin), "zhao", "Zhao is suspected")
    assert locked_because(world) == "Zhao is suspected"
    world.log.persons.forget(Name("user", "zhao"), "left", "f1", world.later())
    assert locked_because(world).startswith("enc:")


def test_errors_speak_both_languages(world: World) -> None:
    with pytest.raises(PolicyError) as refusal:
        world.desk.sign_in("x", "y", "", "192.0.2.1", world.now_us)
    assert refusal.value.cause["zh"] != refusal.value.cause["en"]
