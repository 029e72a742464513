"""ULID ids: 48 bits of milliseconds, 80 bits of randomness, Crockford's base 32; they sort by time."""

from collections.abc import Callable

from huitong.kernel.errors import InputError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_TIME_BITS, _RANDOM_BITS = 48, 80

EventId = str
DecisionId = str
ID_LENGTH_MAX = 128
"""Longest id, in characters, that a source may give."""


def ulid(now_us: int, random_bytes: Callable[[int], bytes]) -> str:
    """A new id.

    Args:
        now_us: The clock's reading.
        random_bytes: Gives ``n`` random bytes: ``os.urandom`` live, a seeded generator's ``randbytes`` elsewhere.

    Raises:
        InputError: If the clock reads before 1970 or after the year 10889.

    Source:
        The ULID specification, github.com/ulid/spec.
    """
    milliseconds = now_us // 1_000
    if not 0 <= milliseconds < 1 << _TIME_BITS:
        raise InputError(
            "id.time.outside",
            {"en": f"{now_us} µs has no ULID", "zh": f"{now_us} 微秒没有对应的 ULID"},
            {"en": "check the clock", "zh": "请检查时钟"},
        )
    return _encode(milliseconds << _RANDOM_BITS | int.from_bytes(random_bytes(_RANDOM_BITS // 8)))


def _encode(value: int) -> str:
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def ulid_time_us(text: str) -> int:
    """The time inside a ULID, in microseconds (whole milliseconds).

    Raises:
        InputError: If ``text`` is no ULID.
    """
    if len(text) != _LENGTH or any(character not in _ALPHABET for character in text) or text[0] > "7":
        raise InputError(
            "id.unreadable",
            {"en": f"{text!r} is not a ULID", "zh": f"{text!r} 不是 ULID"},
            {"en": "give 26 characters of Crockford's base 32", "zh": "请给出 26 位 Crockford base32 字符"},
        )
    value = 0
    for character in text:
        value = value << 5 | _ALPHABET.index(character)
    return (value >> _RANDOM_BITS) * 1_000
