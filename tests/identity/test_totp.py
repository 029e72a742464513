"""Time-based codes: the vectors of RFC 6238, appendix B, and no code twice."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.identity.totp import STEP_SECONDS, app_address, code_at, matching_step, new_secret, step_of

RFC_KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(RFC_KEY, seconds // STEP_SECONDS, digits=8) == code
    assert code_at(RFC_KEY, seconds // STEP_SECONDS) == code[2:]


@given(st.integers(0, 2**33), st.integers(-3, 3))
def test_a_code_is_taken_one_step_off_and_no_further(seconds: int, off: int) -> None:
    secret, now_us = base64.b32encode(RFC_KEY).decode(), (seconds + 100) * 1_000_000
    step = step_of(now_us) + off
    found = matching_step(secret, code_at(RFC_KEY, step), now_us)
    assert (found == step) == (abs(off) <= 1) or found is not None  # two steps may share a code by chance


def test_neither_the_last_code_nor_an_earlier_one_is_taken_again() -> None:
    secret, now_us = base64.b32encode(RFC_KEY).decode(), 1_000_000_000
    now = step_of(now_us)
    assert matching_step(secret, code_at(RFC_KEY, now), now_us, now - 1) == now
    assert matching_step(secret, code_at(RFC_KEY, now), now_us, now) is None
    assert matching_step(secret, code_at(RFC_KEY, now - 1), now_us, now) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert matching_step(new_secret(), code, 10**15) is None


def test_blanks_in_a_code_do_not_matter_and_a_spoilt_secret_opens_nothing() -> None:
    code = code_at(RFC_KEY, 40)
    assert matching_step(base64.b32encode(RFC_KEY).decode(), f"{code[:3]} {code[3:]}", 40 * STEP_SECONDS * 1_000_000) == 40
    assert matching_step("enc:…", code, 40 * STEP_SECONDS * 1_000_000) is None


def test_an_app_is_given_an_address_that_it_understands() -> None:
    assert app_address("ABC", "li.wei") == "otpauth://totp/Huitong:li.wei?secret=ABC&issuer=Huitong&algorithm=SHA1&digits=6&period=30"
