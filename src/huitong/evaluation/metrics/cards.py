"""Card precision top-k: of the k customers that a team would call each day, how many had really been defrauded."""

from dataclasses import dataclass

import numpy as np

from huitong.contracts import Float64Array, Int32Array, Int64Array
from huitong.evaluation.metrics.ranking import BoolArray


@dataclass(frozen=True, slots=True)
class CardPrecision:
    """Card precision top-k over a period.

    Attributes:
        mean: Mean over the days; ``None`` without a day.
        by_day: Precision of each day, shape ``(days,)``; the divisor is ``k`` also on a day with fewer customers, as in the book.
        compromised_by_day: Customers with a fraud that day who were not yet found: the most that could be found, shape ``(days,)``.
    """

    mean: float | None
    by_day: Float64Array
    compromised_by_day: Int64Array


def card_precision(score: Float64Array, wrong: BoolArray, customer: Int32Array, day: Int32Array, k: int = 100) -> CardPrecision:
    """Card precision top-k, day by day, as the Fraud Detection Handbook defines it.

    For each day, customers are ranked by the highest score of their payments; of the first ``k``, those with at least one
    fraud that day count; customers found so are left out of all later days. Customers with equal scores are ranked by code
    (the book leaves their order open).

    Args:
        score: One for each payment, no NaN, shape ``(n,)``.
        wrong: Whether each payment was a fraud, shape ``(n,)``.
        customer: Customer code, ``>= 0``, shape ``(n,)``.
        day: Day number, never falling from row to row, shape ``(n,)``.
        k: Customers that can be called in a day.

    Source:
        Le Borgne, Siblini, Lebichot & Bontempi (2022), Reproducible Machine Learning for Credit Card Fraud Detection,
        chapter 4, section "Precision top-k metrics".
    """
    if len(score) == 0:
        return CardPrecision(None, np.zeros(0), np.zeros(0, np.int64))
    starts = np.append(0, np.flatnonzero(day[1:] != day[:-1]) + 1)
    stops = np.append(starts[1:], len(day))
    best = np.empty(int(customer.max()) + 1)
    defrauded = np.empty(len(best), np.bool_)
    found = np.zeros(len(best), np.bool_)
    by_day, compromised = np.zeros(len(starts)), np.zeros(len(starts), np.int64)
    for position, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        today = customer[start:stop]
        best[today] = -np.inf
        np.maximum.at(best, today, score[start:stop])
        defrauded[today] = False
        defrauded[today[wrong[start:stop]]] = True
        customers = np.unique(today)
        customers = customers[~found[customers]]
        called = customers[np.argsort(-best[customers], kind="stable")[:k]]
        hits = called[defrauded[called]]
        by_day[position] = len(hits) / k
        compromised[position] = int(np.count_nonzero(defrauded[customers]))
        found[hits] = True
    return CardPrecision(float(by_day.mean()), by_day, compromised)
