"""ULIDs: they sort by time, and say it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.kernel import InputError, ulid, ulid_time_us

LAST_US = (1 << 48) * 1_000 - 1
times = st.integers(0, LAST_US)


@given(times, st.binary(min_size=10, max_size=10))
def test_an_id_gives_its_time_back_to_the_millisecond(now_us: int, random_bytes: bytes) -> None:
    identity = ulid(now_us, lambda _: random_bytes)
    assert len(identity) == 26
    assert ulid_time_us(identity) == now_us // 1_000 * 1_000


@given(times, times)
def test_ids_sort_as_their_milliseconds_do(a: int, b: int) -> None:
    first, second = (ulid(now_us, lambda size: b"\x80" * size) for now_us in (a, b))
    assert (first < second) == (a // 1_000 < b // 1_000)


def test_the_published_example_of_the_specification_reads_as_it_says() -> None:
    # github.com/ulid/spec: 01ARZ3NDEKTSV4RRFFQ69G5FAV; its first ten letters are the time, here decoded by the specification's table.
    assert ulid_time_us("01ARZ3NDEKTSV4RRFFQ69G5FAV") == 1_469_922_850_259_000


def test_the_same_seed_gives_the_same_ids_and_a_thousand_differ() -> None:
    first, again = random.Random(7), random.Random(7)
    ids = [ulid(1_000_000, first.randbytes) for _ in range(1_000)]
    assert ids == [ulid(1_000_000, again.randbytes) for _ in range(1_000)]
    assert len(set(ids)) == 1_000


@pytest.mark.parametrize("now_us", [-1, LAST_US + 1])
def test_a_time_without_a_ulid_is_refused(now_us: int) -> None:
    with pytest.raises(InputError) as caught:
        ulid(now_us, bytes)
    assert caught.value.code == "id.time.outside"


@pytest.mark.parametrize(
    "text", ["", "0" * 25, "0" * 27, "I" * 26, "8" + "0" * 25, "01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FA "]
)
def test_what_is_no_ulid_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        ulid_time_us(text)
    assert caught.value.code == "id.unreadable"
