"""The smallest change of one field that would have led to a milder outcome: "below CNY 1,250.00 this would have been approved".

Asked of the policy itself, over the features that a changed event would really have had: the field's values between the least allowed and
the real one are narrowed down to two neighbours, one milder, one not. That says something about all values between only where more never
helps. Values spread over both sides are asked too, and where any of them disagrees nothing is said.

The number of questions is bounded, not their time: what is said belongs to the decision, and must come out the same when it is made again.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from huitong.contracts import TIER_FULL, DataContract, Event, FieldSpec, FieldType, Float64Array, SmallestChange
from huitong.decisions.policy.inputs import TextOf
from huitong.decisions.policy.program import Program
from huitong.decisions.policy.tiers import runs_model
from huitong.kernel import Text

PROBES_AT_ONCE = 3
"""Values asked together while narrowing down: the policy answers a few rows as fast as one."""
SPREAD = 8
"""Values asked on either side of the limit that was found."""

Preview = Callable[[Event], Float64Array]
"""Features that an event would have, shape ``(f,)``."""

_WOULD: dict[str, Text] = {
    "approve": {"en": "this would have been approved", "zh": "本可通过"},
    "review": {"en": "this would only have gone to review", "zh": "本只需人工复核"},
}


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One decided event, and how to ask about it as it was not.

    Attributes:
        program: The compiled policy.
        contract: Data contract of the event.
        event: The event as it was.
        preview: Features of a changed event.
        text_of: Text of a code of the feature engine.
        tier: What ran.
    """

    program: Program
    contract: DataContract
    event: Event
    preview: Preview
    text_of: TextOf
    tier: str = TIER_FULL

    def severities(self, name: str, values: Sequence[int]) -> list[int]:
        """Severity of the outcome for each value of a field."""
        rows = np.array([self.preview(replace(self.event, data={**self.event.data, name: value})) for value in values])
        hits = np.repeat(self.program.list_hits_of([self.event]), len(values), axis=0)
        answers = self.program.answers(rows, hits, self.text_of, with_model=runs_model(self.tier))
        return [int(severity) for severity in answers.outcome]


@dataclass(slots=True)
class _Limit:
    """The greatest value known to be milder, the least known not to be, and everything asked."""

    milder: int
    not_milder: int
    asked: dict[int, int] = field(default_factory=dict)

    def take(self, values: Sequence[int], severities: Sequence[int], given: int) -> None:
        """Notes answers and narrows down."""
        self.asked.update(zip(values, severities, strict=True))
        self.milder = max(value for value, severity in self.asked.items() if severity < given)
        self.not_milder = min(value for value, severity in self.asked.items() if severity >= given)

    def never_helps(self) -> bool:
        """Whether more never led to a milder outcome among all that was asked."""
        severities = [severity for _, severity in sorted(self.asked.items())]
        return severities == sorted(severities)


def smallest_change(question: WhatIf, severity: int) -> SmallestChange | None:
    """The smallest change, in proportion, among the fields that the policy names; ``None`` where none of them alone helps.

    Args:
        question: The event and how to ask.
        severity: Severity of the outcome that was given.
    """
    found = [(spec, limit) for spec in _fields(question) if (limit := _limit(question, spec, severity)) is not None]
    if not found:
        return None
    spec, limit = min(found, key=lambda one: 1.0 - one[1].milder / _value(question, one[0]))
    outcome = question.program.settings.outcomes[limit.asked[limit.milder]]
    return SmallestChange(spec.name, limit.milder / spec.scale, outcome, change_text(question.contract, spec, limit.milder, outcome))


def _fields(question: WhatIf) -> Iterator[FieldSpec]:
    """Fields named by the policy whose value may fall."""
    for name in question.program.settings.change_fields:
        spec = question.contract.field(name)
        if spec is not None and isinstance(question.event.data.get(name), int) and _least(spec) < _value(question, spec):
            yield spec


def _value(question: WhatIf, spec: FieldSpec) -> int:
    return int(question.event.data[spec.name] or 0)


def _least(spec: FieldSpec) -> int:
    return max(spec.minimum or 0, 0)


def _limit(question: WhatIf, spec: FieldSpec, given: int) -> _Limit | None:
    """The two neighbours between which the outcome becomes milder; ``None`` where there are none, or several."""
    least, value = _least(spec), _value(question, spec)
    first = question.severities(spec.name, [least])[0]
    if first >= given:
        return None
    limit = _Limit(least, value, {least: first, value: given})
    while limit.not_milder - limit.milder > 1:
        inside = _between(limit.milder, limit.not_milder, PROBES_AT_ONCE)
        limit.take(inside, question.severities(spec.name, inside), given)
        if not limit.milder < limit.not_milder:
            return None
    spread = [*_between(least, limit.milder, SPREAD), *_between(limit.not_milder, value, SPREAD)]
    if spread:
        limit.asked.update(zip(spread, question.severities(spec.name, spread), strict=True))
    return limit if limit.never_helps() else None


def _between(low: int, high: int, count: int) -> list[int]:
    """Up to ``count`` different values strictly between, evenly spread."""
    return sorted({low + (high - low) * step // (count + 1) for step in range(1, count + 1)} - {low, high})


def change_text(contract: DataContract, spec: FieldSpec, milder: int, outcome: str) -> Text:
    """The sentence: "below" the next value where that is the rounder of the two, else "up to" this one."""
    below = _roundness(milder + 1) > _roundness(milder)
    shown = contract.shown(spec.name, milder + 1 if below else milder)
    would = _WOULD.get(outcome, {"en": f"the outcome would have been {outcome}", "zh": f"结果本为 {outcome}"})
    word: Text = {"en": "below" if below else "up to", "zh": "低于" if below else "不超过"}
    amount: Text = {"en": f"{shown} {spec.unit or ''}".strip(), "zh": f"{shown} {spec.unit or ''}".strip()}
    if spec.type is FieldType.MONEY:
        unit = "元" if contract.currency == "CNY" else contract.currency
        amount = {"en": f"{contract.currency} {shown}", "zh": f"{shown} {unit}"}
    if spec.type is FieldType.MONEY and sum(other.type is FieldType.MONEY for other in contract.fields) == 1:
        gap = "" if contract.currency == "CNY" else " "
        return {
            "en": f"{word['en']} {amount['en']} {would['en']}",
            "zh": f"{word['zh']} {amount['zh']}{gap}{would['zh']}",
        }
    return {
        "en": f"{spec.title['en']} {word['en']} {amount['en']}: {would['en']}",
        "zh": f"{spec.title['zh']}{word['zh']} {amount['zh']}，{would['zh']}",
    }


def _roundness(value: int) -> float:
    """How many zeros a number ends in."""
    if value == 0:
        return math.inf
    zeros = 0
    while value % 10 == 0:
        value, zeros = value // 10, zeros + 1
    return zeros
