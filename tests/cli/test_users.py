"""Users and API keys from the command line: secrets are asked for, shown once, and never arguments."""

import base64
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from huitong.app import Bank
from huitong.identity.signing_in import Vouched
from huitong.identity.totp import code_at, step_of
from tests.cli.conftest import Ran, Run

FIRST, SECOND, THIRD = "the heron stands on one leg", "seven umbrellas in the rain", "nobody counts the tea leaves"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return tmp_path / "bank"


@pytest.fixture
def go(run: Run, bank: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command on the bank; what is asked for comes on standard input."""

    def go(*arguments: str, lines: tuple[str, ...] = ()) -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return run(*arguments, "--bank", bank)

    return go


@pytest.fixture
def admin(go: Callable[..., Ran]) -> tuple[str, str]:
    assert go("users", "add", "li.wei", "--name", "李伟", "--first", lines=(FIRST,)).code == 0
    return FIRST, ""


def test_a_bank_gets_its_first_administrator_who_adds_others(go: Callable[..., Ran], admin: tuple[str, str]) -> None:
    added = go("users", "add", "zhao", "--role", "analyst", "--by", "li.wei", "--json", lines=admin)
    once = added.document["shown_once"]
    assert go("users", "password", "zhao", lines=(once, "", SECOND)).code == 0
    listed = go("users", "list", "--json").document["users"]
    assert [(user["user"], user["roles"], user["one_time_password"]) for user in listed] == [
        ("li.wei", ["admin"], False),
        ("zhao", ["analyst"], False),
    ]
    again = go("users", "add", "x", "--first", lines=(FIRST,))
    assert (again.code, "has users already" in again.err) == (4, True)


def test_four_eyes_hold_at_the_terminal(go: Callable[..., Ran], admin: tuple[str, str]) -> None:
    for user, role in (("wang", "approver"), ("sun", "analyst")):
        once = go("users", "add", user, "--role", role, "--by", "li.wei", "--json", lines=admin).document["shown_once"]
        go("users", "password", user, lines=(once, "", SECOND))
    asked = go("users", "grant", "sun", "approver", "--by", "li.wei", "--json", lines=admin).document
    assert asked["waits"]
    alone = go("users", "confirm", asked["id"], "--by", "li.wei", lines=admin)
    assert alone.code == 4
    assert "four eyes" in alone.err
    assert asked["id"] in go("users", "list").out
    assert go("users", "confirm", asked["id"], "--by", "wang", lines=(SECOND, "")).code == 0
    roles = {user["user"]: user["roles"] for user in go("users", "list", "--json").document["users"]}
    assert roles["sun"] == ["analyst", "approver"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "analyst, approver (from the provider, at the last sign-in)"), ("zh", "策略分析员、审批人（由统一认证提供，截至最近登录）")],
)
def test_the_list_names_the_roles_that_the_provider_gave(
    go: Callable[..., Ran], bank: Path, admin: tuple[str, str], language: str, words: str
) -> None:
    assert admin
    with Bank(bank) as opened:
        sun = Vouched("sso", "https://sso.example", "2", "sun.li", "孙莉", ("approver", "analyst"))
        opened.people.desk.sign_in_vouched(sun, "192.0.2.1", opened.clock.now_us())
    assert words in go("users", "list", "--lang", language).out
    (_, listed) = go("users", "list", "--json").document["users"]
    assert (listed["user"], listed["roles"], listed["provided_roles"]) == ("sun.li@sso", [], ["analyst", "approver"])


def test_who_has_a_one_time_password_only_cannot_order(go: Callable[..., Ran], admin: tuple[str, str]) -> None:
    once = go("users", "add", "wang", "--role", "approver", "--by", "li.wei", "--json", lines=admin).document["shown_once"]
    ran = go("users", "lock", "li.wei", "--ground", "x", "--by", "wang", lines=(once, ""))
    assert ran.code == 2
    assert "huitong users password wang" in ran.err


def test_a_wrong_password_orders_nothing_and_says_what_to_do_in_both_languages(go: Callable[..., Ran], admin: tuple[str, str]) -> None:
    for language, words in (("en", "password or code is wrong"), ("zh", "口令或动态口令有误")):
        ran = go("users", "lock", "li.wei", "--ground", "x", "--by", "li.wei", "--lang", language, lines=("wrong", ""))
        assert ran.code == 4
        assert words in ran.err
        assert "wrong\n" not in ran.out
    assert admin[0] == FIRST


def test_a_code_device_is_set_up_and_then_needed(go: Callable[..., Ran], admin: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 -- of a test
    monkeypatch.setattr("huitong.cli.users.new_secret", lambda: secret)
    wrong = go("users", "totp", "li.wei", lines=(*admin, "000000"))
    assert wrong.code == 2
    refused = go("users", "totp", "li.wei", "--json", lines=(*admin, "000000"))
    assert (refused.code, "error" in refused.document, json.loads(refused.err)["secret"]) == (2, True, secret), "one document on each"
    code = code_at(base64.b32decode(secret), step_of(time.time_ns() // 1_000))
    done = go("users", "totp", "li.wei", lines=(*admin, code))
    assert (done.code, secret in done.out) == (0, True)
    assert go("users", "lock", "li.wei", "--ground", "x", "--by", "li.wei", lines=admin).code == 4
    assert go("users", "list", "--json").document["users"][0]["code_device"]
    codes = re.findall(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b", done.out)
    assert len(codes) == 10
    anew = go("users", "recovery-codes", "li.wei", "--json", lines=(FIRST, codes[0]))
    assert (len(anew.document["recovery_codes"]), "9 are left" in anew.err) == (10, True)
    assert go("users", "recovery-codes", "li.wei", lines=(FIRST, codes[1])).code == 4, "those before open nothing any more"
    assert go("users", "list", "--json").document["users"][0]["recovery_codes"] == 10


def test_recovery_on_the_bank_s_own_machine(go: Callable[..., Ran], admin: tuple[str, str]) -> None:
    once = go("users", "recover", "li.wei", "--here", "--json").document["shown_once"]
    assert go("users", "lock", "li.wei", "--ground", "x", "--by", "li.wei", lines=admin).code == 4
    assert go("users", "password", "li.wei", lines=(once, "", THIRD)).code == 0


def test_keys_are_made_shown_once_listed_and_revoked(go: Callable[..., Ran], admin: tuple[str, str]) -> None:
    made = go(
        "api-keys", "make", "core-banking", "--scope", "decide", "--scope", "ingest", "--by", "li.wei", "--json", lines=admin
    ).document
    assert made["shown_once"].startswith("huitong_")
    (listed,) = go("api-keys", "list", "--json").document
    assert (listed["name"], listed["scopes"], listed["grade"], listed["state"]) == ("core-banking", ["decide", "ingest"], 3, "active")
    assert made["shown_once"] not in json.dumps(listed)
    assert go("api-keys", "revoke", made["id"], "--by", "li.wei", lines=admin).code == 0
    assert go("api-keys", "list", "--json").document[0]["state"] == "revoked"
    assert "已吊销" in go("api-keys", "list", "--lang", "zh").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("users", "grant", "zhao", "king", "--by", "li.wei"), "no role of a person"),
        (("users", "grant", "zhao", "machine", "--by", "li.wei"), "no role of a person"),
        (("api-keys", "make", "core", "--scope", "all", "--by", "li.wei"), "no scope"),
        (("users", "add", "zhao"), "who orders it"),
    ],
)
def test_what_cannot_be_is_refused_before_anybody_is_asked_for_a_password(
    go: Callable[..., Ran], admin: tuple[str, str], arguments: tuple[str, ...], said: str
) -> None:
    ran = go(*arguments)
    assert ran.code == 2
    assert said in ran.err
    assert admin


def test_no_command_takes_a_secret_as_an_argument(run: Run) -> None:
    for command in ("add", "password", "totp", "recover", "recovery-codes", "grant"):
        told = run("users", command, "--help").out
        assert "--password" not in told
        assert "--code" not in told
