"""Measures in force act: what the ledger says of the event's customer, account, card or device, as features, and what follows from it.

For each role, scope and kind there is the time left, the ground and the time since the last change, of a limit its amount and what was paid
in its scope, all by the events of the ledger; so a measure counts as it was known at the event, live as in a replay. A narrow scope is read
by its subject together with the channel, the receiving account or both: it is the same features, by more keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from huitong.contracts import (
    CHANNEL,
    COUNTERPARTY,
    IN_FORCE,
    MEASURE_CHANGED,
    MEASURE_DRAWN,
    MEASURE_TITLES,
    SCOPE_KEYS,
    DataContract,
    Event,
    FieldType,
    Float64Array,
    Measure,
    MeasureKind,
    MeasureScope,
    measure_feature,
)
from huitong.decisions.policy.grounds import Grounds
from huitong.decisions.policy.in_force_words import SCOPE_TITLES, Words
from huitong.decisions.policy.inputs import TextOf
from huitong.decisions.policy.kept import Declared
from huitong.decisions.policy.settings import InForceSetting, Settings
from huitong.kernel import Text

AMOUNT = "amount"
"""Field of the event that a limit is about."""
LIMITED_AMOUNT = "limited_amount"
"""Feature of that field."""
DRAWN_OVER = "24h"
"""A limit is how much may be paid within this."""
NARROW_SINCE_ENGINE = 3
"""Engines of before knew only measures on the whole of a subject, and told of them in words of their own."""
_HOUR_US = 3_600_000_000
_Reach = tuple[str, MeasureScope]


@dataclass(frozen=True, slots=True)
class InForceRead:
    """Where a measure stands among the features.

    Attributes:
        role: Key role of its subject.
        kind: What is done.
        scope: How far it reaches.
        outcome: What it asks for; ``None`` where it is only noted.
        words: How people are told.
        left: Column of the hours left.
        ground: Column of the ground.
        since: Column of the hours since its last change.
        limit: Of a limit the columns of its amount, of what was paid under it, and of what is to be paid.
        scale: Minor units of one unit of the amounts.
    """

    role: str
    kind: MeasureKind
    scope: MeasureScope
    outcome: str | None
    words: Words
    left: int
    ground: int
    since: int
    limit: tuple[int, int, int] | None = None
    scale: int = 1

    @property
    def code(self) -> str:
        """Code of its reason."""
        return f"{IN_FORCE}{self.kind}.{self.role}{'' if self.scope == 'whole' else f'.{self.scope}'}"

    @property
    def columns(self) -> tuple[int, ...]:
        """Every column that it reads."""
        return (self.left, self.ground, self.since, *(self.limit or ()))

    def goes_beyond(self, features: Float64Array) -> npt.NDArray[np.bool_]:
        """Which rows it concerns while it is in force, shape ``(n,)``: of a limit those that would go beyond it, else all."""
        if self.limit is None:
            return np.ones(len(features), np.bool_)
        amount, used, asked = (features[:, column] for column in self.limit)
        beyond: npt.NDArray[np.bool_] = np.round((used + asked - amount) * self.scale) > 0.0
        return beyond

    def text(self, event: Event, features: Float64Array, text_of: TextOf) -> Text:
        """The sentence for a person: what, since when, until when, on which ground."""
        until_us = event.time_us + float(features[self.left]) * _HOUR_US
        since_us = event.time_us - float(features[self.since]) * _HOUR_US
        ground = features[self.ground]
        why = None if np.isnan(ground) else text_of(int(ground))
        return self.words.sentence(event, since_us, until_us, why)

    def measure(self, event: Event, features: Float64Array) -> Measure:
        """The measure, for whoever has to act upon it."""
        until_us = event.time_us + round(float(features[self.left]) * _HOUR_US)
        return Measure(self.kind, self.role, event.keys[self.role], until_us, self.code)


def reaches(settings: Settings, contract: DataContract, contracts: Mapping[str, DataContract]) -> tuple[_Reach, ...]:
    """Whose measures of which scope act on the decided events: each role with every scope that these can lie in.

    Args:
        settings: The policy.
        contract: Data contract of the decided events.
        contracts: All data contracts.
    """
    setting = settings.in_force
    if setting is None:
        return ()
    if settings.engine < NARROW_SINCE_ENGINE:
        return tuple((role, "whole") for role in setting.roles)
    keys = [name for name in (CHANNEL, COUNTERPARTY) if _narrows(name, contract, contracts)]
    narrowed = {name: setting.roles if setting.narrowed[name] is None else setting.narrowed[name] for name in keys}
    return tuple(
        (role, scope)
        for role in setting.roles
        for scope, needed in SCOPE_KEYS.items()
        if all(role in (narrowed.get(name) or ()) for name in needed)
    )


def _narrows(name: str, contract: DataContract, contracts: Mapping[str, DataContract]) -> bool:
    """Whether events have the channel as a plain text, or a receiving account that is of the same names as that of measures."""
    if name == CHANNEL:
        field = contract.field(CHANNEL)
        return field is not None and field.type is FieldType.STRING and field.key is None and field.space is None
    ours, changed = contract.role(COUNTERPARTY), contracts.get(MEASURE_CHANGED)
    theirs = None if changed is None else changed.role(COUNTERPARTY)
    return ours is not None and theirs is not None and ours.space == theirs.space


def with_measures(declared: Declared, setting: InForceSetting | None, reached: Sequence[_Reach]) -> Declared:
    """The features file with what measures in force add to it.

    Args:
        declared: The features file.
        setting: What the policy makes of measures.
        reached: From ``reaches``.
    """
    if setting is None:
        return declared
    features = dict(declared.get("features", {}))
    for role, scope in reached:
        by = [role, *SCOPE_KEYS[scope]] if SCOPE_KEYS[scope] else role
        for kind in setting.outcomes:
            reads = _changes(role, scope, kind, by)
            features |= {
                measure_feature(role, scope, f"{kind}_left"): {
                    "remaining": "until",
                    **reads,
                    "unit": "hours",
                    "title": _titled(kind, scope, "剩余小时数", "hours left"),
                },
                measure_feature(role, scope, f"{kind}_ground"): {
                    "profile": "ground",
                    **reads,
                    "title": _titled(kind, scope, "依据", "ground"),
                },
                measure_feature(role, scope, f"{kind}_since"): {
                    "since_last": True,
                    **reads,
                    "unit": "hours",
                    "title": _titled(kind, scope, "已有小时数", "hours since"),
                },
            }
        if "limit" in setting.outcomes:
            features |= _limit(role, scope, by)
            features[LIMITED_AMOUNT] = {"field": AMOUNT}
    return {**declared, "features": features}


def _limit(role: str, scope: MeasureScope, by: object) -> Declared:
    """The amount of a limit, and what was paid in its scope: by the same keys."""
    drawn = {"by": by, "events": MEASURE_DRAWN, "where": {"role": role}, "over": DRAWN_OVER}
    amount, used = _titled("limit", scope, "金额", "amount"), _titled("limit", scope, "已用金额", "amount used")
    return {
        measure_feature(role, scope, "limit"): {"profile": "amount", **_changes(role, scope, "limit", by), "title": amount},
        measure_feature(role, scope, "limit_used"): {"sum": "amount", **drawn, "title": used},
    }


def _changes(role: str, scope: MeasureScope, kind: MeasureKind, by: object) -> Mapping[str, Any]:
    return {"by": by, "events": MEASURE_CHANGED, "where": {"role": role, "measure": kind, "scope": scope}}


def in_force_reads(
    settings: Settings,
    reached: Sequence[_Reach],
    names: Sequence[str],
    contract: DataContract,
    zone: str,
    grounds: Grounds,
) -> tuple[InForceRead, ...]:
    """Where each measure stands among the features: the strongest kind first, of equal kinds the wider scope.

    Args:
        settings: The policy.
        reached: From ``reaches``.
        names: Names of the features, by column.
        contract: Data contract of the decided events.
        zone: Zone of the times that people are told.
        grounds: What grounds are called.
    """
    if settings.in_force is None:
        return ()
    strongest_first: Sequence[MeasureKind] = tuple(reversed(get_args(MeasureKind)))
    place = {name: column for column, name in enumerate(names)}
    field = contract.field(AMOUNT)
    found = []
    for kind, scope in ((kind, scope) for kind in strongest_first for scope in SCOPE_KEYS):
        for role in (role for role, reach in reached if reach == scope and kind in settings.in_force.outcomes):
            left, ground, since = (place[measure_feature(role, scope, f"{kind}_{word}")] for word in ("left", "ground", "since"))
            limit = None
            if kind == "limit":
                most, used = (place[measure_feature(role, scope, word)] for word in ("limit", "limit_used"))
                limit = most, used, place[LIMITED_AMOUNT]
            spec, outcome = contract.role(role), settings.in_force.outcomes[kind]
            title: Text = {"zh": role, "en": role} if spec is None else spec.title
            words = Words(kind, scope, title, contract, zone, grounds, as_at_first=settings.engine < NARROW_SINCE_ENGINE)
            found.append(InForceRead(role, kind, scope, outcome, words, left, ground, since, limit, 1 if field is None else field.scale))
    return tuple(found)


def _titled(kind: MeasureKind, scope: MeasureScope, zh: str, en: str) -> Text:
    title, within = MEASURE_TITLES[kind], SCOPE_TITLES[scope]
    return {"zh": f"{title['zh']}{within['zh']}{zh}", "en": f"{title['en']}{within['en']}: {en}"}
