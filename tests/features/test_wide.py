"""128-bit arithmetic against Python's whole numbers."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.features import wide

WORDS = st.integers(0, 2**64 - 1)


def split(value: int) -> tuple[np.uint64, np.uint64]:
    return np.uint64(value >> 64 & 2**64 - 1), np.uint64(value & 2**64 - 1)


def join(pair: tuple[np.uint64, np.uint64]) -> int:
    return int(pair[0]) << 64 | int(pair[1])


@settings(deadline=None)
@given(WORDS, WORDS)
def test_products_are_exact(a: int, b: int) -> None:
    assert join(wide.multiply(np.uint64(a), np.uint64(b))) == a * b


@settings(deadline=None)
@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_sums_and_differences_are_exact_modulo_two_to_the_128(a: int, b: int) -> None:
    assert join(wide.add(*split(a), *split(b))) == (a + b) % 2**128
    assert join(wide.subtract(*split(a), *split(b))) == (a - b) % 2**128


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-(10**15), 10**15), st.integers(-3, 3)), min_size=2, max_size=50), st.integers(0, 10**15))
def test_a_spread_has_no_cancellation_however_far_the_values_lie_from_zero(values: list[int], offset: int) -> None:
    values = [min(value + offset, 10**15) for value in values]
    count, total, squares = len(values), sum(values), sum(value * value for value in values)
    exact = count * squares - total * total
    assert math.isclose(wide.spread(count, total, *split(squares)), exact, rel_tol=1e-15)
