"""Signing in at a certified OpenID provider that really runs: panva's oidc-provider, under Node."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from huitong.identity import AccessSettings
from huitong.identity.openid import OpenIdProvider, OpenIdSettings
from huitong.kernel import HuitongError
from tests.identity.build import World, world_in
from tests.identity.openid_browser import Browser
from tests.identity.openid_running import REDIRECT, running
from tests.identity.test_users import refused

SEALING = bytes(range(32))


def now_us() -> int:
    """The provider's clock is the real one."""
    return time.time_ns() // 1_000


@pytest.fixture(scope="session")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@pytest.fixture(scope="module")
def issuer(openid_server: Path, port: int) -> Iterator[str]:
    with running(openid_server, port) as address:
        yield address


def settings(issuer: str, client: str = "huitong") -> OpenIdSettings:
    return OpenIdSettings(
        issuer,
        client,
        REDIRECT,
        client_secret=None if client == "huitong-public" else "a secret: with %signs",
        roles_claim="groups",
        roles={"fraud-analysts": "analyst", "fraud-approvers": "approver"},
    )


@pytest.mark.parametrize("client", ["huitong", "huitong-public"])
def test_somebody_signs_in_and_has_the_roles_of_their_groups(issuer: str, tmp_path: Path, client: str) -> None:
    provider = OpenIdProvider(settings(issuer, client), SEALING)
    with world_in(tmp_path, AccessSettings(openid=provider.settings)) as world:
        started = provider.start("/cases/7", now_us())
        query = Browser(REDIRECT).sign_in(started.address, "sun-2")
        who, to = provider.finish(started.cookie, query, now_us())
        assert (who.user, who.name, who.roles, to) == ("sun.li@sso", "孙莉", ("approver", "analyst"), "/cases/7")
        signed = world.desk.sign_in_vouched(who, "192.0.2.1", now_us()).signed
        assert signed.actor.roles == {"analyst", "approver"}
        assert signed.actor.person
        assert world.kinds() == ["user.added", "session.opened", "access.founded"]


def test_a_name_that_goes_to_another_person_there_opens_nothing_here(issuer: str, tmp_path: Path) -> None:
    provider = OpenIdProvider(settings(issuer), SEALING)
    with world_in(tmp_path) as world:
        sign_in(provider, world, "sun-2")
        with refused("access.openid.bound"):
            sign_in(provider, world, "sun-3")
        assert world.events()[-1].data["cause"] == "conflict"


def sign_in(provider: OpenIdProvider, world: World, account: str) -> str:
    started = provider.start("/", now_us())
    who, _ = provider.finish(started.cookie, Browser(REDIRECT).sign_in(started.address, account), now_us())
    return world.desk.sign_in_vouched(who, "192.0.2.1", now_us()).token


def test_a_user_locked_here_stays_out_whatever_the_provider_says(issuer: str, tmp_path: Path) -> None:
    provider = OpenIdProvider(settings(issuer), SEALING)
    with world_in(tmp_path) as world:
        admin = world.first()
        sign_in(provider, world, "zhao-1")
        world.office.lock(world.by(admin), "zhao.min@sso", "left")
        with refused("access.sign_in.refused"):
            sign_in(provider, world, "zhao-1")
        with refused("access.user.external"):
            world.office.recover(world.by(admin), "zhao.min@sso")


def test_what_comes_back_twice_or_altered_or_elsewhere_opens_nothing(issuer: str) -> None:
    provider = OpenIdProvider(settings(issuer), SEALING)
    started, other = provider.start("/", now_us()), provider.start("/", now_us())
    query = Browser(REDIRECT).sign_in(started.address, "zhao-1")
    for cookie, given, when in (
        (None, query, now_us()),
        ("", query, now_us()),
        (started.cookie[:-4] + "AAAA", query, now_us()),
        (other.cookie, query, now_us()),
        (started.cookie, {**query, "state": "x"}, now_us()),
        (started.cookie, {**query, "iss": "https://evil.example"}, now_us()),
        (started.cookie, {name: value for name, value in query.items() if name != "iss"}, now_us()),
        (started.cookie, query, now_us() + 11 * 60_000_000),
    ):
        with refused("access.openid.refused"):
            provider.finish(cookie, given, when)
    provider.finish(started.cookie, query, now_us())
    with refused("access.openid.refused"):  # a code is good once
        provider.finish(started.cookie, query, now_us())


def test_pkce_is_asked_for_and_kept(issuer: str) -> None:
    provider = OpenIdProvider(settings(issuer, "huitong-public"), SEALING)
    first, second = provider.start("/", now_us()), provider.start("/", now_us())
    asked = parse_qs(urlsplit(first.address).query)
    assert asked["code_challenge_method"] == ["S256"]
    query = Browser(REDIRECT).sign_in(first.address, "zhao-1")
    stolen = {**query, "state": parse_qs(urlsplit(second.address).query)["state"][0]}
    with refused("access.openid.refused"):  # a code of one sign-in in another, whose verifier is not its own
        provider.finish(second.cookie, stolen, now_us())


def test_who_does_not_agree_is_told_so(issuer: str) -> None:
    provider = OpenIdProvider(settings(issuer), SEALING)
    started = provider.start("/", now_us())
    query = Browser(REDIRECT).sign_in(started.address, "zhao-1", agree=False)
    with refused("access.openid.broken_off"):
        provider.finish(started.cookie, query, now_us())


def test_a_wrong_client_secret_opens_nothing(issuer: str) -> None:
    wrong = OpenIdSettings(issuer, "huitong", REDIRECT, client_secret="wrong")  # noqa: S106 -- of a test
    provider = OpenIdProvider(wrong, SEALING)
    started = provider.start("/", now_us())
    with pytest.raises(HuitongError, match="invalid_client"):
        provider.finish(started.cookie, Browser(REDIRECT).sign_in(started.address, "zhao-1"), now_us())


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_turned_keys_are_fetched_again(openid_server: Path, algorithm: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    provider = OpenIdProvider(settings(f"http://127.0.0.1:{own}"), SEALING)
    with running(openid_server, own, algorithm):
        started = provider.start("/", now_us())
        provider.finish(started.cookie, Browser(REDIRECT).sign_in(started.address, "zhao-1"), now_us())
    with running(openid_server, own, algorithm):  # another key
        started = provider.start("/", now_us())
        query = Browser(REDIRECT).sign_in(started.address, "zhao-1")
        with refused("access.openid.refused"):  # asked a moment ago: not for every forged token
            provider.finish(started.cookie, query, now_us())
        started = provider.start("/", now_us())
        query = Browser(REDIRECT).sign_in(started.address, "zhao-1")
        who, _ = provider.finish(started.cookie, query, now_us() + 61_000_000)
        assert who.username == "zhao.min"


def test_a_provider_that_is_not_there_is_said_to_be_so() -> None:
    provider = OpenIdProvider(settings("http://127.0.0.1:9"), SEALING)
    with refused("access.openid.unreachable"):
        provider.start("/", now_us())
    with refused("access.openid.insecure"):
        OpenIdProvider(settings("http://sso.example"), SEALING)
