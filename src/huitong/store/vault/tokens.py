"""The token that stands for a name in a record: ``enc:`` and, in base64, a pseudonym and the name under the key of that pseudonym."""

import base64
import binascii
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "enc:"
PSEUDONYM_BYTES = 12
TAG_BYTES = 16
# A key encrypts one text, ever: a nonce that never changes is as good as any, and gives the same token each time.
_NONCE = bytes(12)
_STANDARD = bytes.maketrans(b"-_", b"+/")


def split(joined: bytes) -> list[bytes]:
    """Pseudonyms that were joined."""
    return [joined[start : start + PSEUDONYM_BYTES] for start in range(0, len(joined), PSEUDONYM_BYTES)]


def sealed(pseudonym: bytes, key: bytes, text: str) -> str:
    """The token of a name."""
    return PREFIX + base64.urlsafe_b64encode(pseudonym + AESGCM(key).encrypt(_NONCE, text.encode(), pseudonym)).decode().rstrip("=")


def opened(raw: bytes, key: bytes) -> str:
    """The name in a token's bytes.

    Raises:
        InvalidTag: If they are something else.
    """
    pseudonym = raw[:PSEUDONYM_BYTES]
    return AESGCM(key).decrypt(_NONCE, raw[PSEUDONYM_BYTES:], pseudonym).decode()


def is_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return text.startswith(PREFIX) and len(_raw(text)) >= PSEUDONYM_BYTES + TAG_BYTES


def raws_of(tokens: Sequence[str]) -> dict[str, bytes]:
    """Those of some texts that are tokens, each with its bytes: all of one length at once, for one by one takes four times as long."""
    raws: dict[str, bytes] = {}
    by_length: dict[int, list[str]] = {}
    for token in tokens:
        by_length.setdefault(len(token), []).append(token)
    for length, same in by_length.items():
        digits = length - len(PREFIX)
        size, padding = digits * 3 // 4, "A" * (-digits % 4)
        step = (digits + len(padding)) * 3 // 4
        try:
            decoded = b""
            if size >= PSEUDONYM_BYTES + TAG_BYTES and digits % 4 != 1 and all(token.startswith(PREFIX) for token in same):
                joined = "".join([token[len(PREFIX) :] + padding for token in same])
                decoded = binascii.a2b_base64(joined.encode("ascii").translate(_STANDARD), strict_mode=True)
            raws.update(zip(same, [decoded[start : start + size] for start in range(0, len(decoded), step)], strict=True))
        except (binascii.Error, ValueError):  # some of them are something else
            raws.update((token, _raw(token)) for token in same if is_token(token))
    return raws


def pseudonym_of(token: str) -> bytes:
    """The pseudonym in a token."""
    return _raw(token)[:PSEUDONYM_BYTES]


def _raw(token: str) -> bytes:
    text = token.removeprefix(PREFIX)
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
