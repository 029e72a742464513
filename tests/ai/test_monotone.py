"""The proof of monotone signs: complete against brute force, and what LightGBM's methods keep and break."""

from itertools import product

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitong.ai import Missing, TreeEnsemble, blank_swing, prove_monotone
from huitong.ai.ensemble import Float64Array
from huitong.kernel import InputError
from tests.ai.worlds import ensemble_of, one_tree

SIGNS = (1, 1, 1)


def trained_with(method: str, seed: int, blanks: float) -> TreeEnsemble:
    """A model of waves, far from monotone, that LightGBM was told to make monotone in all three features."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(2_000, 3)).round(1)
    odds = sum(rng.normal() * np.sin(rng.uniform(1, 4) * matrix[:, i] + matrix[:, j]) for i in range(3) for j in range(3)) + matrix[:, 0]
    labels = (odds > np.median(odds)).astype(int)
    matrix[rng.random(matrix.shape) < blanks] = np.nan
    parameters = {
        "objective": "binary",
        "num_leaves": 8,
        "verbosity": -1,
        "num_threads": 1,
        "seed": 1,
        "deterministic": True,
        "force_row_wise": True,
        "monotone_constraints": SIGNS,
        "monotone_constraints_method": method,
    }
    missing = Missing.INFORMATIVE if blanks else Missing.REQUIRED
    return ensemble_of(lightgbm.train(parameters, lightgbm.Dataset(matrix, labels), 20), missing, width=3)


def breaks(ensemble: TreeEnsemble) -> int:
    return sum(len(prove_monotone(ensemble, name, sign)) for name, sign in zip(ensemble.feature_names, SIGNS, strict=True))


@pytest.mark.parametrize("seed", [2, 5])
def test_without_blanks_intermediate_keeps_its_signs(seed: int) -> None:
    assert breaks(trained_with("intermediate", seed, blanks=0.0)) == 0


@pytest.mark.parametrize("seed", [2, 5])
def test_with_blanks_advanced_breaks_its_signs_and_so_does_intermediate_but_basic_does_not(seed: int) -> None:
    advanced, intermediate, basic = (breaks(trained_with(method, seed, blanks=0.1)) for method in ("advanced", "intermediate", "basic"))
    assert advanced > intermediate > basic == 0


def test_a_break_names_its_tree_and_a_pair_of_rows_that_show_it() -> None:
    ensemble = one_tree([1, 0], [-1.0, 2.5], [-1, -2], [1, -3], [0.0, 3.0, 1.0], width=2)
    (finding,) = prove_monotone(ensemble, "feature 0", 1)
    assert finding.where == "tree 0, feature 0"
    assert "from 2.5 to inf" in finding.text["en"]
    assert "changes by -2 (the whole model by -2) where feature 1 = 0" in finding.text["en"]
    assert "变化 -2" in finding.text["zh"]
    assert prove_monotone(ensemble, "feature 0", -1) == []


def test_a_step_of_rounding_against_the_sign_is_not_a_break_but_a_small_one_is() -> None:
    assert prove_monotone(one_tree([0], [0.0], [-1], [-2], [0.25, 0.25 - 1e-16]), "feature 0", 1) == []
    assert len(prove_monotone(one_tree([0], [0.0], [-1], [-2], [0.25, 0.25 - 1e-9]), "feature 0", 1)) == 1


@pytest.mark.parametrize(("feature", "sign"), [("feature 9", 1), ("feature 0", 0), ("feature 0", 2)])
def test_a_question_that_the_model_cannot_answer_is_refused(feature: str, sign: int) -> None:
    with pytest.raises(InputError):
        prove_monotone(one_tree([0], [0.0], [-1], [-2], [0.0, 1.0]), feature, sign)


@st.composite
def small_trees(draw: st.DrawFn) -> TreeEnsemble:
    """Any tree of two to six leaves over two features, with ties, zero thresholds and blanks sent either way."""
    leaves = draw(st.integers(2, 6))
    left, right = [0] * (leaves - 1), [0] * (leaves - 1)
    counts = [0, 0]

    def grow(size: int) -> int:
        if size == 1:
            counts[1] += 1
            return ~(counts[1] - 1)
        own = counts[0]
        counts[0] += 1
        split = draw(st.integers(1, size - 1))
        left[own], right[own] = grow(split), grow(size - split)
        return own

    grow(leaves)
    features = draw(st.lists(st.integers(0, 1), min_size=leaves - 1, max_size=leaves - 1))
    thresholds = draw(st.lists(st.sampled_from([-1.0, 0.0, 1e-36, 1.0]), min_size=leaves - 1, max_size=leaves - 1))
    values = draw(st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0]), min_size=leaves, max_size=leaves))
    blanks_left = draw(st.lists(st.booleans(), min_size=leaves - 1, max_size=leaves - 1))
    missing_type = draw(st.sampled_from([0, 1, 2]))
    return one_tree(features, thresholds, left, right, values, 2, blanks_left, missing_type)


NUMBERS = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]


def scores_on_grid(ensemble: TreeEnsemble) -> dict[tuple[float, float], float]:
    """Raw scores by (value of feature 0, value of feature 1); 99 stands for a blank."""
    keys = [(value, other) for value in [*NUMBERS, 99.0] for other in [*NUMBERS, 99.0]]
    rows: Float64Array = np.array(keys)
    rows[rows == 99.0] = np.nan
    return dict(zip(keys, ensemble.scorer(reasons=False).raw_scores(rows).tolist(), strict=True))


@settings(max_examples=150, deadline=None)
@given(small_trees(), st.sampled_from([-1, 1]))
def test_a_sign_is_proved_if_and_only_if_no_pair_of_rows_breaks_it(ensemble: TreeEnsemble, sign: int) -> None:
    grid = scores_on_grid(ensemble)
    falls = any(
        sign * grid[low, other] > sign * grid[high, other]
        for low, high in product(NUMBERS, repeat=2)
        if low < high
        for other in [*NUMBERS, 99.0]
    )
    assert bool(prove_monotone(ensemble, "feature 0", sign)) == falls


@settings(max_examples=100, deadline=None)
@given(small_trees())
def test_the_swing_of_a_blank_is_the_largest_change_that_leaving_the_field_blank_makes(ensemble: TreeEnsemble) -> None:
    grid = scores_on_grid(ensemble)
    changes = [grid[99.0, other] - grid[value, other] for value in NUMBERS for other in [*NUMBERS, 99.0]]
    assert blank_swing(ensemble, "feature 0") == (min(0.0, *changes), max(0.0, *changes))
