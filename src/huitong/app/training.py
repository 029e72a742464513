"""Training a policy's model: features of the past, labels as they were known then, thresholds from capacity and losses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from huitong import ai
from huitong.app.labels import KnownLabels, labels_of, settled, settled_before_us
from huitong.app.moments import local_time
from huitong.app.progress import Progress
from huitong.contracts import NULL_INT, EventBatch, Float64Array
from huitong.decisions.policy import LoadedPolicy, ModelSetting, Settings, ThresholdSetting, wrong
from huitong.decisions.replay import feature_matrix
from huitong.evaluation import Costs, ThresholdChoice, choose_thresholds
from huitong.evaluation.days import calendar
from huitong.features import FeatureEngine
from huitong.features.missing import without_input
from huitong.kernel import MICROSECONDS_PER_DAY, Finding, InputError, Severity, local_date, midnight_us, time_text

TRAINING_SHARE = 0.6
"""Share of the period that is trained on where nobody says until when; the rest is for judging."""
CONSTANT_FEATURE = "training.feature.constant"
"""Code of the trainer's finding about one feature."""
NO_LABELS = "training.no_labels"
"""Code of the error where nothing is known to learn from."""
TRAINING_ROWS_MAX = 400_000
"""Most rows that a model is trained on: the newest ones."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained policy.

    Attributes:
        policy: Its name.
        version: Its new version.
        model: Content hash of the model.
        trained_until_us: Nothing at or after this moment was seen.
        zone: The policy's time zone.
        rows: Rows trained on.
        frauds: Of them, frauds.
        metrics: What the trainer measured.
        thresholds: Least score of each outcome.
        typed: Outcomes whose threshold stands in ``policy.toml``, so that none was chosen.
        choice: How the thresholds were chosen.
        findings: What was noticed.
    """

    policy: str
    version: str
    model: str
    trained_until_us: int
    zone: str
    rows: int
    frauds: int
    metrics: Mapping[str, float]
    thresholds: Mapping[str, float]
    typed: frozenset[str]
    choice: ThresholdChoice
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows that a model may learn from: its inputs, labels, and what thresholds need."""

    features: Float64Array
    label: npt.NDArray[np.int8]
    events: EventBatch


def until_of(events: EventBatch, until_us: int | None, zone: str) -> int:
    """The moment after which nothing is seen: given, or the local midnight nearest to ``TRAINING_SHARE`` of the period."""
    if until_us is not None:
        return until_us
    first, last = int(events.time_us.min()), int(events.time_us.max())
    share_us = first + int((last - first) * TRAINING_SHARE)
    half_day_us = MICROSECONDS_PER_DAY // 2
    return max(midnight_us(local_date(share_us + half_day_us, zone), zone), first + 1)


def training_set(
    loaded: LoadedPolicy, engine: FeatureEngine, batches: Mapping[str, EventBatch], until_us: int, *, threads: int, progress: Progress
) -> TrainingSet:
    """Features and labels of the events whose end was known by ``until_us``.

    That is: those old enough for the policy's label delay to have passed. Of these, what nobody complained of counts as honest, as it
    would at any bank. Younger events are left out altogether: among them the frauds would be known first, and the model would learn
    that what is recent is fraud.

    Raises:
        InputError: If no event is old enough, or no label is known by then.
    """
    settings = loaded.program.settings
    before = {kind: _before(batch.in_time_order(), until_us) for kind, batch in batches.items() if kind in loaded.plan.kinds}
    events = before[settings.decides]
    labels = batches.get(settings.labels_kind or "")
    known: KnownLabels = labels_of(events, _before(labels, until_us) if labels is not None else None, settings)
    before_us = settled_before_us(settings, until_us)
    rows = np.flatnonzero(events.time_us < before_us)[-TRAINING_ROWS_MAX:]
    if not len(rows) or (known.label < 0).all():
        until = local_time(until_us, loaded.plan.zone)
        raise InputError(
            NO_LABELS,
            {
                "en": f"no event before {until} has a known end by then",
                "zh": f"截至 {until}，没有结果已知的事件",
            },
            {"en": "give a file with labels, or a later --until", "zh": "请提供带标签的文件，或更晚的 --until"},
        )
    keep = np.zeros(len(events), np.bool_)
    keep[rows] = True
    matrix = feature_matrix(
        engine,
        list(before.values()),
        keep,
        loaded.program.model_columns,
        threads=threads,
        told=lambda done, total: progress("features", done, total),
    )
    return TrainingSet(matrix, settled(known, events, before_us).label[rows], events.take(rows))


def _before(batch: EventBatch, until_us: int) -> EventBatch:
    return batch.take(np.flatnonzero(batch.time_us < until_us))


def train_model(
    loaded: LoadedPolicy, rows: TrainingSet, models: Path, seed: int | None, progress: Progress
) -> tuple[ai.TrainedModel, Path]:
    """Trains, checks and stores the model.

    Raises:
        PolicyError: If the policy has no model, or the trained one breaks a declared sign.
        InputError: If the rows do not suffice.
    """
    setting = loaded.program.settings.model
    if setting is None:
        raise wrong(loaded.program.settings.name, "has no [model]", "没有 [model]")
    if not setting.training.validation_share + setting.training.calibration_share:
        raise wrong(
            loaded.program.settings.name,
            "holds no rows back: validation_share and calibration_share are both 0, so there is nothing to choose thresholds on",
            "没有留出样本：validation_share 与 calibration_share 均为 0，无从选择阈值",
        )
    spec = training_spec(setting, loaded.inputs_version)
    trained = ai.train(
        rows.features,
        rows.label,
        rows.events.time_us,
        spec=spec,
        seed=setting.training.seed if seed is None else seed,
        progress=rounds_told(progress),
    )
    return trained, ai.register(trained.ensemble, models)


def rounds_told(progress: Progress) -> Callable[[int, int], None]:
    """Tells the rounds of the first training, and apart from them those of later ones: on all rows, or by another method."""
    before, again = 0, False

    def told(done: int, total: int) -> None:
        nonlocal before, again
        again = again or done <= before
        before = done
        if again:
            progress("refitting", done, total)
        else:
            progress("training", done, total)

    return told


def noticed(loaded: LoadedPolicy, batches: Mapping[str, EventBatch], found: Sequence[Finding]) -> tuple[Finding, ...]:
    """What was noticed while training, features with one value told at once.

    Those that need what the input never gives cannot be otherwise, whatever the policy's author does: a replay names them with what they
    need.
    """
    lacking = {name for names in without_input(loaded.plan, list(batches.values())).values() for name in names}
    constant = [one.where for one in found if one.code == CONSTANT_FEATURE and one.where not in lacking]
    others = tuple(one for one in found if one.code != CONSTANT_FEATURE)
    return (*others, _constant(constant)) if constant else others


def _constant(names: Sequence[str]) -> Finding:
    return Finding(
        code="training.features.constant",
        where="features.toml",
        text={
            "en": f"the same value in all training rows: {', '.join(names)}",
            "zh": f"在全部训练样本中取值相同：{'、'.join(names)}",
        },
        remedy={
            "en": "check how they are declared, or leave them out of the model",
            "zh": "请检查这些特征的定义，或不再用于模型",
        },
        severity=Severity.WARNING,
    )


def training_spec(setting: ModelSetting, feature_version: str) -> ai.TrainingSpec:
    """The trainer's words for what the policy says."""
    training = setting.training
    features = tuple(
        ai.ModelFeature(name, ai.Missing(setting.missing[name].treatment), setting.missing[name].value, setting.monotone.get(name, 0))
        for name in setting.features
    )
    return ai.TrainingSpec(
        features=features,
        feature_version=feature_version,
        label_delay_us=round(training.label_delay_days * MICROSECONDS_PER_DAY),
        validation_share=training.validation_share,
        calibration_share=training.calibration_share,
        refit=training.refit,
        rounds_max=training.rounds,
        early_stopping_rounds=training.early_stopping_rounds,
        metric=training.metric,
        num_leaves=training.leaves,
        max_depth=training.depth,
        learning_rate=training.learning_rate,
        min_data_in_leaf=training.min_data_in_leaf,
        parameters=training.parameters,
    )


