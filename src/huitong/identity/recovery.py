"""Recovery codes: each stands in for a code of the device once, for whoever has lost it (NIST SP 800-63B-4, look-up secrets)."""

import base64
import os
from collections.abc import Callable, Sequence

from huitong.identity.tokens import keyed_hash, same

RECOVERY_CODES = 10
"""How many are given at once."""
_CODE_BYTES = 10
_GROUP = 4


def new_codes(random_bytes: Callable[[int], bytes] = os.urandom) -> tuple[str, ...]:
    """Codes of 80 random bits each, base32 in groups that can be read aloud."""
    texts = [base64.b32encode(random_bytes(_CODE_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    return tuple("-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP)) for text in texts)


def hashes_of(codes: Sequence[str], secret: str, user: str) -> str:
    """What is kept of a user's codes: their keyed hashes, in their order, as one text.

    Args:
        codes: The codes.
        secret: The bank's secret, hex.
        user: Whose they are.
    """
    return " ".join(_hash(code, secret, user) for code in codes)


def matching_code(given: str, kept: Sequence[str], secret: str, user: str) -> int | None:
    """Which code was given, by its place among those that are kept; ``None`` where it is none of them, or was used.

    Args:
        given: What was typed; blanks, dashes and small letters do not matter.
        kept: Keyed hashes; empty where a code was used.
        secret: The bank's secret, hex.
        user: Who gave it.
    """
    hashed = _hash(given, secret, user)
    found = [place for place, one in enumerate(kept) if same(one, hashed)]
    return found[0] if found else None


def _hash(code: str, secret: str, user: str) -> str:
    plain = "".join(code.split()).replace("-", "").upper()
    return keyed_hash(secret, "recovery", f"{user}\n{plain}")
