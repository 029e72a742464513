"""Proof that a model is monotone, on the trained arrays: a parameter of the training library is a wish, this is a check.

How: the answers of a tree change only at its thresholds, so a few representative values per feature stand for all numbers. Each leaf
is, per feature, the set of representatives that reach it. A tree falls as a feature rises if and only if there are two leaves that
agree on some value of every other feature, that a smaller and a larger value of this feature reach, and whose values are out of order.
That is exact for each tree. If no tree breaks the sign, their sum keeps it; if one does, the ensemble may still keep it, and is
refused all the same: the counter-example says what the whole model does there.

A blank is not a number and has no place in the order: where it is ``informative`` the score may jump, by at most ``blank_swing``.
"""

from dataclasses import dataclass

import numpy as np

from huitong.ai.ensemble import Float64Array, Missing, TreeEnsemble
from huitong.ai.nodes import ZERO_MAX, goes_left, node_kinds, ready
from huitong.kernel import Finding, InputError

FINDINGS_MAX = 20
"""Counter-examples reported per feature."""
ROUNDING_MAX = 1e-12
"""A step against the sign of no more log-odds than this is rounding in the training library, not a break."""

_BLANK = 1
"""The first bit of every set: the blank. Numbers follow in rising order."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One leaf: its value, and per feature asked on its way the set of representatives that reach it, as bits."""

    value: float
    reached: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Box:
    """One tree: its leaves and the representatives of every feature it asks."""

    leaves: list[_Leaf]
    values: dict[int, list[float]]


def prove_monotone(ensemble: TreeEnsemble, feature: str, sign: int) -> list[Finding]:
    """Nothing if the raw score of every tree never falls (sign 1) or never rises (-1) as ``feature`` rises; else counter-examples.

    Raises:
        InputError: If the model has no such feature or the sign is neither 1 nor -1.
    """
    if sign not in (-1, 1) or feature not in ensemble.feature_names:
        raise InputError(
            "model.monotone.question",
            {"en": f"there is no sign {sign} of a feature {feature} to prove", "zh": f"无法证明特征 {feature} 的符号 {sign}"},
            {"en": "give a feature of the model, and 1 or -1", "zh": "请给出模型中的特征，以及 1 或 -1"},
        )
    index = ensemble.feature_names.index(feature)
    findings = []
    for tree in _trees_asking(ensemble, index):
        box = _box(ensemble, tree)
        broken = _first_break(box, index, sign)
        if broken is not None:
            findings.append(_break_finding(ensemble, tree, index, sign, box, broken))
            if len(findings) == FINDINGS_MAX:
                break
    return findings


def blank_swing(ensemble: TreeEnsemble, feature: str) -> tuple[float, float]:
    """The most that leaving ``feature`` blank can lower and raise the calibrated log-odds, whatever the other values are.

    Each tree's swing is exact; their sum is a bound. Zero where a blank never reaches the trees (``required``), and the swing of the
    fill value where it is ``imputed``.
    """
    index = ensemble.feature_names.index(feature)
    declared = ensemble.features[index]
    if declared.missing is Missing.REQUIRED:
        return 0.0, 0.0
    lowest = highest = 0.0
    for tree in _trees_asking(ensemble, index):
        box = _box(ensemble, tree)
        blank = _bit_of(box, index, declared.fill)
        swings = [
            one.value - other.value
            for one in box.leaves
            if one.reached.get(index, blank) & blank
            for other in box.leaves
            if other.reached.get(index, _BLANK) & ~_BLANK and _meet(one, other, index)
        ]
        lowest += min([0.0, *swings])
        highest += max([0.0, *swings])
    slope = ensemble.calibration.slope
    return slope * lowest, slope * highest


def _bit_of(box: _Box, index: int, fill: float | None) -> int:
    if fill is None:
        return _BLANK
    value = float(ready(fill, 0, 0.0))
    return 1 << 1 + next(place for place, number in enumerate(box.values[index]) if value <= number)


def _trees_asking(ensemble: TreeEnsemble, index: int) -> list[int]:
    trees = ensemble.trees
    asked = np.flatnonzero(trees.node_feature == index)
    return np.unique(np.searchsorted(trees.tree_node, asked, side="right") - 1).tolist()  # type: ignore[no-any-return]  # ints


def _box(ensemble: TreeEnsemble, tree: int) -> _Box:
    trees = ensemble.trees
    first, last = int(trees.tree_node[tree]), int(trees.tree_node[tree + 1])
    nodes = range(first, last)
    asked = trees.node_feature[first:last].tolist()
    values = {
        index: _representatives([float(trees.node_threshold[node]) for node, other in zip(nodes, asked, strict=True) if other == index])
        for index in set(asked)
    }
    kinds = node_kinds(trees)
    left = [_left_set(values[index], float(trees.node_threshold[node]), int(kinds[node])) for node, index in zip(nodes, asked, strict=True)]
    all_of = {index: (2 << len(numbers)) - 1 - _BLANK * (not _blank_reaches(ensemble, index)) for index, numbers in values.items()}
    leaves: list[_Leaf] = []
    pending: list[tuple[int, dict[int, int]]] = [(0 if asked else -1, {})]
    while pending:
        at, reached = pending.pop()
        if not all(reached.values()):
            continue  # no row gets here
        if at < 0:
            leaves.append(_Leaf(float(trees.leaf_value[int(trees.tree_leaf[tree]) + ~at]), reached))
            continue
        index = asked[at]
        whole = reached.get(index, all_of[index])
        pending.append((int(trees.node_right[first + at]), reached | {index: whole & ~left[at]}))
        pending.append((int(trees.node_left[first + at]), reached | {index: whole & left[at]}))
    return _Box(leaves, values)


