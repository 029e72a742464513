"""From LightGBM's dumped model to our arrays. Needs the dump only, not the library."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from huitong.ai.ensemble import ARRAY_DTYPES, MISSING_NAN, MISSING_NONE, MISSING_ZERO, TreeArrays
from huitong.kernel import InputError

_MISSING = {"None": MISSING_NONE, "Zero": MISSING_ZERO, "NaN": MISSING_NAN}
_NODE_FIELDS = tuple(name for name in ARRAY_DTYPES if name.startswith("node_"))

DumpNode = Mapping[str, Any]
"""One node of ``Booster.dump_model()``: JSON of LightGBM's making, so its values have no narrower type."""


def trees_from_lightgbm(dump: Mapping[str, object]) -> TreeArrays:
    """The trees of ``Booster.dump_model()``.

    Args:
        dump: What ``dump_model()`` gives, at most one tree per round, numerical splits.

    Raises:
        InputError: If the model has several classes, averaged or linear trees, or a categorical split: none of them has an exact
            equal here.
    """
    if dump.get("num_tree_per_iteration") != 1:
        raise _unsupported(
            "model.lightgbm.multiclass",
            "several trees per round (multi-class)",
            "每轮多棵树（多分类）",
            "train a binary objective",
            "请训练二分类目标",
        )
    if dump.get("average_output"):
        raise _unsupported(
            "model.lightgbm.averaged",
            "averaged trees (random forest)",
            "取平均的树（随机森林）",
            "train with boosting=gbdt",
            "请使用 boosting=gbdt 训练",
        )
    flat: dict[str, list[float]] = {name: [] for name in ARRAY_DTYPES}
    flat["tree_node"].append(0)
    flat["tree_leaf"].append(0)
    for info in cast("Sequence[DumpNode]", dump["tree_info"]):
        _append_tree(info["tree_structure"], flat)
    return TreeArrays(**{name: np.array(values, dtype=ARRAY_DTYPES[name]) for name, values in flat.items()})


def _append_tree(root: DumpNode, flat: dict[str, list[float]]) -> None:
    first_node, first_leaf = len(flat["node_feature"]), len(flat["leaf_value"])
    pending: list[tuple[DumpNode, str, int]] = [(root, "", 0)]
    while pending:
        node, side, parent = pending.pop()
        leaf = "split_index" not in node
        own = ~(len(flat["leaf_value"]) - first_leaf) if leaf else len(flat["node_feature"]) - first_node
        if side:
            flat[side][parent] = own
        if leaf:
            _append_leaf(node, flat)
        else:
            position = first_node + own
            _append_node(node, flat)
            pending += [(node["right_child"], "node_right", position), (node["left_child"], "node_left", position)]
    flat["tree_node"].append(len(flat["node_feature"]))
    flat["tree_leaf"].append(len(flat["leaf_value"]))


def _append_leaf(node: DumpNode, flat: dict[str, list[float]]) -> None:
    if "leaf_coeff" in node:
        raise _unsupported(
            "model.lightgbm.linear", "linear trees", "线性树", "train with linear_tree=false", "请使用 linear_tree=false 训练"
        )
    flat["leaf_value"].append(node["leaf_value"])
    flat["leaf_count"].append(node.get("leaf_count", 0))


def _append_node(node: DumpNode, flat: dict[str, list[float]]) -> None:
    if node["decision_type"] != "<=":
        raise _unsupported(
            "model.lightgbm.categorical",
            f"a categorical split on feature {node['split_feature']}",
            f"特征 {node['split_feature']} 上的类别型分裂",
            "give the category as numeric features, such as its rate of fraud as known then",
            "请将类别改写为数值特征，例如当时已知的欺诈率",
        )
    values = (
        node["split_feature"],
        node["threshold"],
        _MISSING[node["missing_type"]],
        int(node["default_left"]),
        0,
        0,
        node["internal_count"],
    )
    for name, value in zip(_NODE_FIELDS, values, strict=True):
        flat[name].append(value)


def _unsupported(code: str, en: str, zh: str, remedy_en: str, remedy_zh: str) -> InputError:
    return InputError(
        code,
        {"en": f"this LightGBM model has {en}, which Huitong does not score", "zh": f"该 LightGBM 模型含有{zh}，汇通不支持对其评分"},
        {"en": remedy_en, "zh": remedy_zh},
    )
