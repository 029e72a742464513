"""Passwords: rules by length and not by composition (NIST SP 800-63B-4, section 3.1.1), and their Argon2id hashes."""

import os
import secrets
import unicodedata
from collections.abc import Callable, Container
from dataclasses import dataclass
from itertools import pairwise

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from huitong.kernel import InputError, Text

LENGTH_MIN, LENGTH_MAX = 15, 128
"""Shortest password, the standard's for one that stands alone, and longest, in characters."""
_OWN_LENGTH_MIN = 8
_DISTINCT_MIN = 5
_SALT_BYTES, _HASH_BYTES = 16, 32
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_GROUPS, _CODE_GROUP = 5, 4


@dataclass(frozen=True, slots=True)
class Hardness:
    """What a guess costs.

    Attributes:
        memory_kib: Memory, KiB.
        passes: Passes over it.
        lanes: Lanes.

    Source:
        RFC 9106; the figures are OWASP's first choice for Argon2id (Password Storage Cheat Sheet).
    """

    memory_kib: int = 47_104
    passes: int = 1
    lanes: int = 1


def normal(password: str) -> str:
    """The password as it is hashed: one form for characters that look alike on two keyboards (NFKC, as the standard asks)."""
    return unicodedata.normalize("NFKC", password)


def require_good(password: str, about: tuple[str, ...] = (), known: Container[str] = frozenset()) -> None:
    """Refuses a password that is short or easily guessed; any character is welcome, and no mixture is asked for.

    Args:
        password: The password.
        about: Words that anybody would try: the user's id and name.
        known: Passwords that are known to be in use elsewhere, in lower case: the institution's own list.

    Raises:
        InputError: Saying what is wrong with it, never the password.
    """
    text = normal(password)
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        raise _bad(
            {
                "en": f"the password has {len(text)} characters; {LENGTH_MIN} to {LENGTH_MAX} are allowed",
                "zh": f"口令长度为 {len(text)} 个字符；应为 {LENGTH_MIN} 至 {LENGTH_MAX} 个",
            }
        )
    if text.lower() in known:
        raise _bad({"en": "the password is on the list of known passwords", "zh": "该口令在已知口令名单中"})
    if len(set(text)) < _DISTINCT_MIN or _repeats(text) or _runs(text):
        raise _bad({"en": "the password repeats or counts itself out", "zh": "口令由重复或连续的字符组成"})
    rest = text.lower()
    for word in (*about, "huitong", "汇通", "password", "口令", "密码"):
        rest = rest.replace(normal(word).lower(), "") if len(word) > 1 else rest
    if len(rest) < _OWN_LENGTH_MIN:
        raise _bad({"en": "the password is little more than the user's name or that of the system", "zh": "口令几乎只由用户名或系统名组成"})


def _repeats(text: str) -> bool:
    """Whether a text is a shorter one over and over."""
    return text in (text + text)[1:-1]


def _runs(text: str) -> bool:
    """Whether nearly every character follows from the one before: ``abcdef…``, ``111222…``, ``9876…``."""
    steps = [abs(ord(after) - ord(before)) for before, after in pairwise(text)]
    return sum(step <= 1 for step in steps) >= len(steps) - 2


def _bad(cause: Text) -> InputError:
    return InputError(
        "access.password.weak",
        cause,
        {
            "en": "take a sentence or several words that only you would think of; digits and signs are not needed",
            "zh": "请使用只有自己想得到的一句话或几个词语；不要求数字与符号",
        },
    )


def hashed(password: str, hardness: Hardness = Hardness(), random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """The Argon2id hash of a password, in the usual written form, which carries its salt and cost."""
    return _argon2id(random_bytes(_SALT_BYTES), hardness).derive_phc_encoded(normal(password).encode())


def _argon2id(salt: bytes, hardness: Hardness) -> Argon2id:
    return Argon2id(salt=salt, length=_HASH_BYTES, iterations=hardness.passes, lanes=hardness.lanes, memory_cost=hardness.memory_kib)


def matches(password: str, kept: str | None, hardness: Hardness = Hardness()) -> bool:
    """Whether a password is the one that was hashed; where there is none, it takes as long to say no.

    Args:
        password: What was given.
        kept: The hash; ``None`` where nobody of that name, or no password, is known.
        hardness: Cost of the answer where there is no hash.
    """
    given = normal(password[: LENGTH_MAX + 1]).encode()
    if kept is None or not kept.startswith("$argon2id$"):
        _argon2id(bytes(_SALT_BYTES), hardness).derive(given)
        return False
    try:
        Argon2id.verify_phc_encoded(given, kept)
    except InvalidKey:
        return False
    return True


def one_time_password() -> str:
    """A password for one sign-in: 100 random bits, in groups that can be read aloud."""
    return "-".join("".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_GROUP)) for _ in range(_CODE_GROUPS))
