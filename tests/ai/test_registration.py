"""Registration: signs proved and blanks accounted for, so that a field left blank cannot quietly turn a decision."""

from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from huitong.ai import (
    Calibration,
    Missing,
    ModelFeature,
    TrainingRecord,
    TreeEnsemble,
    load,
    register,
    registration_findings,
    trees_from_lightgbm,
)
from huitong.kernel import DataError, InputError, PolicyError, Severity
from tests.ai.worlds import WIDTH, booster, ensemble_of, one_tree


def model_of_debts(missing: Missing, fill: float | None = None) -> TreeEnsemble:
    """Debt decides, is far above zero for all, and was never blank in training: the trap."""
    rng = np.random.default_rng(1)
    debt = rng.uniform(1_000, 9_000, 2_000)
    data = lightgbm.Dataset(debt[:, None], (debt > 5_000).astype(int))
    model = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 4}, data, 30)
    return TreeEnsemble(
        (ModelFeature("debt", missing, fill),), trees_from_lightgbm(model.dump_model()), Calibration(), TrainingRecord("plan 1")
    )


BLANK, HEAVY_DEBT = np.array([np.nan]), np.array([8_000.0])


def test_the_trap_is_real_a_tree_library_reads_a_blank_as_zero_and_a_decline_becomes_an_approval() -> None:
    scorer = model_of_debts(Missing.INFORMATIVE).scorer()
    assert scorer.probability(HEAVY_DEBT) > 0.9
    assert scorer.probability(BLANK) == scorer.probability(np.array([0.0])) < 0.1


def test_a_feature_declared_informative_that_training_never_saw_blank_is_refused_at_registration(tmp_path: Path) -> None:
    model = model_of_debts(Missing.INFORMATIVE)
    assert [finding.code for finding in registration_findings(model)] == ["model.blank.never_seen"]
    with pytest.raises(PolicyError, match=r"debt.*never saw it blank") as caught:
        register(model, tmp_path)
    assert "从未缺失" in caught.value.cause["zh"]
    assert list(tmp_path.iterdir()) == []


def test_a_claim_of_blanks_in_training_does_not_help_where_the_trees_know_none() -> None:
    model = model_of_debts(Missing.INFORMATIVE)
    claimed = replace(model, features=(replace(model.features[0], blanks_in_training=5),))
    assert [finding.code for finding in registration_findings(claimed)] == ["model.blank.never_seen"]


@pytest.mark.parametrize(("missing", "fill"), [(Missing.REQUIRED, None), (Missing.IMPUTED, 9_000.0)])
def test_with_a_declared_treatment_a_blank_debt_is_an_error_or_a_heavy_debt_never_an_approval(
    missing: Missing, fill: float | None, tmp_path: Path
) -> None:
    scorer = load(register(model_of_debts(missing, fill), tmp_path)).scorer()
    if missing is Missing.REQUIRED:
        with pytest.raises(DataError, match="debt"):
            scorer.probability(BLANK)
    else:
        assert scorer.probability(BLANK) == scorer.probability(np.array([9_000.0])) > 0.9


def test_an_informative_feature_that_was_blank_in_training_passes_with_a_warning_of_how_far_a_blank_moves_the_score(tmp_path: Path) -> None:
    model = ensemble_of(booster(8))
    findings = registration_findings(model)
    assert {finding.code for finding in findings} == {"model.blank.swing"}
    assert all(finding.severity is Severity.WARNING for finding in findings)
    assert {finding.where for finding in findings} <= set(model.feature_names)
    assert register(model, tmp_path).is_file()


def test_a_broken_sign_is_refused_with_its_counter_example(tmp_path: Path) -> None:
    tree = one_tree([0], [0.0], [-1], [-2], [1.0, 0.0])
    claimed = replace(tree, features=(ModelFeature("amount", monotone=1), *tree.features[1:]))
    with pytest.raises(PolicyError, match="tree 0, amount: the score should never fall as amount rises"):
        register(claimed, tmp_path)


def dump_of(objective: str, labels: np.ndarray, **options: object) -> dict[str, object]:
    rng = np.random.default_rng(1)
    matrix = rng.integers(0, 5, (300, 2)).astype(float)
    data = lightgbm.Dataset(matrix, labels, categorical_feature=[0] if options.pop("categorical", False) else [])
    parameters = {"objective": objective, "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 2, "min_data_per_group": 2, **options}
    dump: dict[str, object] = lightgbm.train(parameters, data, 3).dump_model()
    return dump


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"objective": "multiclass", "num_class": 3}, "multi-class"),
        ({"objective": "binary", "categorical": True, "cat_smooth": 0.1}, "categorical split on feature 0"),
        ({"objective": "binary", "linear_tree": True}, "linear trees"),
        ({"objective": "binary", "boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}, "random forest"),
    ],
    ids=["multi-class", "categorical", "linear", "forest"],
)
def test_a_lightgbm_model_that_has_no_exact_equal_here_is_refused_by_name(options: dict[str, object], named: str) -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3 if "num_class" in options else 2, 300)
    chosen = dict(options)
    with pytest.raises(InputError, match=named):
        trees_from_lightgbm(dump_of(str(chosen.pop("objective")), labels, **chosen))


def test_every_feature_of_the_trees_must_be_declared() -> None:
    with pytest.raises(DataError, match="does not have"):
        ensemble_of(booster(8), width=WIDTH - 1)
