"""A model of one tree, drawn by hand, so that the simulated bank has one to leave out when time runs short."""

from pathlib import Path

import numpy as np

from huitong.ai import Calibration, Missing, ModelFeature, TrainingRecord, TreeArrays, TreeEnsemble, register


def put_model(root: Path, inputs_version: str) -> None:
    """Puts the model into a bank's folder, and says so where training does: beside the policy ``transfers``.

    Args:
        root: The folder.
        inputs_version: Version of the features that it reads.
    """
    features = tuple(ModelFeature(name, Missing.IMPUTED, fill=-1.0) for name in ("amount", "sum_24h"))
    trees = TreeArrays(
        tree_node=np.array([0, 2]),
        tree_leaf=np.array([0, 3]),
        node_feature=np.array([0, 1], np.int32),
        node_threshold=np.array([4_000.0, 12_000.0]),
        node_missing=np.zeros(2, np.uint8),
        node_default_left=np.zeros(2, np.uint8),
        node_left=np.array([~0, ~1], np.int32),
        node_right=np.array([1, ~2], np.int32),
        node_count=np.array([9, 7]),
        leaf_value=np.array([-3.0, -1.0, 2.0]),
        leaf_count=np.array([2, 3, 4]),
    )
    (root / "models").mkdir(exist_ok=True)
    path = register(TreeEnsemble(features, trees, Calibration(), TrainingRecord(inputs_version)), root / "models")
    told = f'[model]\nreference = "{path.stem}"\nlearned_before = "2000-01-01T00:00:00Z"\n\n[thresholds]\nreview = 0.6\n'
    (root / "policies" / "transfers" / "trained.toml").write_text(told, "utf-8")
