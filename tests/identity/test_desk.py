"""The front desk: sign-in, lock-out, codes, sessions, API keys, and whom it lets in where nobody has users."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from huitong.contracts import ROLES, Actor
from huitong.identity import AccessSettings, Credentials, credentials_of, signing_in
from huitong.identity.rate import SIGN_INS_BY_USER, SIGN_INS_IN_ALL
from huitong.identity.signing_in import Attempt
from huitong.identity.state import FAILURES_MAX
from huitong.kernel import HuitongError
from tests.identity.build import GOOD, MINUTE_US, OTHER, World, world_in
from tests.identity.test_users import refused

ADMIN = Actor("li.wei", frozenset({"admin"}))
LOCAL = Credentials("127.0.0.1", host="127.0.0.1:8000")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 -- of a test


def fail(world: World, times: int, user: str = "zhao") -> None:
    for _ in range(times):
        with refused("access.sign_in.refused"):
            world.sign_in(user, "a wrong password of mine")
        world.later()


@pytest.fixture
def zhao(world: World) -> str:
    world.add(world.first(), "zhao", "analyst")
    return "zhao"


def test_whoever_guesses_a_password_in_an_open_session_is_locked_out_as_at_the_door(world: World) -> None:
    world.add(world.first(), "zhao", "analyst")
    signed = world.desk.authenticate(world.sign_in("zhao")[1], world.now_us)
    for _ in range(FAILURES_MAX):
        with refused("access.sign_in.refused"):
            world.desk.set_totp(signed, "not the password at all", SECRET, world.code(SECRET), world.later())
    with refused("access.sign_in.refused"):
        world.desk.set_totp(signed, OTHER, SECRET, world.code(SECRET), world.later())


def test_a_wrong_name_and_a_wrong_password_are_refused_in_the_same_words(world: World, zhao: str) -> None:
    said = []
    for user in (zhao, "nobody"):
        with pytest.raises(HuitongError) as error:
            world.sign_in(user, "a wrong password of mine")
        said.append((error.value.code, error.value.cause, error.value.remedy))
    assert said[0] == said[1]
    refusals = [event for event in world.events() if event.kind == "access.refused"]
    assert [(event.keys, event.data["cause"]) for event in refusals] == [({"user": zhao}, "password"), ({}, "unknown")]


def test_five_failures_lock_out_for_a_while_by_the_clock_also_with_the_right_password(world: World, zhao: str) -> None:
    fail(world, 5)
    with refused("access.sign_in.refused"):
        world.sign_in(zhao)
    world.later(5 * MINUTE_US)
    world.sign_in(zhao)


def test_each_further_failure_locks_out_twice_as_long_and_success_forgives(world: World, zhao: str) -> None:
    fail(world, 5)
    world.later(5 * MINUTE_US)
    fail(world, 1)
    world.later(5 * MINUTE_US)
    with refused("access.sign_in.refused"):
        world.sign_in(zhao)
    world.later(5 * MINUTE_US)
    world.sign_in(zhao)
    fail(world, 4)
    world.sign_in(zhao)


def test_a_lock_out_survives_a_restart_and_an_administrator_ends_it(world: World, zhao: str) -> None:
    fail(world, 5)
    again = World(world.log)
    again.now_us = world.now_us
    with refused("access.sign_in.refused"):
        again.sign_in(zhao)
    again.office.unlock(again.by(ADMIN), zhao)
    again.sign_in(zhao)


def test_a_code_device_is_asked_for_and_no_code_is_taken_twice(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    signed = world.desk.authenticate(cookie, world.now_us)
    with refused("access.totp.wrong"):
        world.desk.set_totp(signed, OTHER, SECRET, "000000", world.now_us)
    world.desk.set_totp(signed, OTHER, SECRET, world.code(SECRET), world.now_us)
    with refused("access.signed_out"):  # what was opened without it has ended
        world.desk.authenticate(cookie, world.now_us)
    with refused("access.sign_in.refused"):  # the code that showed the device to work
        world.sign_in(zhao, code=world.code(SECRET))
    world.later()
    code = world.code(SECRET)
    world.sign_in(zhao, code=code)
    for given in ("", "123456", code):
        with refused("access.sign_in.refused"):
            world.sign_in(zhao, code=given)
    assert [event.data["cause"] for event in world.events() if event.kind == "access.refused"] == ["code"] * 4


def test_a_password_that_was_changed_while_it_was_checked_opens_nothing(world: World, zhao: str) -> None:
    checked = world.registry.ask(lambda state: state.users[zhao].credential)
    attempt = Attempt(zhao, checked, True, "", "192.0.2.1")
    world.office.recover(world.by(ADMIN), zhao)
    (event,) = world.registry.act(lambda command: signing_in.sign_in(command, attempt, "t", world.now_us), world.now_us)
    assert (event.kind, event.data["cause"]) == ("access.refused", "password")


def test_one_code_opens_one_session_however_many_try_at_once(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    world.desk.set_totp(world.desk.authenticate(cookie, world.now_us), OTHER, SECRET, world.code(SECRET), world.now_us)
    world.later()
    code = world.code(SECRET)

    def attempt(_: int) -> int:
        try:
            world.sign_in(zhao, code=code)
        except HuitongError:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_a_role_that_needs_a_device_is_not_had_without_one(tmp_path: Path) -> None:
    with world_in(tmp_path, AccessSettings(second_factor=frozenset({"approver"}))) as world:
        world.add(world.first(), "wang", "approver", "analyst")
        _, cookie = world.sign_in("wang")
        signed = world.desk.authenticate(cookie, world.now_us)
        assert signed.actor.roles == {"analyst"}
        assert signed.due == ("totp",)
        world.desk.set_totp(signed, OTHER, SECRET, world.code(SECRET), world.now_us)
        world.later()
        _, cookie = world.sign_in("wang", code=world.code(SECRET))
        assert world.desk.authenticate(cookie, world.now_us).actor.roles == {"analyst", "approver"}


def test_an_idle_session_ends_and_one_in_use_lasts_until_its_life_is_over(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    for _ in range(35):  # twelve hours less ten minutes, every twenty minutes
        world.later(20 * MINUTE_US)
        world.desk.authenticate(cookie, world.now_us)
    world.later(20 * MINUTE_US)
    with refused("access.signed_out"):
        world.desk.authenticate(cookie, world.now_us)
    _, cookie = world.sign_in(zhao)
    world.later(30 * MINUTE_US)
    with refused("access.signed_out"):
        world.desk.authenticate(cookie, world.now_us)


def test_a_busy_session_is_written_down_a_few_times_and_not_at_each_request(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    before = world.log.end()
    for _ in range(600):
        world.later(1_000_000)
        world.desk.authenticate(cookie, world.now_us)
    assert world.log.end() - before == 1


def test_sessions_that_ended_are_forgotten(world: World, zhao: str) -> None:
    for _ in range(4):
        world.sign_in(zhao)
        world.later(13 * 60 * MINUTE_US)
    assert len(world.registry.ask(lambda state: state.sessions)) <= 2


def test_only_sessions_that_let_in_are_counted(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    world.sign_in(zhao)
    assert world.registry.counts(world.now_us)["sessions"] == 2
    assert world.registry.counts(world.now_us + world.registry.settings.idle_us)["sessions"] == 0
    world.desk.set_password(world.desk.authenticate(cookie, world.now_us), OTHER, "another long one for zhao", world.now_us)
    assert world.registry.counts(world.now_us)["sessions"] == 0, "a new password ends them"


def test_signing_out_ends_the_session_for_good(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    world.desk.sign_out(world.desk.authenticate(cookie, world.now_us), world.now_us)
    with refused("access.signed_out"):
        world.desk.authenticate(cookie, world.now_us)


def test_a_new_password_ends_every_session_and_wants_the_old_one(world: World, zhao: str) -> None:
    _, first = world.sign_in(zhao)
    _, second = world.sign_in(zhao)
    signed = world.desk.authenticate(second, world.now_us)
    with refused("access.sign_in.refused"):
        world.desk.set_password(signed, "not the old one at all", "a quite new password of mine", world.later())
    with refused("access.password.same"):
        world.desk.set_password(signed, OTHER, OTHER, world.later())
    world.desk.set_password(signed, OTHER, "a quite new password of mine", world.later())
    for cookie in (first, second):
        with refused("access.signed_out"):
            world.desk.authenticate(cookie, world.now_us)
    world.sign_in(zhao, "a quite new password of mine")


def test_a_one_time_password_ends_after_a_day(world: World) -> None:
    once = world.office.add(world.by(world.first()), "sun", "孙").shown_once
    world.later(24 * 60 * MINUTE_US)
    with refused("access.sign_in.refused"):
        world.sign_in("sun", once)
    assert world.events()[-1].data["cause"] == "expired"


def test_a_change_needs_the_token_of_its_session_s_page(world: World, zhao: str) -> None:
    _, cookie = world.sign_in(zhao)
    _, other = world.sign_in(zhao)
    token = world.desk.authenticate(cookie, world.now_us).csrf
    change = replace(cookie, method="POST")
    world.desk.authenticate(replace(change, csrf_token=token, origin="https://bank.example"), world.now_us)
    foreign = world.desk.authenticate(other, world.now_us).csrf
    for wrong in (
        change,
        replace(change, csrf_token=foreign),
        replace(change, csrf_token=token, origin="https://evil.example"),
        replace(change, csrf_token=token, fetch_site="cross-site"),
    ):
        with refused("access.csrf"):
            world.desk.authenticate(wrong, world.now_us)


@pytest.mark.parametrize("token", ["", "x", "é" * 40, "A" * 43, "huitong_" + "A" * 43])
@pytest.mark.usefixtures("zhao")
def test_a_made_up_token_opens_nothing(world: World, token: str) -> None:
    with refused("access.signed_out"):
        world.desk.authenticate(Credentials("192.0.2.1", session_token=token), world.now_us)
    with refused("access.key.refused"):
        world.desk.authenticate(Credentials("192.0.2.1", api_key=token), world.now_us)


def test_without_users_only_the_bank_s_own_machine_may_come_in_and_is_told(world: World) -> None:
    signed = world.desk.authenticate(LOCAL, world.now_us)
    assert signed.note is not None
    assert signed.actor.roles == set(ROLES)
    for stranger in (
        replace(LOCAL, address="192.0.2.1"),
        replace(LOCAL, host="bank.example"),
        replace(LOCAL, origin="https://evil.example"),
        replace(LOCAL, fetch_site="cross-site"),
        replace(LOCAL, forwarded=True),
        replace(LOCAL, address=""),
    ):
        with refused("access.local_only"):
            world.desk.authenticate(stranger, world.now_us)
    world.desk.authenticate(replace(LOCAL, address="::1", host="localhost"), world.now_us)
    world.desk.authenticate(replace(LOCAL, address="::ffff:127.0.0.1", host="[::1]:1", origin="http://[::1]:1"), world.now_us)
    instant = world.now_us
    world.first()
    with refused("access.signed_out"):
        world.desk.authenticate(LOCAL, instant)


def test_a_first_user_made_by_another_process_closes_the_bank_after_a_second(world: World) -> None:
    world.desk.authenticate(LOCAL, world.now_us)
    World(world.log).first()
    with refused("access.signed_out"):
        world.desk.authenticate(LOCAL, world.later(1_000_000))


def test_what_a_request_brings_is_read_from_its_headers() -> None:
    given = credentials_of(
        {"Authorization": "bearer huitong_x", "X-CSRF-Token": "t", "Host": "h", "X-Forwarded-For": "127.0.0.1"},
        {"huitong_session": "s"},
        address="192.0.2.1",
        method="post",
    )
    assert (given.api_key, given.session_token, given.csrf_token, given.host) == ("huitong_x", "s", "t", "h")
    assert given.changes
    assert given.forwarded
    assert credentials_of({"authorization": "Basic eA=="}, {}, address="").api_key is None
    assert credentials_of({"cookie": 'a=1; __Host-huitong_session="s=="; b'}, address="").session_token == "s=="  # noqa: S105 -- of a test
    assert credentials_of({"cookie": "huitong_session=first; huitong_session=second"}, address="").session_token == "first"  # noqa: S105 -- of a test


def test_a_flood_from_everywhere_fills_neither_the_machine_nor_the_log(world: World) -> None:
    world.first()
    before, limited = world.log.end(), 0
    for number in range(int(SIGN_INS_IN_ALL.burst) + 20):
        with pytest.raises(HuitongError) as error:
            world.sign_in(f"user{number}", "a wrong password of mine", address=f"10.0.{number >> 8}.{number & 255}")
        limited += error.value.code == "access.rate"
    assert limited == 20
    assert world.log.end() - before == SIGN_INS_IN_ALL.burst


def test_too_many_attempts_have_to_wait_and_others_do_not(world: World, zhao: str) -> None:
    for number in range(int(SIGN_INS_BY_USER.burst)):
        with refused("access.sign_in.refused"):
            world.sign_in(zhao, "a wrong password of mine", address=f"192.0.2.{number}")
    world.now_us += 1
    with refused("access.rate"):
        world.sign_in(zhao, address="192.0.2.100")
    world.sign_in("li.wei", GOOD, address="192.0.2.200")
