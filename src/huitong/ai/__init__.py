"""Models: trained with LightGBM, kept as content-addressed arrays, scored and explained by our own compiled code.

For whom: the policy that needs a calibrated probability and honest reasons in microseconds, and the auditor who wants to know what
exactly scored a payment last March.
How: ``train`` (needs the extra ``train``) → ``register`` proves the declared signs and writes the file → ``load`` → ``scorer()``.
A row's contributions are exact TreeSHAP values, tabulated when the model is loaded.
Where it fails: one binary target, numerical splits only; tables of reasons are bounded (trees of 8 leaves are the sweet spot);
a probability is only as good as the calibration slice is like the future.
"""

import huitong.machine_code  # noqa: F401 - before any cached function is loaded
from huitong.ai.artefact import FILE_SUFFIX, decode, encode, load, save
from huitong.ai.calibration import fit_platt
from huitong.ai.ensemble import Calibration, Missing, ModelFeature, TrainingRecord, TrainingSlice, TreeArrays, TreeEnsemble
from huitong.ai.lightgbm_trees import trees_from_lightgbm
from huitong.ai.monotone import blank_swing, prove_monotone
from huitong.ai.registration import register, registration_findings
from huitong.ai.scorer import Scorer
from huitong.ai.training import train
from huitong.ai.training_spec import TrainedModel, TrainingSpec

__all__ = [
    "FILE_SUFFIX",
    "Calibration",
    "Missing",
    "ModelFeature",
    "Scorer",
    "TrainedModel",
    "TrainingRecord",
    "TrainingSlice",
    "TrainingSpec",
    "TreeArrays",
    "TreeEnsemble",
    "blank_swing",
    "decode",
    "encode",
    "fit_platt",
    "load",
    "prove_monotone",
    "register",
    "registration_findings",
    "save",
    "train",
    "trees_from_lightgbm",
]
