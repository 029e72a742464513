"""Rate limits, headers, cookies, and where a sign-in may lead back to."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.identity import Credentials, Outside, RateLimit, RateLimiter, credentials_of, openid_cookie, security_headers, session_cookie
from huitong.identity.web import is_loopback, local_path

SECOND_US = 1_000_000


def test_a_burst_passes_then_the_rate_holds_and_each_caller_has_their_own() -> None:
    limiter = RateLimiter(RateLimit(per_second=2, burst=3))
    assert [limiter.take("a", 0) for _ in range(3)] == [0, 0, 0]
    wait_us = limiter.take("a", 0)
    assert 0 < wait_us <= SECOND_US // 2 + 1
    assert limiter.take("b", 0) == 0
    assert limiter.take("a", wait_us) == 0


@given(st.lists(st.tuples(st.integers(-SECOND_US, 3 * SECOND_US), st.floats(0.1, 20)), max_size=60))
def test_no_caller_gets_more_than_burst_and_rate_whatever_the_clock_does(steps: list[tuple[int, float]]) -> None:
    limit = RateLimit(per_second=2, burst=5)
    limiter, now_us, latest_us, taken = RateLimiter(limit), 10 * SECOND_US, 10 * SECOND_US, 0.0
    limiter.take("a", now_us, 0)
    for step_us, cost in steps:
        now_us += step_us
        latest_us = max(latest_us, now_us)
        if limiter.take("a", now_us, cost) == 0:
            taken += min(cost, limit.burst)
    assert taken <= limit.burst + limit.per_second * (latest_us - 10 * SECOND_US) / SECOND_US + 1e-6


def test_who_waits_as_told_is_served() -> None:
    limiter = RateLimiter(RateLimit(per_second=0.7, burst=4))
    now_us = 0
    for _ in range(50):
        now_us += limiter.take("a", now_us, 3)
        assert limiter.take("a", now_us, 3) == 0 or now_us == 0
        now_us += 1


def test_memory_is_bounded() -> None:
    limiter = RateLimiter(RateLimit(per_second=1, burst=1), callers_max=10)
    for number in range(100):
        limiter.take(str(number), 0)
    assert limiter.take("99", 0) > 0
    assert limiter.take("0", 0) == 0  # forgotten, and full again


PROXIES = Outside("https://huitong.bank.example", (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")))


@pytest.mark.parametrize(
    ("told", "address", "found"),
    [
        ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
        ("evil, 203.0.113.9, 10.0.0.7", "10.0.0.1", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9:4711", "10.0.0.1", "203.0.113.9"),
        ("[2001:db9::1]:443", "2001:db8::7", "2001:db9::1"),
        ("203.0.113.9", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.1", "10.0.0.3"),
        ("203.0.113.9, unknown", "10.0.0.1", "10.0.0.1"),
        ("", "10.0.0.1", "10.0.0.1"),
        ("203.0.113.9", "", ""),
    ],
)
def test_a_trusted_proxy_says_for_whom_it_asks_and_nobody_else_does(told: str, address: str, found: str) -> None:
    assert PROXIES.caller({"x-forwarded-for": told}, address) == found
    assert credentials_of({"X-Forwarded-For": told}, address=address, outside=PROXIES).address == found
    assert credentials_of({"X-Forwarded-For": told}, address=address).address == address


def test_behind_tls_pages_are_known_by_the_address_and_sessions_by_the_cookie_that_no_sister_sets() -> None:
    def given(origin: str, outside: Outside) -> Credentials:
        cookies = {"huitong_session": "plain"}
        return credentials_of({"Host": "127.0.0.1:8000", "Origin": origin}, cookies, address="10.0.0.1", method="POST", outside=outside)

    assert given("https://huitong.bank.example", PROXIES).from_own_page
    assert not given("http://127.0.0.1:8000", PROXIES).from_own_page
    assert given("http://127.0.0.1:8000", Outside()).from_own_page
    assert (given("", PROXIES).session_token, given("", Outside()).session_token) == (None, "plain")


def test_headers_let_nothing_in_and_nothing_out() -> None:
    headers = security_headers(secure=True)
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert "strict-transport-security" not in security_headers(secure=False)
    assert "'nonce-abc'" in security_headers(secure=True, nonce="abc")["content-security-policy"]
    styles = security_headers(secure=True, inline_styles=True)["content-security-policy"]
    assert "style-src 'self' 'unsafe-inline'" in styles
    assert "script-src 'self';" in styles


def test_cookies_are_no_script_s_and_bound_to_this_host() -> None:
    for make in (session_cookie, openid_cookie):
        cookie = make(True)
        assert cookie.name.startswith("__Host-")
        assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "lax", "/")
        assert not make(False).name.startswith("__")


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\nb", "/ok\\..", "javascript:1"]
)
def test_a_path_that_leads_elsewhere_leads_home(path: str) -> None:
    assert local_path(path) == "/"


def test_a_path_of_ours_is_kept() -> None:
    assert local_path("/cases/7?tab=2#x") == "/cases/7?tab=2#x"


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("", False), ("x", False)],
)
def test_this_machine_is_told_from_others(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback
