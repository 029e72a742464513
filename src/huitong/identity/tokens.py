"""Secrets that a browser or a system holds: drawn by chance, and kept only as a hash under a secret of the bank's own."""

import base64
import hmac
import os
from collections.abc import Callable

API_KEY_PREFIX = "huitong_"
"""Begins every API key, so that scanners for leaked secrets know it."""
_TOKEN_BYTES = 32


def new_token(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """256 random bits, as text that fits a cookie or a header."""
    return base64.urlsafe_b64encode(random_bytes(_TOKEN_BYTES)).decode().rstrip("=")


def new_secret(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """The secret of a bank under which tokens are hashed, hex."""
    return random_bytes(_TOKEN_BYTES).hex()


def keyed_hash(secret: str, use: str, token: str) -> str:
    """What is kept of a token: HMAC-SHA-256 under the bank's secret, apart for each use.

    Args:
        secret: The bank's secret, hex.
        use: ``"session"``, ``"api_key"``, ``"csrf"``, ``"recovery"``.
        token: The token.
    """
    return hmac.digest(bytes.fromhex(secret), f"{use}\n{token}".encode(), "sha256").hex()


def csrf_token(secret: str, session_token: str) -> str:
    """What a page must send with every change: bound to its session, so that no other site can know it (synchronizer token)."""
    return keyed_hash(secret, "csrf", session_token)


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