def _blank_reaches(ensemble: TreeEnsemble, index: int) -> bool:
    return ensemble.features[index].missing is Missing.INFORMATIVE


def _representatives(thresholds: list[float]) -> list[float]:
    """One value for each range between thresholds, zero by itself (it may count as missing), and the last number below zero."""
    below_zero = float(np.nextafter(-ZERO_MAX, -np.inf))
    return sorted({float(ready(value, 0, 0.0)) for value in (*thresholds, below_zero, 0.0, np.inf)})


def _left_set(values: list[float], threshold: float, kind: int) -> int:
    answers = [goes_left(float("nan"), threshold, kind), *(goes_left(value, threshold, kind) for value in values)]
    return sum(int(answer) << place for place, answer in enumerate(answers))


def _meet(one: _Leaf, other: _Leaf, index: int) -> bool:
    """Whether some row differs in nothing but the feature ``index`` and falls into the one leaf or the other."""
    return all(bits & other.reached.get(feature, -1) for feature, bits in one.reached.items() if feature != index)


def _first_break(box: _Box, index: int, sign: int) -> tuple[_Leaf, _Leaf] | None:
    """Two leaves, reached by a smaller and by a larger value, whose values are out of order; the largest fall."""
    worst: tuple[float, _Leaf, _Leaf] | None = None
    everything = (2 << len(box.values[index])) - 1
    for low in box.leaves:
        low_set = low.reached.get(index, everything) & ~_BLANK
        for high in box.leaves:
            fall = sign * (low.value - high.value)
            high_set = high.reached.get(index, everything) & ~_BLANK
            if fall > (worst[0] if worst else ROUNDING_MAX) and _ordered(low_set, high_set) and _meet(low, high, index):
                worst = (fall, low, high)
    return worst[1:] if worst else None


def _ordered(low: int, high: int) -> bool:
    """Whether some member of ``low`` lies below some member of ``high``."""
    return low != 0 and (low & -low) < high and (low & -low).bit_length() < high.bit_length()


def _break_finding(ensemble: TreeEnsemble, tree: int, index: int, sign: int, box: _Box, broken: tuple[_Leaf, _Leaf]) -> Finding:
    row, smaller, larger = _counter_example(ensemble, index, box, broken)
    name, change = ensemble.features[index].name, broken[1].value - broken[0].value
    whole = _whole_change(ensemble, row, index, smaller, larger)
    others = ", ".join(f"{ensemble.features[feature].name} = {row[feature]:g}" for feature in sorted(box.values) if feature != index)
    return Finding(
        code="model.monotone.broken",
        where=f"tree {tree}, {name}",
        text={
            "en": f"the score should never {'fall' if sign > 0 else 'rise'} as {name} rises, but from {smaller:g} to {larger:g} "
            f"tree {tree} changes by {change:+.6g} (the whole model by {whole:+.6g}) where {others or 'nothing else matters'}",
            "zh": f"{name} 上升时得分不应{'下降' if sign > 0 else '上升'}，但从 {smaller:g} 到 {larger:g} 时"
            f"第 {tree} 棵树变化 {change:+.6g}（整个模型变化 {whole:+.6g}），此时 {others or '与其他特征无关'}",
        },
        remedy={
            "en": 'train with monotone_constraints_method="intermediate", or drop the sign from the policy',
            "zh": '请使用 monotone_constraints_method="intermediate" 重新训练，或在策略中去掉该符号',
        },
    )


def _counter_example(ensemble: TreeEnsemble, index: int, box: _Box, broken: tuple[_Leaf, _Leaf]) -> tuple[Float64Array, float, float]:
    """A row, and two values of the feature, between which the tree breaks its sign."""
    low, high = broken
    row = np.zeros(len(ensemble.features))
    for feature, values in box.values.items():
        if feature != index:
            shared = _members(values, low.reached.get(feature, -1) & high.reached.get(feature, -1))
            row[feature] = min(shared, key=abs, default=np.nan)
    lows, highs = (_members(box.values[index], leaf.reached.get(index, -1)) for leaf in broken)
    smaller = max(value for value in lows if value < highs[-1])
    return row, smaller, min(value for value in highs if value > smaller)


def _members(values: list[float], bits: int) -> list[float]:
    """The numbers in a set, rising; the blank is left out."""
    return [value for place, value in enumerate(values, 1) if bits >> place & 1]


def _whole_change(ensemble: TreeEnsemble, row: Float64Array, index: int, smaller: float, larger: float) -> float:
    pair = np.stack([row, row])
    pair[:, index] = smaller, larger
    low, high = ensemble.scorer(reasons=False).raw_scores(pair, on_missing="mark")
    return float(high - low)
