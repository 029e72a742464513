"""Measures in force act: what the ledger says of the event's customer, account, card or device, as features, and what follows from it.

For each role and kind there is the time left, the ground and the time since the last change, of a limit its amount and what was paid
under it, all by the events of the ledger; so a measure counts as it was known at the event, live as in a replay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from huitong.contracts import (
    IN_FORCE,
    MEASURE_CHANGED,
    MEASURE_DRAWN,
    MEASURE_TITLES,
    DataContract,
    Event,
    Float64Array,
    Measure,
    MeasureKind,
)
from huitong.decisions.policy.inputs import TextOf
from huitong.decisions.policy.kept import Declared
from huitong.decisions.policy.settings import InForceSetting, Settings
from huitong.kernel import Text, time_text

AMOUNT = "amount"
"""Field of the event that a limit is about."""
LIMITED_AMOUNT = "limited_amount"
"""Feature of that field."""
DRAWN_OVER = "24h"
"""A limit is how much may be paid within this."""
_HOUR_US, _SECOND_US = 3_600_000_000, 1_000_000
_SAID: Mapping[MeasureKind, Text] = {
    "freeze": {"zh": "{role}已被冻结", "en": "the {role} is frozen"},
    "hold": {"zh": "{role}的支付已被暂缓", "en": "payments of the {role} are held"},
    "limit": {"zh": "超过{role}的限额", "en": "more than the limit of the {role} allows"},
    "step_up": {"zh": "{role}须加强验证", "en": "the {role} has to be verified more strongly"},
    "watch": {"zh": "{role}处于关注中", "en": "the {role} is being watched"},
}


@dataclass(frozen=True, slots=True)
class InForceRead:
    """Where a measure stands among the features.

    Attributes:
        role: Key role of its subject.
        kind: What is done.
        outcome: What it asks for; ``None`` where it is only noted.
        title: The role for people.
        left: Column of the hours left.
        ground: Column of the ground.
        since: Column of the hours since its last change.
        limit: Of a limit the columns of its amount, of what was paid under it, and of what is to be paid.
        scale: Minor units of one unit of the amounts.
    """

    role: str
    kind: MeasureKind
    outcome: str | None
    title: Text
    left: int
    ground: int
    since: int
    limit: tuple[int, int, int] | None = None
    scale: int = 1

    @property
    def code(self) -> str:
        """Code of its reason."""
        return f"{IN_FORCE}{self.kind}.{self.role}"

    def hits(self, features: Float64Array) -> npt.NDArray[np.bool_]:
        """Which rows it concerns, shape ``(n,)``: those while it is in force, of a limit those that would go beyond it."""
        held: npt.NDArray[np.bool_] = features[:, self.left] > 0.0  # a missing role has no measures
        if self.limit is None:
            return held
        amount, used, asked = (features[:, column] for column in self.limit)
        beyond: npt.NDArray[np.bool_] = np.round((used + asked - amount) * self.scale) > 0.0
        return held & beyond

    def text(self, event: Event, features: Float64Array, text_of: TextOf) -> Text:
        """The sentence for a person: what, since when, until when, on which ground."""
        until_us = event.time_us + float(features[self.left]) * _HOUR_US
        since_us = event.time_us - float(features[self.since]) * _HOUR_US
        ground = features[self.ground]
        why = "-" if np.isnan(ground) else text_of(int(ground)) or "-"
        since, until = (time_text(round(one / _SECOND_US) * _SECOND_US) for one in (since_us, until_us))
        return {
            "zh": f"{_SAID[self.kind]['zh'].format(role=self.title['zh'])}（{since} 起，至 {until}；依据 {why}）",
            "en": f"{_SAID[self.kind]['en'].format(role=_small(self.title['en']))} (since {since}, until {until}; ground {why})",
        }

    def measure(self, event: Event, features: Float64Array) -> Measure:
        """The measure, for whoever has to act upon it."""
        until_us = event.time_us + round(float(features[self.left]) * _HOUR_US)
        return Measure(self.kind, self.role, event.keys[self.role], until_us, self.code)


def with_measures(declared: Declared, setting: InForceSetting | None) -> Declared:
    """The features file with what measures in force add to it."""
    if setting is None:
        return declared
    features = dict(declared.get("features", {}))
    for role in setting.roles:
        for kind in setting.outcomes:
            reads = {"by": role, "events": MEASURE_CHANGED, "where": {"role": role, "measure": kind, "scope": "whole"}}
            name, title = f"{role}_{kind}", MEASURE_TITLES[kind]
            features |= {
                f"{name}_left": {"remaining": "until", **reads, "unit": "hours", "title": _titled(title, "剩余小时数", "hours left")},
                f"{name}_ground": {"profile": "ground", **reads, "title": _titled(title, "依据", "ground")},
                f"{name}_since": {"since_last": True, **reads, "unit": "hours", "title": _titled(title, "已有小时数", "hours since")},
            }
        if "limit" in setting.outcomes:
            reads = {"by": role, "events": MEASURE_CHANGED, "where": {"role": role, "measure": "limit", "scope": "whole"}}
            drawn = {"by": role, "events": MEASURE_DRAWN, "where": {"role": role}, "over": DRAWN_OVER}
            title = MEASURE_TITLES["limit"]
            features[f"{role}_limit"] = {"profile": "amount", **reads, "title": _titled(title, "金额", "amount")}
            features[f"{role}_limit_used"] = {"sum": "amount", **drawn, "title": _titled(title, "已用金额", "amount used")}
            features[LIMITED_AMOUNT] = {"field": AMOUNT}
    return {**declared, "features": features}


def in_force_reads(settings: Settings, names: tuple[str, ...], contract: DataContract) -> tuple[InForceRead, ...]:
    """Where each measure stands among the features, strongest kind first."""
    if settings.in_force is None:
        return ()
    strongest_first: Sequence[MeasureKind] = tuple(reversed(get_args(MeasureKind)))
    field = contract.field(AMOUNT)
    found = []
    for kind in strongest_first:
        for role in settings.in_force.roles if kind in settings.in_force.outcomes else ():
            columns = [names.index(f"{role}_{kind}_{word}") for word in ("left", "ground", "since")]
            limit = None
            if kind == "limit":
                limit = names.index(f"{role}_limit"), names.index(f"{role}_limit_used"), names.index(LIMITED_AMOUNT)
            spec, outcome = contract.role(role), settings.in_force.outcomes[kind]
            title: Text = {"zh": role, "en": role} if spec is None else spec.title
            scale = 1 if field is None else field.scale
            found.append(InForceRead(role, kind, outcome, title, columns[0], columns[1], columns[2], limit, scale))
    return tuple(found)


def _titled(title: Text, zh: str, en: str) -> Text:
    return {"zh": f"{title['zh']}{zh}", "en": f"{title['en']}: {en}"}


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]
