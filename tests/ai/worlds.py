"""Small seeded worlds and models that the tests of the ai room share."""

from collections.abc import Sequence
from functools import cache

import lightgbm
import numpy as np

from huitong.ai import Calibration, Missing, ModelFeature, TrainingRecord, TreeArrays, TreeEnsemble, trees_from_lightgbm
from huitong.ai.ensemble import Float64Array, Int64Array

ZERO_MAX = float(np.float32(1e-35))
WIDTH = 6
UNCALIBRATED = Calibration()


def rows_with_blanks(seed: int, count: int, width: int = WIDTH) -> tuple[Float64Array, Int64Array]:
    """Features with ties, zeros, tiny numbers and blanks, and labels that depend on them and on the blanks."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(count, width)).round(1)
    matrix[:, 1] = np.where(rng.random(count) < 0.4, 0.0, matrix[:, 1])
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    signal = np.where(np.isnan(matrix), 0.7, matrix)
    odds = signal[:, 0] * signal[:, 1] + np.sin(2 * signal[:, 2]) + signal[:, 3] + rng.normal(size=count)
    return matrix, (odds > 1.0).astype(np.int64)


@cache
def booster(leaves: int, trees: int = 30, seed: int = 1, **options: bool) -> lightgbm.Booster:
    """A LightGBM model of ``rows_with_blanks``."""
    matrix, labels = rows_with_blanks(seed, 1_500)
    parameters = {
        "objective": "binary",
        "num_leaves": leaves,
        "min_data_in_leaf": 5,
        "max_depth": 8,
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        **options,
    }
    return lightgbm.train(parameters, lightgbm.Dataset(matrix, labels), trees)


def ensemble_of(
    model: lightgbm.Booster,
    missing: Missing = Missing.INFORMATIVE,
    calibration: Calibration = UNCALIBRATED,
    width: int = WIDTH,
) -> TreeEnsemble:
    """The booster as an artefact whose features all treat blanks alike."""
    fill = 0.5 if missing is Missing.IMPUTED else None
    features = tuple(ModelFeature(f"feature {index}", missing, fill, blanks_in_training=1) for index in range(width))
    return TreeEnsemble(features, trees_from_lightgbm(model.dump_model()), calibration, TrainingRecord("plan 1"))


def probing_rows(ensemble: TreeEnsemble, seed: int, count: int) -> Float64Array:
    """Rows of thresholds, their neighbours on both sides, zeros of both signs, tiny numbers, infinities and blanks."""
    rng = np.random.default_rng(seed)
    matrix, _ = rows_with_blanks(seed, count)
    trees = ensemble.trees
    edges = [0.0, -0.0, ZERO_MAX, -ZERO_MAX, 1e-36, -1e-40, 5e-324, np.inf, -np.inf, np.nan, 1e300, -1e300]
    edges += [float(np.nextafter(sign * ZERO_MAX, sign * np.inf)) for sign in (-1, 1)]
    for column in range(matrix.shape[1]):
        thresholds = trees.node_threshold[trees.node_feature == column]
        pool = np.concatenate([edges, thresholds, np.nextafter(thresholds, np.inf), np.nextafter(thresholds, -np.inf)])
        probed = rng.random(count) < 0.7
        matrix[probed, column] = rng.choice(pool, int(probed.sum()))
    return matrix


def one_tree(
    feature: Sequence[int],
    threshold: Sequence[float],
    left: Sequence[int],
    right: Sequence[int],
    value: Sequence[float],
    width: int = 3,
    default_left: Sequence[bool] | None = None,
    missing_type: int = 2,
) -> TreeEnsemble:
    """An ensemble of one tree, drawn by hand: nodes in preorder, a child below zero is leaf ``~child``."""
    nodes, leaves = len(feature), len(value)
    leaf_count = np.arange(2, leaves + 2)
    node_count = np.zeros(nodes, np.int64)
    for node in reversed(range(nodes)):
        node_count[node] = sum(leaf_count[~child] if child < 0 else node_count[child] for child in (left[node], right[node]))
    trees = TreeArrays(
        tree_node=np.array([0, nodes]),
        tree_leaf=np.array([0, leaves]),
        node_feature=np.array(feature, np.int32),
        node_threshold=np.array(threshold, np.float64),
        node_missing=np.full(nodes, missing_type, np.uint8),
        node_default_left=np.array(default_left or [False] * nodes, np.uint8),
        node_left=np.array(left, np.int32),
        node_right=np.array(right, np.int32),
        node_count=node_count,
        leaf_value=np.array(value, np.float64),
        leaf_count=leaf_count,
    )
    features = tuple(ModelFeature(f"feature {index}", Missing.INFORMATIVE, blanks_in_training=1) for index in range(width))
    return TreeEnsemble(features, trees, Calibration(), TrainingRecord("plan 1"))