def choose(loaded: LoadedPolicy, trained: ai.TrainedModel, rows: TrainingSet) -> ThresholdChoice:
    """Thresholds from the newest rows, scored by trees that have not learned from them.

    Raises:
        PolicyError: If the policy has no [thresholds].
    """
    setting = loaded.program.settings.thresholds
    if setting is None:
        raise wrong(loaded.program.settings.name, "has no [thresholds]", "没有 [thresholds]")
    newest = np.arange(trained.held_out_start, len(rows.label))
    events = rows.events.take(newest)
    amount = events.data.get("amount")
    period = calendar(events.time_us, loaded.plan.zone)
    customer = events.keys.get("customer")
    return choose_thresholds(
        trained.held_out,
        amount if isinstance(amount, np.ndarray) else np.full(len(events), NULL_INT, np.int64),
        rows.label[newest],
        customer.codes if customer is not None else np.full(len(events), -1, np.int32),
        period.day_of_row(),
        days=period.days,
        costs=costs_of(setting),
    )


def costs_of(setting: ThresholdSetting) -> Costs:
    """The evaluation's words for what the policy says."""
    return Costs(
        alerts_per_day=setting.alerts_per_day,
        loss_missed_share=setting.loss_missed,
        cost_per_alert_minor=setting.cost_per_alert_minor,
        cost_per_harmed_customer_minor=setting.cost_per_harmed_customer_minor,
    )


def trained_toml(settings: Settings, model: str, choice: ThresholdChoice, until_us: int, seed: int, data: Mapping[str, str]) -> str:
    """What training writes beside `policy.toml`: the model's hash, the thresholds, and how they came about."""
    fixed = settings.thresholds.chosen if settings.thresholds else {}
    steps = {settings.outcomes[1]: choice.review} | {settings.outcomes[-1]: choice.decline}  # the first step up, and the last
    lines = [
        "# Written by `huitong train`; part of the policy's version.",
        "",
        "[model]",
        f'reference = "{model}"',
        f'learned_before = "{time_text(until_us)}"',
        "",
        "[thresholds]",
    ]
    lines += [f"{_quoted(outcome)} = {float(value)!r}" for outcome, value in steps.items() if value is not None and outcome not in fixed]
    lines += ["", "[training]", f"seed = {seed}"]
    lines += [f'data.{_quoted(name)} = "{value}"' for name, value in data.items()]
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
