"""The words of a policy as frozen values: what `policy.toml` says once it has been checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import msgspec

from huitong.contracts import MeasureKind
from huitong.decisions.policy.made_with import ENGINE_VERSION
from huitong.kernel import Text

Stage = Literal["lists", "rules", "model"]
Missing = Literal["required", "informative", "imputed"]
MOST_SEVERE = "most_severe"
"""The way of combining in which the most severe word of any stage wins."""

_EMPTY_TEXTS: Mapping[str, Text] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ListSetting:
    """A list that speaks: whoever stands on it gets ``outcome``; with ``final`` no later stage can change that.

    Without a file it is one that people keep day by day, known to the policy by the events of its entries.
    """

    name: str
    file: str | None
    of: str
    outcome: str | None
    final: bool
    reason: Text


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """One FEEL rule: when ``when`` is true, ``outcome`` is asked for."""

    id: str
    when: str
    outcome: str
    reason: Text


@dataclass(frozen=True, slots=True)
class TableSetting:
    """A decision table whose output ``output`` is an outcome; the annotations of its rows are the reasons.

    ``title`` is what people call it: its name, where the policy says nothing else.
    """

    name: str
    file: str
    decision: str | None
    output: str
    reason: Text
    title: Text


@dataclass(frozen=True, slots=True)
class MissingSetting:
    """What a feature's missing value means to the model."""

    treatment: Missing
    value: float | None = None


class TrainingSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the model is trained; every name may stand in `[model.training]`.

    Attributes:
        seed: Seed of every random choice.
        label_delay_days: How long a label takes to become known.
        validation_share: Share of the rows, before the newest, that stops the training.
        calibration_share: Share of the rows, the newest, that calibrates the score.
        refit: Grow the final trees on all rows once the rounds are known.
        rounds: Most trees.
        early_stopping_rounds: Rounds without improvement before training stops.
        metric: What early stopping watches.
        leaves: Leaves of a tree; up to 8 the reasons are fastest.
        depth: Depth of a tree; -1 for no bound.
        learning_rate: Shrinkage of each tree.
        min_data_in_leaf: Fewest rows in a leaf.
        parameters: Further LightGBM parameters.
    """

    seed: int = 7
    label_delay_days: float = 7.0
    validation_share: float = 0.15
    calibration_share: float = 0.15
    refit: bool = False
    rounds: int = 300
    early_stopping_rounds: int = 50
    metric: Literal["average_precision", "binary_logloss", "auc"] = "average_precision"
    leaves: int = 8
    depth: int = -1
    learning_rate: float = 0.05
    min_data_in_leaf: int = 20
    parameters: dict[str, bool | int | float | str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelSetting:
    """The model: its inputs, the signs a supervisor may rely on, what a blank means, how it is trained.

    Attributes:
        features: Input features, by name.
        monotone: +1 where more may only raise the score, -1 where it may only lower it.
        missing: Treatment of a missing value, for every feature of ``features``.
        training: How it is trained.
        reasons: The sentence for a feature that raised the score; ``{value}`` stands for its value, ``{ago}`` for how long ago it was.
        reference: Content hash of the trained model; ``None`` before the first training.
        learned_before_us: Training saw nothing, no event and no label, at or after this moment; ``None`` before the first training.
        missing_reasons: The sentence for a feature whose being missing raised the score.
    """

    features: tuple[str, ...]
    monotone: Mapping[str, int]
    missing: Mapping[str, MissingSetting]
    training: TrainingSetting
    reasons: Mapping[str, Text] = field(default_factory=lambda: _EMPTY_TEXTS)
    reference: str | None = None
    learned_before_us: int | None = None
    missing_reasons: Mapping[str, Text] = field(default_factory=lambda: _EMPTY_TEXTS)


def falling(chosen: Mapping[str, float]) -> tuple[str, str] | None:
    """The first two outcomes of which the graver would be given from a lower score on; ``None`` where the thresholds rise.

    Args:
        chosen: Least score of each outcome, the mildest first.

    >>> falling({"review": 0.5, "decline": 0.4}), falling({"review": 0.5, "decline": 0.5})
    (('review', 'decline'), None)
    """
    return next((pair for pair in pairwise(chosen) if chosen[pair[0]] > chosen[pair[1]]), None)


@dataclass(frozen=True, slots=True)
class ThresholdSetting:
    """What a wrong answer costs and how much the team can look at; the thresholds follow from it.

    Attributes:
        alerts_per_day: How many payments the team can look at in a day.
        loss_missed: Share of the amount lost when fraud is missed.
        cost_per_alert_minor: Cost of one look, in minor units.
        cost_per_harmed_customer_minor: Cost of touching an honest customer, in minor units.
        chosen: Least score of each outcome, as chosen at training or fixed by hand; empty before.
    """

    alerts_per_day: float
    loss_missed: float
    cost_per_alert_minor: int
    cost_per_harmed_customer_minor: int
    chosen: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MeasureSetting:
    """What an outcome does to whom, and for how long."""

    outcome: str
    kind: MeasureKind
    role: str
    duration_us: int


@dataclass(frozen=True, slots=True)
class InForceSetting:
    """Measures in force act on what their subjects do.

    Attributes:
        roles: Whose measures are looked at, by key role.
        outcomes: What each kind asks for; ``None`` where it is only noted.
        narrowed: Of which of them also measures that are narrowed to a channel, or to a receiving account, are looked at; ``None``: of all.
        grounds: What grounds are called that no stage of the policy gives, by code.
    """

    roles: tuple[str, ...]
    outcomes: Mapping[MeasureKind, str | None]
    narrowed: Mapping[str, tuple[str, ...] | None]
    grounds: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Settings:
    """A checked `policy.toml` together with what training added to it, and by which engine it is computed."""

    name: str
    title: Text
    owner: str
    decides: str
    currency: str
    labels_kind: str | None
    labels_field: str | None
    outcomes: tuple[str, ...]
    stages: tuple[Stage, ...]
    combine: str
    lists: tuple[ListSetting, ...]
    rules: tuple[RuleSetting, ...]
    tables: tuple[TableSetting, ...]
    model: ModelSetting | None
    thresholds: ThresholdSetting | None
    measures: tuple[MeasureSetting, ...]
    in_force: InForceSetting | None
    budget_us: Mapping[str, int]
    change_fields: tuple[str, ...]
    features_file: str
    obligations: tuple[str, ...] = ()
    engine: int = ENGINE_VERSION

    @property
    def label_delay_days(self) -> float:
        """How long a label takes to become known."""
        return (self.model.training if self.model else TrainingSetting()).label_delay_days

    def severity(self, outcome: str) -> int:
        """Rank of an outcome; 0 is the mildest."""
        return self.outcomes.index(outcome)
