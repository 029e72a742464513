"""Reasons: exact Shapley values of the path-dependent game, against LightGBM, and against the definition."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from huitong.ai import Calibration, TreeEnsemble
from huitong.ai.ensemble import Float64Array
from huitong.ai.tables import build_tables
from huitong.kernel import PolicyError
from tests.ai.worlds import booster, ensemble_of, one_tree, probing_rows


@pytest.mark.parametrize("options", [{}, {"use_missing": False}, {"zero_as_missing": True}], ids=["NaN", "None", "Zero"])
@pytest.mark.parametrize("leaves", [2, 8, 9, 31])
def test_contributions_and_base_are_those_of_lightgbm(leaves: int, options: dict[str, bool]) -> None:
    model = booster(leaves, **options)
    scorer = ensemble_of(model).scorer()
    rows = probing_rows(scorer.ensemble, seed=11, count=500)
    expected = np.asarray(model.predict(rows, pred_contrib=True))
    assert np.abs(scorer.contributions(rows) - expected[:, :-1]).max() <= 1e-9
    assert abs(scorer.base - expected[0, -1]) <= 1e-9


@pytest.mark.parametrize("leaves", [8, 31])
def test_base_and_contributions_sum_to_the_calibrated_log_odds(leaves: int) -> None:
    scorer = ensemble_of(booster(leaves), calibration=Calibration(0.7, -2.0)).scorer()
    for row in probing_rows(scorer.ensemble, seed=12, count=50):
        probability, contributions, base = scorer.explain(row)
        assert base + contributions.sum() == pytest.approx(np.log(probability / (1.0 - probability)), abs=1e-9)


def value_knowing(ensemble: TreeEnsemble, row: Float64Array, known: frozenset[int]) -> float:
    """The tree's answer where only the known features are asked; at other nodes the training rows decide (Lundberg 2018, algorithm 1)."""
    trees = ensemble.trees

    def walk(child: int) -> float:
        if child < 0:
            return float(trees.leaf_value[~child])
        sides = [int(trees.node_left[child]), int(trees.node_right[child])]
        if int(trees.node_feature[child]) in known:
            return walk(sides[0] if row[trees.node_feature[child]] <= trees.node_threshold[child] else sides[1])
        counts = [int(trees.leaf_count[~side] if side < 0 else trees.node_count[side]) for side in sides]
        return sum(count * walk(side) for count, side in zip(counts, sides, strict=True)) / sum(counts)

    return walk(0)


def test_contributions_are_shapley_values_by_their_definition() -> None:
    tree = one_tree([0, 1, 0, 2], [0.0, 0.0, -1.0, 1.0], [1, 2, -1, -4], [3, -3, -2, -5], [0.5, -1.0, 2.0, 0.25, 4.0])
    scorer = tree.scorer()
    for row in np.array([[-2.0, -1.0, 0.0], [-0.5, 1.0, 3.0], [1.0, 0.0, 2.0], [0.5, -3.0, 0.0]]):
        expected = []
        for feature in range(3):
            others = [other for other in range(3) if other != feature]
            gains = (
                factorial(size) * factorial(2 - size) / 6 * (value_knowing(tree, row, known | {feature}) - value_knowing(tree, row, known))
                for size in range(3)
                for known in map(frozenset, combinations(others, size))
            )
            expected.append(sum(gains))
        np.testing.assert_allclose(scorer.explain(row)[1], expected, atol=1e-14)
        assert scorer.base == pytest.approx(value_knowing(tree, row, frozenset()))


def chain(nodes: int) -> TreeEnsemble:
    """A tree as deep as it has nodes, each asking another feature."""
    left, right = [~node for node in range(nodes)], [*range(1, nodes), ~nodes]
    return one_tree(list(range(nodes)), [0.0] * nodes, left, right, list(np.linspace(-1, 1, nodes + 1)), width=nodes)


def test_a_path_of_too_many_features_is_refused_by_name_of_the_limit_and_can_still_be_scored() -> None:
    with pytest.raises(PolicyError, match=r"longest path has 21 distinct features \(limit 20\)"):
        build_tables(chain(21).trees)
    assert 0.0 < chain(21).scorer(reasons=False).probability(np.ones(21)) < 1.0


def test_tables_beyond_the_memory_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.ai.tables.TABLE_BYTES_MAX", 1_000)
    with pytest.raises(PolicyError, match="num_leaves 8") as caught:
        ensemble_of(booster(8)).scorer()
    assert "MiB" in caught.value.cause["zh"]


def test_a_deep_chain_is_explained_exactly() -> None:
    scorer = chain(12).scorer()
    probability, contributions, base = scorer.explain(np.where(np.arange(12) % 3, 1.0, -1.0))
    assert base + contributions.sum() == pytest.approx(np.log(probability / (1 - probability)), abs=1e-12)
