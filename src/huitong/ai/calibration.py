"""From raw score to probability: Platt's logistic calibration, and a sigmoid with the same bits on every machine.

Why Platt and not isotonic or beta: fraud is rare, so the later slice that calibrates has few positives. Two parameters are stable
on a hundred of them where a staircase is not; the order of rows is kept strictly; and because calibrated log-odds are linear in the
raw score, the contributions of the features stay additive after calibration (each is multiplied by the slope).
"""

import math

import numba
import numpy as np
import numpy.typing as npt

from huitong.ai.ensemble import Calibration, Float64Array
from huitong.kernel import DataError

_LN2_HIGH = 6.93147180369123816490e-01  # 32 leading bits of ln 2, so that k × _LN2_HIGH is exact (Cody and Waite, 1980)
_LN2_LOW = 1.90821492927058770002e-10
_LOG_ODDS_MAX = 700.0  # beyond it exp is at the edge of float64, and the probability is 0 or 1 to every digit
_TAYLOR = tuple(1.0 / math.factorial(k) for k in range(13, 1, -1))
_ROUNDS_MAX = 100


@numba.njit(cache=True)
def sigmoid(log_odds: float) -> float:
    """1 / (1 + exp(-log_odds)), from additions and multiplications only: no system library, so the bits are the same everywhere.

    A vectorised loop may not swap in another ``exp``, so one row and a batch agree to the bit. Error below 4 units in the last place.
    """
    if math.isnan(log_odds):
        return log_odds
    magnitude = min(abs(log_odds), _LOG_ODDS_MAX)
    k = math.floor(magnitude * 1.4426950408889634 + 0.5)
    rest = -((magnitude - k * _LN2_HIGH) - k * _LN2_LOW)
    series = 0.0
    for coefficient in _TAYLOR:
        series = series * rest + coefficient
    falling = math.ldexp(1.0 + (rest + rest * rest * series), -int(k))
    return 1.0 / (1.0 + falling) if log_odds >= 0.0 else falling / (1.0 + falling)


def fit_platt(raw_scores: Float64Array, labels: npt.NDArray[np.bool_]) -> Calibration:
    """Slope and intercept of greatest likelihood, targets drawn in by half a row each way so that no fit runs to infinity.

    Args:
        raw_scores: Raw scores of rows later than those of training. Shape (n,).
        labels: Their labels. Shape (n,).

    Raises:
        DataError: If there are no rows of one class, or the score does not rise with the label (then it must not be used).

    Source:
        Platt (1999), "Probabilistic outputs for support vector machines"; Newton's method with halving after Lin, Lin and Weng
        (2007), "A note on Platt's probabilistic outputs".
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        raise _unfit(f"{positives} positives and {negatives} negatives", f"正样本 {positives} 条，负样本 {negatives} 条")
    centre, spread = float(raw_scores.mean()), float(raw_scores.std())
    if not spread > 0.0:
        raise _unfit("the same score in every row", "所有样本的得分相同")
    z = (raw_scores - centre) / spread
    target = np.where(labels, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    slope, intercept = _newton(z, target, math.log((positives + 1.0) / (negatives + 1.0)))
    if slope <= 0.0:
        raise _unfit("a score that does not rise with the label", "得分未随标签上升")
    return Calibration(slope / spread, intercept - slope * centre / spread)


def _newton(z: Float64Array, target: Float64Array, intercept: float) -> tuple[float, float]:
    slope, loss = 0.0, _log_loss(intercept + 0.0 * z, target)
    for _ in range(_ROUNDS_MAX):
        p = 1.0 / (1.0 + np.exp(-(slope * z + intercept)))
        error, weight = target - p, p * (1.0 - p)
        gradient = np.array([float((error * z).sum()), float(error.sum())])
        cross = float((weight * z).sum())
        hessian = np.array([[float((weight * z * z).sum()) + 1e-12, cross], [cross, float(weight.sum()) + 1e-12]])
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-10:
            candidate = _log_loss((slope + size * step[0]) * z + intercept + size * step[1], target)
            if candidate <= loss:
                break
            size /= 2.0
        else:
            break
        slope, intercept = slope + size * float(step[0]), intercept + size * float(step[1])
        loss = candidate
        if float(np.abs(step).max()) * size < 1e-12:
            break
    return slope, intercept


def _log_loss(log_odds: Float64Array, target: Float64Array) -> float:
    return float((np.logaddexp(0.0, log_odds) - target * log_odds).sum())


def _unfit(en: str, zh: str) -> DataError:
    return DataError(
        "model.calibration.unfit",
        {"en": f"the calibration slice has {en}", "zh": f"校准时段数据无法使用：{zh}"},
        {"en": "give more days, or look for features that know more", "zh": "请提供更长时间的数据，或寻找更有信息量的特征"},
    )
