"""Our scorer and reasons beside LightGBM's ``predict`` and ``pred_contrib``, in one run, one thread each, on seeded data.

``python benchmarks/run.py --only tree_scorer`` prints one line per measurement; ``measure`` gives the same as dictionaries.
"""

import json
import time
from collections.abc import Callable

import lightgbm
import numpy as np

from huitong.ai import Calibration, Missing, ModelFeature, Scorer, TrainingRecord, TreeEnsemble, trees_from_lightgbm
from huitong.ai.ensemble import Float64Array

SEED = 20_180_401
FEATURES = 60
TRAINING_ROWS = 20_000
BATCH_ROWS = 2_000
SINGLE_ROWS = 200
REPEATS = 5
MODELS = ((300, 8), (200, 8), (200, 31))
"""Trees and leaves; the first is the one that the limits are about."""
QUICK_MODELS = ((20, 8),)


def rows_and_labels() -> tuple[Float64Array, Float64Array]:
    """Features as a bank's are: skewed, correlated, a tenth of them blank."""
    rng = np.random.default_rng(SEED)
    matrix = rng.lognormal(0, 1, (TRAINING_ROWS, FEATURES)) + rng.normal(size=(TRAINING_ROWS, 1))
    weight = rng.normal(size=FEATURES) * (rng.random(FEATURES) < 0.5)
    odds = np.log1p(np.abs(matrix)) @ weight + 0.5 * matrix[:, 0] * (matrix[:, 1] > 1) + rng.normal(size=TRAINING_ROWS)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix, (odds > np.quantile(odds, 0.95)).astype(np.float64)


def trained(trees: int, leaves: int) -> tuple[lightgbm.Booster, TreeEnsemble]:
    """The same model twice: LightGBM's and ours."""
    matrix, labels = rows_and_labels()
    parameters = {
        "objective": "binary",
        "num_leaves": leaves,
        "max_depth": 7,
        "learning_rate": 0.05,
        "verbosity": -1,
        "num_threads": 1,
        "seed": SEED,
        "deterministic": True,
        "force_row_wise": True,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, labels), trees)
    features = tuple(ModelFeature(f"feature {index}", Missing.INFORMATIVE, blanks_in_training=1) for index in range(FEATURES))
    return booster, TreeEnsemble(features, trees_from_lightgbm(booster.dump_model()), Calibration(), TrainingRecord("benchmark"))


def best_us(work: Callable[[], object], rows: int) -> float:
    """Microseconds per row of the fastest of some runs, on this thread's own clock: neighbours on the machine do not count."""
    times = []
    for _ in range(REPEATS):
        start = time.thread_time_ns()
        work()
        times.append(time.thread_time_ns() - start)
    return min(times) / rows / 1_000


def measure_model(trees: int, leaves: int) -> list[dict[str, object]]:
    """The four comparisons of one model, and how exact ours is."""
    booster, ensemble = trained(trees, leaves)
    start = time.thread_time()
    scorer = ensemble.scorer()
    scorer.explain(np.zeros(FEATURES))
    compiled = time.thread_time()
    scorer = ensemble.scorer()
    loaded_ms = 1_000 * (time.thread_time() - compiled)
    matrix = rows_and_labels()[0][:BATCH_ROWS].copy()
    singles = [row.copy() for row in matrix[:SINGLE_ROWS]]
    name = f"{trees} trees x {leaves} leaves"
    results = [
        _compared(name, "one row: probability and all reasons", singles, scorer.explain, lambda row: _contributions(booster, row[None])),
        _compared(name, "one row: probability", singles, scorer.probability, lambda row: _predicted(booster, row[None])),
        _compared(name, "batch: all reasons", matrix, scorer.contributions, lambda rows: _contributions(booster, rows)),
        _compared(name, "batch: probability", matrix, scorer.probabilities, lambda rows: _predicted(booster, rows)),
    ]
    exactness = {"model": name, "what": "exactness", **_errors(scorer, booster, matrix)}
    tables = {
        "model": name,
        "what": "tables of reasons",
        "build_ms": round(loaded_ms, 1),
        "first_call_ms": round(1_000 * (compiled - start), 1),
    }
    return [*results, exactness, tables]


def _predicted(booster: lightgbm.Booster, rows: Float64Array) -> object:
    return booster.predict(rows, num_threads=1)


def _contributions(booster: lightgbm.Booster, rows: Float64Array) -> object:
    return booster.predict(rows, pred_contrib=True, num_threads=1)


def _compared(
    model: str,
    what: str,
    rows: Float64Array | list[Float64Array],
    ours: Callable[[Float64Array], object],
    peer: Callable[[Float64Array], object],
) -> dict[str, object]:
    def run(work: Callable[[Float64Array], object]) -> float:
        if isinstance(rows, list):
            return best_us(lambda: [work(row) for row in rows], len(rows))
        return best_us(lambda: work(rows), len(rows))

    ours_us, peer_us = run(ours), run(peer)
    return {
        "model": model,
        "what": what,
        "ours_us": round(ours_us, 2),
        "lightgbm_us": round(peer_us, 2),
        "ratio": round(peer_us / ours_us, 1),
    }


def _errors(scorer: Scorer, booster: lightgbm.Booster, matrix: Float64Array) -> dict[str, object]:
    raw = np.abs(scorer.raw_scores(matrix) - booster.predict(matrix, raw_score=True)).max()
    contributions = np.abs(scorer.contributions(matrix) - np.asarray(booster.predict(matrix, pred_contrib=True))[:, :-1]).max()
    return {"raw_score_error_max": float(raw), "contribution_error_max": float(contributions)}


def measure(quick: bool = False) -> list[dict[str, object]]:
    """All measurements: microseconds per row, ours and LightGBM's, and how many times faster ours is.

    Args:
        quick: Only one small model, to see that everything runs.
    """
    return [result for trees, leaves in (QUICK_MODELS if quick else MODELS) for result in measure_model(trees, leaves)]


if __name__ == "__main__":
    for line in measure():
        print(json.dumps(line))
