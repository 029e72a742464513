"""Ranking measures against scikit-learn and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from huitong.evaluation.metrics import average_precision, precision_recall_at, rank_scores, roc_auc

SCORES = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.5, 0.9, 1.0]), st.booleans()), min_size=2, max_size=60)


@given(SCORES)
def test_average_precision_and_auc_equal_scikit_learn_with_ties(cases: list[tuple[float, bool]]) -> None:
    score, wrong = np.array([case[0] for case in cases]), np.array([case[1] for case in cases])
    ranked = rank_scores(score, wrong)
    if not wrong.any():
        assert average_precision(ranked) is None
        assert roc_auc(ranked) is None
        return
    value = average_precision(ranked)
    assert value is not None
    assert value.value == pytest.approx(average_precision_score(wrong, score), abs=1e-12)
    assert value.low <= value.value <= value.high
    area = roc_auc(ranked)
    if wrong.all():
        assert area is None
    else:
        assert area is not None
        assert area.value == pytest.approx(roc_auc_score(wrong, score), abs=1e-12)
        assert 0.0 <= area.low <= area.value <= area.high <= 1.0


@given(SCORES, st.floats(-0.5, 1.5))
def test_precision_and_recall_count_what_lies_at_or_above_the_threshold(cases: list[tuple[float, bool]], threshold: float) -> None:
    score, wrong = np.array([case[0] for case in cases]), np.array([case[1] for case in cases])
    flagged = score >= threshold
    precision, recall = precision_recall_at(rank_scores(score, wrong), threshold)
    assert precision == (wrong[flagged].mean() if flagged.any() else None)
    assert recall == (flagged[wrong].mean() if wrong.any() else None)


def test_many_scores_agree_with_scikit_learn_too() -> None:
    random = np.random.default_rng(3)
    wrong = random.random(20_000) < 0.01
    score = random.random(20_000) ** np.where(wrong, 0.3, 1.0)
    ranked = rank_scores(score, wrong)
    value, area = average_precision(ranked), roc_auc(ranked)
    assert value is not None
    assert area is not None
    assert value.value == pytest.approx(average_precision_score(wrong, score), abs=1e-12)
    assert area.value == pytest.approx(roc_auc_score(wrong, score), abs=1e-12)
    assert (ranked.cases, ranked.wrongs) == (20_000, int(wrong.sum()))


def test_an_interval_of_average_precision_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        wrong = random.random(n) < 0.05
        return random.normal(np.where(wrong, 1.8, 0.0), 1.0), wrong

    score, wrong = draw(400_000)
    truth = average_precision(rank_scores(score, wrong))
    assert truth is not None
    covered = 0
    for _ in range(200):
        one = average_precision(rank_scores(*draw(2_000)))
        assert one is not None
        covered += one.low <= truth.value <= one.high
    assert 170 <= covered <= 200


def test_a_perfect_ranking_of_one_fraud_is_no_certainty() -> None:
    value = average_precision(rank_scores(np.array([0.9, 0.1]), np.array([True, False])))
    assert value is not None
    assert value.value == 1.0
    assert value.low < 0.5


def test_no_case_at_all_has_no_measure() -> None:
    ranked = rank_scores(np.zeros(0), np.zeros(0, np.bool_))
    assert average_precision(ranked) is None
    assert roc_auc(ranked) is None
    assert precision_recall_at(ranked, 0.5) == (None, None)
