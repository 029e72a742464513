"""Card precision top-k against the book's algorithm, written out step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitong.evaluation.metrics import card_precision


def by_the_book(score: list[float], wrong: list[bool], customer: list[int], day: list[int], k: int) -> tuple[list[float], list[int]]:
    """Chapter 4 of the Fraud Detection Handbook, with dictionaries: group by customer, take the maxima, sort, take k, divide by k."""
    found: set[int] = set()
    precision, compromised = [], []
    for today in sorted(set(day)):
        best: dict[int, float] = {}
        defrauded: dict[int, bool] = {}
        for row in range(len(score)):
            if day[row] == today and customer[row] not in found:
                best[customer[row]] = max(best.get(customer[row], -1.0), score[row])
                defrauded[customer[row]] = defrauded.get(customer[row], False) or wrong[row]
        called = sorted(best, key=lambda one: (-best[one], one))[:k]
        hits = [one for one in called if defrauded[one]]
        precision.append(len(hits) / k)
        compromised.append(sum(defrauded.values()))
        found.update(hits)
    return precision, compromised


ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.7, 0.9]), st.booleans(), st.integers(0, 7), st.integers(0, 4)), min_size=1, max_size=60
)


@given(ROWS, st.integers(1, 4))
def test_card_precision_is_the_books_algorithm(rows: list[tuple[float, bool, int, int]], k: int) -> None:
    rows = sorted(rows, key=lambda row: row[3])
    score, wrong, customer, day = (list(column) for column in zip(*rows, strict=True))
    precision, compromised = by_the_book(score, wrong, customer, day, k)
    ours = card_precision(np.array(score), np.array(wrong), np.array(customer, np.int32), np.array(day, np.int32), k)
    assert ours.by_day.tolist() == precision
    assert ours.compromised_by_day.tolist() == compromised
    assert ours.mean == pytest.approx(float(np.mean(precision)))


def test_a_customer_found_once_is_not_called_again() -> None:
    ours = card_precision(
        np.array([0.9, 0.9, 0.2]), np.array([True, True, True]), np.array([0, 0, 1], np.int32), np.array([0, 1, 1], np.int32), k=1
    )
    assert ours.by_day.tolist() == [1.0, 1.0]  # on the second day the other customer moves up


def test_a_customer_missed_stays_in() -> None:
    ours = card_precision(
        np.array([0.1, 0.9, 0.8]), np.array([True, False, True]), np.array([0, 1, 0], np.int32), np.array([0, 0, 1], np.int32), k=1
    )
    assert ours.by_day.tolist() == [0.0, 1.0]


def test_no_payment_has_no_card_precision() -> None:
    nothing = np.zeros(0, np.int32)
    assert card_precision(np.zeros(0), np.zeros(0, np.bool_), nothing, nothing).mean is None
