"""From what the stages said about one event to a decision that a person can read.

Reasons come strongest first: what asked for the outcome that was given, before what asked for another one and was overruled; of
these a list before a rule, and either before any share of a model's score. Among a model's features the log-odds decide.
"""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from huitong.contracts import (
    GIVEN_WEIGHT,
    MEASURE_WEIGHT,
    TIER_FULL,
    Decision,
    Event,
    Evidence,
    ListHit,
    Measure,
    PatternEdge,
    Reason,
    RuleHit,
    SmallestChange,
)
from huitong.decisions.policy.made_with import ENGINE_VERSION
from huitong.decisions.policy.settings import MeasureSetting, Settings
from huitong.kernel import DURATION_UNITS, MICROSECONDS_PER_SECOND, DecisionId, Text, duration_text

IDS_IN_ORDER_SINCE_ENGINE = 2
"""The first engine whose ids begin with the second of their event."""
MODEL_REASONS_MAX = 4
"""Most features of a model that are named as reasons."""
_WEIGHT_LIST, _WEIGHT_RULE = 2_000.0, 1_000.0
AGO = "{ago}"
"""Stands in a sentence for how long ago it was, in the unit that people would take."""
SHARE = "{share}"
"""Stands in a sentence for a share of one, in per cent."""
_AGO_AFTER_HAN = re.compile(r"(?<=[\u4e00-\u9fff])\{ago\}")
_TIED_LOG_ODDS = 0.05
"""Below this a feature moved the score by so little that naming it would mislead."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One list, rule or table row that asked for an outcome, and why; or a measure in force, which may only be noted.

    Attributes:
        source: The stage.
        code: Code of the reason.
        outcome: What it asks for; ``None`` where it asks for nothing.
        text: The reason.
        measure: What whoever asked has to do because of a measure in force.
    """

    source: Literal["list", "rule", "model", "measure"]
    code: str
    outcome: str | None
    text: Text
    measure: Measure | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the stages said about one event, before it is put into words.

    Attributes:
        outcome: The combined outcome.
        spoken: Lists, rules and table rows that asked for an outcome.
        score: Calibrated probability; ``None`` without a model's answer.
        model_outcome: The outcome that the score's threshold asks for; ``None`` without a score.
        features: Values of all features, ``None`` where missing.
        contributions: Log-odds contribution of each model feature.
        base: Log-odds before any feature is known.
        rules: Every rule and row that hit.
        lists: Every list entry that hit.
        patterns: Edges of each graph pattern found.
    """

    outcome: str
    spoken: Sequence[Spoken]
    score: float | None
    model_outcome: str | None
    features: Mapping[str, float | str | None]
    contributions: Mapping[str, float]
    base: float | None
    rules: Sequence[RuleHit]
    lists: Sequence[ListHit]
    patterns: Mapping[str, tuple[PatternEdge, ...]]


def decision_id(event: Event, policy: str, version: str, engine: int = ENGINE_VERSION) -> DecisionId:
    """The id of a decision: the same question under the same version has one answer, and one id.

    It begins with the second of its event, in eight hexadecimal digits, so that a log's index of ids grows at its end: one that grows
    anywhere costs the log a page more for each decision. The 24 digits after it are of the hash of policy, version and event.
    """
    digest = hashlib.sha256(f"{policy}\n{version}\n{event.id}".encode()).hexdigest()
    if engine < IDS_IN_ORDER_SINCE_ENGINE:
        return digest[:32]
    second = event.time_us // MICROSECONDS_PER_SECOND & 0xFFFF_FFFF
    return f"{second:08x}{digest[:24]}"


def answer(
    event: Event,
    settings: Settings,
    version: str,
    found: Findings,
    titles: Mapping[str, Text],
    units: Mapping[str, str | None],
    *,
    tier: str = TIER_FULL,
    latency_ns: int = 0,
    smallest_change: SmallestChange | None = None,
) -> Decision:
    """The decision.

    Args:
        event: The event decided.
        settings: The policy.
        version: The policy's content hash.
        found: What its stages said.
        titles: Name of each feature for people.
        units: Unit of each feature.
        tier: What was left out for lack of time.
        latency_ns: Time taken so far, ns.
        smallest_change: What would have led to a milder outcome.
    """
    given = [*_spoken_reasons(found, settings), *_model_reasons(found, settings, titles, units)]
    reasons = sorted(given, key=lambda reason: -reason.contribution)
    return Decision(
        id=decision_id(event, settings.name, version, settings.engine),
        event=event.id,
        policy=settings.name,
        version=version,
        outcome=found.outcome,
        score=found.score,
        reasons=tuple(reasons),
        evidence=Evidence(found.features, tuple(found.rules), tuple(found.lists), found.patterns, found.contributions, found.base),
        measures=(*(spoken.measure for spoken in found.spoken if spoken.measure is not None), *_imposed(event, found, reasons, settings)),
        tier=tier,
        latency_ns=latency_ns,
        smallest_change=smallest_change,
    )


def _asked_by_more_than_measures(found: Findings) -> bool:
    """Whether anything but a measure in force asks for the outcome; else the matter is in hand, and nothing new is to be done about it."""
    spoken = any(one.source != "measure" and one.outcome == found.outcome for one in found.spoken)
    return spoken or found.model_outcome == found.outcome or all(one.outcome != found.outcome for one in found.spoken)


def _spoken_reasons(found: Findings, settings: Settings) -> list[Reason]:
    """What asked for the outcome comes first; of it a measure in force before all others where it stands alone, else behind them."""
    reasons, alone = [], not _asked_by_more_than_measures(found)
    for spoken in found.spoken:
        weight = {"list": _WEIGHT_LIST, "measure": MEASURE_WEIGHT}.get(spoken.source, _WEIGHT_RULE)
        given = GIVEN_WEIGHT if spoken.outcome == found.outcome and (alone or spoken.source != "measure") else 0.0
        rank = 0 if spoken.outcome is None else settings.severity(spoken.outcome)
        reasons.append(Reason(spoken.code, spoken.text, given + weight + rank, spoken.source))
    return reasons


def _imposed(event: Event, found: Findings, reasons: Sequence[Reason], settings: Settings) -> tuple[Measure, ...]:
    """The measures of the outcome, unless measures in force alone led to it: else each payment would prolong what stopped it."""
    if not _asked_by_more_than_measures(found):
        return ()
    return measures(event, found.outcome, [one for one in reasons if one.source != "measure"], settings.measures)


def _model_reasons(found: Findings, settings: Settings, titles: Mapping[str, Text], units: Mapping[str, str | None]) -> list[Reason]:
    """The features that raised the score most; none for the mildest outcome, where there is nothing to give reasons for."""
    if settings.model is None or found.model_outcome in (None, settings.outcomes[0]):
        return []
    raising = sorted(((value, name) for name, value in found.contributions.items() if value > _TIED_LOG_ODDS), reverse=True)
    reasons = []
    for value, name in raising[:MODEL_REASONS_MAX]:
        feature = found.features.get(name)
        said = settings.model.missing_reasons if feature is None else settings.model.reasons
        text = feature_text(said.get(name), titles[name], feature, units.get(name))
        reasons.append(Reason(f"model.{name}", text, value, "model"))
    return reasons


def feature_text(template: Text | None, title: Text, value: float | str | None, unit: str | None = None) -> Text:
    """The sentence for a feature: the policy's own with ``{value}``, ``{share}`` or ``{ago}`` filled in, or "title: value".

    Args:
        template: The policy's sentence: for the value, or for its being missing.
        title: Name of the feature for people.
        value: Its value; ``None`` where missing.
        unit: Its unit; ``{ago}`` needs one of time.
    """
    shown = shown_value(value)
    if template is None:
        if value is None:
            return {"en": f"{title['en']} is not known", "zh": f"{title['zh']}未知"}
        return {"en": f"{title['en']}: {shown}", "zh": f"{title['zh']}：{shown}"}
    part = f"{value * 100:.1f}\u202f%" if isinstance(value, float | int) else shown
    filled: Text = {language: text.replace("{value}", shown).replace(SHARE, part) for language, text in template.items()}
    if not isinstance(value, float | int) or unit not in DURATION_UNITS:
        return filled
    ago = _ago(value, unit)
    return {language: _with_ago(text, ago[language]) for language, text in filled.items()}


def _with_ago(text: str, ago: str) -> str:
    """Filled in, with a blank between a Chinese character and a figure."""
    return (_AGO_AFTER_HAN.sub(f" {ago}", text) if ago[0].isdigit() else text).replace(AGO, ago)


def _ago(value: float, unit: str) -> Text:
    if value <= 0:
        return {"en": "just now", "zh": "刚刚"}
    past = duration_text(value, unit)
    return {"en": f"{past['en']} ago", "zh": f"{past['zh']}前"}


def shown_value(value: float | str | None) -> str:
    """A feature's value as people write it: thousands separators, three significant digits below ten."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if abs(value) < 1e15 and value == math.floor(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def measures(event: Event, outcome: str, reasons: Sequence[Reason], settings: Sequence[MeasureSetting]) -> tuple[Measure, ...]:
    """What the policy does for this outcome, to whom, until when; nothing where the event does not name the subject."""
    ground = reasons[0].code if reasons else f"outcome.{outcome}"
    return tuple(
        Measure(setting.kind, setting.role, event.keys[setting.role], event.time_us + setting.duration_us, ground)
        for setting in settings
        if setting.outcome == outcome and setting.role in event.keys
    )
