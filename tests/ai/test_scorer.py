"""The scorer against LightGBM, and one row against many. Inputs are left as they are, and blanks are treated as declared."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from huitong.ai import Calibration, Missing, Scorer
from huitong.ai.ensemble import Float64Array
from huitong.ai.scorer import CHUNK_ROWS
from huitong.kernel import DataError, InputError, PolicyError
from tests.ai.worlds import WIDTH, booster, ensemble_of, one_tree, probing_rows, rows_with_blanks

MISSING_TYPES = {"NaN": {}, "None": {"use_missing": False}, "Zero": {"zero_as_missing": True}}
CALIBRATION = Calibration(slope=1.3, intercept=-0.4)


def bits(values: Float64Array | list[float]) -> list[int]:
    return np.asarray(values, np.float64).view(np.int64).ravel().tolist()


@pytest.fixture(scope="module", params=[4, 8, 31, 64, 65], ids="{} leaves".format)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return ensemble_of(booster(request.param), calibration=CALIBRATION).scorer()


@pytest.mark.parametrize("missing_type", MISSING_TYPES)
@pytest.mark.parametrize("leaves", [2, 8, 9, 31, 64, 100])
def test_the_raw_score_is_that_of_lightgbm_at_thresholds_their_neighbours_zeros_infinities_and_blanks(
    leaves: int, missing_type: str
) -> None:
    model = booster(leaves, **MISSING_TYPES[missing_type])
    ensemble = ensemble_of(model)
    assert set(ensemble.trees.node_missing.tolist()) == {["None", "Zero", "NaN"].index(missing_type)}
    rows = probing_rows(ensemble, seed=7, count=3_000)
    assert np.abs(ensemble.scorer(reasons=False).raw_scores(rows) - model.predict(rows, raw_score=True)).max() <= 1e-12


def test_the_models_have_trees_on_both_sides_of_every_limit_of_the_scorer() -> None:
    nodes = [np.diff(ensemble_of(booster(leaves)).trees.tree_node).max() for leaves in (8, 9, 64, 65)]
    assert nodes == [7, 8, 63, 64]


def test_both_default_directions_were_tried() -> None:
    assert set(ensemble_of(booster(8)).trees.node_default_left.tolist()) == {0, 1}


def test_one_row_and_many_rows_agree_to_the_bit(scorer: Scorer) -> None:
    rows = probing_rows(scorer.ensemble, seed=3, count=200)
    assert bits(scorer.probabilities(rows)) == bits([scorer.probability(row) for row in rows])
    assert bits(scorer.contributions(rows)) == bits(np.stack([scorer.explain(row)[1] for row in rows]))
    assert bits(scorer.probabilities(rows)) == bits([scorer.explain(row)[0] for row in rows])


def test_threads_chunks_and_memory_layout_change_no_bit(scorer: Scorer) -> None:
    rows = np.tile(probing_rows(scorer.ensemble, seed=4, count=1_000), (CHUNK_ROWS // 1_000 + 2, 1))
    expected = bits(scorer.probabilities(rows))
    assert bits(scorer.probabilities(rows, threads=3)) == expected
    assert bits(scorer.probabilities(np.asfortranarray(rows))) == expected
    rows.flags.writeable = False
    assert bits(scorer.probabilities(rows)) == expected
    some = rows[::37]
    assert bits(scorer.contributions(some, threads=2)) == bits(scorer.contributions(np.ascontiguousarray(some)))


def test_a_scorer_may_be_shared_between_threads(scorer: Scorer) -> None:
    rows = probing_rows(scorer.ensemble, seed=5, count=300)
    with ThreadPoolExecutor(4) as pool:
        assert bits(list(pool.map(scorer.probability, rows))) == bits(scorer.probabilities(rows))


def test_scoring_leaves_its_input_as_it_was(scorer: Scorer) -> None:
    rows = probing_rows(scorer.ensemble, seed=6, count=50)
    before = bits(rows)
    scorer.probabilities(rows)
    scorer.contributions(rows)
    scorer.explain(rows[0])
    assert bits(rows) == before


def test_no_rows_give_no_scores(scorer: Scorer) -> None:
    empty = np.empty((0, WIDTH))
    assert scorer.probabilities(empty).shape == (0,)
    assert scorer.contributions(empty, threads=4).shape == (0, WIDTH)


def test_the_probability_is_the_calibrated_sigmoid_and_rises_with_the_raw_score(scorer: Scorer) -> None:
    rows = probing_rows(scorer.ensemble, seed=8, count=500)
    raw, probability = scorer.raw_scores(rows), scorer.probabilities(rows)
    np.testing.assert_allclose(probability, 1.0 / (1.0 + np.exp(-(CALIBRATION.slope * raw + CALIBRATION.intercept))), rtol=1e-14)
    assert (np.diff(probability[np.argsort(raw)]) >= 0.0).all()


@pytest.mark.parametrize("shape", [(WIDTH + 1,), (WIDTH - 1,), (1, WIDTH)])
def test_a_row_of_another_shape_is_refused(scorer: Scorer, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"shape .* 6 per row"):
        scorer.probability(np.zeros(shape))


def test_a_matrix_of_another_width_is_refused(scorer: Scorer) -> None:
    for matrix in (np.zeros((3, WIDTH + 1)), np.zeros(WIDTH)):
        with pytest.raises(InputError, match="shape"):
            scorer.probabilities(matrix)
        with pytest.raises(InputError, match="shape"):
            scorer.contributions(matrix)


def test_a_scorer_without_reasons_scores_and_says_why_it_cannot_explain() -> None:
    model = ensemble_of(booster(8))
    rows = probing_rows(model, seed=2, count=20)
    plain = model.scorer(reasons=False)
    assert bits(plain.probabilities(rows)) == bits(model.scorer().probabilities(rows))
    with pytest.raises(PolicyError, match="without reasons"):
        plain.explain(rows[0])
    with pytest.raises(PolicyError, match="without reasons"):
        plain.contributions(rows)


def test_a_model_of_lone_leaves_gives_the_same_score_to_all() -> None:
    scorer = one_tree([], [], [], [], [0.25]).scorer()
    probability, contributions, base = scorer.explain(np.array([1.0, np.nan, -np.inf]))
    assert (base, contributions.tolist()) == (0.25, [0.0, 0.0, 0.0])
    assert probability == scorer.probability(np.zeros(3)) == pytest.approx(1 / (1 + np.exp(-0.25)))


def test_a_blank_in_a_required_feature_raises_and_names_it() -> None:
    scorer = ensemble_of(booster(8), Missing.REQUIRED).scorer()
    row = np.zeros(WIDTH)
    row[[2, 4]] = np.nan
    for ask in (scorer.probability, scorer.explain):
        with pytest.raises(DataError, match=r"\['feature 2', 'feature 4'\]") as caught:
            ask(row)
        assert "feature 4" in caught.value.cause["zh"]


def test_a_batch_raises_on_a_required_blank_or_marks_its_rows_and_scores_the_others() -> None:
    scorer = ensemble_of(booster(8), Missing.REQUIRED).scorer()
    rows = np.nan_to_num(rows_with_blanks(3, 200)[0])
    whole = scorer.probabilities(rows)
    rows[[5, 77], 1] = np.nan
    with pytest.raises(DataError, match=r"row 5 \(and 1 more\)"):
        scorer.probabilities(rows)
    with pytest.raises(DataError, match=r"row 5"):
        scorer.contributions(rows)
    marked = scorer.probabilities(rows, on_missing="mark")
    assert np.flatnonzero(np.isnan(marked)).tolist() == [5, 77]
    assert bits(np.delete(marked, [5, 77])) == bits(np.delete(whole, [5, 77]))
    assert np.isnan(scorer.contributions(rows, on_missing="mark")[5]).all()


def test_a_blank_in_an_imputed_feature_scores_as_its_fill() -> None:
    scorer = ensemble_of(booster(8), Missing.IMPUTED).scorer()
    rows = probing_rows(scorer.ensemble, seed=9, count=300)
    filled = np.where(np.isnan(rows), 0.5, rows)
    assert bits(scorer.probabilities(rows)) == bits(scorer.probabilities(filled))
    assert bits(scorer.contributions(rows)) == bits(scorer.contributions(filled))
