"""Which customers a canary decides for: a salted hash, so that a customer stays where they are and a growing share only adds some."""

from hashlib import blake2b

SHARE_WHOLE_PPM = 1_000_000
"""All customers, in parts per million."""


def place_of(salt: str, customer: str) -> int:
    """A customer's place among a million, the same each time; another salt mixes all of them anew.

    Args:
        salt: Of the roll-out, recorded with it.
        customer: Whom the event concerns.

    >>> place_of("salt", "C-1001")
    631506
    """
    digest = blake2b(customer.encode(), key=salt.encode()[:64], digest_size=8, person=b"canary").digest()
    return int.from_bytes(digest) * SHARE_WHOLE_PPM >> 64


def in_canary(salt: str, customer: str, share_ppm: int) -> bool:
    """Whether a customer is among the first ``share_ppm`` of a million."""
    return place_of(salt, customer) < share_ppm
