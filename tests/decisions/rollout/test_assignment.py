"""Who is in a canary: drawn evenly, the same each time, and only ever joined by others."""

from hypothesis import given
from hypothesis import strategies as st

from huitong.decisions.rollout import in_canary, place_of


def test_customers_are_drawn_evenly_and_anew_by_another_salt() -> None:
    chosen = {salt: {number for number in range(20_000) if in_canary(salt, f"C{number}", 50_000)} for salt in ("one", "two")}
    for customers in chosen.values():
        assert 900 < len(customers) < 1_100
    assert len(chosen["one"] & chosen["two"]) < 100


@given(st.text(), st.text(), st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_who_is_in_stays_in_while_the_share_grows(salt: str, customer: str, share: int, more: int) -> None:
    assert 0 <= place_of(salt, customer) < 1_000_000
    assert in_canary(salt, customer, share) <= in_canary(salt, customer, max(share, more))
    assert not in_canary(salt, customer, 0)
    assert in_canary(salt, customer, 1_000_000)
