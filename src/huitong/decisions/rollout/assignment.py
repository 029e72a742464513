"""Which customers a canary decides for: a salted hash, so that a customer stays where they are and a growing share only adds some."""

from decimal import Decimal, InvalidOperation
from hashlib import blake2b

from huitong.kernel import InputError

SHARE_WHOLE_PPM = 1_000_000
"""All customers, in parts per million."""
_PPM_OF_PERCENT = 10_000
_PERCENT_MAX = 100


def percent_of(share_ppm: int) -> str:
    """A share as people read it, in percent and without the sign.

    >>> percent_of(5_000)
    '0.5'
    """
    return f"{share_ppm / _PPM_OF_PERCENT:g}"


def share_ppm_of(percent: str) -> int:
    """A share as people write it, in percent of the customers.

    Raises:
        InputError: If it is no percentage (``rollout.share.unreadable``), or none of customers (``rollout.share.range``).

    >>> share_ppm_of("0.5 %")
    5000
    """
    number = percent.removesuffix("%").removesuffix("％").strip()
    try:
        share = Decimal(number)
        fits = 0 <= share <= _PERCENT_MAX
    except InvalidOperation:  # also of what is no number and compares with none
        raise InputError(
            "rollout.share.unreadable",
            {"en": f"{percent!r} is no percentage", "zh": f"{percent!r} 不是百分比"},
            {"en": "give a number such as 5 or 0.5", "zh": "请填写数字，例如 5 或 0.5"},
        ) from None
    if not fits:
        raise InputError(
            "rollout.share.range",
            {"en": f"a share of {number} % does not lie between 0 % and 100 %", "zh": f"比例 {number}% 不在 0% 与 100% 之间"},
            {"en": "give a number above 0 and below 100, such as 5 or 0.5", "zh": "请填写大于 0 且小于 100 的数字，例如 5 或 0.5"},
        )
    return round(share * _PPM_OF_PERCENT)


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
