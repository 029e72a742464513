"""Time-based one-time codes (RFC 6238): six digits of HMAC-SHA-1 every thirty seconds, as authenticator apps make them."""

import base64
import binascii
import hmac
import os
from collections.abc import Callable
from urllib.parse import quote, urlencode

from huitong.kernel import MICROSECONDS_PER_SECOND

STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1
"""How many steps a phone's clock may be off, either way."""
_SECRET_BYTES = 20


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a time step.

    Args:
        secret: Shared with the app.
        step: Number of the step since the epoch.
        digits: Digits of the code.

    Source:
        RFC 4226, section 5.3; RFC 6238, section 4.

    >>> code_at(b"12345678901234567890", 59 // STEP_SECONDS, digits=8)
    '94287082'
    """
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(now_us: int) -> int:
    """The time step of a moment."""
    return now_us // (STEP_SECONDS * MICROSECONDS_PER_SECOND)


def matching_step(secret: str, code: str, now_us: int, last_step: int = 0) -> int | None:
    """The step whose code was given; ``None`` where none fits, or only one that was used before.

    Args:
        secret: The secret, base32.
        code: What was given; spaces do not matter.
        now_us: The clock's reading.
        last_step: The last step whose code was used: neither it nor an earlier one is taken again.
    """
    try:
        key = base64.b32decode(secret)
    except (binascii.Error, ValueError):
        return None
    given = "".join(code.split()).encode()
    now = step_of(now_us)
    fitting = [step for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1) if hmac.compare_digest(code_at(key, step).encode(), given)]
    return next((step for step in fitting if step > last_step), None)


def new_secret(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """A secret for an app: 160 bits, base32."""
    return base64.b32encode(random_bytes(_SECRET_BYTES)).decode()


def app_address(secret: str, user: str, issuer: str = "Huitong") -> str:
    """The ``otpauth:`` address that an authenticator app takes, as text or as a picture."""
    query = urlencode({"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS})
    return f"otpauth://totp/{quote(issuer)}:{quote(user)}?{query}"
